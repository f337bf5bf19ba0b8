#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../helper/gateway/limits.h"
#include "../../helper/gateway/lookups.h"

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS INT64_C(60000)
#define START_MS INT64_C(1000000) /* of the clock, in each test */
#define PER_MINUTE 6              /* the default of lookups_per_minute */
#define TTL_S 60                  /* and of negative_ttl */
#define PLENTY 10000              /* the most there may be in a minute */
#define REFUSALS_MAX 40000

/* What sshd on the remote does with failed logins: OpenSSH's srclimit.c. */
#define PENALTY_MS (5 * SECOND_MS)
#define PENALTY_MIN_MS (15 * SECOND_MS)

/* A name on its way. */
struct flight {
	char name[USERNAME_MAX_CHARS + 1];
	int64_t end_ms;
	enum limits_outcome outcome;
};

/* A gateway and its remote, and what has happened to them. */
struct scene {
	struct limits *limits;
	int64_t now_ms;
	uint32_t random;
	unsigned long names;
	struct flight flights[LIMITS_ASKING_MAX];
	size_t flying;
	int64_t penalty_ms; /* when the last one is over */
	bool banned;
	size_t refusals, users;
	int64_t refused_ms[REFUSALS_MAX];
};

/* A scene with limits of PER_MINUTE lookups, for scene_end(). */
static struct scene *
scene_begin(int per_minute)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	scene->now_ms = START_MS;
	scene->limits = limits_new();
	assert_non_null(scene->limits);
	limits_configure(scene->limits, per_minute, TTL_S);
	return scene;
}

static void
scene_end(struct scene *scene)
{
	limits_free(scene->limits);
	free(scene);
}

/* A number from 0 to MAX: each run has the same ones. */
static int64_t
pick(struct scene *scene, int64_t max)
{
	scene->random = scene->random * 1664525 + 1013904223;
	return (int64_t)(scene->random >> 8) % (max + 1);
}

static enum limits_answer
ask(struct scene *scene, const char *name)
{
	return limits_ask(scene->limits, name, scene->now_ms);
}

static void
done(struct scene *scene, const char *name, enum limits_outcome outcome)
{
	limits_done(scene->limits, name, outcome, scene->now_ms);
}

/* The name that was asked comes back. */
static void
land(struct scene *scene, struct flight *flight)
{
	done(scene, flight->name, flight->outcome);
	if (flight->outcome == LIMITS_IS_USER)
		scene->users++;
	if (flight->outcome == LIMITS_NO_USER) {
		assert_true(scene->refusals < REFUSALS_MAX);
		scene->refused_ms[scene->refusals++] = scene->now_ms;
		if (scene->penalty_ms < scene->now_ms)
			scene->penalty_ms = scene->now_ms;
		scene->penalty_ms += PENALTY_MS;
		if (scene->penalty_ms - scene->now_ms > PENALTY_MIN_MS)
			scene->banned = true;
	}
	*flight = scene->flights[--scene->flying];
}

/* Time passes until NOW_MS; those who are to be back by then are. */
static void
pass_to(struct scene *scene, int64_t now_ms)
{
	for (;;) {
		struct flight *first = NULL;

		for (size_t i = 0; i < scene->flying; i++) {
			struct flight *flight = &scene->flights[i];

			if (flight->end_ms <= now_ms &&
			    (first == NULL || flight->end_ms < first->end_ms))
				first = flight;
		}
		if (first == NULL)
			break;
		scene->now_ms = first->end_ms;
		land(scene, first);
	}
	scene->now_ms = now_ms;
}

static void
pass(struct scene *scene, int64_t ms)
{
	pass_to(scene, scene->now_ms + ms);
}

/* NAME goes, if it may, and is back, with OUTCOME, TAKES_MS later. */
static enum limits_answer
try(struct scene *scene, const char *name, enum limits_outcome outcome,
    int64_t takes_ms)
{
	const enum limits_answer answer = ask(scene, name);
	struct flight *flight;

	if (answer != LIMITS_GO)
		return answer;
	assert_true(scene->flying < LIMITS_ASKING_MAX);
	flight = &scene->flights[scene->flying++];
	snprintf(flight->name, sizeof(flight->name), "%s", name);
	flight->end_ms = scene->now_ms + takes_ms;
	flight->outcome = outcome;
	pass(scene, 0);
	return answer;
}

/* The same for a name that nobody has come with yet. */
static enum limits_answer
try_new(struct scene *scene, enum limits_outcome outcome, int64_t takes_ms)
{
	char name[32];

	snprintf(name, sizeof(name), "name%lu", scene->names++);
	return try(scene, name, outcome, takes_ms);
}

/* A robot guesses until it is told to stop; each guess takes up to MAX_MS. */
static void
guess(struct scene *scene, int64_t max_ms)
{
	while (try_new(scene, LIMITS_NO_USER, pick(scene, max_ms)) == LIMITS_GO)
		;
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
	const size_t names = 500;
	const int64_t long_ms = 3 * MINUTE_MS;

	(void)state;
	for (size_t rate = 0; rate < RATES; rate++) {
		for (size_t i = 0; i < 10 * 4; i++) {
			const int64_t spacing_ms = spacings_ms[i / 4];
			struct scene *scene = scene_begin(rates[rate]);
			char what[64];

			/* or the robot is answered from memory alone */
			limits_configure(scene->limits, rates[rate], 0);
			while (scene->names < names ||
			    scene->now_ms < START_MS + long_ms) {
				guess(scene, takes_ms[i % 4]);
				pass(scene, spacing_ms);
			}
			snprintf(what, sizeof(what), "each %ld ms, takes %ld",
			    (long)spacing_ms, (long)takes_ms[i % 4]);
			check_minutes(scene, rates[rate], what);
			scene_end(scene);
		}
	}
}

static void
nor_has_one_when_guesses_come_in_waves(void **state)
{
	(void)state;
	for (size_t rate = 0; rate < RATES; rate++) {
		for (uint32_t seed = 0; seed < 40; seed++) {
			struct scene *scene = scene_begin(rates[rate]);

			scene->random = seed;
			limits_configure(scene->limits, rates[rate], 0);
			while (scene->names < 500) {
				const int64_t pause_ms = pick(scene, 4) == 0
				    ? pick(scene, 2 * MINUTE_MS)
				    : pick(scene, 20 * SECOND_MS);

				guess(scene, pick(scene, 20 * SECOND_MS));
				pass(scene, pause_ms);
			}
			check_minutes(scene, rates[rate], "waves");
			scene_end(scene);
		}
	}
}

/* Nor is less let through than could be. */
static void
the_rate_is_nearly_reached(void **state)
{
	const int minutes = 3;

	(void)state;
	for (size_t rate = 0; rate < RATES; rate++) {
		struct scene *scene = scene_begin(rates[rate]);

		while (scene->now_ms < START_MS + minutes * MINUTE_MS) {
			guess(scene, 0);
			pass(scene, 1);
		}
		assert_true(
		    scene->refusals >= (size_t)(rates[rate] * minutes / 2));
		scene_end(scene);
	}
}

static void
by_default_two_may_be_refused_at_once(void **state)
{
	struct scene *scene = scene_begin(PER_MINUTE);

	(void)state;
	scene->now_ms = 0;
	guess(scene, 0);
	assert_int_equal(scene->refusals, 2);
	pass(scene, 12 * SECOND_MS - 1);
	guess(scene, 0);
	assert_int_equal(scene->refusals, 2);
	pass(scene, 1);
	guess(scene, 0);
	assert_int_equal(scene->refusals, 3);
	pass(scene, 24 * SECOND_MS);
	guess(scene, 0);
	assert_int_equal(scene->refusals, 5);
	pass(scene, 60 * MINUTE_MS);
	guess(scene, 0);
	assert_int_equal(scene->refusals, 7);
	pass(scene, 12 * SECOND_MS - 1);
	guess(scene, 0);
	assert_int_equal(scene->refusals, 7);
	scene_end(scene);
}

static void
guessing_does_not_get_the_gateway_banned(void **state)
{
	static const int64_t takes_ms[] = { 0, 50, 2000, 9000, 30000 };

	(void)state;
	for (size_t i = 0; i < 5 * 10; i++) {
		const int64_t step_ms = 1 + (int64_t)(i / 5) * 37;
		struct scene *scene = scene_begin(PER_MINUTE);

		scene->random = (uint32_t)i;
		while (scene->now_ms < START_MS + 10 * MINUTE_MS) {
			guess(scene, takes_ms[i % 5]);
			pass(scene, step_ms);
			assert_false(scene->banned);
		}
		assert_true(scene->refusals > 10);
		scene_end(scene);
	}
}

/* Whatever comes, in whatever order. */
static void
guesses_among_users_do_not_either(void **state)
{
	(void)state;
	for (uint32_t seed = 0; seed < 500; seed++) {
		struct scene *scene = scene_begin(PER_MINUTE);
		const int64_t takes_ms = pick(scene, 3) * 3000;
		int64_t guesses;

		scene->random = seed;
		guesses = 1 + pick(scene, 5);
		while (scene->now_ms < START_MS + 10 * MINUTE_MS) {
			const enum limits_outcome outcome = pick(scene,
								guesses) > 0
			    ? LIMITS_NO_USER
			    : pick(scene, 3) > 0 ? LIMITS_IS_USER
						 : LIMITS_FAILED;

			try_new(scene, outcome, pick(scene, takes_ms));
			pass(scene,
			    pick(scene, 20) > 0 ? pick(scene, 300)
						: pick(scene, 100 * SECOND_MS));
			assert_false(scene->banned);
		}
		scene_end(scene);
	}
}

/* Two users come, and while they are asked for, a robot. */
static void
nor_do_guesses_that_wait_for_users(void **state)
{
	struct scene *scene = scene_begin(PER_MINUTE);

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(try_new(scene, LIMITS_IS_USER, 2000 + 500 * i),
		    LIMITS_GO);
	assert_int_equal(try_new(scene, LIMITS_NO_USER, 2000), LIMITS_LATER);
	for (int i = 0; i < 600; i++) {
		guess(scene, 3000);
		pass(scene, 100);
		assert_false(scene->banned);
	}
	assert_int_equal(scene->users, 2);
	scene_end(scene);
}

/* The extra room that many users are given is theirs. */
static void
after_many_users_no_more_may_be_refused_at_once(void **state)
{
	struct scene *scene = scene_begin(PER_MINUTE);

	(void)state;
	for (int i = 0; i < 50; i++) {
		assert_int_equal(try_new(scene, LIMITS_IS_USER, 500),
		    LIMITS_GO);
		pass(scene, 300);
	}
	pass(scene, SECOND_MS);
	assert_int_equal(scene->users, 50);
	guess(scene, 500);
	pass(scene, 500);
	assert_int_equal(scene->refusals, 2);
	scene_end(scene);
}

static void
the_first_refusal_takes_that_room_away(void **state)
{
	struct scene *scene = scene_begin(PER_MINUTE);

	(void)state;
	assert_int_equal(try_new(scene, LIMITS_IS_USER, 1000), LIMITS_GO);
	assert_int_equal(try_new(scene, LIMITS_IS_USER, 5000), LIMITS_GO);
	pass(scene, 1000);
	assert_int_equal(try_new(scene, LIMITS_NO_USER, 0), LIMITS_GO);
	assert_int_equal(try_new(scene, LIMITS_NO_USER, 0), LIMITS_TOO_MANY);
	scene_end(scene);
}

/* What lookup.c does with COUNT names at once, all users, in some order. */
static void
arrive(struct scene *scene, int count, int64_t takes_ms)
{
	int in = 0;

	while (in < count) {
		const enum limits_answer answer = try_new(scene, LIMITS_IS_USER,
		    takes_ms + in);

		if (answer == LIMITS_GO) {
			in++;
			continue;
		}
		assert_int_equal(answer, LIMITS_LATER);
		pass(scene, 1);
	}
	while (scene->flying > 0)
		pass(scene, 1);
}

static void
ten_users_at_once_all_get_in(void **state)
{
	/* of a login at a round trip of 200 ms */
	static const int64_t takes_ms = 2050;
	struct scene *scene = scene_begin(PER_MINUTE);

	(void)state;
	arrive(scene, 10, takes_ms);
	assert_int_equal(scene->users, 10);
	assert_true(scene->now_ms - START_MS < LOOKUPS_MS);
	scene_end(scene);
}

static void
even_where_one_a_minute_may_be_refused(void **state)
{
	struct scene *scene = scene_begin(1);

	(void)state;
	arrive(scene, 10, 200);
	assert_int_equal(scene->users, 10);
	assert_true(scene->now_ms - START_MS < LOOKUPS_MS);
	scene_end(scene);
}

static void
users_do_not_count(void **state)
{
	struct scene *scene = scene_begin(1);

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(try_new(scene, LIMITS_IS_USER, 0), LIMITS_GO);
	/* not even while somebody guesses */
	scene_end(scene);
	scene = scene_begin(PER_MINUTE);
	assert_int_equal(try_new(scene, LIMITS_NO_USER, 0), LIMITS_GO);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(try_new(scene, LIMITS_IS_USER, 0), LIMITS_GO);
	assert_int_equal(try_new(scene, LIMITS_NO_USER, 0), LIMITS_GO);
	assert_int_equal(try_new(scene, LIMITS_NO_USER, 0), LIMITS_TOO_MANY);
	scene_end(scene);
}

static void
who_could_not_be_asked_does_not_count(void **state)
{
	struct scene *scene = scene_begin(1);

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(try(scene, "alice", LIMITS_FAILED, 0),
		    LIMITS_GO);
	assert_int_equal(try(scene, "alice", LIMITS_NO_USER, 0), LIMITS_GO);
	assert_int_equal(try_new(scene, LIMITS_NO_USER, 0), LIMITS_TOO_MANY);
	scene_end(scene);
	/* nor do several at once */
	scene = scene_begin(PLENTY);
	for (int i = 0; i < LIMITS_ASKING_MAX; i++)
		assert_int_equal(try_new(scene, LIMITS_FAILED, 1000),
		    LIMITS_GO);
	assert_int_equal(try_new(scene, LIMITS_FAILED, 0), LIMITS_LATER);
	pass(scene, 1000);
	for (int i = 0; i < LIMITS_ASKING_MAX; i++)
		assert_int_equal(try_new(scene, LIMITS_FAILED, 1000),
		    LIMITS_GO);
	scene_end(scene);
}

static void
no_more_than_a_few_are_asked_at_a_time(void **state)
{
	struct scene *scene = scene_begin(PLENTY);

	(void)state;
	for (int i = 0; i < LIMITS_ASKING_MAX; i++)
		assert_int_equal(try_new(scene, LIMITS_NO_USER, 1000 + i),
		    LIMITS_GO);
	/* nobody has been refused yet, so it is worth waiting */
	assert_int_equal(try_new(scene, LIMITS_NO_USER, 0), LIMITS_LATER);
	pass(scene, 1000);
	assert_int_equal(try_new(scene, LIMITS_NO_USER, 1000), LIMITS_GO);
	assert_int_equal(try_new(scene, LIMITS_NO_USER, 0), LIMITS_BUSY);
	scene_end(scene);
}

static void
nobody_waits_within_a_minute_of_a_refusal(void **state)
{
	struct scene *scene = scene_begin(PER_MINUTE);

	(void)state;
	assert_int_equal(try_new(scene, LIMITS_NO_USER, 0), LIMITS_GO);
	pass(scene, MINUTE_MS - 1);
	for (int i = 0; i < 2; i++)
		assert_int_equal(try_new(scene, LIMITS_IS_USER, 500),
		    LIMITS_GO);
	assert_int_equal(try_new(scene, LIMITS_IS_USER, 500), LIMITS_TOO_MANY);
	pass(scene, 1);
	assert_int_equal(try_new(scene, LIMITS_IS_USER, 500), LIMITS_LATER);
	scene_end(scene);
}

static void
who_was_refused_is_not_asked_for_a_while(void **state)
{
	static const char *const names[] = { "bob", "alice", "Bob", "bo",
		"bobb" };
	struct scene *scene = scene_begin(PLENTY);

	(void)state;
	assert_int_equal(try(scene, "bob", LIMITS_NO_USER, 0), LIMITS_GO);
	assert_int_equal(ask(scene, "bob"), LIMITS_REFUSED);
	for (size_t i = 1; i < 5; i++)
		assert_int_equal(try(scene, names[i], LIMITS_FAILED, 0),
		    LIMITS_GO);
	pass(scene, TTL_S * SECOND_MS - 1);
	assert_int_equal(ask(scene, "bob"), LIMITS_REFUSED);
	pass(scene, 1);
	assert_int_equal(try(scene, "bob", LIMITS_NO_USER, 0), LIMITS_GO);
	assert_int_equal(ask(scene, "bob"), LIMITS_REFUSED);
	pass(scene, TTL_S * SECOND_MS);
	assert_int_equal(ask(scene, "bob"), LIMITS_GO);
	scene_end(scene);
}

/* Whom the remote let in, but calls by another name. */
static void
who_is_to_be_remembered_is_not_asked_either(void **state)
{
	struct scene *scene = scene_begin(PER_MINUTE);

	(void)state;
	assert_int_equal(try(scene, "Bob", LIMITS_IS_USER, 0), LIMITS_GO);
	limits_remember(scene->limits, "Bob", scene->now_ms);
	assert_int_equal(ask(scene, "Bob"), LIMITS_REFUSED);
	/* of which others notice nothing: it was no refused login */
	assert_int_equal(try(scene, "bob", LIMITS_IS_USER, 0), LIMITS_GO);
	pass(scene, TTL_S * SECOND_MS);
	assert_int_equal(ask(scene, "Bob"), LIMITS_GO);
	scene_end(scene);
}

static void
the_while_is_as_long_as_the_settings_say(void **state)
{
	struct scene *scene = scene_begin(PLENTY);

	(void)state;
	limits_configure(scene->limits, PLENTY, 0);
	for (int i = 0; i < 10; i++)
		assert_int_equal(try(scene, "bob", LIMITS_NO_USER, 0),
		    LIMITS_GO);
	limits_configure(scene->limits, PLENTY, 86400);
	assert_int_equal(try(scene, "bob", LIMITS_NO_USER, 0), LIMITS_GO);
	pass(scene, INT64_C(86400) * SECOND_MS - 1);
	assert_int_equal(ask(scene, "bob"), LIMITS_REFUSED);
	pass(scene, 1);
	assert_int_equal(ask(scene, "bob"), LIMITS_GO);
	scene_end(scene);
}

static void
the_longest_names_are_told_apart(void **state)
{
	char a[USERNAME_MAX_CHARS + 1], b[USERNAME_MAX_CHARS + 1];
	struct scene *scene = scene_begin(PLENTY);

	(void)state;
	memset(a, 'x', USERNAME_MAX_CHARS);
	a[USERNAME_MAX_CHARS] = '\0';
	memcpy(b, a, sizeof(b));
	b[USERNAME_MAX_CHARS - 1] = 'y';
	assert_int_equal(try(scene, a, LIMITS_NO_USER, 0), LIMITS_GO);
	assert_int_equal(ask(scene, a), LIMITS_REFUSED);
	assert_int_equal(ask(scene, b), LIMITS_GO);
	scene_end(scene);
}

/* A robot cannot have memory filled. */
static void
the_oldest_of_many_that_were_refused_is_forgotten(void **state)
{
	const unsigned long remembered = 1024;
	struct scene *scene = scene_begin(PLENTY);

	(void)state;
	while (scene->names < remembered) {
		assert_int_equal(try_new(scene, LIMITS_NO_USER, 0), LIMITS_GO);
		pass(scene, 10);
	}
	assert_int_equal(ask(scene, "name0"), LIMITS_REFUSED);
	assert_int_equal(ask(scene, "name1023"), LIMITS_REFUSED);
	assert_int_equal(try_new(scene, LIMITS_NO_USER, 0), LIMITS_GO);
	assert_int_equal(ask(scene, "name1024"), LIMITS_REFUSED);
	assert_int_equal(ask(scene, "name1"), LIMITS_REFUSED);
	pass(scene, 10);
	assert_int_equal(try(scene, "name0", LIMITS_NO_USER, 0), LIMITS_GO);
	assert_int_equal(ask(scene, "name1"), LIMITS_GO);
	assert_int_equal(ask(scene, "name2"), LIMITS_REFUSED);
	scene_end(scene);
}

static void
lower_limits_hold_at_once(void **state)
{
	struct scene *scene = scene_begin(60);

	(void)state;
	assert_int_equal(try_new(scene, LIMITS_FAILED, 0), LIMITS_GO);
	limits_configure(scene->limits, PER_MINUTE, TTL_S);
	for (int i = 0; i < 2; i++)
		assert_int_equal(try_new(scene, LIMITS_NO_USER, 1000),
		    LIMITS_GO);
	assert_int_equal(try_new(scene, LIMITS_NO_USER, 1000), LIMITS_LATER);
	scene_end(scene);
	scene = scene_begin(60);
	assert_int_equal(try_new(scene, LIMITS_NO_USER, 1000), LIMITS_GO);
	limits_configure(scene->limits, PER_MINUTE, TTL_S);
	assert_int_equal(try_new(scene, LIMITS_NO_USER, 1000), LIMITS_GO);
	assert_int_equal(try_new(scene, LIMITS_NO_USER, 1000), LIMITS_LATER);
	scene_end(scene);
}

/* Those on their way have their tokens, and bring back no more than allowed. */
static void
lower_limits_hold_for_those_on_their_way(void **state)
{
	static const struct {
		enum limits_outcome outcome;
		enum limits_answer answer;
		size_t at_once;  /* may be refused when all are back */
		int64_t next_ms; /* until one more may be */
	} ways[] = {
		{ LIMITS_IS_USER, LIMITS_LATER, 2, 12000 },
		{ LIMITS_FAILED, LIMITS_LATER, 2, 12000 },
		/* when the last but one was back there was room again */
		{ LIMITS_NO_USER, LIMITS_TOO_MANY, 0, 11900 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct scene *scene = scene_begin(PLENTY);
		size_t before;

		for (int n = 0; n < LIMITS_ASKING_MAX; n++)
			assert_int_equal(try_new(scene, ways[i].outcome,
					     1000 + 100 * n),
			    LIMITS_GO);
		limits_configure(scene->limits, PER_MINUTE, TTL_S);
		assert_int_equal(try_new(scene, LIMITS_NO_USER, 0),
		    LIMITS_LATER);
		pass(scene, 1000);
		assert_int_equal(try_new(scene, LIMITS_NO_USER, 0),
		    ways[i].answer);
		pass(scene, 300);
		before = scene->refusals;
		guess(scene, 0);
		assert_int_equal(scene->refusals - before, ways[i].at_once);
		pass(scene, ways[i].next_ms - 1);
		guess(scene, 0);
		assert_int_equal(scene->refusals - before, ways[i].at_once);
		pass(scene, 1);
		guess(scene, 0);
		assert_int_equal(scene->refusals - before, ways[i].at_once + 1);
		scene_end(scene);
	}
}

static void
higher_limits_hold_while_names_are_asked(void **state)
{
	struct scene *scene = scene_begin(1);

	(void)state;
	assert_int_equal(try_new(scene, LIMITS_NO_USER, 5000), LIMITS_GO);
	assert_int_equal(try_new(scene, LIMITS_NO_USER, 5000), LIMITS_LATER);
	limits_configure(scene->limits, 60, TTL_S);
	pass(scene, 3000);
	for (int i = 0; i < 2; i++)
		assert_int_equal(try_new(scene, LIMITS_NO_USER, 5000),
		    LIMITS_GO);
	pass(scene, 10 * MINUTE_MS);
	assert_int_equal(scene->refusals, 3);
	guess(scene, 0);
	assert_int_equal(scene->refusals, 3 + 20);
	scene_end(scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_minute_has_more_refusals_than_allowed),
		cmocka_unit_test(nor_has_one_when_guesses_come_in_waves),
		cmocka_unit_test(the_rate_is_nearly_reached),
		cmocka_unit_test(by_default_two_may_be_refused_at_once),
		cmocka_unit_test(guessing_does_not_get_the_gateway_banned),
		cmocka_unit_test(guesses_among_users_do_not_either),
		cmocka_unit_test(nor_do_guesses_that_wait_for_users),
		cmocka_unit_test(
		    after_many_users_no_more_may_be_refused_at_once),
		cmocka_unit_test(the_first_refusal_takes_that_room_away),
		cmocka_unit_test(ten_users_at_once_all_get_in),
		cmocka_unit_test(even_where_one_a_minute_may_be_refused),
		cmocka_unit_test(users_do_not_count),
		cmocka_unit_test(who_could_not_be_asked_does_not_count),
		cmocka_unit_test(no_more_than_a_few_are_asked_at_a_time),
		cmocka_unit_test(nobody_waits_within_a_minute_of_a_refusal),
		cmocka_unit_test(who_was_refused_is_not_asked_for_a_while),
		cmocka_unit_test(who_is_to_be_remembered_is_not_asked_either),
		cmocka_unit_test(the_while_is_as_long_as_the_settings_say),
		cmocka_unit_test(the_longest_names_are_told_apart),
		cmocka_unit_test(
		    the_oldest_of_many_that_were_refused_is_forgotten),
		cmocka_unit_test(lower_limits_hold_at_once),
		cmocka_unit_test(lower_limits_hold_for_those_on_their_way),
		cmocka_unit_test(higher_limits_hold_while_names_are_asked),
	};

	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
