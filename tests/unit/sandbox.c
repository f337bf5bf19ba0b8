#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../helper/sandbox.h"
#include "leaveout.h"

/* What a process inside says of itself: which check it did not pass, or 0. */
typedef int inside(void);

static int
run_inside(inside *check)
{
	int status;
	const pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(check());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A kernel that lacks something says so; there is nothing to see then. */
#define LACKS 99
#define PAGE_BYTES ((size_t)4096)
#define MUCH_BYTES ((size_t)100 << 20)
#define NEW_CALL 452 /* fchmodat2(2), of Linux 6.6 */

/* True if PATH can be opened. */
static bool
opens(const char *path, int flags)
{
	const int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* True if there can be SIZE bytes more of memory with PROTECTION. */
static bool
maps(size_t size, int protection)
{
	void *memory = mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS,
	    0, 0);

	if (memory == MAP_FAILED)
		return false;
	munmap(memory, size);
	return true;
}

/* What is open before a process goes inside; the tests close it. */
static int zero_fd;
static int ends[2];

static int
files(void)
{
	char *argv[] = { (char[]){ "true" }, NULL };
	char byte;

	if (sandbox_files() != NULL)
		return LACKS;
	if (opens("/etc/passwd", O_RDONLY))
		return 1;
	if (opens("/dev/null", O_WRONLY))
		return 2;
	if (opens("/tmp/moshgate-test", O_WRONLY | O_CREAT))
		return 3;
	if (mkdir("/tmp/moshgate-test", 0700) == 0)
		return 4;
	execv("/bin/true", argv);
	if (errno != EACCES)
		return 5;
	/* what is open stays so */
	return read(zero_fd, &byte, 1) == 1 ? 0 : 6;
}

static void
no_file_can_be_opened(void **state)
{
	int failed = run_inside(files);

	(void)state;
	if (failed == LACKS)
		LEAVE_OUT();
	assert_int_equal(failed, 0);
}

static int
calls(void)
{
	char *argv[] = { (char[]){ "true" }, NULL };
	struct pollfd ready;
	char byte = 'x';
	void *memory;

	if (sandbox_calls() != NULL)
		return LACKS;
	if (opens("/etc/passwd", O_RDONLY) || errno != EPERM)
		return 2;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 ||
	    errno != EPERM)
		return 3;
	if (fork() >= 0 || errno != EPERM)
		return 4;
	execv("/bin/true", argv);
	if (errno != EPERM)
		return 5;
	memory = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, 0, 0);
	if (memory == MAP_FAILED)
		return 6;
	if (mprotect(memory, PAGE_BYTES, PROT_READ | PROT_EXEC) == 0)
		return 7;
	if (!maps(PAGE_BYTES, PROT_READ) ||
	    maps(PAGE_BYTES, PROT_READ | PROT_EXEC))
		return 8;
	if (kill(getppid(), 0) == 0)
		return 9;
	if (fchmod(zero_fd, 0600) == 0 || errno != EPERM)
		return 10;
	/* what a worker does */
	ready = (struct pollfd){ .fd = ends[1], .events = POLLIN };
	if (send(ends[0], &byte, 1, MSG_NOSIGNAL) != 1 ||
	    poll(&ready, 1, -1) != 1 || recv(ends[1], &byte, 1, 0) != 1)
		return 11;
	free(malloc((size_t)1 << 20));
	return 0;
}

static void
only_the_calls_of_a_worker_are_left(void **state)
{
	int failed = run_inside(calls);

	(void)state;
	if (failed == LACKS)
		LEAVE_OUT();
	assert_int_equal(failed, 0);
}

/* True if there can be such a socket. */
static bool
makes_socket(int family, int type)
{
	const int fd = socket(family, type | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int
killer(void)
{
	int status;
	const pid_t child = fork();

	if (child == 0) {
		pause();
		_exit(0);
	}
	if (child < 0 || sandbox_calls_and_kill(child) != NULL)
		return child < 0 ? 1 : LACKS;
	if (kill(getppid(), 0) == 0 || errno != EPERM)
		return 2;
	if (fork() >= 0 || errno != EPERM)
		return 3;
	if (makes_socket(AF_INET, SOCK_DGRAM))
		return 4;
	if (kill(child, SIGKILL) < 0 || waitpid(child, &status, 0) != child)
		return 5;
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? 0 : 6;
}

static void
only_the_child_can_be_killed(void **state)
{
	int failed = run_inside(killer);

	(void)state;
	if (failed == LACKS)
		LEAVE_OUT();
	assert_int_equal(failed, 0);
}

static int
program_files(void)
{
	char *argv[] = { (char[]){ "true" }, NULL };

	if (sandbox_program("/bin/true") != NULL)
		return LACKS;
	if (opens("/etc/passwd", O_RDONLY) || opens("/dev/tty", O_RDWR) ||
	    opens("/proc/self/environ", O_RDONLY))
		return 1;
	if (opens("/tmp/moshgate-test", O_WRONLY | O_CREAT))
		return 2;
	if (chmod("/dev/zero", 0600) == 0 || fchmod(zero_fd, 0600) == 0)
		return 3;
	if (!opens("/usr/lib", O_RDONLY) || !opens("/dev/urandom", O_RDONLY))
		return 4;
	execv("/bin/false", argv);
	if (errno != EACCES)
		return 5;
	/* which needs its libraries */
	execv("/bin/true", argv);
	return 6;
}

static void
a_program_has_only_its_files(void **state)
{
	int failed = run_inside(program_files);

	(void)state;
	if (failed == LACKS)
		LEAVE_OUT();
	assert_int_equal(failed, 0);
}

static int
program_calls(void)
{
	const struct rlimit none = { 0, 0 };
	const struct sockaddr_un nowhere = { .sun_family = AF_UNIX };

	if (sandbox_program("/bin/true") != NULL)
		return LACKS;
	if (!makes_socket(AF_INET, SOCK_DGRAM) ||
	    !makes_socket(AF_INET6, SOCK_DGRAM))
		return 1;
	for (int family = 0; family < AF_MAX + 2; family++) {
		for (int type = 0; type <= SOCK_PACKET; type++) {
			if (type == SOCK_DGRAM &&
			    (family == AF_INET || family == AF_INET6))
				continue;
			if (makes_socket(family, type) || errno != EPERM)
				return 2;
		}
	}
	if (connect(ends[0], (const struct sockaddr *)&nowhere,
		sizeof(nowhere)) == 0 ||
	    errno != EPERM)
		return 3;
	if (kill(getppid(), 0) == 0 || kill(0, 0) == 0)
		return 4;
	if (syscall(SYS_tgkill, getppid(), getppid(), 0) == 0 ||
	    syscall(SYS_tgkill, getpid(), getpid(), 0) < 0)
		return 5;
	if (fork() >= 0 || errno != EPERM)
		return 6;
	if (fcntl(zero_fd, F_SETOWN, getppid()) == 0 || errno != EPERM)
		return 7;
	if (prlimit(getppid(), RLIMIT_CORE, NULL, NULL) == 0 ||
	    prlimit(getpid(), RLIMIT_CORE, NULL, NULL) == 0 ||
	    setrlimit(RLIMIT_CORE, &none) < 0)
		return 8;
	if (prctl(PR_SET_PDEATHSIG, 0) == 0 || errno != EPERM)
		return 9;
	/* nor what the kernel takes for the same */
	if (syscall(SYS_prctl, 1UL << 32 | PR_SET_PDEATHSIG, 0) == 0 ||
	    errno != EPERM)
		return 10;
	if (syscall(NEW_CALL, zero_fd, NULL, 0, 0) == 0 || errno != ENOSYS)
		return 11;
	return maps(MUCH_BYTES, PROT_READ | PROT_WRITE) ? 12 : 0;
}

static void
a_program_has_udp_and_no_other_process(void **state)
{
	int failed = run_inside(program_calls);

	(void)state;
	if (failed == LACKS)
		LEAVE_OUT();
	assert_int_equal(failed, 0);
}

static int
both(void)
{
	const char *lack = sandbox_files();

	if (lack != NULL)
		return LACKS;
	return sandbox_calls() != NULL ? LACKS : 0;
}

static void
one_does_not_hinder_the_other(void **state)
{
	int failed = run_inside(both);

	(void)state;
	if (failed == LACKS)
		LEAVE_OUT();
	assert_int_equal(failed, 0);
}

static int
open_all(void **state)
{
	(void)state;
	zero_fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	return zero_fd >= 0 &&
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0
	    ? 0
	    : -1;
}

static int
close_all(void **state)
{
	(void)state;
	close(zero_fd);
	close(ends[0]);
	close(ends[1]);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#ifndef __SANITIZE_ADDRESS__
		cmocka_unit_test(no_file_can_be_opened),
		cmocka_unit_test(only_the_calls_of_a_worker_are_left),
		cmocka_unit_test(only_the_child_can_be_killed),
		cmocka_unit_test(a_program_has_only_its_files),
		cmocka_unit_test(a_program_has_udp_and_no_other_process),
#endif
		cmocka_unit_test(one_does_not_hinder_the_other),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
