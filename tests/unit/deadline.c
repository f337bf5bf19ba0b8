/* By when a step of a worker must be over, and what ends the wait for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>

#include <unistd.h>

#include "../../helper/worker/deadline.h"
#include "../../shim/lib/clock.h"

static void
a_step_has_the_time_of_a_step(void **state)
{
	struct deadline deadline;

	(void)state;
	deadline_start(&deadline, 7, 10, 1000);
	assert_int_equal(deadline.parent_fd, 7);
	deadline_begin(&deadline, "connect", 1000);
	assert_int_equal(deadline.end_ms, 11000);
	assert_string_equal(deadline.step, "connect");
	deadline_begin(&deadline, "handshake", 5000);
	assert_int_equal(deadline.end_ms, 15000);
	assert_string_equal(deadline.step, "handshake");
}

static void
what_a_person_takes_is_not_the_remotes(void **state)
{
	struct deadline deadline;

	(void)state;
	deadline_start(&deadline, -1, 10, 1000);
	deadline_begin(&deadline, "publickey", 2000);
	deadline_extend(&deadline, 25000);
	assert_int_equal(deadline.end_ms, 37000);
	/* and what follows is not cut short by it */
	deadline_begin(&deadline, "publickey", 34000);
	assert_int_equal(deadline.end_ms, 44000);
	deadline_end_login(&deadline);
	deadline_extend(&deadline, 1000);
	deadline_begin(&deadline, "run", 99000);
	assert_int_equal(deadline.end_ms, 109000);
}

static void
all_steps_of_a_login_have_a_time_together(void **state)
{
	struct deadline deadline;

	(void)state;
	deadline_start(&deadline, -1, 10, 1000);
	deadline_begin(&deadline, "read", 21000);
	assert_int_equal(deadline.end_ms, 31000);
	deadline_begin(&deadline, "read", 25000);
	assert_int_equal(deadline.end_ms, 31000);
	/* then the step is over before it begins */
	deadline_begin(&deadline, "read", 40000);
	assert_int_equal(deadline.end_ms, 31000);
}

static void
after_the_login_only_each_step_has(void **state)
{
	struct deadline deadline;

	(void)state;
	deadline_start(&deadline, -1, 10, 1000);
	deadline_end_login(&deadline);
	deadline_begin(&deadline, "idle", 500000);
	assert_int_equal(deadline.end_ms, 510000);
}

static void
a_relay_takes_as_long_as_it_likes(void **state)
{
	struct deadline deadline;

	(void)state;
	deadline_start(&deadline, -1, 10, 1000);
	deadline_lift(&deadline, "relay");
	assert_int_equal(deadline.end_ms, INT64_MAX);
	assert_string_equal(deadline.step, "relay");
}

/* Two pairs of sockets: of the parent, and of the remote. */
struct pairs {
	int parent[2], remote[2];
	struct deadline deadline;
};

static void
open_pairs(struct pairs *pairs)
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pairs->parent), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pairs->remote), 0);
	deadline_start(&pairs->deadline, pairs->parent[0], 10, clock_now_ms());
}

static enum failure
wait_for_remote(struct pairs *pairs, int64_t ms)
{
	struct pollfd fds[2] = { { .fd = pairs->remote[0], .events = POLLIN } };

	return deadline_wait(&pairs->deadline, fds, 2, clock_now_ms() + ms);
}

static void
a_wait_ends_when_something_comes_or_the_time_is_over(void **state)
{
	struct pairs pairs;
	int64_t begun_ms;

	(void)state;
	open_pairs(&pairs);
	begun_ms = clock_now_ms();
	assert_int_equal(wait_for_remote(&pairs, 30), FAILURE_TIMEOUT);
	assert_true(clock_now_ms() - begun_ms >= 30);
	assert_int_equal(wait_for_remote(&pairs, -1), FAILURE_TIMEOUT);
	assert_int_equal(write(pairs.remote[1], "x", 1), 1);
	assert_int_equal(wait_for_remote(&pairs, 10000), FAILURE_NONE);
	/* what the parent says is for later */
	assert_int_equal(write(pairs.parent[1], "x", 1), 1);
	assert_int_equal(wait_for_remote(&pairs, 10000), FAILURE_NONE);
	for (size_t i = 0; i < 2; i++) {
		close(pairs.parent[i]);
		close(pairs.remote[i]);
	}
}

static void
a_wait_ends_when_the_parent_is_gone(void **state)
{
	struct pairs pairs;

	(void)state;
	open_pairs(&pairs);
	close(pairs.parent[1]);
	assert_int_equal(wait_for_remote(&pairs, 10000), FAILURE_ABANDONED);
	assert_int_equal(write(pairs.remote[1], "x", 1), 1);
	assert_int_equal(wait_for_remote(&pairs, 10000), FAILURE_ABANDONED);
	close(pairs.parent[0]);
	close(pairs.remote[0]);
	close(pairs.remote[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_has_the_time_of_a_step),
		cmocka_unit_test(what_a_person_takes_is_not_the_remotes),
		cmocka_unit_test(all_steps_of_a_login_have_a_time_together),
		cmocka_unit_test(after_the_login_only_each_step_has),
		cmocka_unit_test(a_relay_takes_as_long_as_it_likes),
		cmocka_unit_test(
		    a_wait_ends_when_something_comes_or_the_time_is_over),
		cmocka_unit_test(a_wait_ends_when_the_parent_is_gone),
	};

	return cmocka_run_group_tests_name("deadline", tests, NULL, NULL);
}
