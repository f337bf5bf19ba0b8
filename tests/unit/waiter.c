/*
 * The requests that wait for one connection.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../../helper/gateway/waiter.h"

/* A request, and how it was answered. */
struct asked {
	struct waiter request;
	struct waiters *requests;
	unsigned answers;
	enum frame_type type;
	bool reached;
	char reason[32];
	bool again; /* ask once more while it is answered */
};

static void
asked_answer(struct waiter *request, const struct frame *answer, bool reached)
{
	struct asked *asked = request->asker;

	asked->answers++;
	asked->type = answer->type;
	asked->reached = reached;
	if (answer->type == FRAME_REFUSED) {
		const struct refusal why = refusal_read(answer);

		strncpy(asked->reason, why.reason, sizeof(asked->reason) - 1);
	}
	/* it is in no list when it gets its last answer */
	if (answer->type != FRAME_ACCEPTED)
		assert_int_equal(request->state, WAITER_NEW);
	if (asked->again) {
		asked->again = false;
		waiters_add(asked->requests, request);
	}
}

/* Have ASKED wait in REQUESTS for WANT. */
static void
ask(struct waiters *requests, struct asked *asked, enum job want)
{
	*asked = (struct asked){ .requests = requests,
		.request = { .want = want,
		    .answer = asked_answer,
		    .asker = asked } };
	waiters_add(requests, &asked->request);
}

static void
answered(const struct asked *asked, unsigned answers, enum frame_type type)
{
	assert_int_equal(asked->answers, answers);
	if (answers > 0)
		assert_int_equal(asked->type, type);
}

static const struct frame okay = { .type = FRAME_OK };
static const struct refusal busy = { .reason = "busy" };

/* Fail REQUESTS for "timeout". */
static void
fail_all(struct waiters *requests, bool retry, bool reached)
{
	const struct refusal timeout = { .reason = "timeout" };
	struct fields fields = { 0 };
	const struct frame frame = refusal_frame(&timeout, &fields);

	waiters_fail(requests, retry, &frame, reached);
	fields_free(&fields);
}

static void
the_first_to_come_is_first(void **state)
{
	struct waiters requests = { 0 };
	struct asked keys, more, session;

	(void)state;
	assert_null(waiters_first(&requests, JOB_KEYS));
	ask(&requests, &keys, JOB_KEYS);
	ask(&requests, &session, JOB_SESSION);
	ask(&requests, &more, JOB_KEYS);
	assert_ptr_equal(waiters_first(&requests, JOB_KEYS), &keys.request);
	assert_ptr_equal(waiters_first(&requests, JOB_SESSION),
	    &session.request);
	assert_null(waiters_first(&requests, JOB_LOOKUP));
	keys.request.state = WAITER_AT_WORK;
	assert_ptr_equal(waiters_first(&requests, JOB_KEYS), &more.request);
}

static void
what_is_forgotten_is_gone(void **state)
{
	struct waiters requests = { 0 };
	struct asked asked[3];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		ask(&requests, &asked[i], JOB_KEYS);
	assert_true(waiters_remove(&requests, &asked[1].request));
	assert_int_equal(asked[1].request.state, WAITER_NEW);
	assert_false(waiters_remove(&requests, &asked[1].request));
	waiters_answer_all(&requests, JOB_KEYS, &okay);
	answered(&asked[0], 1, FRAME_OK);
	answered(&asked[1], 0, FRAME_OK);
	answered(&asked[2], 1, FRAME_OK);
	assert_null(requests.first);
}

static void
a_session_waits_for_the_verdict_unless_it_goes_at_once(void **state)
{
	struct waiters requests = { 0 };
	struct asked keys, waits, goes;

	(void)state;
	ask(&requests, &keys, JOB_KEYS);
	assert_null(waiters_ready_session(&requests, false));
	ask(&requests, &waits, JOB_SESSION);
	assert_null(waiters_ready_session(&requests, true));
	assert_ptr_equal(waiters_ready_session(&requests, false),
	    &waits.request);
	ask(&requests, &goes, JOB_SESSION);
	goes.request.at_once = true;
	assert_ptr_equal(waiters_ready_session(&requests, true), &goes.request);
	assert_ptr_equal(waiters_ready_session(&requests, false),
	    &waits.request);
	waits.request.state = WAITER_AT_WORK;
	assert_ptr_equal(waiters_ready_session(&requests, false),
	    &goes.request);
}

static void
an_answer_is_for_all_that_want_it_and_for_no_other(void **state)
{
	struct waiters requests = { 0 };
	struct asked keys, session, more;

	(void)state;
	ask(&requests, &keys, JOB_KEYS);
	ask(&requests, &session, JOB_SESSION);
	ask(&requests, &more, JOB_KEYS);
	/* also for one that is worked for */
	keys.request.state = WAITER_AT_WORK;
	waiters_answer_all(&requests, JOB_KEYS, &okay);
	answered(&keys, 1, FRAME_OK);
	answered(&more, 1, FRAME_OK);
	assert_true(keys.reached);
	answered(&session, 0, FRAME_OK);
	assert_ptr_equal(requests.first, &session.request);
}

static void
lookups_hear_that_the_user_is_let_in_and_go_on_waiting(void **state)
{
	struct waiters requests = { 0 };
	struct asked lookup, keys;

	(void)state;
	ask(&requests, &lookup, JOB_LOOKUP);
	ask(&requests, &keys, JOB_KEYS);
	waiters_accept(&requests);
	answered(&lookup, 1, FRAME_ACCEPTED);
	answered(&keys, 0, FRAME_OK);
	assert_ptr_equal(waiters_first(&requests, JOB_LOOKUP), &lookup.request);
}

static void
a_failed_connection_is_tried_again_once(void **state)
{
	struct waiters requests = { 0 };
	struct asked first, second;

	(void)state;
	ask(&requests, &first, JOB_SESSION);
	first.request.state = WAITER_AT_WORK;
	fail_all(&requests, true, true);
	answered(&first, 0, FRAME_OK);
	/* it waits again */
	assert_ptr_equal(waiters_first(&requests, JOB_SESSION), &first.request);
	ask(&requests, &second, JOB_KEYS);
	fail_all(&requests, true, true);
	answered(&first, 1, FRAME_REFUSED);
	assert_string_equal(first.reason, "timeout");
	assert_true(first.reached);
	/* who came later has another try, too */
	answered(&second, 0, FRAME_OK);
	fail_all(&requests, true, false);
	answered(&second, 1, FRAME_REFUSED);
	assert_false(second.reached);
	assert_null(requests.first);
}

static void
without_another_try_all_are_refused(void **state)
{
	struct waiters requests = { 0 };
	struct asked first, second;

	(void)state;
	ask(&requests, &first, JOB_SESSION);
	ask(&requests, &second, JOB_KEYS);
	fail_all(&requests, false, false);
	answered(&first, 1, FRAME_REFUSED);
	answered(&second, 1, FRAME_REFUSED);
	assert_null(requests.first);
}

static void
one_that_asks_anew_has_its_try_again(void **state)
{
	struct waiters requests = { 0 };
	struct asked asked;

	(void)state;
	ask(&requests, &asked, JOB_KEYS);
	fail_all(&requests, true, true);
	asked.again = true;
	fail_all(&requests, true, true);
	answered(&asked, 1, FRAME_REFUSED);
	assert_ptr_equal(waiters_first(&requests, JOB_KEYS), &asked.request);
	fail_all(&requests, true, true);
	answered(&asked, 1, FRAME_REFUSED);
	waiters_remove(&requests, &asked.request);
}

static void
all_are_refused_though_some_ask_again_meanwhile(void **state)
{
	struct waiters requests = { 0 };
	struct asked asked[3];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		ask(&requests, &asked[i], JOB_KEYS);
	asked[0].again = asked[2].again = true;
	waiters_refuse_all(&requests, &busy);
	/* those that were put behind others are refused with them */
	for (size_t i = 0; i < 3; i++) {
		assert_true(asked[i].answers >= 1);
		answered(&asked[i], asked[i].answers, FRAME_REFUSED);
		assert_string_equal(asked[i].reason, "busy");
		assert_false(asked[i].reached);
	}
	assert_null(requests.first);
}

static void
a_single_one_that_asks_again_is_refused_once(void **state)
{
	struct waiters requests = { 0 };
	struct asked asked;

	(void)state;
	ask(&requests, &asked, JOB_KEYS);
	asked.again = true;
	waiters_refuse_all(&requests, &busy);
	answered(&asked, 1, FRAME_REFUSED);
	assert_ptr_equal(requests.first, &asked.request);
	asked.again = true;
	waiters_answer_all(&requests, JOB_KEYS, &okay);
	answered(&asked, 2, FRAME_OK);
	assert_ptr_equal(requests.first, &asked.request);
	waiters_remove(&requests, &asked.request);
}

static void
all_wait_when_work_begins_anew(void **state)
{
	struct waiters requests = { 0 };
	struct asked first, second;

	(void)state;
	ask(&requests, &first, JOB_SESSION);
	ask(&requests, &second, JOB_SESSION);
	first.request.state = WAITER_AT_WORK;
	waiters_restart(&requests);
	assert_ptr_equal(waiters_first(&requests, JOB_SESSION), &first.request);
}

static void
one_in_no_list_is_refused(void **state)
{
	struct waiters requests = { 0 };
	struct asked asked;

	(void)state;
	ask(&requests, &asked, JOB_KEYS);
	waiters_remove(&requests, &asked.request);
	waiter_refuse(&asked.request, &waiter_no_memory);
	answered(&asked, 1, FRAME_REFUSED);
	assert_string_equal(asked.reason, "internal");
	assert_false(asked.reached);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_to_come_is_first),
		cmocka_unit_test(what_is_forgotten_is_gone),
		cmocka_unit_test(
		    a_session_waits_for_the_verdict_unless_it_goes_at_once),
		cmocka_unit_test(
		    an_answer_is_for_all_that_want_it_and_for_no_other),
		cmocka_unit_test(
		    lookups_hear_that_the_user_is_let_in_and_go_on_waiting),
		cmocka_unit_test(a_failed_connection_is_tried_again_once),
		cmocka_unit_test(without_another_try_all_are_refused),
		cmocka_unit_test(one_that_asks_anew_has_its_try_again),
		cmocka_unit_test(
		    all_are_refused_though_some_ask_again_meanwhile),
		cmocka_unit_test(a_single_one_that_asks_again_is_refused_once),
		cmocka_unit_test(all_wait_when_work_begins_anew),
		cmocka_unit_test(one_in_no_list_is_refused),
	};

	return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
