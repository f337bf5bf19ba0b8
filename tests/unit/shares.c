/*
 * What is kept of several users, and what becomes of it when there is no process
 * to be had, or when the helper ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "fakegateway.h"

#define STRANGERS (QUEUE_UNCLAIMED_MAX + 8)

/* CHILD has been started: it reads the keys, and is then idle. */
static void
read_keys(struct scene *scene, struct child *child)
{
	fake_enter(child);
	fake_say_bytes(child, FRAME_TEXT, "x", 1);
	fake_settle(scene->loop);
}

static void
strangers_do_not_push_out_who_has_just_had_a_session(void **state)
{
	static struct asked strangers[STRANGERS];
	struct scene *scene = scene_begin(false);
	struct asked keys;
	struct child *hers;

	(void)state;
	ask(scene, &keys, JOB_KEYS);
	hers = last(scene, 1);
	read_keys(scene, hers);
	/* by a relay of hers, on a connection of its own */
	share_keep(shares_get(scene->shares, "alice", 0));
	fake_settle(scene->loop);
	for (int i = 0; i < STRANGERS; i++) {
		struct asked *a = &strangers[i];

		*a = (struct asked){ .scene = scene,
			.request = { .want = JOB_KEYS,
			    .asked = &nothing_asked,
			    .answer = asked_answer,
			    .asker = a } };
		snprintf(a->request.user, sizeof(a->request.user), "s%d", i);
		shares_ask(scene->shares, &a->request);
		fake_pass(scene->loop, 100);
		if (scene->children->last != hers &&
		    scene->children->last->told_count == 1)
			read_keys(scene, scene->children->last);
	}
	assert_int_equal(hers->state, FAKE_RUNS);
	scene_end(scene);
}

static void
a_process_that_cannot_be_started_ends_the_trial_that_it_was_for(void **state)
{
	struct scene *scene = scene_begin(true);
	struct reach_trial trial;
	struct asked session;

	(void)state;
	scene->children->full = true;
	ask(scene, &session, JOB_SESSION);
	refused(&session, "internal");
	fake_pass(scene->loop, 1000);
	assert_false(reach_trying(trial_reach(scene->trial), "alice", &trial));
	scene_end(scene);
}

static void
nor_is_it_held_against_a_login_that_nobody_waited_for_it(void **state)
{
	struct scene *scene = scene_begin(false);
	struct asked keys;

	(void)state;
	scene->children->full = true;
	share_keep(shares_get(scene->shares, "alice", 0));
	fake_settle(scene->loop);
	assert_non_null(strstr(fake_log, "replace-failed"));
	scene->children->full = false;
	ask(scene, &keys, JOB_KEYS);
	read_keys(scene, last(scene, 1));
	assert_int_equal(keys.type, FRAME_TEXT);
	scene_end(scene);
}

/* ASKED wants a session of alice's in LANE. */
static void
ask_in_lane(struct scene *scene, struct asked *asked, uint64_t lane)
{
	*asked = (struct asked){ .scene = scene,
		.request = { .want = JOB_SESSION,
		    .user = "alice",
		    .lane = lane,
		    .asked = &nothing_asked,
		    .answer = asked_answer,
		    .asker = asked } };
	shares_ask(scene->shares, &asked->request);
	fake_settle(scene->loop);
}

static void
what_is_in_one_lane_is_of_no_use_in_another(void **state)
{
	struct scene *scene = scene_begin(false);
	const uint64_t first = shares_new_lane(scene->shares),
		       second = shares_new_lane(scene->shares);
	struct asked hers, his, common;
	struct loan loan = { .borrower = NULL };
	struct child *child;

	(void)state;
	assert_int_not_equal(first, 0);
	assert_int_not_equal(first, second);
	ask_in_lane(scene, &hers, first);
	child = last(scene, 1);
	enter_done(scene, child);
	answered(&hers, FRAME_OK);
	assert_true(share_is_ready(shares_find(scene->shares, "alice", first),
	    clock_now_ms()));
	/* another by that name gets nothing of it */
	assert_null(shares_find(scene->shares, "alice", second));
	assert_null(shares_find(scene->shares, "alice", 0));
	assert_false(share_borrow(shares_get(scene->shares, "alice", second),
	    &loan, 1000));
	ask_in_lane(scene, &his, second);
	assert_int_equal(his.answers, 0);
	last(scene, 2);
	ask_in_lane(scene, &common, 0);
	assert_int_equal(common.answers, 0);
	last(scene, 3);
	/* nor does a no to one of them touch the others */
	say_no(scene);
	assert_int_equal(child->state, FAKE_RUNS);
	shares_forget(scene->shares, &his.request);
	scene_end(scene);
}

static void
a_lane_ends_with_whoever_was_in_it(void **state)
{
	struct scene *scene = scene_begin(false);
	const uint64_t lane = shares_new_lane(scene->shares);
	struct asked common, hers;
	struct child *kept, *child;

	(void)state;
	ask_in_lane(scene, &common, 0);
	kept = last(scene, 1);
	enter_done(scene, kept);
	ask_in_lane(scene, &hers, lane);
	child = last(scene, 2);
	enter_done(scene, child);
	shares_end_lane(scene->shares, "alice", lane);
	fake_settle(scene->loop);
	assert_int_not_equal(child->state, FAKE_RUNS);
	assert_null(shares_find(scene->shares, "alice", lane));
	assert_int_equal(kept->state, FAKE_RUNS);
	/* all have that one in common */
	shares_end_lane(scene->shares, "alice", 0);
	fake_settle(scene->loop);
	assert_int_equal(kept->state, FAKE_RUNS);
	scene_end(scene);
}

static int
group_begin(void **state)
{
	(void)state;
	return sodium_init() < 0 ? -1 : 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    strangers_do_not_push_out_who_has_just_had_a_session),
		cmocka_unit_test(
		    a_process_that_cannot_be_started_ends_the_trial_that_it_was_for),
		cmocka_unit_test(
		    nor_is_it_held_against_a_login_that_nobody_waited_for_it),
		cmocka_unit_test(what_is_in_one_lane_is_of_no_use_in_another),
		cmocka_unit_test(a_lane_ends_with_whoever_was_in_it),
	};

	return cmocka_run_group_tests_name("shares", tests, group_begin, NULL);
}
