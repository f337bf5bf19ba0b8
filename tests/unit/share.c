/*
 * What is kept for a user: the connection and its successor, what they are
 * there for, and those who borrow one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakegateway.h"

#define KEYS "ssh-ed25519 AAAA\n"

static void
say_keys(struct scene *scene, struct child *child)
{
	fake_say_bytes(child, FRAME_TEXT, KEYS, sizeof(KEYS) - 1);
	fake_settle(scene->loop);
}

/* A session of alice's; when it is 270 s old, a successor connects. */
static struct child *
begin_renewal(struct scene *scene, struct child **successor)
{
	struct child *child = begin_session(scene);

	fake_pass(scene->loop, 270000);
	*successor = last(scene, 2);
	fake_was_told(*successor, FRAME_START, "first", "open");
	assert_int_equal(child->state, FAKE_RUNS);
	return child;
}

/* The same, and it is idle while the other does a job of ASKED. */
static struct child *
begin_idle_successor(struct scene *scene, struct child **successor,
    struct asked *asked)
{
	struct child *child = begin_renewal(scene, successor);

	ask(scene, asked, JOB_SESSION);
	fake_was_told(child, FRAME_SESSION, NULL, NULL);
	enter_done(scene, *successor);
	assert_int_equal(child->state, FAKE_RUNS);
	assert_int_equal((*successor)->state, FAKE_RUNS);
	return child;
}

static void
one_connection_serves_all_of_a_users_requests(void **state)
{
	struct scene *scene = scene_begin(false);
	struct asked lookup, keys, session, more;
	struct child *child;

	(void)state;
	ask(scene, &lookup, JOB_LOOKUP);
	child = last(scene, 1);
	fake_was_told(child, FRAME_START, "first", "lookup");
	ask(scene, &keys, JOB_KEYS);
	ask(scene, &session, JOB_SESSION);
	ask(scene, &more, JOB_SESSION);
	fake_enter(child);
	assert_true(lookup.accepted);
	/* the keys come along */
	say_keys(scene, child);
	answered(&keys, FRAME_TEXT);
	assert_int_equal(lookup.answers, 0);
	done(scene, child);
	answered(&lookup, FRAME_OK);
	fake_was_told(child, FRAME_SESSION, NULL, NULL);
	done(scene, child);
	answered(&session, FRAME_OK);
	assert_int_equal(more.answers, 0);
	fake_was_told(child, FRAME_SESSION, NULL, NULL);
	done(scene, child);
	answered(&more, FRAME_OK);
	last(scene, 1);
	scene_end(scene);
}

static void
keys_are_read_again_when_they_are_too_old(void **state)
{
	struct scene *scene = scene_begin(false);
	struct asked first, second, third;
	struct child *child;

	(void)state;
	ask(scene, &first, JOB_KEYS);
	child = last(scene, 1);
	fake_enter(child);
	say_keys(scene, child);
	answered(&first, FRAME_TEXT);
	fake_pass(scene->loop, 20000);
	ask(scene, &second, JOB_KEYS);
	answered(&second, FRAME_TEXT);
	assert_int_equal(child->told_count, 1);
	/* they are as old as the question, whose connection is gone by then */
	fake_pass(scene->loop, 40000);
	assert_int_equal(child->state, FAKE_CLOSED);
	ask(scene, &third, JOB_KEYS);
	assert_int_equal(third.answers, 0);
	fake_was_told(last(scene, 2), FRAME_START, "first", "keys");
	scene_end(scene);
}

static void
a_trial_of_udp_costs_nobody_a_round_trip_who_waits_for_keys(void **state)
{
	struct scene *scene = scene_begin(true);
	struct asked keys, session;
	struct child *child;

	(void)state;
	ask(scene, &keys, JOB_KEYS);
	child = last(scene, 1);
	fake_was_told(child, FRAME_START, "first", "keys");
	fake_enter(child);
	say_keys(scene, child);
	/* then it is time for it */
	fake_was_told(child, FRAME_UDP, NULL, NULL);
	ask(scene, &session, JOB_SESSION);
	fake_say(child, FRAME_REFUSED, "reason", "no-mosh-server");
	fake_settle(scene->loop);
	fake_was_told(child, FRAME_SESSION, NULL, NULL);
	done(scene, child);
	answered(&session, FRAME_OK);

	/* the same on a kept connection, with keys that are too old */
	fake_pass(scene->loop, 61000);
	ask(scene, &keys, JOB_KEYS);
	fake_was_told(child, FRAME_KEYS, NULL, NULL);
	say_keys(scene, child);
	answered(&keys, FRAME_TEXT);
	last(scene, 1);
	scene_end(scene);
}

static void
a_no_of_the_remote_is_remembered_for_keys_and_sessions(void **state)
{
	struct scene *scene = scene_begin(false);
	struct asked first, keys, session;

	(void)state;
	ask(scene, &first, JOB_KEYS);
	fake_reach(last(scene, 1));
	fake_fail(last(scene, 1), "refused");
	refused(&first, "refused");
	assert_true(first.reached);
	fake_pass(scene->loop, 14900);
	ask(scene, &keys, JOB_KEYS);
	refused(&keys, "refused");
	ask(scene, &session, JOB_SESSION);
	refused(&session, "refused");
	last(scene, 1);
	fake_pass(scene->loop, 100);
	ask(scene, &session, JOB_SESSION);
	assert_int_equal(session.answers, 0);
	last(scene, 2);
	scene_end(scene);
}

static void
another_failure_is_remembered_for_keys_as_long_as_it_took(void **state)
{
	struct scene *scene = scene_begin(false);
	struct asked first, keys, session;

	(void)state;
	ask(scene, &first, JOB_KEYS);
	fake_pass(scene->loop, 5000);
	fake_fail(last(scene, 1), "unreachable");
	refused(&first, "unreachable");
	assert_false(first.reached);
	fake_pass(scene->loop, 4900);
	ask(scene, &keys, JOB_KEYS);
	refused(&keys, "unreachable");
	last(scene, 1);
	/* a session tries again all the same */
	ask(scene, &session, JOB_SESSION);
	assert_int_equal(session.answers, 0);
	fake_pass(scene->loop, 100);
	fake_fail(last(scene, 2), "unreachable");
	refused(&session, "unreachable");
	fake_pass(scene->loop, 200);
	ask(scene, &keys, JOB_KEYS);
	last(scene, 3);
	scene_end(scene);
}

static void
a_kept_connection_that_fails_is_tried_anew_once(void **state)
{
	struct scene *scene = scene_begin(false);
	struct child *child = begin_session(scene);
	struct asked session;

	(void)state;
	ask(scene, &session, JOB_SESSION);
	fake_fail(child, "connection-lost");
	fake_settle(scene->loop);
	assert_int_equal(session.answers, 0);
	child = last(scene, 2);
	fake_was_told(child, FRAME_START, "first", "session");
	fake_enter(child);
	fake_fail(child, "connection-lost");
	fake_settle(scene->loop);
	refused(&session, "connection-lost");
	last(scene, 2);
	scene_end(scene);
}

static void
whoever_has_left_is_not_answered(void **state)
{
	struct scene *scene = scene_begin(false);
	struct asked keys, session;
	struct child *child;

	(void)state;
	/* before its turn */
	keys = session = (struct asked){ 0 };
	session.request = (struct waiter){ .want = JOB_SESSION,
		.user = "alice",
		.asked = &nothing_asked,
		.answer = asked_answer,
		.asker = &session };
	shares_ask(scene->shares, &session.request);
	shares_forget(scene->shares, &session.request);
	fake_settle(scene->loop);
	assert_int_equal(scene->children->count, 0);
	/* and in the middle of it */
	ask(scene, &session, JOB_SESSION);
	child = last(scene, 1);
	fake_enter(child);
	shares_forget(scene->shares, &session.request);
	ask(scene, &keys, JOB_KEYS);
	done(scene, child);
	assert_int_equal(session.answers, 0);
	fake_was_told(child, FRAME_KEYS, NULL, NULL);
	scene_end(scene);
}

static void
without_a_session_a_connection_goes_after_half_a_minute(void **state)
{
	struct scene *scene = scene_begin(false);
	struct asked keys;
	struct child *child;

	(void)state;
	scene->config->cache_ttl_s = 5;
	ask(scene, &keys, JOB_KEYS);
	child = last(scene, 1);
	fake_enter(child);
	say_keys(scene, child);
	fake_pass(scene->loop, 29900);
	assert_int_equal(child->state, FAKE_RUNS);
	assert_non_null(shares_find(scene->shares, "alice", 0));
	fake_pass(scene->loop, 100);
	assert_int_equal(child->state, FAKE_CLOSED);
	/* and with it all that was known */
	assert_null(shares_find(scene->shares, "alice", 0));
	last(scene, 1);
	scene_end(scene);
}

static void
with_one_it_goes_after_share_idle(void **state)
{
	struct scene *scene = scene_begin(false);
	struct child *child;

	(void)state;
	scene->config->share_idle_s = 60;
	child = begin_session(scene);
	fake_pass(scene->loop, 59900);
	assert_int_equal(child->state, FAKE_RUNS);
	fake_pass(scene->loop, 100);
	assert_int_equal(child->state, FAKE_CLOSED);
	assert_null(shares_find(scene->shares, "alice", 0));
	scene_end(scene);
}

static void
with_share_idle_0_no_connection_is_kept(void **state)
{
	struct scene *scene = scene_begin(false);
	struct child *child;

	(void)state;
	scene->config->share_idle_s = 0;
	child = begin_session(scene);
	assert_int_equal(child->state, FAKE_CLOSED);
	fake_pass(scene->loop, 1000);
	last(scene, 1);
	assert_null(shares_find(scene->shares, "alice", 0));
	scene_end(scene);
}

static void
a_successor_takes_its_place(void **state)
{
	struct scene *scene = scene_begin(false);
	struct child *child, *successor;
	struct asked session;

	(void)state;
	child = begin_renewal(scene, &successor);
	enter_done(scene, successor);
	assert_int_equal(child->state, FAKE_CLOSED);
	ask(scene, &session, JOB_SESSION);
	fake_was_told(successor, FRAME_SESSION, NULL, NULL);
	done(scene, successor);
	answered(&session, FRAME_OK);
	/* and is replaced in its turn */
	fake_pass(scene->loop, 269900);
	last(scene, 2);
	fake_pass(scene->loop, 100);
	last(scene, 3);
	scene_end(scene);
}

static void
it_waits_until_the_other_has_done_its_job(void **state)
{
	struct scene *scene = scene_begin(false);
	struct child *child, *successor;
	struct asked session, more;

	(void)state;
	child = begin_idle_successor(scene, &successor, &session);
	ask(scene, &more, JOB_SESSION);
	done(scene, child);
	answered(&session, FRAME_OK);
	assert_int_equal(child->state, FAKE_CLOSED);
	fake_was_told(successor, FRAME_SESSION, NULL, NULL);
	done(scene, successor);
	answered(&more, FRAME_OK);
	last(scene, 2);
	scene_end(scene);
}

static void
it_serves_who_waits_when_the_other_fails(void **state)
{
	struct scene *scene = scene_begin(false);
	struct child *child, *successor;
	struct asked session;

	(void)state;
	child = begin_idle_successor(scene, &successor, &session);
	fake_fail(child, "connection-lost");
	fake_settle(scene->loop);
	assert_int_equal(session.answers, 0);
	fake_was_told(successor, FRAME_SESSION, NULL, NULL);
	done(scene, successor);
	answered(&session, FRAME_OK);
	last(scene, 2);
	scene_end(scene);
}

static void
a_renewal_in_vain_leaves_what_there_is_until_that_is_too_old(void **state)
{
	struct scene *scene = scene_begin(false);
	struct child *child, *successor;
	struct asked session;

	(void)state;
	child = begin_renewal(scene, &successor);
	fake_fail(successor, "unreachable");
	fake_settle(scene->loop);
	assert_true(
	    fake_logged("event=replace-failed user=alice reason=unreachable"));
	assert_int_equal(child->state, FAKE_RUNS);
	ask(scene, &session, JOB_SESSION);
	fake_was_told(child, FRAME_SESSION, NULL, NULL);
	done(scene, child);
	answered(&session, FRAME_OK);
	/* it is tried once */
	fake_pass(scene->loop, 29900);
	assert_int_equal(child->state, FAKE_RUNS);
	last(scene, 2);
	fake_pass(scene->loop, 100);
	assert_int_equal(child->state, FAKE_CLOSED);
	ask(scene, &session, JOB_SESSION);
	last(scene, 3);
	scene_end(scene);
}

static void
one_that_is_too_old_does_no_other_job(void **state)
{
	struct scene *scene = scene_begin(false);
	struct child *child, *successor;
	struct asked session, more;

	(void)state;
	child = begin_renewal(scene, &successor);
	fake_fail(successor, "unreachable");
	fake_pass(scene->loop, 29000);
	ask(scene, &session, JOB_SESSION);
	fake_pass(scene->loop, 2000);
	ask(scene, &more, JOB_SESSION);
	done(scene, child);
	answered(&session, FRAME_OK);
	assert_int_equal(child->state, FAKE_CLOSED);
	fake_was_told(last(scene, 3), FRAME_START, "first", "session");
	scene_end(scene);
}

static void
a_renewal_that_is_refused_ends_what_there_is(void **state)
{
	struct scene *scene = scene_begin(false);
	struct child *child, *successor;
	struct asked keys;

	(void)state;
	scene->config->cache_ttl_s = 600;
	child = begin_session(scene);
	ask(scene, &keys, JOB_KEYS);
	say_keys(scene, child);
	answered(&keys, FRAME_TEXT);
	fake_pass(scene->loop, 270000);
	successor = last(scene, 2);
	fake_reach(successor);
	fake_fail(successor, "refused");
	fake_settle(scene->loop);
	assert_int_equal(child->state, FAKE_CLOSED);
	/* the keys aren't known any more, either, and the no is remembered */
	ask(scene, &keys, JOB_KEYS);
	answered(&keys, FRAME_REFUSED);
	last(scene, 2);
	fake_pass(scene->loop, 15000);
	ask(scene, &keys, JOB_KEYS);
	assert_int_equal(keys.answers, 0);
	last(scene, 3);
	scene_end(scene);
}

static void
a_renewal_that_is_refused_ends_what_is_at_work_after_that(void **state)
{
	struct scene *scene = scene_begin(false);
	struct child *child, *successor;
	struct asked session;

	(void)state;
	child = begin_renewal(scene, &successor);
	ask(scene, &session, JOB_SESSION);
	fake_reach(successor);
	fake_fail(successor, "refused");
	fake_settle(scene->loop);
	assert_int_equal(child->state, FAKE_RUNS);
	done(scene, child);
	answered(&session, FRAME_OK);
	assert_int_equal(child->state, FAKE_CLOSED);
	scene_end(scene);
}

static void
after_a_no_of_the_remote_nothing_that_was_kept_is_used(void **state)
{
	struct scene *scene = scene_begin(false);
	struct child *child, *successor;
	struct asked keys, session, more;

	(void)state;
	scene->config->cache_ttl_s = 600;
	child = begin_session(scene);
	ask(scene, &keys, JOB_KEYS);
	say_keys(scene, child);
	answered(&keys, FRAME_TEXT);
	fake_pass(scene->loop, 270000);
	successor = last(scene, 2);
	ask(scene, &session, JOB_SESSION);
	enter_done(scene, successor);
	assert_int_equal(successor->state, FAKE_RUNS);

	fake_fail(child, "refused");
	fake_settle(scene->loop);
	refused(&session, "refused");
	/* the idle successor doesn't take its place */
	assert_int_equal(successor->state, FAKE_CLOSED);
	ask(scene, &more, JOB_SESSION);
	refused(&more, "refused");
	/* and the keys aren't known any more */
	ask(scene, &keys, JOB_KEYS);
	refused(&keys, "refused");
	last(scene, 2);
	scene_end(scene);
}

static void
also_when_a_relay_was_refused_meanwhile(void **state)
{
	struct scene *scene = scene_begin(false);
	struct child *child, *successor;
	struct asked session, more;
	struct frame why;

	(void)state;
	child = begin_idle_successor(scene, &successor, &session);
	say_no(scene);
	assert_int_equal(successor->state, FAKE_CLOSED);
	assert_int_equal(child->state, FAKE_RUNS);
	done(scene, child);
	answered(&session, FRAME_OK);
	assert_int_equal(child->state, FAKE_CLOSED);
	/* what has been let in long before takes nothing back */
	assert_true(
	    share_was_refused(shares_find(scene->shares, "alice", 0), &why));
	ask(scene, &more, JOB_SESSION);
	refused(&more, "refused");
	last(scene, 2);
	scene_end(scene);
}

static void
an_idle_one_goes_when_a_relay_is_refused(void **state)
{
	struct scene *scene = scene_begin(false);
	struct child *child = begin_session(scene);
	struct asked session;

	(void)state;
	say_no(scene);
	assert_int_equal(child->state, FAKE_CLOSED);
	ask(scene, &session, JOB_SESSION);
	refused(&session, "refused");
	fake_pass(scene->loop, 15000);
	ask(scene, &session, JOB_SESSION);
	assert_int_equal(session.answers, 0);
	/* once let in, no is forgotten */
	enter_done(scene, last(scene, 2));
	answered(&session, FRAME_OK);
	fake_over(last(scene, 2), CHILD_CLOSED);
	ask(scene, &session, JOB_SESSION);
	last(scene, 3);
	scene_end(scene);
}

static void
a_session_that_waits_for_the_verdict_hears_that_it_is_refused(void **state)
{
	struct scene *scene = scene_begin(true);
	struct asked session;
	struct child *child;
	struct fields fields = { 0 };

	(void)state;
	ask(scene, &session, JOB_SESSION);
	child = last(scene, 1);
	fake_was_told(child, FRAME_START, "first", "udp");
	fake_enter(child);
	fields_add(&fields, "host", FAKE_ADDRESS);
	fields_add(&fields, "port", "60001");
	fields_add(&fields, "key", "AAAAAAAAAAAAAAAAAAAAAA");
	fake_say_bytes(child, FRAME_OK, fields.text, fields.len);
	fields_free(&fields);
	fake_settle(scene->loop);
	/* the prober is at work, and the session waits */
	assert_int_equal(last(scene, 2)->kind, REEXEC_PROBER);
	assert_int_equal(session.answers, 0);
	say_no(scene);
	assert_int_equal(child->state, FAKE_CLOSED);
	refused(&session, "refused");
	scene_end(scene);
}

static void
with_other_settings_all_begins_anew(void **state)
{
	struct scene *scene = scene_begin(false);
	struct child *child, *successor;
	struct asked session, keys;

	(void)state;
	child = begin_idle_successor(scene, &successor, &session);
	ask(scene, &keys, JOB_KEYS);
	shares_configure(scene->shares);
	fake_settle(scene->loop);
	assert_int_equal(child->state, FAKE_CLOSED);
	assert_int_equal(successor->state, FAKE_CLOSED);
	assert_int_equal(session.answers + keys.answers, 0);
	child = last(scene, 3);
	fake_was_told(child, FRAME_START, "first", "keys");
	fake_enter(child);
	say_keys(scene, child);
	answered(&keys, FRAME_TEXT);
	fake_was_told(child, FRAME_SESSION, NULL, NULL);
	done(scene, child);
	answered(&session, FRAME_OK);
	scene_end(scene);
}

static void
too_many_strangers_are_told_so(void **state)
{
	struct scene *scene = scene_begin(false);
	static struct asked asked[QUEUE_UNCLAIMED_MAX];
	struct asked more;

	(void)state;
	for (int i = 0; i < QUEUE_UNCLAIMED_MAX; i++) {
		asked[i].request = (struct waiter){ .want = JOB_KEYS,
			.asked = &nothing_asked,
			.answer = asked_answer,
			.asker = &asked[i] };
		snprintf(asked[i].request.user, sizeof(asked[i].request.user),
		    "user%d", i);
		shares_ask(scene->shares, &asked[i].request);
	}
	ask(scene, &more, JOB_KEYS);
	refused(&more, "busy");
	/* but a session has been let in by sshd */
	ask(scene, &more, JOB_SESSION);
	assert_int_equal(more.answers, 0);
	scene_end(scene);
}

/*
 * Loans
 */

/* A borrower, and what it got. */
struct borrower {
	struct loan loan;
	unsigned lent, denied;
	struct connection *connection;
	char reason[32];
};

static const struct connection_owner no_owner = { 0 };

static void
borrower_lend(struct loan *loan, struct connection *connection)
{
	struct borrower *borrower = loan->borrower;

	borrower->lent++;
	borrower->connection = connection;
	connection_give(connection, &no_owner, NULL);
}

static void
borrower_deny(struct loan *loan, const struct frame *refusal)
{
	struct borrower *borrower = loan->borrower;

	borrower->denied++;
	if (refusal != NULL) {
		const struct refusal why = refusal_read(refusal);

		snprintf(borrower->reason, sizeof(borrower->reason), "%s",
		    why.reason);
	}
}

/* True if BORROWER may wait for alice's connection for 3 s. */
static bool
borrow(struct scene *scene, struct borrower *borrower)
{
	struct share *share = shares_get(scene->shares, "alice", 0);
	bool waits;

	*borrower = (struct borrower){ .loan = { .lend = borrower_lend,
					   .deny = borrower_deny,
					   .borrower = borrower } };
	waits = share_borrow(share, &borrower->loan, 3000);
	fake_settle(scene->loop);
	return waits;
}

static void
an_idle_connection_is_lent_at_once_and_replaced(void **state)
{
	struct scene *scene = scene_begin(false);
	struct child *child = begin_session(scene);
	struct borrower borrower;
	struct asked session;

	(void)state;
	assert_true(borrow(scene, &borrower));
	assert_int_equal(borrower.lent, 1);
	assert_int_equal(child->state, FAKE_RUNS);
	/* another is made for whoever comes next */
	fake_was_told(last(scene, 2), FRAME_START, "first", "open");
	enter_done(scene, last(scene, 2));
	ask(scene, &session, JOB_SESSION);
	fake_was_told(last(scene, 2), FRAME_SESSION, NULL, NULL);
	connection_close(borrower.connection);
	scene_end(scene);
}

static void
nothing_is_lent_that_is_not_there(void **state)
{
	struct scene *scene = scene_begin(false);
	struct borrower borrower, other;
	struct asked session;
	struct child *child;

	(void)state;
	assert_false(borrow(scene, &borrower));
	child = begin_session(scene);
	/* nor to a second, nor before a session */
	ask(scene, &session, JOB_SESSION);
	assert_true(borrow(scene, &borrower));
	assert_false(borrow(scene, &other));
	done(scene, child);
	assert_int_equal(borrower.lent, 1);
	assert_int_equal(other.lent + other.denied, 0);
	connection_close(borrower.connection);
	scene_end(scene);
}

static void
nor_before_a_session_that_waits(void **state)
{
	struct scene *scene = scene_begin(false);
	struct child *child = begin_session(scene);
	struct borrower borrower;
	struct asked first, second;

	(void)state;
	ask(scene, &first, JOB_SESSION);
	ask(scene, &second, JOB_SESSION);
	assert_false(borrow(scene, &borrower));
	done(scene, child);
	assert_true(borrow(scene, &borrower));
	ask(scene, &first, JOB_SESSION);
	done(scene, child);
	/* the session that came later was first */
	answered(&second, FRAME_OK);
	fake_was_told(child, FRAME_SESSION, NULL, NULL);
	assert_int_equal(borrower.lent, 0);
	done(scene, child);
	assert_int_equal(borrower.lent, 1);
	connection_close(borrower.connection);
	scene_end(scene);
}

static void
a_borrower_waits_for_what_is_at_work_but_not_for_long(void **state)
{
	struct scene *scene = scene_begin(false);
	struct child *child = begin_session(scene);
	struct borrower borrower;
	struct asked session;

	(void)state;
	ask(scene, &session, JOB_SESSION);
	assert_true(borrow(scene, &borrower));
	fake_pass(scene->loop, 2900);
	assert_int_equal(borrower.denied, 0);
	fake_pass(scene->loop, 100);
	assert_int_equal(borrower.denied, 1);
	assert_string_equal(borrower.reason, "");
	done(scene, child);
	assert_int_equal(borrower.lent, 0);
	scene_end(scene);
}

static void
but_as_long_as_one_connects_that_is_to_be_there(void **state)
{
	struct scene *scene = scene_begin(false);
	struct borrower borrower, other;

	(void)state;
	begin_session(scene);
	assert_true(borrow(scene, &borrower));
	assert_true(borrow(scene, &other));
	fake_pass(scene->loop, 10000);
	assert_int_equal(other.denied, 0);
	enter_done(scene, last(scene, 2));
	assert_int_equal(other.lent, 1);
	connection_close(borrower.connection);
	connection_close(other.connection);
	scene_end(scene);
}

static void
a_borrower_that_left_gets_nothing(void **state)
{
	struct scene *scene = scene_begin(false);
	struct child *child = begin_session(scene);
	struct borrower borrower;
	struct asked session;

	(void)state;
	ask(scene, &session, JOB_SESSION);
	assert_true(borrow(scene, &borrower));
	share_unborrow(shares_find(scene->shares, "alice", 0), &borrower.loan);
	done(scene, child);
	fake_pass(scene->loop, 5000);
	assert_int_equal(borrower.lent + borrower.denied, 0);
	scene_end(scene);
}

static void
a_borrower_hears_why_the_remote_is_not_there(void **state)
{
	static const struct {
		const char *reason, *told;
		bool reached;
	} ends[] = {
		/* it would fail alone, too */
		{ "unreachable", "unreachable", false },
		{ "refused", "refused", true },
		/* what went wrong may not be its concern */
		{ "wrong-user", "", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct scene *scene = scene_begin(false);
		struct borrower borrower;
		struct asked session;

		ask(scene, &session, JOB_SESSION);
		assert_true(borrow(scene, &borrower));
		if (ends[i].reached)
			fake_reach(last(scene, 1));
		fake_fail(last(scene, 1), ends[i].reason);
		fake_settle(scene->loop);
		assert_int_equal(borrower.denied, 1);
		assert_int_equal(borrower.lent, 0);
		assert_string_equal(borrower.reason, ends[i].told);
		refused(&session, ends[i].reason);
		scene_end(scene);
	}
}

static void
a_remote_without_a_second_channel_lends_none(void **state)
{
	struct scene *scene = scene_begin(false);
	struct borrower borrower;
	struct asked keys;

	(void)state;
	begin_session(scene);
	share_lend_none(shares_find(scene->shares, "alice", 0));
	assert_false(borrow(scene, &borrower));
	shares_configure(scene->shares);
	fake_settle(scene->loop);
	/* with other settings, who knows */
	ask(scene, &keys, JOB_KEYS);
	assert_true(borrow(scene, &borrower));
	fake_enter(last(scene, 2));
	say_keys(scene, last(scene, 2));
	assert_int_equal(borrower.lent, 1);
	connection_close(borrower.connection);
	scene_end(scene);
}

static void
without_a_shell_none_is_made_unasked_for_a_while(void **state)
{
	struct scene *scene = scene_begin(false);
	struct borrower borrower;

	(void)state;
	scene->config->share_idle_s = 100;
	begin_session(scene);
	assert_true(borrow(scene, &borrower));
	connection_close(borrower.connection);
	fake_enter(last(scene, 2));
	fake_fail(last(scene, 2), "no-shell");
	fake_settle(scene->loop);
	assert_true(fake_logged("event=replace-failed"));
	share_keep(shares_get(scene->shares, "alice", 0));
	fake_pass(scene->loop, 99000);
	last(scene, 2);
	fake_pass(scene->loop, 1000);
	share_keep(shares_get(scene->shares, "alice", 0));
	fake_settle(scene->loop);
	last(scene, 3);
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
		cmocka_unit_test(one_connection_serves_all_of_a_users_requests),
		cmocka_unit_test(keys_are_read_again_when_they_are_too_old),
		cmocka_unit_test(
		    a_trial_of_udp_costs_nobody_a_round_trip_who_waits_for_keys),
		cmocka_unit_test(
		    a_no_of_the_remote_is_remembered_for_keys_and_sessions),
		cmocka_unit_test(
		    another_failure_is_remembered_for_keys_as_long_as_it_took),
		cmocka_unit_test(
		    a_kept_connection_that_fails_is_tried_anew_once),
		cmocka_unit_test(whoever_has_left_is_not_answered),
		cmocka_unit_test(
		    without_a_session_a_connection_goes_after_half_a_minute),
		cmocka_unit_test(with_one_it_goes_after_share_idle),
		cmocka_unit_test(with_share_idle_0_no_connection_is_kept),
		cmocka_unit_test(a_successor_takes_its_place),
		cmocka_unit_test(it_waits_until_the_other_has_done_its_job),
		cmocka_unit_test(it_serves_who_waits_when_the_other_fails),
		cmocka_unit_test(
		    a_renewal_in_vain_leaves_what_there_is_until_that_is_too_old),
		cmocka_unit_test(one_that_is_too_old_does_no_other_job),
		cmocka_unit_test(a_renewal_that_is_refused_ends_what_there_is),
		cmocka_unit_test(
		    a_renewal_that_is_refused_ends_what_is_at_work_after_that),
		cmocka_unit_test(
		    after_a_no_of_the_remote_nothing_that_was_kept_is_used),
		cmocka_unit_test(also_when_a_relay_was_refused_meanwhile),
		cmocka_unit_test(an_idle_one_goes_when_a_relay_is_refused),
		cmocka_unit_test(
		    a_session_that_waits_for_the_verdict_hears_that_it_is_refused),
		cmocka_unit_test(with_other_settings_all_begins_anew),
		cmocka_unit_test(too_many_strangers_are_told_so),
		cmocka_unit_test(
		    an_idle_connection_is_lent_at_once_and_replaced),
		cmocka_unit_test(nothing_is_lent_that_is_not_there),
		cmocka_unit_test(nor_before_a_session_that_waits),
		cmocka_unit_test(
		    a_borrower_waits_for_what_is_at_work_but_not_for_long),
		cmocka_unit_test(
		    but_as_long_as_one_connects_that_is_to_be_there),
		cmocka_unit_test(a_borrower_that_left_gets_nothing),
		cmocka_unit_test(a_borrower_hears_why_the_remote_is_not_there),
		cmocka_unit_test(a_remote_without_a_second_channel_lends_none),
		cmocka_unit_test(
		    without_a_shell_none_is_made_unasked_for_a_while),
	};

	return cmocka_run_group_tests_name("share", tests, group_begin, NULL);
}
