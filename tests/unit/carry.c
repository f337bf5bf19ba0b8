/*
 * Relays: which connection each of them gets, and what becomes of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakegateway.h"

#define SHIM_FD 7

/* A relay of alice's, and how it was answered. */
struct relay {
	struct carry carry;
	struct fields fields;
	struct frame frame;
	bool given, running;
	unsigned answers; /* the last ones */
	enum frame_type type;
	char reason[32];
};

static void
relay_given(struct carry *carry)
{
	struct relay *relay = carry->asker;

	relay->given = true;
}

static void
relay_answer(struct carry *carry, const struct frame *answer)
{
	struct relay *relay = carry->asker;

	if (answer->type == FRAME_RUNNING) {
		relay->running = true;
		return;
	}
	relay->answers++;
	relay->type = answer->type;
	if (answer->type == FRAME_REFUSED) {
		const struct refusal why = refusal_read(answer);

		snprintf(relay->reason, sizeof(relay->reason), "%s",
		    why.reason);
	}
	fields_free(&relay->fields);
}

/* RELAY asks, for a session on a TERMINAL or a command. */
static void
relay_ask(struct scene *scene, struct relay *relay, bool terminal)
{
	*relay = (struct relay){ .carry = { .user = "alice",
				     .fd = SHIM_FD,
				     .why = "For a reason.",
				     .given = relay_given,
				     .answer = relay_answer,
				     .asker = relay } };
	if (terminal)
		fields_add(&relay->fields, "terminal", "1");
	else
		fields_add(&relay->fields, "command", "true");
	relay->frame = (struct frame){ .type = FRAME_SESSION,
		.body = relay->fields.text,
		.len = relay->fields.len };
	relay->carry.asked = &relay->frame;
	carries_ask(scene->carries, &relay->carry);
	fake_settle(scene->loop);
}

/* Nobody waits for RELAY any more. */
static void
relay_forget(struct scene *scene, struct relay *relay)
{
	carries_forget(&relay->carry);
	fake_settle(scene->loop);
	fields_free(&relay->fields);
}

static void
is_running(struct scene *scene, struct child *child, struct relay *relay)
{
	fake_was_told(child, FRAME_GO, "why", "For a reason.");
	/* the shim is the worker's by now */
	assert_int_equal(child->fd, SHIM_FD);
	assert_true(relay->given);
	fake_say(child, FRAME_RUNNING, NULL, NULL);
	fake_settle(scene->loop);
	assert_true(relay->running);
	assert_int_equal(relay->answers, 0);
}

static void
has_ended(struct scene *scene, struct child *child, struct relay *relay)
{
	fake_say(child, FRAME_OK, "status", "0");
	fake_settle(scene->loop);
	assert_int_equal(relay->answers, 1);
	assert_int_equal(relay->type, FRAME_OK);
}

static void
was_refused(const struct relay *relay, const char *reason)
{
	assert_int_equal(relay->answers, 1);
	assert_int_equal(relay->type, FRAME_REFUSED);
	assert_string_equal(relay->reason, reason);
}

static void
a_relay_has_a_connection_of_its_own_if_none_is_kept(void **state)
{
	struct scene *scene = scene_begin(false);
	struct relay relay;
	struct child *child;

	(void)state;
	relay_ask(scene, &relay, false);
	child = last(scene, 1);
	fake_was_told(child, FRAME_START, "first", "relay");
	fake_was_told(child, FRAME_START, "command", "true");
	assert_false(relay.given);
	fake_make_ready(child);
	fake_was_told(child, FRAME_GO, "command", "true");
	is_running(scene, child, &relay);
	/* now one is kept for the next */
	fake_was_told(last(scene, 2), FRAME_START, "first", "open");
	has_ended(scene, child, &relay);
	assert_int_equal(child->state, FAKE_CLOSED);
	scene_end(scene);
}

static void
it_has_the_one_that_is_kept_if_that_is_idle(void **state)
{
	struct scene *scene = scene_begin(false);
	struct child *child = begin_session(scene);
	struct relay relay;

	(void)state;
	relay_ask(scene, &relay, false);
	fake_was_told(child, FRAME_HOLD, "command", "true");
	assert_false(relay.given);
	/* another takes its place meanwhile */
	fake_was_told(last(scene, 2), FRAME_START, "first", "open");
	fake_say(child, FRAME_ACCEPTED, NULL, NULL);
	fake_was_told(child, FRAME_GO, "command", "true");
	is_running(scene, child, &relay);
	has_ended(scene, child, &relay);
	last(scene, 2);
	scene_end(scene);
}

static void
it_waits_for_the_one_that_is_kept_but_not_for_long(void **state)
{
	struct scene *scene = scene_begin(false);
	struct child *child = begin_session(scene);
	struct asked session;
	struct relay relay;

	(void)state;
	ask(scene, &session, JOB_SESSION);
	relay_ask(scene, &relay, false);
	fake_pass(scene->loop, 2900);
	last(scene, 1);
	done(scene, child);
	fake_was_told(child, FRAME_HOLD, NULL, NULL);
	relay_forget(scene, &relay);
	assert_int_equal(child->state, FAKE_CLOSED);

	child = last(scene, 2);
	enter_done(scene, child);
	ask(scene, &session, JOB_SESSION);
	relay_ask(scene, &relay, false);
	fake_pass(scene->loop, 3000);
	child = last(scene, 3);
	fake_was_told(child, FRAME_START, "first", "relay");
	fake_make_ready(child);
	is_running(scene, child, &relay);
	has_ended(scene, child, &relay);
	scene_end(scene);
}

static void
it_goes_alone_if_there_is_no_second_channel(void **state)
{
	struct scene *scene = scene_begin(false);
	struct child *child = begin_session(scene);
	struct relay relay, next;

	(void)state;
	relay_ask(scene, &relay, false);
	fake_fail(child, "no-shell");
	fake_settle(scene->loop);
	assert_true(
	    fake_logged("event=kept-failed user=alice reason=no-shell"));
	assert_int_equal(relay.answers, 0);
	/* its own comes before the one that is to be kept */
	child = last(scene, 3);
	fake_was_told(child, FRAME_START, "first", "relay");
	fake_make_ready(child);
	is_running(scene, child, &relay);
	/* and the next one doesn't even try */
	enter_done(scene, child->next);
	relay_ask(scene, &next, false);
	fake_was_told(last(scene, 4), FRAME_START, "first", "relay");
	has_ended(scene, child, &relay);
	relay_forget(scene, &next);
	scene_end(scene);
}

static void
or_if_that_takes_too_long(void **state)
{
	struct scene *scene = scene_begin(false);
	struct child *child = begin_session(scene);
	struct relay relay;

	(void)state;
	relay_ask(scene, &relay, false);
	fake_pass(scene->loop, 2900);
	last(scene, 2);
	fake_pass(scene->loop, 100);
	assert_int_equal(child->state, FAKE_OVER);
	assert_true(fake_logged("event=kept-failed user=alice reason=timeout"));
	assert_int_equal(relay.answers, 0);
	assert_false(relay.given);
	fake_was_told(last(scene, 3), FRAME_START, "first", "relay");
	relay_forget(scene, &relay);
	scene_end(scene);
}

static void
or_if_the_worker_does_not_take_what_it_is_sent(void **state)
{
	struct scene *scene = scene_begin(false);
	struct child *child = begin_session(scene);
	struct relay relay;

	(void)state;
	relay_ask(scene, &relay, false);
	child->stuffed = true;
	fake_say(child, FRAME_ACCEPTED, NULL, NULL);
	fake_settle(scene->loop);
	assert_int_equal(child->state, FAKE_CLOSED);
	fake_was_told(last(scene, 3), FRAME_START, "first", "relay");
	assert_false(relay.given);
	relay_forget(scene, &relay);
	scene_end(scene);
}

static void
nor_does_it_try_for_ever(void **state)
{
	struct scene *scene = scene_begin(false);
	struct child *child;
	struct relay relay;

	(void)state;
	relay_ask(scene, &relay, false);
	child = last(scene, 1);
	fake_enter(child);
	child->stuffed = true;
	fake_say(child, FRAME_ACCEPTED, NULL, NULL);
	fake_settle(scene->loop);
	assert_int_equal(child->state, FAKE_CLOSED);
	was_refused(&relay, "internal");
	last(scene, 1);
	scene_end(scene);
}

static void
it_fails_as_its_connection_does(void **state)
{
	struct scene *scene = scene_begin(false);
	struct relay relay;

	(void)state;
	relay_ask(scene, &relay, false);
	fake_fail(last(scene, 1), "unreachable");
	was_refused(&relay, "unreachable");
	/* that is no matter of the next */
	relay_ask(scene, &relay, false);
	fake_make_ready(last(scene, 2));
	is_running(scene, last(scene, 2), &relay);
	fake_over(last(scene, 3)->next, CHILD_CLOSED);
	was_refused(&relay, "internal");
	scene_end(scene);
}

static void
without_a_process_it_is_refused(void **state)
{
	struct scene *scene = scene_begin(false);
	struct relay relay;

	(void)state;
	scene->children->full = true;
	relay_ask(scene, &relay, false);
	was_refused(&relay, "internal");
	scene_end(scene);
}

static void
a_no_of_the_remote_holds_for_all_that_is_kept(void **state)
{
	struct scene *scene = scene_begin(false);
	struct child *child = begin_session(scene);
	struct asked first, second;
	struct relay relay, other;

	(void)state;
	ask(scene, &first, JOB_SESSION);
	ask(scene, &second, JOB_SESSION);
	/* with sessions waiting it goes alone */
	relay_ask(scene, &relay, false);
	fake_reach(last(scene, 2));
	fake_fail(last(scene, 2), "refused");
	fake_settle(scene->loop);
	was_refused(&relay, "refused");
	assert_int_equal(child->state, FAKE_RUNS);
	done(scene, child);
	assert_int_equal(child->state, FAKE_CLOSED);
	answered(&first, FRAME_OK);
	refused(&second, "refused");
	/* the next one is told so without a connection */
	relay_ask(scene, &other, false);
	was_refused(&other, "refused");
	last(scene, 2);
	scene_end(scene);
}

static void
also_for_a_user_of_whom_nothing_is_kept(void **state)
{
	struct scene *scene = scene_begin(false);
	struct relay relay;

	(void)state;
	relay_ask(scene, &relay, false);
	fake_reach(last(scene, 1));
	fake_fail(last(scene, 1), "refused");
	fake_settle(scene->loop);
	was_refused(&relay, "refused");
	relay_ask(scene, &relay, false);
	was_refused(&relay, "refused");
	fake_pass(scene->loop, 15000);
	relay_ask(scene, &relay, false);
	assert_int_equal(relay.answers, 0);
	last(scene, 2);
	relay_forget(scene, &relay);
	scene_end(scene);
}

static void
a_relay_that_nobody_waits_for_ends(void **state)
{
	struct scene *scene = scene_begin(false);
	struct child *child;
	struct asked session;
	struct relay relay;

	(void)state;
	/* while it waits for its turn, connects, or borrows */
	relay_ask(scene, &relay, false);
	relay_forget(scene, &relay);
	assert_int_equal(last(scene, 1)->state, FAKE_CLOSED);
	relay_ask(scene, &relay, false);
	child = last(scene, 2);
	fake_make_ready(child);
	is_running(scene, child, &relay);
	relay_forget(scene, &relay);
	/* what runs is its worker's */
	assert_int_equal(child->state, FAKE_LEFT);
	child = last(scene, 3);
	enter_done(scene, child);
	ask(scene, &session, JOB_SESSION);
	relay_ask(scene, &relay, false);
	relay_forget(scene, &relay);
	done(scene, child);
	answered(&session, FRAME_OK);
	assert_int_equal(child->state, FAKE_RUNS);
	fake_pass(scene->loop, 5000);
	assert_int_equal(relay.answers, 0);
	last(scene, 3);
	/* and again, which is nothing */
	carries_forget(&relay.carry);
	scene_end(scene);
}

/*
 * Spare connections
 */

/*
 * alice logs in, and UDP is being tried.  Returns the kept connection; the
 * prober is the last process.
 */
static struct child *
begin_trial(struct scene *scene, struct asked *session)
{
	struct fields fields = { 0 };
	struct child *child;

	ask(scene, session, JOB_SESSION);
	child = last(scene, 1);
	fake_was_told(child, FRAME_START, "first", "udp");
	fake_enter(child);
	fields_add(&fields, "host", FAKE_ADDRESS);
	fields_add(&fields, "port", "60001");
	fields_add(&fields, "key", "AAAAAAAAAAAAAAAAAAAAAA");
	fake_say_bytes(child, FRAME_OK, fields.text, fields.len);
	fields_free(&fields);
	fake_settle(scene->loop);
	assert_int_equal(last(scene, 2)->kind, REEXEC_PROBER);
	return child;
}

/* The same, and it takes so long that a spare connection is made: *SPARE. */
static struct child *
begin_spare(struct scene *scene, struct asked *session, struct child **prober,
    struct child **spare)
{
	struct child *child = begin_trial(scene, session);

	*prober = last(scene, 2);
	fake_pass(scene->loop, 500);
	last(scene, 2);
	fake_pass(scene->loop, 100);
	*spare = last(scene, 3);
	fake_was_told(*spare, FRAME_START, "first", "relay");
	fake_was_told(*spare, FRAME_START, "terminal", "1");
	/* and it is asked whether the remote answers at all */
	fake_was_told(child, FRAME_PING, NULL, NULL);
	done(scene, child);
	return child;
}

static void
spares_are_made_once_while_a_trial_takes_long(void **state)
{
	struct scene *scene = scene_begin(true);
	struct child *prober, *spare;
	struct asked session;

	(void)state;
	begin_spare(scene, &session, &prober, &spare);
	fake_pass(scene->loop, 3000);
	last(scene, 3);
	scene_end(scene);
}

static void
with_a_good_verdict_nobody_needs_them(void **state)
{
	struct scene *scene = scene_begin(true);
	struct child *child, *prober, *spare;
	struct asked session;

	(void)state;
	child = begin_spare(scene, &session, &prober, &spare);
	fake_say(prober, FRAME_OK, NULL, NULL);
	fake_settle(scene->loop);
	assert_int_equal(prober->state, FAKE_CLOSED);
	assert_int_equal(spare->state, FAKE_CLOSED);
	fake_was_told(child, FRAME_SESSION, NULL, NULL);
	done(scene, child);
	answered(&session, FRAME_OK);
	scene_end(scene);
}

/* The verdict is bad: session.c would have the session go over SSH, as RELAY. */
static void
go_over_ssh(struct scene *scene, struct child *prober, struct asked *session,
    struct relay *relay)
{
	shares_forget(scene->shares, &session->request);
	fake_say(prober, FRAME_REFUSED, "reason", "udp-blocked");
	fake_settle(scene->loop);
	assert_int_equal(reach_now(trial_reach(scene->trial),
			     session->request.user, fake_now_ms),
	    REACH_BAD);
	relay_ask(scene, relay, true);
}

static void
with_a_bad_one_the_session_has_one_that_is_held(void **state)
{
	struct scene *scene = scene_begin(true);
	struct child *child, *prober, *spare;
	struct asked session;
	struct relay relay;

	(void)state;
	child = begin_spare(scene, &session, &prober, &spare);
	fake_make_ready(spare);
	go_over_ssh(scene, prober, &session, &relay);
	fake_was_told(spare, FRAME_GO, "terminal", "1");
	is_running(scene, spare, &relay);
	assert_int_equal(child->state, FAKE_RUNS);
	last(scene, 3);
	has_ended(scene, spare, &relay);
	scene_end(scene);
}

static void
or_the_one_that_is_kept_while_the_spare_connects(void **state)
{
	struct scene *scene = scene_begin(true);
	struct child *child, *prober, *spare;
	struct asked session;
	struct relay relay;

	(void)state;
	child = begin_spare(scene, &session, &prober, &spare);
	go_over_ssh(scene, prober, &session, &relay);
	fake_was_told(child, FRAME_HOLD, "terminal", "1");
	fake_say(child, FRAME_ACCEPTED, NULL, NULL);
	is_running(scene, child, &relay);
	has_ended(scene, child, &relay);
	scene_end(scene);
}

static void
or_the_spare_that_connects_if_the_kept_one_has_no_channel(void **state)
{
	struct scene *scene = scene_begin(true);
	struct child *child, *prober, *spare;
	struct asked session;
	struct relay relay;
	size_t count;

	(void)state;
	child = begin_spare(scene, &session, &prober, &spare);
	go_over_ssh(scene, prober, &session, &relay);
	count = scene->children->count;
	fake_fail(child, "no-shell");
	fake_settle(scene->loop);
	last(scene, count);
	fake_make_ready(spare);
	fake_was_told(spare, FRAME_GO, "terminal", "1");
	is_running(scene, spare, &relay);
	has_ended(scene, spare, &relay);
	scene_end(scene);
}

static void
a_command_takes_no_spare(void **state)
{
	struct scene *scene = scene_begin(true);
	struct child *child, *prober, *spare;
	struct asked session;
	struct relay relay;

	(void)state;
	child = begin_spare(scene, &session, &prober, &spare);
	fake_make_ready(spare);
	relay_ask(scene, &relay, false);
	/* nor what a session waits for */
	assert_int_equal(child->state, FAKE_RUNS);
	assert_int_not_equal(fake_told(spare)->type, FRAME_GO);
	fake_was_told(last(scene, 4), FRAME_START, "first", "relay");
	relay_forget(scene, &relay);
	scene_end(scene);
}

static void
a_spare_that_nobody_takes_is_no_failure(void **state)
{
	struct scene *scene = scene_begin(true);
	struct child *prober, *spare;
	struct asked session;
	struct relay relay;

	(void)state;
	begin_spare(scene, &session, &prober, &spare);
	fake_make_ready(spare);
	fake_pass(scene->loop, 10000);
	assert_int_equal(spare->state, FAKE_OVER);
	/* it isn't given to anybody any more */
	relay_ask(scene, &relay, true);
	assert_int_equal(relay.answers, 0);
	relay_forget(scene, &relay);
	scene_end(scene);
}

static void
a_spare_that_is_refused_says_no_for_all(void **state)
{
	struct scene *scene = scene_begin(true);
	struct child *child, *prober, *spare;
	struct asked session;
	struct relay relay;

	(void)state;
	child = begin_spare(scene, &session, &prober, &spare);
	fake_reach(spare);
	fake_fail(spare, "refused");
	fake_settle(scene->loop);
	assert_int_equal(child->state, FAKE_CLOSED);
	refused(&session, "refused");
	relay_ask(scene, &relay, true);
	was_refused(&relay, "refused");
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
		    a_relay_has_a_connection_of_its_own_if_none_is_kept),
		cmocka_unit_test(it_has_the_one_that_is_kept_if_that_is_idle),
		cmocka_unit_test(
		    it_waits_for_the_one_that_is_kept_but_not_for_long),
		cmocka_unit_test(it_goes_alone_if_there_is_no_second_channel),
		cmocka_unit_test(or_if_that_takes_too_long),
		cmocka_unit_test(
		    or_if_the_worker_does_not_take_what_it_is_sent),
		cmocka_unit_test(nor_does_it_try_for_ever),
		cmocka_unit_test(it_fails_as_its_connection_does),
		cmocka_unit_test(without_a_process_it_is_refused),
		cmocka_unit_test(a_no_of_the_remote_holds_for_all_that_is_kept),
		cmocka_unit_test(also_for_a_user_of_whom_nothing_is_kept),
		cmocka_unit_test(a_relay_that_nobody_waits_for_ends),
		cmocka_unit_test(spares_are_made_once_while_a_trial_takes_long),
		cmocka_unit_test(with_a_good_verdict_nobody_needs_them),
		cmocka_unit_test(
		    with_a_bad_one_the_session_has_one_that_is_held),
		cmocka_unit_test(
		    or_the_one_that_is_kept_while_the_spare_connects),
		cmocka_unit_test(
		    or_the_spare_that_connects_if_the_kept_one_has_no_channel),
		cmocka_unit_test(a_command_takes_no_spare),
		cmocka_unit_test(a_spare_that_nobody_takes_is_no_failure),
		cmocka_unit_test(a_spare_that_is_refused_says_no_for_all),
	};

	return cmocka_run_group_tests_name("carry", tests, group_begin, NULL);
}
