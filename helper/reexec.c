#include "reexec.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FREE_FD (REEXEC_FD + 1 + REEXEC_FDS_MAX) /* from here on: not given */

static const struct {
	const char *option, *name;
} reexec_kinds[] = {
	[REEXEC_WORKER] = { "--worker", "moshgate-worker" },
	[REEXEC_PROBER] = { "--udp", "moshgate-udp" },
	/* the kernel keeps 15 characters */
	[REEXEC_ACCOUNTS] = { "--accounts", "moshgate-names" },
	[REEXEC_USERS] = { "--users", "moshgate-users" },
};

/* Have FROM, a descriptor above those that are given, at TO as well. */
static void
reexec_give(int from, int to)
{
	if (dup2(from, to) < 0)
		_exit(126);
}

/*
 * Become the process: the program open at EXE_FD, with the socket FD and the
 * COPIES of the descriptors.
 */
static void
reexec_become(const struct reexec *what, int exe_fd, int fd, const int *copies)
{
	char name[] = "moshgate-helper", option[16], argument[80];
	char *argv[] = { name, option, NULL, NULL };
	int given = REEXEC_FD;
	sigset_t none;

	snprintf(option, sizeof(option), "%s", reexec_kinds[what->kind].option);
	if (what->argument != NULL) {
		snprintf(argument, sizeof(argument), "%s", what->argument);
		argv[2] = argument;
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (!what->outlives && prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		_exit(126);
	reexec_give(fd, given++);
	for (size_t i = 0; i < what->count; i++)
		reexec_give(copies[i], given++);
	if (close_range((unsigned)given, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		_exit(126);
	fexecve(exe_fd, argv, environ);
	_exit(127);
}

/* Move *FD out of the way of those that are given. */
static bool
reexec_move_up(int *fd)
{
	const int moved = *fd < 0 ? -1 : fcntl(*fd, F_DUPFD_CLOEXEC, FREE_FD);

	if (moved < 0)
		return false;
	close(*fd);
	*fd = moved;
	return true;
}

/* Close FD unless there is none; errno stays. */
static void
reexec_close(int fd)
{
	const int error = errno;

	if (fd >= 0)
		close(fd);
	errno = error;
}

pid_t
reexec_start(const struct reexec *what, int *fd)
{
	int ends[2] = { -1, -1 }, exe_fd, copies[REEXEC_FDS_MAX];
	pid_t pid = -1;
	bool good;

	/* The program that runs, also when another has taken its place. */
	exe_fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	good = reexec_move_up(&exe_fd) &&
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 &&
	    reexec_move_up(&ends[1]);
	for (size_t i = 0; i < what->count; i++) {
		copies[i] = good ? fcntl(what->fds[i], F_DUPFD_CLOEXEC, FREE_FD)
				 : -1;
		good = good && copies[i] >= 0;
	}
	if (good)
		pid = fork();
	if (pid == 0)
		reexec_become(what, exe_fd, ends[1], copies);
	for (size_t i = 0; i < what->count; i++)
		reexec_close(copies[i]);
	reexec_close(exe_fd);
	reexec_close(ends[1]);
	if (pid < 0) {
		reexec_close(ends[0]);
		return -1;
	}
	*fd = ends[0];
	return pid;
}

bool
reexec_asked(int argc, char **argv, enum reexec_kind *kind)
{
	for (size_t i = 0;
	     argc > 1 && i < sizeof(reexec_kinds) / sizeof(reexec_kinds[0]);
	     i++) {
		if (strcmp(argv[1], reexec_kinds[i].option) == 0) {
			*kind = (enum reexec_kind)i;
			return true;
		}
	}
	return false;
}

bool
reexec_begin(enum reexec_kind kind)
{
	struct sockaddr_un address = { 0 };
	socklen_t len = sizeof(address);

	if (getsockname(REEXEC_FD, (struct sockaddr *)&address, &len) < 0 ||
	    address.sun_family != AF_UNIX) {
		fprintf(stderr, "moshgate-helper: %s is for the helper alone\n",
		    reexec_kinds[kind].option);
		return false;
	}
	fcntl(REEXEC_FD, F_SETFD, FD_CLOEXEC);
	prctl(PR_SET_NAME, reexec_kinds[kind].name);
	/* what the helper gave up for its children holds already */
	prctl(PR_SET_DUMPABLE, 0);
	signal(SIGPIPE, SIG_IGN);
	return true;
}
