/*
 * Which process asks the name service what.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../../helper/gateway/dispatch.h"

#define NOW INT64_C(1000000)
#define OTHERS (DISPATCH_PLACES - DISPATCH_KEPT)

/* A question of CLASS finds a process, new or not, which gets it. */
static int
asks(struct dispatch *dispatch, enum dispatch_class class, int64_t now_ms)
{
	const int place = dispatch_find(dispatch, class, 0, now_ms);

	assert_in_range(place, 0, DISPATCH_PLACES - 1);
	if (dispatch->places[place].state == DISPATCH_EMPTY)
		dispatch_started(dispatch, place, now_ms);
	dispatch_asked(dispatch, place, class, now_ms);
	return place;
}

static void
waits(const struct dispatch *dispatch, enum dispatch_class class,
    int64_t now_ms)
{
	assert_int_equal(dispatch_find(dispatch, class, 0, now_ms), -1);
}

static void
one_process_is_used_again(void **state)
{
	struct dispatch dispatch = { 0 };

	(void)state;
	for (int i = 0; i < 20; i++) {
		assert_int_equal(asks(&dispatch, DISPATCH_OTHER, NOW), 0);
		dispatch_answered(&dispatch, 0, NOW);
	}
	assert_int_equal(dispatch.places[1].state, DISPATCH_EMPTY);
}

static void
what_hangs_leaves_room_for_who_is_quick(void **state)
{
	struct dispatch dispatch = { 0 };

	(void)state;
	for (int i = 0; i < OTHERS; i++)
		asks(&dispatch, DISPATCH_OTHER, NOW);
	waits(&dispatch, DISPATCH_OTHER, NOW);
	waits(&dispatch, DISPATCH_STOCK, NOW);
	for (int i = 0; i < DISPATCH_KEPT; i++)
		asks(&dispatch, DISPATCH_QUICK, NOW);
	waits(&dispatch, DISPATCH_QUICK, NOW);
	/* one is late and killed */
	dispatch_over(&dispatch, 0, DISPATCH_LATE, NOW);
	assert_int_equal(asks(&dispatch, DISPATCH_OTHER, NOW), 0);
	waits(&dispatch, DISPATCH_QUICK, NOW);
}

static void
the_stock_has_one_process_at_most(void **state)
{
	struct dispatch dispatch = { 0 };

	(void)state;
	asks(&dispatch, DISPATCH_STOCK, NOW);
	waits(&dispatch, DISPATCH_STOCK, NOW);
	for (int i = 1; i < OTHERS; i++)
		asks(&dispatch, DISPATCH_OTHER, NOW);
	waits(&dispatch, DISPATCH_OTHER, NOW);
}

static void
one_that_cannot_be_started_is_tried_again_later(void **state)
{
	struct dispatch dispatch = { 0 };
	int64_t now_ms = NOW, pause_ms = 100;

	(void)state;
	for (int i = 0; i < 12; i++) {
		assert_int_equal(dispatch_find(&dispatch, DISPATCH_QUICK, 0,
				     now_ms),
		    0);
		dispatch_failed(&dispatch, now_ms);
		waits(&dispatch, DISPATCH_QUICK, now_ms + pause_ms - 1);
		assert_int_equal(dispatch_again_ms(&dispatch, now_ms),
		    now_ms + pause_ms);
		now_ms += pause_ms;
		pause_ms = pause_ms < 2500 ? 2 * pause_ms : 5000;
	}
	assert_true(dispatch_again_ms(&dispatch, now_ms) == INT64_MAX);
	/* an answer, and all is well */
	asks(&dispatch, DISPATCH_QUICK, now_ms);
	dispatch_answered(&dispatch, 0, now_ms);
	dispatch_failed(&dispatch, now_ms);
	assert_int_equal(dispatch_again_ms(&dispatch, now_ms), now_ms + 100);
}

static void
one_that_has_answered_before_is_replaced_at_once(void **state)
{
	struct dispatch dispatch = { 0 };

	(void)state;
	asks(&dispatch, DISPATCH_OTHER, NOW);
	dispatch_over(&dispatch, 0, DISPATCH_ENDED, NOW);
	waits(&dispatch, DISPATCH_OTHER, NOW);
	asks(&dispatch, DISPATCH_OTHER, NOW + 100);
	dispatch_answered(&dispatch, 0, NOW + 100);
	dispatch_over(&dispatch, 0, DISPATCH_ENDED, NOW + 100);
	asks(&dispatch, DISPATCH_OTHER, NOW + 100);
}

/* As with a file system that hangs under it. */
static void
there_are_not_too_many_that_do_not_end(void **state)
{
	struct dispatch dispatch = { 0 };

	(void)state;
	assert_int_equal(dispatch_find(&dispatch, DISPATCH_QUICK,
			     DISPATCH_ENDING_MAX - 1, NOW),
	    0);
	assert_int_equal(dispatch_find(&dispatch, DISPATCH_QUICK,
			     DISPATCH_ENDING_MAX, NOW),
	    -1);
	asks(&dispatch, DISPATCH_QUICK, NOW);
	dispatch_answered(&dispatch, 0, NOW);
	/* the one that there is goes on */
	assert_int_equal(dispatch_find(&dispatch, DISPATCH_QUICK,
			     DISPATCH_ENDING_MAX, NOW),
	    0);
}

static void
idle_ones_end_but_for_one(void **state)
{
	struct dispatch dispatch = { 0 };
	int64_t next_ms;

	(void)state;
	for (int i = 0; i < 3; i++)
		asks(&dispatch, DISPATCH_OTHER, NOW);
	assert_int_equal(dispatch_excess(&dispatch, NOW, &next_ms), -1);
	assert_true(next_ms == INT64_MAX);
	dispatch_answered(&dispatch, 1, NOW);
	dispatch_answered(&dispatch, 0, NOW + 1);
	dispatch_answered(&dispatch, 2, NOW + 2);
	assert_int_equal(dispatch_excess(&dispatch, NOW + 2, &next_ms), -1);
	assert_int_equal(next_ms, NOW + DISPATCH_IDLE_MS);
	assert_int_equal(dispatch_excess(&dispatch, next_ms, &next_ms), 1);
	dispatch_over(&dispatch, 1, DISPATCH_LATE, next_ms);
	assert_int_equal(dispatch_excess(&dispatch, next_ms + 1, &next_ms), 0);
	dispatch_over(&dispatch, 0, DISPATCH_LATE, next_ms);
	assert_int_equal(dispatch_excess(&dispatch, INT64_MAX, &next_ms), -1);
}

static void
who_was_quick_goes_first(void **state)
{
	static struct dispatch dispatch;

	(void)state;
	memset(&dispatch, 0, sizeof(dispatch));
	assert_int_equal(dispatch_class_of(&dispatch, "alice", false),
	    DISPATCH_OTHER);
	assert_int_equal(dispatch_class_of(&dispatch, "alice", true),
	    DISPATCH_QUICK);
	dispatch_learn(&dispatch, "alice", true, DISPATCH_QUICK_MS - 1);
	assert_int_equal(dispatch_class_of(&dispatch, "alice", false),
	    DISPATCH_QUICK);
	dispatch_learn(&dispatch, "alice", true, DISPATCH_QUICK_MS);
	assert_int_equal(dispatch_class_of(&dispatch, "alice", true),
	    DISPATCH_OTHER);
	dispatch_learn(&dispatch, "alice", true, 1);
	assert_int_equal(dispatch_class_of(&dispatch, "alice", false),
	    DISPATCH_QUICK);
	/* an account that is gone goes before nobody */
	dispatch_learn(&dispatch, "alice", false, 1);
	assert_int_equal(dispatch_class_of(&dispatch, "alice", false),
	    DISPATCH_OTHER);
	dispatch_learn(&dispatch, "bob", true, INT64_MAX);
	assert_int_equal(dispatch_class_of(&dispatch, "bob", true),
	    DISPATCH_OTHER);
}

/* Anybody can ask for any name that there isn't, or that hangs. */
static void
names_that_hang_push_nobody_out(void **state)
{
	static struct dispatch dispatch;
	char name[32];

	(void)state;
	memset(&dispatch, 0, sizeof(dispatch));
	dispatch_learn(&dispatch, "alice", true, 1);
	for (unsigned i = 0; i < 100 * DISPATCH_MEMORY; i++) {
		snprintf(name, sizeof(name), "guess%u", i);
		dispatch_learn(&dispatch, name, false, INT64_MAX);
		dispatch_learn(&dispatch, name, false, 1);
	}
	assert_int_equal(dispatch_class_of(&dispatch, "alice", false),
	    DISPATCH_QUICK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_process_is_used_again),
		cmocka_unit_test(what_hangs_leaves_room_for_who_is_quick),
		cmocka_unit_test(the_stock_has_one_process_at_most),
		cmocka_unit_test(
		    one_that_cannot_be_started_is_tried_again_later),
		cmocka_unit_test(
		    one_that_has_answered_before_is_replaced_at_once),
		cmocka_unit_test(there_are_not_too_many_that_do_not_end),
		cmocka_unit_test(idle_ones_end_but_for_one),
		cmocka_unit_test(who_was_quick_goes_first),
		cmocka_unit_test(names_that_hang_push_nobody_out),
	};

	return cmocka_run_group_tests_name("dispatch", tests, NULL, NULL);
}
