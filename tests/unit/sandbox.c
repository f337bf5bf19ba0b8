#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <asm/sockios.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
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

/* True if there can be SIZE bytes more of memory, which is mapped like this. */
static bool
maps_as(size_t size, int protection, int flags, int fd)
{
	void *memory = mmap(NULL, size, protection, flags, fd, 0);

	if (memory == MAP_FAILED)
		return false;
	munmap(memory, size);
	return true;
}

/* The same for memory as malloc(3) has it, with PROTECTION. */
static bool
maps(size_t size, int protection)
{
	return maps_as(size, protection, MAP_PRIVATE | MAP_ANONYMOUS, 0);
}

/* What is open before a process goes inside; the tests close it. */
static int zero_fd, tcp_fd;
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

/* As a relay begins, its connection is to outlast a link that is down. */
static bool
outlasts(int fd)
{
	const int seconds = 30, times = 4;

	return setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &seconds,
		   sizeof(seconds)) == 0 &&
	    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof(times)) ==
	    0;
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
	if (!outlasts(tcp_fd))
		return 12;
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

/* True if a call that has returned RESULT was kept from the kernel. */
static bool
denied(long result)
{
	return result == -1 && errno == EPERM;
}

/* Whoever owns a file is sent the signal that it wants, whatever that is. */
static int
signals_by_files(void)
{
	struct f_owner_ex owner = { F_OWNER_PID, getppid() };
	int on = 1, pid = getppid();

	if (sandbox_calls() != NULL)
		return LACKS;
	for (int command = 0; command < 2048; command++) {
		const bool fine = command == F_GETFD || command == F_GETFL ||
		    command == F_GETPIPE_SZ;

		if (denied(fcntl(ends[0], command, &owner)) == fine)
			return 1;
	}
	if (!denied(fcntl(ends[0], F_SETOWN, getppid())) ||
	    !denied(fcntl(ends[0], F_SETSIG, SIGKILL)) ||
	    !denied(fcntl(ends[0], F_SETFL, O_ASYNC)) ||
	    !denied(fcntl(ends[0], F_SETFL, O_NONBLOCK | O_ASYNC)))
		return 2;
	/* nor what the kernel takes for the same */
	if (!denied(syscall(SYS_fcntl, ends[0], 1UL << 32 | F_SETOWN, pid)) ||
	    !denied(syscall(SYS_fcntl, ends[0], F_SETFL, 1UL << 32 | O_ASYNC)))
		return 3;
	if (!denied(ioctl(ends[0], FIOASYNC, &on)) ||
	    !denied(ioctl(ends[0], FIOSETOWN, &pid)) ||
	    !denied(ioctl(ends[0], SIOCSPGRP, &pid)) ||
	    !denied(ioctl(ends[0], FIONBIO, &on)))
		return 4;
	/* what libssh2 does */
	on = fcntl(ends[0], F_GETFL);
	return on < 0 || fcntl(ends[0], F_SETFL, on | O_NONBLOCK) < 0 ? 5 : 0;
}

static void
no_file_sends_a_signal(void **state)
{
	int failed = run_inside(signals_by_files);

	(void)state;
	if (failed == LACKS)
		LEAVE_OUT();
	assert_int_equal(failed, 0);
}

/* What can be done to another process, or to what all of a user's share. */
static int
others(void)
{
	const pid_t pid = getppid();
	struct rlimit limit = { 1, 1 };
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 'x';
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };

	if (sandbox_calls() != NULL)
		return LACKS;
	for (int signal = 0; signal < 65; signal++) {
		if (!denied(kill(pid, signal)) ||
		    !denied(syscall(SYS_tgkill, pid, pid, signal)) ||
		    !denied(syscall(SYS_tkill, pid, signal)))
			return 1;
	}
	if (!denied(prlimit(pid, RLIMIT_CPU, &limit, NULL)) ||
	    !denied(prlimit(0, RLIMIT_AS, NULL, &limit)))
		return 2;
	for (int option = 0; option < 256; option++) {
		if (!denied(prctl(option, 0, 0, 0, 0)))
			return 3;
	}
	if (!denied(sendmsg(ends[0], &message, MSG_NOSIGNAL)))
		return 4;
	if (!denied(send(ends[0], &byte, 1, MSG_NOSIGNAL | MSG_OOB)) ||
	    !denied(sendto(ends[0], &byte, 1, MSG_NOSIGNAL,
		(const struct sockaddr *)control, sizeof(struct sockaddr))))
		return 5;
	if (!denied(syscall(SYS_pidfd_open, pid, 0)) ||
	    !denied(ptrace(PTRACE_SEIZE, pid, NULL, NULL)) ||
	    !denied(setpriority(PRIO_PROCESS, (id_t)pid, 19)))
		return 6;
	return getrlimit(RLIMIT_CPU, &limit) == 0 ? 7 : 0;
}

static void
no_other_process_is_reached(void **state)
{
	int failed = run_inside(others);

	(void)state;
	if (failed == LACKS)
		LEAVE_OUT();
	assert_int_equal(failed, 0);
}

/* Take memory until there is no more.  Returns how much that was, in MiB. */
static int
take_memory(int protection)
{
	const size_t some = (size_t)1 << 20;
	const void *taken = NULL;
	int count = -1;

	for (; taken != MAP_FAILED && count < 100000; count++)
		taken = mmap(NULL, some, protection,
		    MAP_PRIVATE | MAP_ANONYMOUS, 0, 0);
	return count;
}

static int
memory(void)
{
	const struct {
		int flags, fd;
	} others[] = { { MAP_SHARED | MAP_ANONYMOUS, 0 },
		{ MAP_SHARED, zero_fd }, { MAP_PRIVATE, zero_fd },
		{ MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, 0 },
		{ MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, 0 } };

	if (sandbox_calls() != NULL)
		return LACKS;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (maps_as(PAGE_BYTES, PROT_READ, others[i].flags,
			others[i].fd) ||
		    errno != EPERM)
			return 1;
	}
	/* a relay that stalls has 16 MiB, and libssh2 may have 32 */
	free(malloc((size_t)48 << 20));
	if (take_memory(PROT_READ | PROT_WRITE) > 64)
		return 2;
	return take_memory(PROT_READ) > 256 ? 3 : 0;
}

static void
memory_is_bounded(void **state)
{
	int failed = run_inside(memory);

	(void)state;
	if (failed == LACKS)
		LEAVE_OUT();
	assert_int_equal(failed, 0);
}

static int
keeps(void)
{
	if (sandbox_keep(ends[1]) != NULL || sandbox_calls() != NULL)
		return LACKS;
	if (!denied(close(ends[1])) ||
	    !denied(syscall(SYS_close, 1UL << 32 | (unsigned)ends[1])))
		return 1;
	if (!denied(fcntl(ends[1], F_SETFL, 0)) ||
	    !denied(
		syscall(SYS_fcntl, 1UL << 32 | (unsigned)ends[1], F_SETFL, 0)))
		return 2;
	if (!denied(dup2(ends[0], ends[1])) ||
	    !denied(syscall(SYS_close_range, ends[1], ends[1], 0)))
		return 3;
	return close(ends[0]) < 0 ? 4 : 0;
}

static void
what_is_to_be_kept_cannot_be_closed(void **state)
{
	int failed = run_inside(keeps);

	(void)state;
	if (failed == LACKS)
		LEAVE_OUT();
	assert_int_equal(failed, 0);
}

static int
waiter(void)
{
	int status;
	const pid_t child = fork();

	if (child == 0)
		_exit(0);
	if (child < 0 || sandbox_calls_and_wait(child) != NULL)
		return child < 0 ? 1 : LACKS;
	if (!denied(kill(child, 0)) || !denied(kill(getppid(), 0)))
		return 2;
	if (fork() >= 0 || errno != EPERM)
		return 3;
	if (!denied(waitpid(-1, &status, 0)))
		return 4;
	return waitpid(child, &status, 0) == child ? 0 : 5;
}

static void
only_the_child_can_be_waited_for(void **state)
{
	int failed = run_inside(waiter);

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
	int on = 1;
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
	for (int command = 0; command < 2048; command++) {
		const bool fine = command <= F_SETFL ||
		    command == F_DUPFD_CLOEXEC;

		if (denied(fcntl(zero_fd, command, 0)) == fine)
			return 7;
	}
	if (!denied(fcntl(ends[0], F_SETFL, O_ASYNC)) ||
	    !denied(ioctl(ends[0], FIOASYNC, &on)) ||
	    !denied(ioctl(ends[0], TIOCSTI, "x")) ||
	    ioctl(ends[0], FIONREAD, &on) < 0)
		return 13;
	if (!denied(syscall(SYS_fcntl, zero_fd, 1UL << 32 | F_SETOWN, 1)))
		return 14;
	if (maps_as(PAGE_BYTES, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, 0))
		return 15;
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

/* What a process that hashes one password does, and what it can't. */
static int
hash(void)
{
	char text[crypto_pwhash_STRBYTES];

	if (sandbox_files() != NULL || sandbox_calls_and_hash() != NULL)
		return LACKS;
	if (opens("/etc/passwd", O_RDONLY) || fork() >= 0)
		return 1;
	if (crypto_pwhash_str(text, "x", 1, crypto_pwhash_OPSLIMIT_INTERACTIVE,
		crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
		return 2;
	if (crypto_pwhash_str_verify(text, "x", 1) != 0)
		return 3;
	return maps(MUCH_BYTES, PROT_READ | PROT_WRITE) ? 4 : 0;
}

static void
a_hash_has_its_memory_and_no_more(void **state)
{
	int failed;

	(void)state;
	assert_true(sodium_init() >= 0);
	failed = run_inside(hash);
	if (failed == LACKS)
		LEAVE_OUT();
	assert_int_equal(failed, 0);
}

static int
open_all(void **state)
{
	(void)state;
	zero_fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	tcp_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return zero_fd >= 0 && tcp_fd >= 0 &&
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0
	    ? 0
	    : -1;
}

static int
close_all(void **state)
{
	(void)state;
	close(zero_fd);
	close(tcp_fd);
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
		cmocka_unit_test(no_file_sends_a_signal),
		cmocka_unit_test(no_other_process_is_reached),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(what_is_to_be_kept_cannot_be_closed),
		cmocka_unit_test(only_the_child_can_be_waited_for),
		cmocka_unit_test(a_program_has_only_its_files),
		cmocka_unit_test(a_program_has_udp_and_no_other_process),
		cmocka_unit_test(a_hash_has_its_memory_and_no_more),
#endif
		cmocka_unit_test(one_does_not_hinder_the_other),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
