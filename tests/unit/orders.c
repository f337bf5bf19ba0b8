/* What the helper may tell a worker when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../helper/job.h"
#include "../../helper/worker/orders.h"
#include "../../shim/lib/fields.h"

#define TYPES 256
#define FIELDS "user\0alice"

/* How many types of frames are legal in STATE, with DESCRIPTORS. */
static size_t
count_legal(enum orders_state state, size_t descriptors)
{
	size_t count = 0;

	for (unsigned type = 0; type < TYPES; type++)
		count += orders_legal(state, type, descriptors);
	return count;
}

static void
a_worker_begins_with_who_and_where(void **state)
{
	(void)state;
	assert_true(orders_legal(ORDERS_NEW, FRAME_START, 0));
	assert_int_equal(count_legal(ORDERS_NEW, 0), 1);
}

static void
who_waits_for_a_signature_takes_nothing_else(void **state)
{
	(void)state;
	assert_true(orders_legal(ORDERS_SIGNING, FRAME_SIGNED, 0));
	assert_int_equal(count_legal(ORDERS_SIGNING, 0), 1);
}

static void
between_jobs_each_job_that_has_a_frame_is_legal(void **state)
{
	size_t count = 0;

	(void)state;
	for (int job = JOB_LOOKUP; job <= JOB_PROBE; job++) {
		const enum frame_type type = job_frame((enum job)job);

		if (type == 0)
			continue;
		assert_true(orders_legal(ORDERS_FREE, type, 0));
		count++;
	}
	assert_int_equal(count_legal(ORDERS_FREE, 0), count);
	assert_true(count > 0);
}

static void
one_that_is_held_takes_its_relay_alone(void **state)
{
	(void)state;
	assert_true(orders_legal(ORDERS_HELD, FRAME_GO, JOB_GO_FDS));
	assert_int_equal(count_legal(ORDERS_HELD, JOB_GO_FDS), 1);
	assert_int_equal(count_legal(ORDERS_HELD, 0), 0);
	assert_int_equal(count_legal(ORDERS_HELD, JOB_GO_FDS + 1), 0);
}

static void
one_that_logs_in_with_an_agent_takes_whose_it_is(void **state)
{
	(void)state;
	assert_true(orders_legal(ORDERS_SHIM, FRAME_SHIM, JOB_SHIM_FDS));
	assert_int_equal(count_legal(ORDERS_SHIM, JOB_SHIM_FDS), 1);
	assert_int_equal(count_legal(ORDERS_SHIM, 0), 0);
	assert_int_equal(count_legal(ORDERS_SHIM, JOB_SHIM_FDS + 1), 0);
	assert_int_equal(count_legal(ORDERS_FREE, JOB_SHIM_FDS), 0);
}

static void
descriptors_come_with_nothing_else(void **state)
{
	(void)state;
	assert_int_equal(count_legal(ORDERS_NEW, JOB_GO_FDS), 0);
	assert_int_equal(count_legal(ORDERS_SIGNING, JOB_GO_FDS), 0);
	assert_int_equal(count_legal(ORDERS_FREE, JOB_GO_FDS), 0);
}

/* What a worker in STATE makes of a frame of TYPE, of LEN bytes at BODY. */
static bool
takes(enum orders_state state, enum frame_type type, const char *body,
    size_t len, bool descriptors)
{
	struct frame frame = { 0 };
	struct orders orders;
	bool taken;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	orders_begin(&orders, pair[0]);
	if (descriptors)
		assert_true(frame_send_fds(pair[1], type, body, len,
		    (const int[]){ pair[1], pair[1] }, JOB_GO_FDS, 1000));
	else
		assert_true(frame_send(pair[1], type, body, len, 1000));
	close(pair[1]);
	taken = orders_wait(&orders, state, &frame);
	if (taken) {
		assert_int_equal(frame.type, type);
		assert_int_equal(frame.len, len);
		assert_memory_equal(frame.body, body, len);
		frame_free(&frame);
	}
	assert_int_equal(orders.passed.count,
	    descriptors && state == ORDERS_HELD ? JOB_GO_FDS : 0);
	for (size_t i = 0; i < orders.passed.count; i++)
		close(orders.passed.fd[i]);
	orders_end(&orders);
	close(pair[0]);
	return taken;
}

static void
what_is_legal_is_taken(void **state)
{
	(void)state;
	assert_true(
	    takes(ORDERS_NEW, FRAME_START, FIELDS, sizeof(FIELDS), false));
	assert_true(
	    takes(ORDERS_FREE, FRAME_SESSION, FIELDS, sizeof(FIELDS), false));
	assert_true(takes(ORDERS_HELD, FRAME_GO, FIELDS, sizeof(FIELDS), true));
}

static void
what_is_not_legal_is_refused(void **state)
{
	(void)state;
	assert_false(
	    takes(ORDERS_NEW, FRAME_SESSION, FIELDS, sizeof(FIELDS), false));
	assert_false(
	    takes(ORDERS_FREE, FRAME_GO, FIELDS, sizeof(FIELDS), false));
	assert_false(
	    takes(ORDERS_HELD, FRAME_GO, FIELDS, sizeof(FIELDS), false));
	assert_false(
	    takes(ORDERS_HELD, FRAME_KEYS, FIELDS, sizeof(FIELDS), true));
	assert_false(
	    takes(ORDERS_FREE, FRAME_SESSION, FIELDS, sizeof(FIELDS), true));
}

static void
fields_must_be_whole_and_a_signature_is_none(void **state)
{
	(void)state;
	assert_false(takes(ORDERS_FREE, FRAME_SESSION, "user", 4, false));
	assert_true(takes(ORDERS_SIGNING, FRAME_SIGNED, "user", 4, false));
}

static void
the_end_of_the_helper_is_the_end(void **state)
{
	struct orders orders;
	struct frame frame;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	close(pair[1]);
	orders_begin(&orders, pair[0]);
	assert_false(orders_wait(&orders, ORDERS_NEW, &frame));
	orders_end(&orders);
	close(pair[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_worker_begins_with_who_and_where),
		cmocka_unit_test(who_waits_for_a_signature_takes_nothing_else),
		cmocka_unit_test(
		    between_jobs_each_job_that_has_a_frame_is_legal),
		cmocka_unit_test(one_that_is_held_takes_its_relay_alone),
		cmocka_unit_test(
		    one_that_logs_in_with_an_agent_takes_whose_it_is),
		cmocka_unit_test(descriptors_come_with_nothing_else),
		cmocka_unit_test(what_is_legal_is_taken),
		cmocka_unit_test(what_is_not_legal_is_refused),
		cmocka_unit_test(fields_must_be_whole_and_a_signature_is_none),
		cmocka_unit_test(the_end_of_the_helper_is_the_end),
	};

	return cmocka_run_group_tests_name("orders", tests, NULL, NULL);
}
