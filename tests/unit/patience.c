#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../helper/gateway/patience.h"

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS INT64_C(60000)
#define START_MS INT64_C(1000000) /* of the clock, in each test */
#define PER_MINUTE 6              /* the default of lookups_per_minute */
#define TTL_S 60                  /* and of negative_ttl */
#define PLENTY 1000               /* the most there may be in a minute */
#define REFUSALS_MAX 10000
#define CLAIMS_MAX 64

/* What sshd on the remote does with failed logins: OpenSSH's srclimit.c. */
#define PENALTY_MS (5 * SECOND_MS)
#define PENALTY_MIN_MS (15 * SECOND_MS)

enum outcome {
	IS_USER,
	NO_USER, /* the remote refuses the name */
	FAILED,  /* it can't be asked */
};

/* A name on its way. */
struct flight {
	struct patience_claim claim;
	enum outcome outcome;
	int64_t takes_ms, end_ms;
	bool used, flies;
};

/* A gateway and its remote, and what has happened to them. */
struct scene {
	struct patience *patience;
	int64_t now_ms;
	uint32_t random;
	unsigned long names;
	struct flight flights[CLAIMS_MAX];
	int64_t penalty_ms; /* when the last one is over */
	bool banned;
	size_t refusals, users, failures, turned_away;
	int64_t refused_ms[REFUSALS_MAX];
};

static struct scene *
scene_begin(int per_minute)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	scene->now_ms = START_MS;
	scene->patience = patience_new();
	assert_non_null(scene->patience);
	patience_configure(scene->patience, per_minute, TTL_S);
	return scene;
}

static void
scene_end(struct scene *scene)
{
	patience_free(scene->patience);
	free(scene);
}

/* A number from 0 to MAX: each run has the same ones. */
static int64_t
pick(struct scene *scene, int64_t max)
{
	scene->random = scene->random * 1664525 + 1013904223;
	return (int64_t)(scene->random >> 8) % (max + 1);
}

static struct address
address(unsigned number)
{
	char text[32];

	snprintf(text, sizeof(text), "192.0.2.%u", number);
	return address_read(text);
}

/* The remote has refused NAME. */
static void
refuse(struct scene *scene, const char *name)
{
	patience_refused(scene->patience, name, scene->now_ms);
	assert_true(scene->refusals < REFUSALS_MAX);
	scene->refused_ms[scene->refusals++] = scene->now_ms;
	if (scene->penalty_ms < scene->now_ms)
		scene->penalty_ms = scene->now_ms;
	scene->penalty_ms += PENALTY_MS;
	if (scene->penalty_ms - scene->now_ms > PENALTY_MIN_MS)
		scene->banned = true;
}

/* All that may go now set out; all that are too many are turned away. */
static void
pump(struct scene *scene)
{
	struct patience_claim *claim;

	while (
	    (claim = patience_next(scene->patience, scene->now_ms)) != NULL) {
		/* the claim is the first of it */
		struct flight *flight = (struct flight *)(void *)claim;

		flight->flies = true;
		flight->end_ms = scene->now_ms + flight->takes_ms;
	}
	while (
	    (claim = patience_excess(scene->patience, scene->now_ms)) != NULL) {
		patience_end(scene->patience, claim, false, scene->now_ms);
		((struct flight *)(void *)claim)->used = false;
		scene->turned_away++;
	}
}

static void
land(struct scene *scene, struct flight *flight)
{
	const char *name = flight->claim.name;

	switch (flight->outcome) {
	case IS_USER:
		patience_accepted(scene->patience, name, scene->now_ms);
		scene->users++;
		break;
	case NO_USER:
		refuse(scene, name);
		break;
	default:
		scene->failures++;
		break;
	}
	patience_end(scene->patience, &flight->claim, false, scene->now_ms);
	flight->used = flight->flies = false;
	pump(scene);
}

/* What is to happen next, before NOW_MS; false if nothing is. */
static bool
step(struct scene *scene, int64_t now_ms)
{
	const int64_t next_ms = patience_next_ms(scene->patience);
	struct flight *first = NULL;

	for (size_t i = 0; i < CLAIMS_MAX; i++) {
		struct flight *flight = &scene->flights[i];

		if (flight->used && flight->flies && flight->end_ms <= now_ms &&
		    (first == NULL || flight->end_ms < first->end_ms))
			first = flight;
	}
	if (next_ms > scene->now_ms && next_ms <= now_ms &&
	    (first == NULL || next_ms < first->end_ms)) {
		scene->now_ms = next_ms;
		pump(scene);
		return true;
	}
	if (first == NULL)
		return false;
	scene->now_ms = first->end_ms;
	land(scene, first);
	return true;
}

static void
pass_to(struct scene *scene, int64_t now_ms)
{
	pump(scene);
	while (step(scene, now_ms))
		continue;
	scene->now_ms = now_ms;
	pump(scene);
}

static void
pass(struct scene *scene, int64_t ms)
{
	pass_to(scene, scene->now_ms + ms);
}

static struct flight *
come(struct scene *scene, const char *name, unsigned from, bool known,
    enum outcome outcome, int64_t takes_ms)
{
	struct flight *flight = scene->flights;

	if (patience_is_paused(scene->patience, name, scene->now_ms))
		return NULL;
	while (flight->used)
		flight++;
	assert_true(flight < scene->flights + CLAIMS_MAX);
	*flight = (struct flight){ .outcome = outcome,
		.takes_ms = takes_ms,
		.used = true };
	snprintf(flight->claim.name, sizeof(flight->claim.name), "%s", name);
	flight->claim.address = address(from);
	flight->claim.known = known;
	patience_wait(scene->patience, &flight->claim, scene->now_ms);
	pass(scene, 0);
	return flight;
}

/* A stranger comes by a name that nobody has come with yet. */
static struct flight *
come_new(struct scene *scene, unsigned from, enum outcome outcome,
    int64_t takes_ms)
{
	char name[32];

	snprintf(name, sizeof(name), "name%lu", scene->names++);
	return come(scene, name, from, false, outcome, takes_ms);
}

/* How many of what has come are still there: wait, or are on their way. */
static size_t
waiting(const struct scene *scene)
{
	size_t count = 0;

	for (size_t i = 0; i < CLAIMS_MAX; i++)
		count += scene->flights[i].used && !scene->flights[i].flies;
	return count;
}

/* Those that are on their way arrive. */
static void
settle(struct scene *scene, int64_t ms)
{
	pass(scene, ms);
}

/* A robot at FROM keeps guessing: one guess always waits. */
static void
guess(struct scene *scene, unsigned from, int64_t takes_ms)
{
	const struct address here = address(from);

	for (size_t i = 0; i < CLAIMS_MAX; i++) {
		if (scene->flights[i].used && !scene->flights[i].flies &&
		    address_same(&scene->flights[i].claim.address, &here))
			return;
	}
	come_new(scene, from, NO_USER, takes_ms);
}

/* There was no minute with more than PER_MINUTE refusals. */
static void
check_minutes(const struct scene *scene, int per_minute, const char *what)
{
	const size_t n = (size_t)per_minute;

	for (size_t i = n; i < scene->refusals; i++) {
		const int64_t took_ms = scene->refused_ms[i] -
		    scene->refused_ms[i - n];

		if (took_ms < MINUTE_MS)
			fail_msg("%d a minute: %d refusals in %ld ms (%s)",
			    per_minute, per_minute + 1, (long)took_ms, what);
	}
}

static const int rates[] = { 1, 2, 3, 6, 7, 60, PLENTY };
#define RATES (sizeof(rates) / sizeof(rates[0]))

static void
no_minute_has_more_refusals_than_allowed(void **state)
{
	static const int64_t spacings_ms[] = { 5, 100, 1000, 4999, 11999, 12000,
		12001, 29000, 60000, 61000 };
	static const int64_t takes_ms[] = { 0, 500, 9000, 40000 };

	(void)state;
	for (size_t rate = 0; rate < RATES; rate++) {
		for (size_t i = 0; i < 10 * 4; i++) {
			struct scene *scene = scene_begin(rates[rate]);
			const int64_t spacing_ms = spacings_ms[i / 4];
			const int64_t end_ms = START_MS +
			    (spacing_ms < 1000 ? MINUTE_MS : 5 * MINUTE_MS);
			char what[64];

			while (scene->now_ms < end_ms) {
				guess(scene, 1 + (unsigned)(scene->names % 5),
				    takes_ms[i % 4]);
				pass(scene, spacing_ms);
			}
			snprintf(what, sizeof(what), "each %ld ms, takes %ld",
			    (long)spacing_ms, (long)takes_ms[i % 4]);
			check_minutes(scene, rates[rate], what);
			scene_end(scene);
		}
	}
}

/* Nor is less let through than could be, by one robot or by many. */
static void
the_rate_is_nearly_reached(void **state)
{
	const int minutes = 3;

	(void)state;
	for (size_t rate = 0; rate < RATES - 1; rate++) {
		for (unsigned robots = 1; robots <= 5; robots += 4) {
			struct scene *scene = scene_begin(rates[rate]);

			while (scene->now_ms < START_MS + minutes * MINUTE_MS) {
				for (unsigned i = 1; i <= robots; i++)
					guess(scene, i, 0);
				pass(scene, 50);
			}
			assert_true(scene->refusals >=
			    (size_t)(rates[rate] * minutes / 2));
			scene_end(scene);
		}
	}
}

static void
guessing_does_not_get_the_gateway_banned(void **state)
{
	static const int64_t takes_ms[] = { 0, 50, 2000, 9000, 30000 };

	(void)state;
	for (size_t i = 0; i < 5 * 10; i++) {
		const int64_t step_ms = 100 + (int64_t)(i / 5) * 137;
		struct scene *scene = scene_begin(PER_MINUTE);

		while (scene->now_ms < START_MS + 10 * MINUTE_MS) {
			guess(scene, 1 + (unsigned)(i % 7), takes_ms[i % 5]);
			guess(scene, (unsigned)pick(scene, 200),
			    takes_ms[i % 5]);
			pass(scene, step_ms);
			assert_false(scene->banned);
		}
		assert_true(scene->refusals > 10);
		scene_end(scene);
	}
}

/* Whatever strangers come, in whatever order. */
static void
guesses_among_users_do_not_either(void **state)
{
	(void)state;
	for (uint32_t seed = 0; seed < 300; seed++) {
		struct scene *scene = scene_begin(PER_MINUTE);
		const int64_t takes_ms = pick(scene, 3) * 3000;
		int64_t guesses;

		scene->random = seed;
		guesses = 1 + pick(scene, 5);
		while (scene->now_ms < START_MS + 10 * MINUTE_MS) {
			const enum outcome outcome = pick(scene, guesses) > 0
			    ? NO_USER
			    : pick(scene, 3) > 0 ? IS_USER
						 : FAILED;

			come_new(scene, (unsigned)pick(scene, 5), outcome,
			    pick(scene, takes_ms));
			pass(scene,
			    pick(scene, 20) > 0 ? pick(scene, 300)
						: pick(scene, 100 * SECOND_MS));
			assert_false(scene->banned);
		}
		scene_end(scene);
	}
}

static void
three_robots_do_not_keep_ten_new_users_waiting(void **state)
{
	struct scene *scene = scene_begin(PER_MINUTE);
	int64_t worst_ms = 0;

	(void)state;
	for (int user = 0; user < 10; user++) {
		const size_t before = scene->users;
		int64_t came_ms;

		/* whenever she comes */
		for (int i = 0; i < 70 + 13 * user; i++) {
			for (unsigned robot = 1; robot <= 3; robot++)
				guess(scene, robot, 700);
			pass(scene, 100);
		}
		came_ms = scene->now_ms;
		come_new(scene, 9, IS_USER, 2000);
		while (scene->users == before) {
			for (unsigned robot = 1; robot <= 3; robot++)
				guess(scene, robot, 700);
			pass(scene, 100);
		}
		if (scene->now_ms - came_ms > worst_ms)
			worst_ms = scene->now_ms - came_ms;
		assert_false(scene->banned);
	}
	assert_true(worst_ms <= 15 * SECOND_MS);
	scene_end(scene);
}

static void
nor_do_robots_that_change_their_address(void **state)
{
	struct scene *scene = scene_begin(PER_MINUTE);
	unsigned from = 20;

	(void)state;
	for (int user = 0; user < 10; user++) {
		const size_t before = scene->users;
		const int64_t came_ms = scene->now_ms;

		come_new(scene, 9, IS_USER, 2000);
		while (scene->users == before) {
			/* three of them wait at any time */
			while (waiting(scene) < 3)
				come_new(scene, from++, NO_USER, 700);
			pass(scene, 100);
		}
		assert_true(scene->now_ms - came_ms <= 60 * SECOND_MS);
	}
	assert_false(scene->banned);
	scene_end(scene);
}

/* Both have had some; whoever had less is next. */
static void
tokens_go_round_by_address(void **state)
{
	struct scene *scene = scene_begin(PER_MINUTE);
	size_t of_one = 0;

	(void)state;
	for (int i = 0; i < 40; i++) {
		struct flight *one, *other;

		come_new(scene, 1, NO_USER, 0);
		come_new(scene, 1, NO_USER, 0);
		one = come_new(scene, 1, NO_USER, 0);
		other = come_new(scene, 2, NO_USER, 0);
		while (waiting(scene) > 0 && one->used && other->used)
			pass(scene, 100);
		of_one += !one->used;
		while (waiting(scene) > 0)
			pass(scene, SECOND_MS);
	}
	/* the third of address 1 is never before the first of address 2 */
	assert_int_equal(of_one, 0);
	scene_end(scene);
}

static void
the_greediest_gives_way(void **state)
{
	struct scene *scene = scene_begin(PER_MINUTE);
	struct flight *last = NULL;

	(void)state;
	come_new(scene, 1, NO_USER, 0);
	come_new(scene, 3, NO_USER, 0);
	assert_int_equal(scene->refusals, 2);
	for (int i = 0; i < PATIENCE_WAITING_MAX; i++)
		last = come_new(scene, 1, NO_USER, 0);
	assert_int_equal(waiting(scene), PATIENCE_WAITING_MAX);
	/* its own next one has no place, */
	assert_false(come_new(scene, 1, NO_USER, 0)->used);
	assert_true(last->used);
	/* and that of another takes one */
	assert_true(come_new(scene, 2, NO_USER, 0)->used);
	assert_int_equal(waiting(scene), PATIENCE_WAITING_MAX);
	assert_int_equal(scene->turned_away, 2);
	scene_end(scene);
}

static void
addresses_of_one_network_are_one(void **state)
{
	struct scene *scene = scene_begin(PER_MINUTE);
	char text[64];

	(void)state;
	for (int i = 0; i < 30; i++) {
		struct flight *flight = come_new(scene, 1, NO_USER, 0);

		if (!flight->used)
			continue;
		snprintf(text, sizeof(text), "2001:db8::%d", i);
		flight->claim.address = address_read(text);
		pass(scene, 0);
	}
	/* one from elsewhere still finds a place */
	assert_true(come_new(scene, 2, NO_USER, 0)->used);
	scene_end(scene);
}

/* COUNT users at once, all of whom are let in after TAKES_MS. */
static void
arrive(struct scene *scene, size_t count, bool known, int64_t takes_ms)
{
	size_t came = 0;
	char name[32];

	while (scene->users < count) {
		while (came < count && waiting(scene) < 7) {
			snprintf(name, sizeof(name), "user%zu", came);
			came++;
			come(scene, name, 1, known, IS_USER,
			    takes_ms + (int64_t)came);
		}
		pass(scene, 10);
	}
	assert_int_equal(scene->turned_away, 0);
}

static void
ten_users_at_once_all_get_in(void **state)
{
	/* of a login at a round trip of 200 ms */
	static const int64_t takes_ms = 2050;
	struct scene *scene = scene_begin(PER_MINUTE);

	(void)state;
	arrive(scene, 10, false, takes_ms);
	assert_true(scene->now_ms - START_MS < 9 * SECOND_MS);
	scene_end(scene);
	scene = scene_begin(1);
	arrive(scene, 10, false, 200);
	assert_true(scene->now_ms - START_MS < 9 * SECOND_MS);
	scene_end(scene);
}

static void
users_do_not_count(void **state)
{
	struct scene *scene = scene_begin(1);

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_false(come_new(scene, 1, IS_USER, 0)->used);
	assert_int_equal(scene->users, 1000);
	scene_end(scene);
	/* not even while somebody guesses, from the same address */
	scene = scene_begin(PER_MINUTE);
	come_new(scene, 1, NO_USER, 0);
	pass(scene, 12 * SECOND_MS);
	for (int i = 0; i < 1000; i++)
		assert_false(come_new(scene, 1, IS_USER, 0)->used);
	assert_int_equal(scene->users, 1000);
	scene_end(scene);
}

static void
who_could_not_be_asked_does_not_count(void **state)
{
	struct scene *scene = scene_begin(1);

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_false(come(scene, "alice", 1, false, FAILED, 0)->used);
	assert_int_equal(scene->failures, 1000);
	scene_end(scene);
}

/* The remote was there, but has not said what it is: it may have counted. */
static void
who_was_half_asked_does(void **state)
{
	struct patience_claim claim = { .name = "alice" };
	struct patience *patience = patience_new();

	(void)state;
	assert_non_null(patience);
	patience_configure(patience, 1, TTL_S);
	patience_wait(patience, &claim, START_MS);
	assert_ptr_equal(patience_next(patience, START_MS), &claim);
	patience_end(patience, &claim, true, START_MS);
	patience_wait(patience, &claim, START_MS);
	assert_null(patience_next(patience, START_MS + MINUTE_MS - 1));
	assert_ptr_equal(patience_next(patience, START_MS + MINUTE_MS), &claim);
	patience_free(patience);
}

/*
 * Known names
 */

static void
known_users_do_not_wait_for_guesses(void **state)
{
	struct scene *scene = scene_begin(PER_MINUTE);

	(void)state;
	for (int i = 0; i < 600; i++) {
		for (unsigned robot = 1; robot <= 5; robot++)
			guess(scene, robot, 900);
		if (i % 10 == 0)
			assert_true(
			    come(scene, "alice", 1, true, IS_USER, 500)->flies);
		pass(scene, 100);
	}
	assert_int_equal(scene->users, 60);
	scene_end(scene);
}

static void
a_hundred_known_users_are_hardly_slower_than_without(void **state)
{
	struct scene *scene = scene_begin(PER_MINUTE);

	(void)state;
	arrive(scene, 100, true, 1400);
	/* eight at a time would take 18 s */
	assert_true(scene->now_ms - START_MS < 24 * SECOND_MS);
	scene_end(scene);
}

/* So many users who were removed there, of whom a robot knows. */
static void
removed_users_do_not_get_the_gateway_banned(void **state)
{
	(void)state;
	for (int count = 1; count <= 12; count++) {
		struct scene *scene = scene_begin(PER_MINUTE);
		char name[32];

		for (int i = 0; i < 6000; i++) {
			snprintf(name, sizeof(name), "removed%d", i % count);
			if (waiting(scene) < 4)
				come(scene, name, 0, true, NO_USER, 500);
			pass(scene, 100);
			assert_false(scene->banned);
		}
		assert_true(scene->refusals >= (size_t)count);
		/* each is there once, and then they share what there is */
		assert_true(scene->refusals <= (size_t)count + 10 * PER_MINUTE);
		scene_end(scene);
	}
}

/* True if NAME waits, or is on its way. */
static bool
has_come(const struct scene *scene, const char *name)
{
	for (size_t i = 0; i < CLAIMS_MAX; i++) {
		if (scene->flights[i].used &&
		    strcmp(scene->flights[i].claim.name, name) == 0)
			return true;
	}
	return false;
}

static void
of_six_removed_users_few_are_heard_in_a_minute(void **state)
{
	struct scene *scene = scene_begin(PER_MINUTE);
	char name[32];

	(void)state;
	for (int i = 0; i < 600; i++) {
		snprintf(name, sizeof(name), "removed%d", i % 6);
		if (!has_come(scene, name))
			come(scene, name, 0, true, NO_USER, 500);
		pass(scene, 100);
	}
	assert_int_equal(scene->refusals, 6);
	/* and a newcomer has to wait for what they have cost */
	assert_false(come_new(scene, 1, NO_USER, 1000)->flies);
	/* while a known user does not */
	assert_false(come(scene, "alice", 1, true, IS_USER, 0)->used);
	assert_int_equal(scene->users, 1);
	scene_end(scene);
}

static void
refusals_that_nobody_waits_for_count(void **state)
{
	struct scene *scene = scene_begin(PER_MINUTE);

	(void)state;
	refuse(scene, "alice");
	refuse(scene, "bob");
	assert_true(
	    patience_is_paused(scene->patience, "alice", scene->now_ms));
	assert_false(come_new(scene, 1, NO_USER, 1000)->flies);
	settle(scene, 12 * SECOND_MS);
	assert_int_equal(waiting(scene), 0);
	scene_end(scene);
}

/* Who was first keeps nobody waiting who wants the same name. */
static void
whoever_joins_a_greedy_one_has_their_own_turn(void **state)
{
	for (int joins = 0; joins <= 1; joins++) {
		struct scene *scene = scene_begin(PER_MINUTE);
		const struct address hers = address(2);
		struct flight *alice;

		(void)state;
		for (int i = 0; i < 4; i++) {
			guess(scene, 1, 0);
			pass(scene, 3 * SECOND_MS);
		}
		alice = come(scene, "alice", 1, false, IS_USER, 0);
		assert_non_null(alice);
		for (unsigned robot = 3; robot < 7; robot++)
			guess(scene, robot, 0);
		if (joins)
			patience_join(scene->patience, &alice->claim, &hers,
			    scene->now_ms);
		pass(scene, 20 * SECOND_MS);
		assert_int_equal(scene->users, joins);
		scene_end(scene);
	}
}

/* A known name that was refused once is not a stranger from nowhere. */
static void
known_names_do_not_pay_for_each_other(void **state)
{
	struct scene *scene = scene_begin(PER_MINUTE);
	char name[32];

	(void)state;
	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "removed%d", i);
		come(scene, name, 0, true, NO_USER, 0);
		pass(scene, 30 * SECOND_MS);
	}
	come(scene, "ops", 0, true, NO_USER, 0);
	pass(scene, TTL_S * SECOND_MS);
	/* these pay for themselves, until there is but the last token */
	for (unsigned robot = 1; robot <= 5; robot++)
		guess(scene, robot, 0);
	come(scene, "ops", 0, true, IS_USER, 0);
	pass(scene, 12 * SECOND_MS);
	assert_int_equal(scene->users, 1);
	scene_end(scene);
}

/*
 * Pauses
 */

static void
who_was_refused_is_not_asked_for_a_while(void **state)
{
	static const char *const names[] = { "alice", "Bob", "bo", "bobb" };
	struct scene *scene = scene_begin(PLENTY);

	(void)state;
	come(scene, "bob", 1, false, NO_USER, 0);
	assert_null(come(scene, "bob", 1, false, NO_USER, 0));
	for (size_t i = 0; i < 4; i++)
		assert_non_null(come(scene, names[i], 1, false, FAILED, 0));
	pass(scene, TTL_S * SECOND_MS - 1);
	assert_null(come(scene, "bob", 1, false, NO_USER, 0));
	pass(scene, 1);
	assert_non_null(come(scene, "bob", 1, false, NO_USER, 0));
	scene_end(scene);
}

static void
the_while_doubles_until_they_are_let_in(void **state)
{
	struct scene *scene = scene_begin(PLENTY);
	int64_t pause_ms = TTL_S * SECOND_MS;

	(void)state;
	for (int i = 0; i < 10; i++) {
		assert_non_null(come(scene, "bob", 1, i % 2, NO_USER, 0));
		pass(scene, pause_ms - 1);
		assert_null(come(scene, "bob", 1, false, NO_USER, 0));
		pass(scene, 1);
		pause_ms *= 2;
		if (pause_ms > 10 * MINUTE_MS)
			pause_ms = 10 * MINUTE_MS;
	}
	assert_non_null(come(scene, "bob", 1, false, IS_USER, 0));
	assert_non_null(come(scene, "bob", 1, false, NO_USER, 0));
	pass(scene, TTL_S * SECOND_MS);
	assert_non_null(come(scene, "bob", 1, false, NO_USER, 0));
	scene_end(scene);
}

/* Whom the remote let in, but calls by another name. */
static void
who_has_another_name_is_not_asked_either(void **state)
{
	struct scene *scene = scene_begin(PER_MINUTE);

	(void)state;
	come(scene, "Bob", 1, false, IS_USER, 0);
	patience_pause(scene->patience, "Bob", scene->now_ms);
	assert_null(come(scene, "Bob", 1, false, IS_USER, 0));
	/* of which others notice nothing: it was no refused login */
	assert_non_null(come(scene, "bob", 1, false, IS_USER, 0));
	assert_int_equal(scene->users, 2);
	scene_end(scene);
}

static void
the_while_is_as_long_as_the_settings_say(void **state)
{
	struct scene *scene = scene_begin(PLENTY);

	(void)state;
	patience_configure(scene->patience, PLENTY, 0);
	for (int i = 0; i < 10; i++)
		assert_non_null(come(scene, "bob", 1, false, NO_USER, 0));
	patience_configure(scene->patience, PLENTY, 86400);
	for (int i = 0; i < 3; i++) {
		assert_non_null(come(scene, "bob", 1, false, NO_USER, 0));
		pass(scene, INT64_C(86400) * SECOND_MS - 1);
		assert_null(come(scene, "bob", 1, false, NO_USER, 0));
		pass(scene, 1);
	}
	/* and other settings begin anew */
	assert_non_null(come(scene, "bob", 1, false, NO_USER, 0));
	patience_configure(scene->patience, PLENTY, 86400);
	assert_non_null(come(scene, "bob", 1, false, NO_USER, 0));
	scene_end(scene);
}

/* A robot cannot have memory filled, nor have known names forgotten. */
static void
known_names_are_remembered_for_longest(void **state)
{
	struct scene *scene = scene_begin(PLENTY);

	(void)state;
	patience_configure(scene->patience, PLENTY, 86400);
	come(scene, "removed", 0, true, NO_USER, 0);
	come(scene, "first", 1, false, NO_USER, 0);
	for (int i = 0; i < 3000; i++) {
		come_new(scene, 1, NO_USER, 0);
		pass(scene, 100);
	}
	assert_int_equal(scene->refusals, 3002);
	assert_true(
	    patience_is_paused(scene->patience, "removed", scene->now_ms));
	assert_false(
	    patience_is_paused(scene->patience, "first", scene->now_ms));
	assert_true(
	    patience_is_paused(scene->patience, "name2999", scene->now_ms));
	scene_end(scene);
}

/* The remote lets strangers' names in that are no users'. */
static void
names_of_strangers_are_forgotten_before_known_ones(void **state)
{
	struct patience *patience = patience_new();

	(void)state;
	assert_non_null(patience);
	patience_configure(patience, PLENTY, 3600);
	patience_refused(patience, "kate", START_MS);
	for (unsigned i = 0; i < 1100; i++) {
		const int64_t now_ms = START_MS + i * SECOND_MS;
		struct patience_claim claim = { .address = address(i % 200) };

		snprintf(claim.name, sizeof(claim.name), "strange%u", i);
		patience_wait(patience, &claim, now_ms);
		assert_ptr_equal(patience_next(patience, now_ms), &claim);
		patience_accepted(patience, claim.name, now_ms);
		patience_pause(patience, claim.name, now_ms);
		assert_true(patience_is_paused(patience, claim.name, now_ms));
		patience_end(patience, &claim, false, now_ms);
	}
	assert_true(
	    patience_is_paused(patience, "kate", START_MS + 1100 * SECOND_MS));
	patience_free(patience);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    names_of_strangers_are_forgotten_before_known_ones),
		cmocka_unit_test(no_minute_has_more_refusals_than_allowed),
		cmocka_unit_test(the_rate_is_nearly_reached),
		cmocka_unit_test(guessing_does_not_get_the_gateway_banned),
		cmocka_unit_test(guesses_among_users_do_not_either),
		cmocka_unit_test(
		    three_robots_do_not_keep_ten_new_users_waiting),
		cmocka_unit_test(nor_do_robots_that_change_their_address),
		cmocka_unit_test(tokens_go_round_by_address),
		cmocka_unit_test(the_greediest_gives_way),
		cmocka_unit_test(addresses_of_one_network_are_one),
		cmocka_unit_test(ten_users_at_once_all_get_in),
		cmocka_unit_test(users_do_not_count),
		cmocka_unit_test(who_could_not_be_asked_does_not_count),
		cmocka_unit_test(who_was_half_asked_does),
		cmocka_unit_test(known_users_do_not_wait_for_guesses),
		cmocka_unit_test(
		    a_hundred_known_users_are_hardly_slower_than_without),
		cmocka_unit_test(removed_users_do_not_get_the_gateway_banned),
		cmocka_unit_test(
		    of_six_removed_users_few_are_heard_in_a_minute),
		cmocka_unit_test(refusals_that_nobody_waits_for_count),
		cmocka_unit_test(whoever_joins_a_greedy_one_has_their_own_turn),
		cmocka_unit_test(known_names_do_not_pay_for_each_other),
		cmocka_unit_test(who_was_refused_is_not_asked_for_a_while),
		cmocka_unit_test(the_while_doubles_until_they_are_let_in),
		cmocka_unit_test(who_has_another_name_is_not_asked_either),
		cmocka_unit_test(the_while_is_as_long_as_the_settings_say),
		cmocka_unit_test(known_names_are_remembered_for_longest),
	};

	return cmocka_run_group_tests_name("patience", tests, NULL, NULL);
}
