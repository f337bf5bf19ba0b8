#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../../helper/gateway/guesses.h"

#define START_MS INT64_C(1000000)
#define HOME "192.0.2.1"
#define ELSEWHERE "198.51.100.7"

static struct guess
guess_of(const char *name, const char *from)
{
	struct guess guess = { .address = address_read(from) };

	snprintf(guess.name, sizeof(guess.name), "%s", name);
	return guess;
}

/* One that comes to END at once.  False if it couldn't begin. */
static bool
guess(struct guesses *guesses, const char *name, const char *from,
    enum guess_end end, int64_t now_ms)
{
	struct guess one = guess_of(name, from);

	if (!guesses_begin(guesses, &one, now_ms))
		return false;
	guesses_end(guesses, &one, end, now_ms);
	return true;
}

static bool
knows(const struct guesses *guesses, const char *name, const char *from)
{
	const struct address address = address_read(from);

	return guesses_know(guesses, name, &address);
}

/* COUNT wrong ones, all of which can begin. */
static void
wrong(struct guesses *guesses, const char *name, const char *from,
    unsigned count, int64_t now_ms)
{
	for (unsigned i = 0; i < count; i++)
		assert_true(guess(guesses, name, from, GUESS_WRONG, now_ms));
}

static void
a_few_wrong_ones_are_free(void **state)
{
	struct guesses *guesses = guesses_new();

	(void)state;
	wrong(guesses, "alice", HOME, GUESSES_FREE_NAME, START_MS);
	assert_true(guess(guesses, "alice", HOME, GUESS_RIGHT, START_MS));
	guesses_free(guesses);
}

static void
then_there_is_a_pause_that_doubles(void **state)
{
	static const int64_t pauses_s[] = { 2, 4, 8, 16, 32, 64, 128, 256, 300,
		300 };
	struct guesses *guesses = guesses_new();
	int64_t now_ms = START_MS;

	(void)state;
	wrong(guesses, "alice", HOME, GUESSES_FREE_NAME - 1, now_ms);
	wrong(guesses, "alice", ELSEWHERE, 1, now_ms);
	for (size_t i = 0; i < sizeof(pauses_s) / sizeof(pauses_s[0]); i++) {
		/* from anywhere */
		const char *from = i % 2 == 0 ? HOME : ELSEWHERE;

		wrong(guesses, "alice", from, 1, now_ms);
		now_ms += pauses_s[i] * 1000;
		assert_false(guess(guesses, "alice", ELSEWHERE, GUESS_RIGHT,
		    now_ms - 1));
	}
	assert_true(guess(guesses, "alice", HOME, GUESS_RIGHT, now_ms));
	guesses_free(guesses);
}

static void
the_right_password_is_refused_meanwhile(void **state)
{
	struct guesses *guesses = guesses_new();

	(void)state;
	wrong(guesses, "alice", HOME, GUESSES_FREE_NAME + 1, START_MS);
	assert_false(guess(guesses, "alice", HOME, GUESS_RIGHT, START_MS));
	assert_true(guess(guesses, "bob", HOME, GUESS_RIGHT, START_MS));
	guesses_free(guesses);
}

static void
a_pause_is_not_prolonged_by_who_asks(void **state)
{
	struct guesses *guesses = guesses_new();

	(void)state;
	wrong(guesses, "alice", HOME, GUESSES_FREE_NAME + 1, START_MS);
	for (int i = 0; i < 100; i++)
		assert_false(guess(guesses, "alice", HOME, GUESS_WRONG,
		    START_MS + GUESSES_PAUSE_MS - 1));
	assert_true(guess(guesses, "alice", HOME, GUESS_WRONG,
	    START_MS + GUESSES_PAUSE_MS));
	guesses_free(guesses);
}

static void
an_address_has_a_pause_whatever_the_name(void **state)
{
	struct guesses *guesses = guesses_new();
	char name[16];

	(void)state;
	for (int i = 0; i <= GUESSES_FREE_ADDRESS; i++) {
		snprintf(name, sizeof(name), "name%d", i);
		wrong(guesses, name, "2001:db8::1", 1, START_MS);
	}
	/* all of an IPv6 network is one */
	assert_false(
	    guess(guesses, "alice", "2001:db8::2", GUESS_RIGHT, START_MS));
	assert_true(
	    guess(guesses, "alice", "2001:db8:1::1", GUESS_RIGHT, START_MS));
	guesses_free(guesses);
}

static void
who_has_been_let_in_from_there_is_not_locked_out(void **state)
{
	struct guesses *guesses = guesses_new();
	char name[16];

	(void)state;
	assert_true(guess(guesses, "alice", HOME, GUESS_RIGHT, START_MS));
	assert_true(knows(guesses, "alice", HOME));
	/* at the user, from elsewhere; and at others, from there */
	wrong(guesses, "alice", ELSEWHERE, GUESSES_FREE_NAME + 1, START_MS);
	for (int i = 0; i <= GUESSES_FREE_ADDRESS; i++) {
		snprintf(name, sizeof(name), "name%d", i);
		guess(guesses, name, HOME, GUESS_WRONG, START_MS);
	}
	assert_false(guess(guesses, "alice", ELSEWHERE, GUESS_RIGHT, START_MS));
	assert_false(guess(guesses, "bob", HOME, GUESS_RIGHT, START_MS));
	assert_true(guess(guesses, "alice", HOME, GUESS_RIGHT, START_MS));
	guesses_free(guesses);
}

static void
but_guesses_from_there_are_counted_as_well(void **state)
{
	struct guesses *guesses = guesses_new();

	(void)state;
	assert_true(guess(guesses, "alice", HOME, GUESS_RIGHT, START_MS));
	wrong(guesses, "alice", HOME, GUESSES_FREE_NAME + 1, START_MS);
	assert_false(guess(guesses, "alice", HOME, GUESS_RIGHT, START_MS));
	assert_true(guess(guesses, "alice", ELSEWHERE, GUESS_RIGHT, START_MS));
	guesses_free(guesses);
}

static void
many_at_a_time_are_not_all_tried(void **state)
{
	struct guesses *guesses = guesses_new();
	struct guess all[GUESSES_OPEN_NAME + 1];

	(void)state;
	for (size_t i = 0; i < GUESSES_OPEN_NAME; i++) {
		all[i] = guess_of("alice", i % 2 == 0 ? HOME : ELSEWHERE);
		assert_true(guesses_begin(guesses, &all[i], START_MS));
	}
	all[GUESSES_OPEN_NAME] = guess_of("alice", HOME);
	assert_false(guesses_begin(guesses, &all[GUESSES_OPEN_NAME], START_MS));
	/* what could not begin has no end */
	guesses_end(guesses, &all[GUESSES_OPEN_NAME], GUESS_WRONG, START_MS);
	for (size_t i = 0; i < GUESSES_OPEN_NAME; i++)
		guesses_end(guesses, &all[i], GUESS_WRONG, START_MS);
	assert_false(guess(guesses, "alice", HOME, GUESS_RIGHT, START_MS));
	/* and after the pause one at a time */
	assert_true(
	    guesses_begin(guesses, &all[0], START_MS + GUESSES_PAUSE_MS));
	assert_false(
	    guesses_begin(guesses, &all[1], START_MS + GUESSES_PAUSE_MS));
	guesses_free(guesses);
}

static void
what_could_not_be_tried_does_not_count(void **state)
{
	struct guesses *guesses = guesses_new();

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_true(
		    guess(guesses, "alice", HOME, GUESS_UNTRIED, START_MS));
	wrong(guesses, "alice", HOME, GUESSES_FREE_NAME, START_MS);
	assert_false(knows(guesses, "alice", HOME));
	guesses_free(guesses);
}

static void
after_an_hour_all_is_forgotten(void **state)
{
	struct guesses *guesses = guesses_new();

	(void)state;
	wrong(guesses, "alice", HOME, GUESSES_FREE_NAME + 1, START_MS);
	wrong(guesses, "alice", HOME, GUESSES_FREE_NAME,
	    START_MS + GUESSES_KEPT_MS);
	assert_true(guess(guesses, "alice", HOME, GUESS_RIGHT,
	    START_MS + GUESSES_KEPT_MS));
	guesses_free(guesses);
}

static void
clients_without_an_address_have_a_count_together(void **state)
{
	struct guesses *guesses = guesses_new();
	char name[16];

	(void)state;
	for (int i = 0; i < GUESSES_FREE_NOWHERE - 4; i++) {
		snprintf(name, sizeof(name), "name%d", i);
		wrong(guesses, name, "", 1, START_MS);
	}
	/* and nobody counts as let in from there */
	assert_true(guess(guesses, "alice", "", GUESS_RIGHT, START_MS));
	wrong(guesses, "alice", "", GUESSES_FREE_NAME + 1, START_MS);
	assert_false(guess(guesses, "alice", "", GUESS_RIGHT, START_MS));
	assert_true(guess(guesses, "bob", "", GUESS_WRONG, START_MS));
	assert_false(guess(guesses, "bob", "", GUESS_RIGHT, START_MS));
	assert_true(guess(guesses, "bob", HOME, GUESS_RIGHT, START_MS));
	guesses_free(guesses);
}

static void
others_do_not_have_a_name_forgotten_that_is_guessed_at(void **state)
{
	struct guesses *guesses = guesses_new();
	char name[16], from[32];

	(void)state;
	assert_true(guess(guesses, "carol", HOME, GUESS_RIGHT, START_MS));
	wrong(guesses, "alice", ELSEWHERE, GUESSES_FREE_NAME + 1, START_MS);
	/* a user's own addresses are bounded, and nobody else's give way */
	for (int i = 0; i < 5000; i++) {
		snprintf(from, sizeof(from), "10.%d.%d.1", i / 200, i % 200);
		assert_true(
		    guess(guesses, "mallory", from, GUESS_RIGHT, START_MS + 1));
	}
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "name%d", i);
		snprintf(from, sizeof(from), "10.%d.%d.2", i / 200, i % 200);
		guess(guesses, name, from, GUESS_WRONG, START_MS + 1);
	}
	assert_false(
	    guess(guesses, "alice", ELSEWHERE, GUESS_RIGHT, START_MS + 1));
	assert_true(knows(guesses, "carol", HOME));
	assert_true(knows(guesses, "mallory", "10.24.199.1"));
	assert_false(knows(guesses, "mallory", "10.0.0.1"));
	guesses_free(guesses);
}

/* How many of COUNT guesses at one name and another, a second apart, begin. */
static unsigned
alternate(struct guesses *guesses, int count, int64_t now_ms)
{
	unsigned begun = 0;
	char from[32];

	for (int i = 0; i < count; i++) {
		snprintf(from, sizeof(from), "172.16.0.%d", i % 4);
		begun += guess(guesses, i % 2 ? "bob" : "alice", from,
		    GUESS_WRONG, now_ms + i * 1000);
	}
	return begun;
}

static void
a_flood_of_names_gives_no_more_guesses(void **state)
{
	struct guesses *guesses = guesses_new();
	char name[16], from[32];
	unsigned calm, flooded = 0;

	(void)state;
	calm = alternate(guesses, 300, START_MS);
	assert_in_range(calm, 2 * GUESSES_FREE_NAME, 2 * 11);
	guesses_free(guesses);
	guesses = guesses_new();
	for (int i = 0; i < (int)GUESSES_MAX * 2; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		snprintf(from, sizeof(from), "10.%d.%d.1", i / 200, i % 200);
		flooded += guess(guesses, name, from, GUESS_WRONG, START_MS);
	}
	assert_true(flooded > GUESSES_MAX);
	assert_true(alternate(guesses, 300, START_MS) <= calm);
	/* nor are they kept out for good */
	assert_true(guess(guesses, "alice", HOME, GUESS_RIGHT,
	    START_MS + 300 * 1000 + GUESSES_KEPT_MS));
	guesses_free(guesses);
}

static void
a_flood_between_two_guesses_gives_no_more(void **state)
{
	struct guesses *guesses = guesses_new();
	unsigned begun = 0;
	char name[16], from[32];

	(void)state;
	for (int round = 0; round < 5; round++) {
		begun += guess(guesses, "alice", ELSEWHERE, GUESS_WRONG,
		    START_MS);
		for (int i = 0; i < (int)GUESSES_MAX; i++) {
			snprintf(name, sizeof(name), "n%d-%d", round, i);
			snprintf(from, sizeof(from), "10.%d.%d.%d", round,
			    i / 200, i % 200);
			guess(guesses, name, from, GUESS_WRONG, START_MS);
		}
	}
	assert_int_equal(begun, GUESSES_FREE_NAME + 1);
	guesses_free(guesses);
}

static void
what_is_open_ends_where_it_began(void **state)
{
	struct guesses *guesses = guesses_new();
	struct guess one;
	char name[16], from[32];

	(void)state;
	for (int i = 0; i < (int)GUESSES_MAX; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		snprintf(from, sizeof(from), "10.%d.%d.1", i / 200, i % 200);
		wrong(guesses, name, from, 1, START_MS);
	}
	for (int i = 0; i < 2 * GUESSES_OPEN_NAME; i++) {
		one = guess_of("alice", HOME);
		assert_true(guesses_begin(guesses, &one, START_MS));
		/* there is room meanwhile */
		guesses_end(guesses, &one, GUESS_UNTRIED,
		    START_MS + GUESSES_KEPT_MS);
	}
	guesses_free(guesses);
}

static void
networks_of_ipv6_count_too(void **state)
{
	struct guesses *guesses = guesses_new();
	unsigned begun = 0;
	char name[16], from[64];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "name%d", i);
		snprintf(from, sizeof(from), "2001:db8:1:%x::1", i % 256);
		begun += guess(guesses, name, from, GUESS_WRONG, START_MS);
	}
	assert_int_equal(begun, GUESSES_FREE_NET56 + 1);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "other%d", i);
		snprintf(from, sizeof(from), "2001:db8:1:%x::1", 256 + i * 16);
		begun += guess(guesses, name, from, GUESS_WRONG, START_MS);
	}
	assert_int_equal(begun, GUESSES_FREE_NET48 + 1);
	assert_true(
	    guess(guesses, "alice", "2001:db8:2::1", GUESS_RIGHT, START_MS));
	guesses_free(guesses);
}

static void
a_paused_name_is_tried_from_elsewhere_once_in_a_while(void **state)
{
	struct guesses *guesses = guesses_new();
	unsigned begun = 0;
	char from[32];

	(void)state;
	wrong(guesses, "alice", ELSEWHERE, GUESSES_FREE_NAME + 1, START_MS);
	for (int i = 0; i < 100; i++) {
		snprintf(from, sizeof(from), "10.0.0.%d", i);
		begun += guess(guesses, "alice", from, GUESS_WRONG, START_MS);
	}
	assert_int_equal(begun, 1);
	/* which makes the pause no longer */
	wrong(guesses, "alice", ELSEWHERE, 1, START_MS + GUESSES_PAUSE_MS);
	/* who has guessed has no other */
	assert_false(guess(guesses, "alice", ELSEWHERE, GUESS_RIGHT,
	    START_MS + GUESSES_PAUSE_MS));
	wrong(guesses, "alice", ELSEWHERE, 1, START_MS + 30000 - 1);
	assert_false(guess(guesses, "alice", ELSEWHERE, GUESS_RIGHT,
	    START_MS + GUESSES_SPARE_MS));
	assert_true(guess(guesses, "alice", HOME, GUESS_RIGHT,
	    START_MS + GUESSES_SPARE_MS));
	/* and nobody whose address isn't known */
	assert_false(guess(guesses, "alice", "", GUESS_RIGHT,
	    START_MS + GUESSES_SPARE_MS));
	guesses_free(guesses);
}

static void
who_has_had_a_session_from_there_is_not_locked_out(void **state)
{
	struct guesses *guesses = guesses_new();
	const struct address home = address_read(HOME);

	(void)state;
	guesses_let_in(guesses, "alice", &home, START_MS);
	assert_true(knows(guesses, "alice", HOME));
	wrong(guesses, "alice", ELSEWHERE, GUESSES_FREE_NAME + 1, START_MS);
	wrong(guesses, "alice", HOME, GUESSES_FREE_NAME + 1, START_MS);
	/* but a session is no password */
	guesses_let_in(guesses, "alice", &home, START_MS);
	assert_false(guess(guesses, "alice", HOME, GUESS_RIGHT, START_MS));
	guesses_free(guesses);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_few_wrong_ones_are_free),
		cmocka_unit_test(then_there_is_a_pause_that_doubles),
		cmocka_unit_test(the_right_password_is_refused_meanwhile),
		cmocka_unit_test(a_pause_is_not_prolonged_by_who_asks),
		cmocka_unit_test(an_address_has_a_pause_whatever_the_name),
		cmocka_unit_test(
		    who_has_been_let_in_from_there_is_not_locked_out),
		cmocka_unit_test(but_guesses_from_there_are_counted_as_well),
		cmocka_unit_test(many_at_a_time_are_not_all_tried),
		cmocka_unit_test(what_could_not_be_tried_does_not_count),
		cmocka_unit_test(after_an_hour_all_is_forgotten),
		cmocka_unit_test(
		    clients_without_an_address_have_a_count_together),
		cmocka_unit_test(
		    others_do_not_have_a_name_forgotten_that_is_guessed_at),
		cmocka_unit_test(a_flood_of_names_gives_no_more_guesses),
		cmocka_unit_test(a_flood_between_two_guesses_gives_no_more),
		cmocka_unit_test(what_is_open_ends_where_it_began),
		cmocka_unit_test(networks_of_ipv6_count_too),
		cmocka_unit_test(
		    a_paused_name_is_tried_from_elsewhere_once_in_a_while),
		cmocka_unit_test(
		    who_has_had_a_session_from_there_is_not_locked_out),
	};

	return cmocka_run_group_tests_name("guesses", tests, NULL, NULL);
}
