#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../helper/gateway/reach.h"

#define HERE "192.0.2.1"
#define THERE "2001:db8::1"

static bool alive = true;

static char host[] = "remote", ports[] = "60000:61000";
static struct config config = { .host = host,
	.mosh_ports = ports,
	.fallback = true };

static struct reach *
new_reach(void)
{
	struct reach *reach = reach_new(&config);

	assert_non_null(reach);
	reach_address(reach, HERE);
	return reach;
}

/* What is known for alice. */
static enum reach_verdict
now(const struct reach *reach, int64_t now_ms)
{
	return reach_now(reach, "alice", now_ms);
}

/* Begin a trial by USER, whose mark is her name; its process is then at work. */
static void
try_by(struct reach *reach, const char *user, int64_t at_ms)
{
	assert_true(reach_wants(reach, user, at_ms));
	reach_begin(reach, user, user, at_ms);
	assert_false(reach_wants(reach, user, at_ms));
	assert_false(reach_may_try(reach, user));
	assert_false(reach_try(reach, "of another", HERE, at_ms));
	assert_false(reach_has_client(reach, user));
	assert_true(reach_try(reach, user, HERE, at_ms));
	assert_true(reach_has_client(reach, user));
}

static void
try(struct reach *reach, int64_t at_ms)
{
	try_by(reach, "alice", at_ms);
	assert_int_equal(now(reach, at_ms), REACH_WAIT);
}

/* The process of USER says VERDICT, and ends. */
static void
say_of(struct reach *reach, const char *user, enum reach_verdict verdict,
    int64_t at_ms)
{
	assert_false(reach_news(reach));
	if (alive)
		reach_alive(reach);
	reach_told(reach, user, verdict, at_ms);
	assert_false(reach_has_client(reach, user));
	assert_int_equal(reach_news(reach), verdict == REACH_GOOD || alive);
	assert_false(reach_news(reach));
}

static void
say(struct reach *reach, enum reach_verdict verdict, int64_t at_ms)
{
	say_of(reach, "alice", verdict, at_ms);
}

static void
a_mark_is_made_of_letters(void **state)
{
	char mark[MOSH_MARK_CHARS + 1];

	(void)state;
	reach_make_mark(mark);
	assert_int_equal(strlen(mark), MOSH_MARK_CHARS);
}

static void
a_good_verdict_holds_for_ten_minutes(void **state)
{
	struct reach *reach = new_reach();

	(void)state;
	assert_int_equal(now(reach, 1000), REACH_NONE);
	try(reach, 1000);
	say(reach, REACH_GOOD, 1500);
	assert_int_equal(now(reach, 1500 + REACH_GOOD_MS - 1), REACH_GOOD);
	assert_false(reach_wants(reach, "alice", 1500 + REACH_GOOD_MS - 1));
	assert_int_equal(now(reach, 1500 + REACH_GOOD_MS), REACH_NONE);
	assert_true(reach_wants(reach, "alice", 1500 + REACH_GOOD_MS));
	reach_free(reach);
}

static void
it_is_good_for_all(void **state)
{
	struct reach *reach = new_reach();

	(void)state;
	try_by(reach, "bob", 1000);
	try(reach, 1000);
	say_of(reach, "bob", REACH_GOOD, 1500);
	/* she waits no longer, though her own has not come to an end */
	assert_int_equal(now(reach, 1500), REACH_GOOD);
	assert_true(reach_is_good(reach, 1500));
	assert_int_equal(reach_now(reach, "carol", 1500), REACH_GOOD);
	assert_false(reach_wants(reach, "carol", 1500));
	/* which would say nothing more */
	assert_false(reach_has_client(reach, "alice"));
	reach_told(reach, "alice", REACH_BAD, 1600);
	assert_int_equal(now(reach, 1600), REACH_GOOD);
	reach_free(reach);
}

static void
a_bad_one_for_a_minute(void **state)
{
	struct reach *reach = new_reach();

	(void)state;
	try(reach, 1000);
	say(reach, REACH_BAD, 3000);
	assert_int_equal(now(reach, 3000 + REACH_BAD_MS - 1), REACH_BAD);
	assert_int_equal(reach_blocked(reach, 3000 + REACH_BAD_MS - 1), 1);
	assert_int_equal(reach_blocked(reach, 3000 + REACH_BAD_MS), 0);
	assert_true(reach_wants(reach, "alice", 3000 + REACH_BAD_MS));
	try(reach, 3000 + REACH_BAD_MS);
	say(reach, REACH_GOOD, 3000 + REACH_BAD_MS);
	reach_free(reach);
}

static void
a_remote_that_does_not_answer_at_all_gets_none(void **state)
{
	struct reach *reach = new_reach();

	(void)state;
	try(reach, 1000);
	alive = false;
	say(reach, REACH_BAD, 3000);
	assert_int_equal(now(reach, 3000), REACH_WAIT);
	reach_alive(reach);
	assert_int_equal(now(reach, 3500), REACH_WAIT);
	assert_int_equal(reach_tick(reach, 3500), INT64_MAX);
	assert_true(reach_news(reach));
	assert_int_equal(now(reach, 3500), REACH_BAD);

	try(reach, 3500 + REACH_BAD_MS);
	say(reach, REACH_BAD, 5500 + REACH_BAD_MS);
	alive = true;
	reach_tick(reach, 3500 + REACH_BAD_MS + 60000);
	assert_true(reach_news(reach));
	assert_int_equal(now(reach, 3500 + REACH_BAD_MS + 60000), REACH_NONE);
	reach_free(reach);
}

/* However many say that it is blocked, it is for them alone. */
static void
no_number_of_users_says_for_another_that_it_is_blocked(void **state)
{
	struct reach *reach = new_reach();
	char mallory[16];
	int64_t at_ms = 1000;

	(void)state;
	for (int i = 0; i < 1000; i++, at_ms += 2000) {
		snprintf(mallory, sizeof(mallory), "mallory%d", i);
		try_by(reach, mallory, at_ms);
		say_of(reach, mallory, REACH_BAD, at_ms);
		assert_int_equal(reach_now(reach, mallory, at_ms), REACH_BAD);
		assert_false(reach_wants(reach, mallory, at_ms));
		assert_int_equal(now(reach, at_ms), REACH_NONE);
		assert_true(reach_wants(reach, "alice", at_ms));
	}
	try(reach, at_ms);
	say(reach, REACH_GOOD, at_ms + 500);
	assert_int_equal(now(reach, at_ms + 500), REACH_GOOD);
	/* and then not even for them */
	assert_int_equal(reach_now(reach, mallory, at_ms + 500), REACH_GOOD);
	assert_int_equal(reach_blocked(reach, at_ms + 500), 0);
	reach_free(reach);
}

static void
nor_does_who_tries_at_the_same_time(void **state)
{
	struct reach *reach = new_reach();

	(void)state;
	try_by(reach, "mallory", 1000);
	/* she waits for her own, not for his */
	assert_int_equal(now(reach, 1000), REACH_NONE);
	try(reach, 1200);
	say_of(reach, "mallory", REACH_BAD, 3000);
	assert_int_equal(now(reach, 3000), REACH_WAIT);
	say(reach, REACH_GOOD, 3100);
	assert_int_equal(now(reach, 3100), REACH_GOOD);
	reach_free(reach);
}

static void
what_one_meets_after_a_good_one_counts_for_that_one(void **state)
{
	struct reach *reach = new_reach();

	(void)state;
	try(reach, 1000);
	say(reach, REACH_GOOD, 1500);
	/* as moshgate check does */
	reach_begin(reach, "bob", "x", 2000);
	assert_true(reach_try(reach, "x", HERE, 2000));
	reach_alive(reach);
	reach_told(reach, "x", REACH_BAD, 4000);
	assert_int_equal(reach_now(reach, "bob", 4000), REACH_BAD);
	assert_int_equal(now(reach, 4000), REACH_GOOD);
	reach_free(reach);
}

static void
few_try_at_a_time_and_the_others_wait(void **state)
{
	struct reach *reach = new_reach();
	struct reach_trial trial;
	char user[16];
	size_t trials = 0;

	(void)state;
	for (size_t i = 0; i < REACH_TRIALS_MAX; i++) {
		assert_int_equal(now(reach, 1000), REACH_NONE);
		snprintf(user, sizeof(user), "mallory%zu", i);
		try_by(reach, user, 1000);
	}
	assert_false(reach_wants(reach, "alice", 1000));
	assert_int_equal(now(reach, 1000), REACH_WAIT);
	assert_false(reach_trying(reach, "alice", &trial));
	assert_true(reach_trying(reach, user, &trial));
	assert_int_equal(trial.began_ms, 1000);
	for (size_t i = 0; i < REACH_USERS_MAX; i++)
		trials += reach_trial_at(reach, i, &trial) != NULL;
	assert_int_equal(trials, REACH_TRIALS_MAX);
	say_of(reach, user, REACH_BAD, 3000);
	try(reach, 3000);
	/* all come to an end */
	for (int64_t at_ms = 3000; at_ms != INT64_MAX;)
		at_ms = reach_tick(reach, at_ms);
	assert_true(reach_news(reach));
	assert_false(reach_has_client(reach, "mallory0"));
	reach_free(reach);
}

static void
what_is_known_of_users_has_a_bound(void **state)
{
	struct reach *reach = new_reach();
	char user[16];

	(void)state;
	try_by(reach, "bob", 500);
	for (int i = 0; i < (int)REACH_USERS_MAX; i++) {
		snprintf(user, sizeof(user), "user%d", i);
		try_by(reach, user, 1000 + i);
		say_of(reach, user, REACH_BAD, 1000 + i);
	}
	/* who has been known for longest is forgotten, but no trial is */
	assert_true(reach_wants(reach, "user0", 2000));
	assert_int_equal(reach_now(reach, "user1", 2000), REACH_BAD);
	assert_true(reach_has_client(reach, "bob"));
	say_of(reach, "bob", REACH_GOOD, 2500);
	reach_free(reach);
}

static void
a_trial_without_verdict_takes_nothing_away(void **state)
{
	struct reach *reach = new_reach();

	(void)state;
	try(reach, 1000);
	say(reach, REACH_GOOD, 1500);
	/* as moshgate check does */
	reach_begin(reach, "alice", "x", 2000);
	reach_give_up(reach, "of another", 2000);
	assert_false(reach_news(reach));
	reach_give_up(reach, "x", 2000);
	assert_true(reach_news(reach));
	assert_int_equal(now(reach, 3000), REACH_GOOD);
	reach_free(reach);

	reach = new_reach();
	try(reach, 1000);
	say(reach, REACH_BAD, 3000);
	reach_begin(reach, "alice", "x", 4000);
	reach_give_up(reach, "x", 5000);
	assert_true(reach_news(reach));
	assert_int_equal(now(reach, 5000), REACH_BAD);
	assert_int_equal(now(reach, 3000 + REACH_BAD_MS), REACH_NONE);
	reach_free(reach);
}

static void
who_gets_no_verdict_keeps_nobody_from_one(void **state)
{
	struct reach *reach = new_reach();

	(void)state;
	reach_begin(reach, "mallory", "x", 1000);
	reach_connected(reach, "x", 1000);
	reach_tick(reach, reach_tick(reach, 1000));
	assert_true(reach_news(reach));
	assert_false(reach_wants(reach, "mallory", 5000));
	assert_true(reach_wants(reach, "alice", 5000));
	reach_free(reach);
}

static void
what_brings_no_verdict_is_not_tried_at_once(void **state)
{
	struct reach *reach = new_reach();

	(void)state;
	try(reach, 1000);
	say(reach, REACH_NONE, 2000);
	assert_int_equal(now(reach, 2000), REACH_NONE);
	assert_false(reach_wants(reach, "alice", 2000 + REACH_NONE_MS - 1));
	assert_true(reach_wants(reach, "alice", 2000 + REACH_NONE_MS));

	/* no mosh-server */
	reach_begin(reach, "alice", "x", 100000);
	reach_give_up(reach, "x", 101000);
	assert_true(reach_news(reach));
	assert_false(reach_wants(reach, "alice", 101000));
	reach_give_up(reach, "x", 102000); /* of nothing */
	assert_false(reach_news(reach));

	/* no process */
	reach_begin(reach, "alice", "x", 200000);
	assert_true(reach_try(reach, "x", HERE, 200000));
	reach_told(reach, "x", REACH_NONE, 200000);
	assert_true(reach_news(reach));
	assert_false(reach_wants(reach, "alice", 201000));
	reach_free(reach);
}

static void
each_address_has_its_own(void **state)
{
	struct reach *reach = new_reach();
	char address[32];

	(void)state;
	try(reach, 1000);
	say(reach, REACH_BAD, 3000);
	reach_address(reach, THERE);
	assert_int_equal(now(reach, 4000), REACH_NONE);
	assert_true(reach_wants(reach, "alice", 4000));
	reach_address(reach, HERE);
	assert_int_equal(now(reach, 4000), REACH_BAD);
	try_by(reach, "bob", 4000);
	say_of(reach, "bob", REACH_GOOD, 4000);
	/* those of long ago go first */
	for (int i = 0; i < 8; i++) {
		snprintf(address, sizeof(address), "192.0.2.%d", 10 + i);
		reach_address(reach, address);
		assert_false(reach_is_good(reach, 5000));
		reach_begin(reach, "alice", "x", 5000);
		assert_true(reach_try(reach, "x", address, 5000));
		say_of(reach, "x", REACH_GOOD, 5000);
		assert_true(reach_is_good(reach, 5000));
	}
	reach_address(reach, HERE);
	assert_false(reach_is_good(reach, 5000));
	reach_free(reach);
}

static void
a_trial_does_not_last_for_ever(void **state)
{
	struct reach *reach = new_reach();
	int64_t end_ms;

	(void)state;
	assert_int_equal(reach_tick(reach, 1000), INT64_MAX);
	reach_begin(reach, "alice", "x", 1000);
	end_ms = reach_tick(reach, 1000);
	assert_true(end_ms > 1000 && end_ms < 60000);
	reach_tick(reach, end_ms);
	assert_true(reach_news(reach));
	assert_int_equal(now(reach, end_ms), REACH_NONE);
	reach_free(reach);
}

static void
nothing_is_tried_that_could_not_help(void **state)
{
	char single[] = "60001", same[] = "60001:60001";
	struct reach *reach;

	(void)state;
	config.fallback = false;
	reach = new_reach();
	assert_false(reach_wants(reach, "alice", 1000));
	reach_free(reach);
	config.fallback = true;
	config.mosh_ports = single;
	reach = new_reach();
	assert_false(reach_wants(reach, "alice", 1000));
	config.mosh_ports = same;
	assert_false(reach_wants(reach, "alice", 1000));
	config.mosh_ports = ports;
	assert_true(reach_wants(reach, "alice", 1000));
	reach_free(reach);
}

static void
with_other_settings_nothing_is_known(void **state)
{
	struct reach *reach = new_reach();

	(void)state;
	try(reach, 1000);
	say(reach, REACH_GOOD, 1500);
	reach_configure(reach, &config);
	reach_address(reach, HERE);
	assert_int_equal(now(reach, 2000), REACH_NONE);
	try(reach, 2000);
	/* the process is let go of, and what it says later is nobody's */
	reach_configure(reach, &config);
	assert_true(reach_news(reach));
	assert_false(reach_has_client(reach, "alice"));
	reach_told(reach, "alice", REACH_BAD, 2500);
	assert_int_equal(now(reach, 2500), REACH_NONE);
	assert_true(reach_wants(reach, "alice", 3000));
	reach_free(reach);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mark_is_made_of_letters),
		cmocka_unit_test(a_good_verdict_holds_for_ten_minutes),
		cmocka_unit_test(it_is_good_for_all),
		cmocka_unit_test(a_bad_one_for_a_minute),
		cmocka_unit_test(
		    a_remote_that_does_not_answer_at_all_gets_none),
		cmocka_unit_test(
		    no_number_of_users_says_for_another_that_it_is_blocked),
		cmocka_unit_test(nor_does_who_tries_at_the_same_time),
		cmocka_unit_test(
		    what_one_meets_after_a_good_one_counts_for_that_one),
		cmocka_unit_test(few_try_at_a_time_and_the_others_wait),
		cmocka_unit_test(what_is_known_of_users_has_a_bound),
		cmocka_unit_test(a_trial_without_verdict_takes_nothing_away),
		cmocka_unit_test(who_gets_no_verdict_keeps_nobody_from_one),
		cmocka_unit_test(what_brings_no_verdict_is_not_tried_at_once),
		cmocka_unit_test(each_address_has_its_own),
		cmocka_unit_test(a_trial_does_not_last_for_ever),
		cmocka_unit_test(nothing_is_tried_that_could_not_help),
		cmocka_unit_test(with_other_settings_nothing_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
