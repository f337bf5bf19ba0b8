#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/prctl.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../helper/leash.h"
#include "../../helper/sandbox.h"

#define LACKS 99

/* What a process does that wears a leash, at the descriptor. */
typedef void wearer(int worn_fd);

/* Start a process that wears LEASH and does WHAT; it waits for its end then. */
static pid_t
start(const struct leash *leash, wearer *what)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(leash->held_fd);
		if (!leash_put_on(leash))
			_exit(1);
		if (what != NULL)
			what(leash->worn_fd);
		if (write(ready[1], "x", 1) != 1)
			_exit(2);
		for (;;)
			poll(NULL, 0, 1000);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void
is_killed(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

/* The process PID goes on; end it. */
static void
goes_on(pid_t pid)
{
	int status;

	poll(NULL, 0, 50);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	kill(pid, SIGTERM);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WTERMSIG(status), SIGTERM);
}

static void
a_process_ends_with_its_holder(void **state)
{
	struct leash leash;
	pid_t pid;

	(void)state;
	assert_true(leash_make(&leash));
	pid = start(&leash, NULL);
	leash_drop(&leash);
	is_killed(pid);
}

/* The holder is a process that is killed. */
static void
however_that_ends(void **state)
{
	int told[2], status;
	pid_t holder, pid;

	(void)state;
	prctl(PR_SET_CHILD_SUBREAPER, 1UL);
	assert_int_equal(pipe2(told, O_CLOEXEC), 0);
	holder = fork();
	if (holder == 0) {
		struct leash leash;

		if (!leash_make(&leash))
			_exit(1);
		pid = start(&leash, NULL);
		if (write(told[1], &pid, sizeof(pid)) != sizeof(pid))
			_exit(2);
		for (;;)
			pause();
	}
	assert_int_equal(read(told[0], &pid, sizeof(pid)), sizeof(pid));
	kill(holder, SIGKILL);
	assert_int_equal(waitpid(holder, &status, 0), holder);
	is_killed(pid);
	close(told[0]);
	close(told[1]);
}

static void
one_that_was_let_go_goes_on(void **state)
{
	struct leash leash;
	pid_t pid;

	(void)state;
	assert_true(leash_make(&leash));
	pid = start(&leash, NULL);
	leash_hold(&leash, false);
	leash_drop(&leash);
	goes_on(pid);
}

static void
it_can_be_held_again(void **state)
{
	struct leash leash;
	pid_t pid;

	(void)state;
	assert_true(leash_make(&leash));
	pid = start(&leash, NULL);
	leash_hold(&leash, false);
	leash_hold(&leash, true);
	leash_drop(&leash);
	is_killed(pid);
}

static void
without_a_holder_none_is_put_on(void **state)
{
	struct leash leash;

	(void)state;
	assert_true(leash_make(&leash));
	close(leash.held_fd);
	leash.held_fd = -1;
	assert_int_equal(fcntl(leash.worn_fd, F_SETFL, 0), 0);
	assert_false(leash_put_on(&leash));
	leash_hold(&leash, false);
	leash_drop(&leash);
	/* nor is anything done with one that isn't there */
	leash = LEASH_NONE;
	leash_hold(&leash, true);
	leash_drop(&leash);
}

/* Try to get rid of it, as nothing but a worker's sandbox keeps one from. */
static void
take_off(int worn_fd)
{
	if (sandbox_keep(worn_fd) != NULL || sandbox_calls() != NULL)
		_exit(LACKS);
	for (int i = 1; i < 65; i++)
		signal(i, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, 0UL);
	fcntl(worn_fd, F_SETFL, 0);
	fcntl(worn_fd, F_SETOWN, 0);
	fcntl(worn_fd, F_SETSIG, SIGURG);
	close(worn_fd);
	close_range((unsigned)worn_fd, (unsigned)worn_fd, 0);
	dup2(STDIN_FILENO, worn_fd);
}

static void
nobody_takes_it_off(void **state)
{
	struct leash leash;
	pid_t pid;

	(void)state;
	assert_true(leash_make(&leash));
	pid = start(&leash, take_off);
	leash_drop(&leash);
	is_killed(pid);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_ends_with_its_holder),
		cmocka_unit_test(however_that_ends),
		cmocka_unit_test(one_that_was_let_go_goes_on),
		cmocka_unit_test(it_can_be_held_again),
		cmocka_unit_test(without_a_holder_none_is_put_on),
#ifndef __SANITIZE_ADDRESS__
		cmocka_unit_test(nobody_takes_it_off),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
