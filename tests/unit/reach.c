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

static enum reach_verdict
now(const struct reach *reach, int64_t now_ms)
{
	return reach_now(reach, now_ms);
}

/* Begin a trial by USER at AT_MS; the process is then at work. */
static void
try_by(struct reach *reach, const char *user, int64_t at_ms)
{
	char mark[MOSH_MARK_CHARS + 1];

	assert_true(reach_wants(reach, user, at_ms));
	reach_make_mark(mark);
	assert_int_equal(strlen(mark), MOSH_MARK_CHARS);
	reach_begin(reach, user, mark, at_ms);
	assert_false(reach_wants(reach, user, at_ms));
	assert_false(reach_try(reach, "of another", HERE, at_ms));
	assert_false(reach_has_client(reach));
	assert_true(reach_try(reach, mark, HERE, at_ms));
	assert_true(reach_has_client(reach));
}

static void
try(struct reach *reach, int64_t at_ms)
{
	try_by(reach, "alice", at_ms);
	assert_int_equal(now(reach, at_ms), REACH_WAIT);
}

/* The process says VERDICT, and ends. */
static void
say(struct reach *reach, enum reach_verdict verdict, int64_t at_ms)
{
	assert_false(reach_news(reach));
	if (alive)
		reach_alive(reach);
	reach_told(reach, verdict, at_ms);
	assert_false(reach_has_client(reach));
	assert_int_equal(reach_news(reach), verdict == REACH_GOOD || alive);
	assert_false(reach_news(reach));
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
a_bad_one_for_a_minute(void **state)
{
	struct reach *reach = new_reach();

	(void)state;
	try(reach, 1000);
	say(reach, REACH_BAD, 3000);
	assert_int_equal(now(reach, 3000 + REACH_BAD_MS - 1), REACH_BAD);
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

static void
one_user_does_not_say_for_all_that_it_is_blocked(void **state)
{
	struct reach *reach = new_reach();

	(void)state;
	try_by(reach, "mallory", 1000);
	say(reach, REACH_BAD, 3000);
	assert_int_equal(now(reach, 3000), REACH_BAD);
	assert_false(reach_wants(reach, "mallory", 3000));
	/* the next one doesn't wait, but tries */
	try_by(reach, "alice", 4000);
	assert_int_equal(now(reach, 4000), REACH_BAD);
	say(reach, REACH_GOOD, 5000);
	assert_int_equal(now(reach, 5000), REACH_GOOD);
	assert_false(reach_wants(reach, "mallory", 5000));
	reach_free(reach);

	reach = new_reach();
	try_by(reach, "bob", 1000);
	say(reach, REACH_BAD, 3000);
	try_by(reach, "alice", 4000);
	say(reach, REACH_BAD, 6000);
	assert_false(reach_wants(reach, "carol", 6000));
	assert_int_equal(now(reach, 2999 + REACH_BAD_MS), REACH_BAD);
	assert_int_equal(now(reach, 3000 + REACH_BAD_MS), REACH_NONE);
	reach_free(reach);

	/* what brings nothing does not make it better */
	reach = new_reach();
	try_by(reach, "bob", 1000);
	say(reach, REACH_BAD, 3000);
	try_by(reach, "mallory", 4000);
	say(reach, REACH_NONE, 5000);
	assert_int_equal(now(reach, 5000), REACH_BAD);
	reach_free(reach);
}

static void
a_trial_without_verdict_takes_no_good_one_away(void **state)
{
	struct reach *reach = new_reach();

	(void)state;
	try(reach, 1000);
	say(reach, REACH_GOOD, 1500);
	/* as moshgate check does */
	reach_begin(reach, "bob", "x", 2000);
	reach_give_up(reach, "of another", 2000);
	assert_false(reach_news(reach));
	reach_give_up(reach, "x", 2000);
	assert_true(reach_news(reach));
	assert_int_equal(now(reach, 3000), REACH_GOOD);
	reach_free(reach);
}

static void
who_has_shown_a_bad_one_does_not_confirm_it(void **state)
{
	struct reach *reach = new_reach();

	(void)state;
	try_by(reach, "mallory", 1000);
	say(reach, REACH_BAD, 3000);
	reach_begin(reach, "mallory", "x", 4000);
	reach_give_up(reach, "x", 5000);
	assert_true(reach_news(reach));
	assert_int_equal(now(reach, 5000), REACH_BAD);
	assert_true(reach_wants(reach, "alice", 5000));
	reach_free(reach);
}

static void
who_gets_no_verdict_keeps_nobody_from_one(void **state)
{
	struct reach *reach = new_reach();

	(void)state;
	reach_begin(reach, "mallory", "x", 1000);
	reach_connected(reach, 1000);
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
	reach_told(reach, REACH_NONE, 200000);
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
	/* those of long ago go first */
	for (int i = 0; i < 8; i++) {
		snprintf(address, sizeof(address), "192.0.2.%d", 10 + i);
		reach_address(reach, address);
		reach_begin(reach, "alice", "x", 5000);
		reach_give_up(reach, "x", 5000);
	}
	assert_false(reach_wants(reach, "alice", 5000));
	reach_address(reach, HERE);
	assert_int_equal(now(reach, 5000), REACH_NONE);
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
	assert_false(reach_has_client(reach));
	reach_told(reach, REACH_BAD, 2500);
	assert_int_equal(now(reach, 2500), REACH_NONE);
	assert_true(reach_wants(reach, "alice", 3000));
	reach_free(reach);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_verdict_holds_for_ten_minutes),
		cmocka_unit_test(a_bad_one_for_a_minute),
		cmocka_unit_test(
		    a_remote_that_does_not_answer_at_all_gets_none),
		cmocka_unit_test(
		    one_user_does_not_say_for_all_that_it_is_blocked),
		cmocka_unit_test(
		    a_trial_without_verdict_takes_no_good_one_away),
		cmocka_unit_test(who_has_shown_a_bad_one_does_not_confirm_it),
		cmocka_unit_test(who_gets_no_verdict_keeps_nobody_from_one),
		cmocka_unit_test(what_brings_no_verdict_is_not_tried_at_once),
		cmocka_unit_test(each_address_has_its_own),
		cmocka_unit_test(a_trial_does_not_last_for_ever),
		cmocka_unit_test(nothing_is_tried_that_could_not_help),
		cmocka_unit_test(with_other_settings_nothing_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
