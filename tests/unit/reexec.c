/*
 * Which process of the helper its arguments ask for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/wait.h>

#include <fcntl.h>
#include <unistd.h>

#include "../../helper/reexec.h"

/* The kind that the OPTION and what follows it ask for, or -1. */
static int
asked(const char *option, const char *argument)
{
	char name[] = "moshgate-helper";
	char *argv[] = { name, (char *)option, (char *)argument, NULL };
	int argc = 1;
	enum reexec_kind kind;

	while (argv[argc] != NULL)
		argc++;
	return reexec_asked(argc, argv, &kind) ? (int)kind : -1;
}

static void
each_kind_has_its_option(void **state)
{
	(void)state;
	assert_int_equal(asked("--worker", "alice"), REEXEC_WORKER);
	assert_int_equal(asked("--worker", NULL), REEXEC_WORKER);
	assert_int_equal(asked("--udp", NULL), REEXEC_PROBER);
}

static void
anything_else_is_the_helper(void **state)
{
	(void)state;
	assert_int_equal(asked(NULL, NULL), -1);
	assert_int_equal(asked("", NULL), -1);
	assert_int_equal(asked("--work", NULL), -1);
	assert_int_equal(asked("--workers", NULL), -1);
	assert_int_equal(asked("worker", NULL), -1);
	/* it comes first */
	assert_int_equal(asked("--foreground", "--worker"), -1);
}

static void
nobody_starts_one_by_hand(void **state)
{
	const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	/* what is open there is no socket of the helper's */
	assert_int_equal(dup2(fd, REEXEC_FD), REEXEC_FD);
	assert_false(reexec_begin(REEXEC_WORKER));
	assert_false(reexec_begin(REEXEC_PROBER));
}

static void
it_has_nothing_of_the_callers_from_the_beginning(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		const struct reexec what = { .kind = REEXEC_CLOSER };
		int ends[2], fd;
		char byte;
		pid_t pid;

		assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
		pid = reexec_start(&what, &fd, NULL);
		assert_true(pid > 0);
		close(ends[1]);
		/* nobody else has the other end: it reads as closed */
		assert_int_equal(read(ends[0], &byte, 1), 0);
		/* and it has the socket: it says so */
		assert_int_equal(read(fd, &byte, 1), 1);
		close(ends[0]);
		close(fd);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	}
}

/* This program as such a process: it says that it is there, and ends. */
static int
as_another(void)
{
	return write(REEXEC_FD, "x", 1) == 1 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	enum reexec_kind kind;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_has_its_option),
		cmocka_unit_test(anything_else_is_the_helper),
		cmocka_unit_test(
		    it_has_nothing_of_the_callers_from_the_beginning),
		cmocka_unit_test(nobody_starts_one_by_hand),
	};

	if (reexec_asked(argc, argv, &kind))
		return as_another();
	return cmocka_run_group_tests_name("reexec", tests, NULL, NULL);
}
