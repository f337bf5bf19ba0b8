#include "reexec.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the process has besides, until it is another program. */
enum {
	REEXEC_EXE_FD = REEXEC_LEASH_FD + 1,
	REEXEC_BUSY_FD,
	REEXEC_FREE_FD, /* from here on: not given */
};

/* A process lets go of what it has inherited within this time. */
#define REEXEC_BUSY_MS 1000

static const struct {
	const char *option, *name;
} reexec_kinds[] = {
	[REEXEC_WORKER] = { "--worker", "moshgate-worker" },
	[REEXEC_PROBER] = { "--udp", "moshgate-udp" },
	[REEXEC_CLOSER] = { "--close", "moshgate-closer" },
	/* the kernel keeps 15 characters */
	[REEXEC_ACCOUNTS] = { "--accounts", "moshgate-names" },
	[REEXEC_USERS] = { "--users", "moshgate-users" },
	[REEXEC_HASHER] = { "--hash", "moshgate-hash" },
};

/* What goes into a process: all above the descriptors that are given. */
struct reexec_parts {
	int exe_fd;  /* the program */
	int ends[2]; /* the socket: the helper's end, and the other */
	int busy[2]; /* a pipe that the process has open for writing */
	struct leash leash;
};

/* Have FROM, a descriptor above those that are given, at TO as well. */
static void
reexec_give(int from, int to)
{
	if (dup2(from, to) < 0)
		_exit(126);
}

/*
 * Have nothing of the helper's where programs read and write: what is there may
 * be its log.
 */
static bool
reexec_close_streams(void)
{
	const int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (null_fd < 0 || dup2(null_fd, fd) < 0)
			return false;
	}
	close(null_fd);
	return true;
}

/* Have the process end with the helper: a worker, unless that lets it go. */
static bool
reexec_hold(bool leashed)
{
	const struct leash leash = { -1, REEXEC_LEASH_FD };

	return leashed ? leash_put_on(&leash)
		       : prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
}

/*
 * Become the process.  It closes what it has inherited, and then the pipe, when
 * the helper, which waits for that, still has all of it: so this is never the
 * last to close any.
 */
static void
reexec_become(const struct reexec *what, const struct reexec_parts *parts)
{
	char name[] = "moshgate-helper", option[16], argument[80];
	char *argv[] = { name, option, NULL, NULL };
	const bool leashed = parts->leash.worn_fd >= 0;
	sigset_t none;

	reexec_give(parts->ends[1], REEXEC_FD);
	if (leashed)
		reexec_give(parts->leash.worn_fd, REEXEC_LEASH_FD);
	else
		close(REEXEC_LEASH_FD);
	reexec_give(parts->exe_fd, REEXEC_EXE_FD);
	reexec_give(parts->busy[1], REEXEC_BUSY_FD);
	if (close_range(REEXEC_FREE_FD, ~0U, 0) < 0)
		_exit(126);
	close(REEXEC_BUSY_FD);
	fcntl(REEXEC_EXE_FD, F_SETFD, FD_CLOEXEC);
	snprintf(option, sizeof(option), "%s", reexec_kinds[what->kind].option);
	if (what->argument != NULL) {
		snprintf(argument, sizeof(argument), "%s", what->argument);
		argv[2] = argument;
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (!reexec_close_streams() || !reexec_hold(leashed))
		_exit(126);
	fexecve(REEXEC_EXE_FD, argv, environ);
	_exit(127);
}

/* Move *FD out of the way of those that are given. */
static bool
reexec_move_up(int *fd)
{
	const int moved = *fd < 0 ? -1
				  : fcntl(*fd, F_DUPFD_CLOEXEC, REEXEC_FREE_FD);

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

/* Make PARTS.  Returns false if they can't be made; what is there is open. */
static bool
reexec_prepare(const struct reexec *what, struct reexec_parts *parts)
{
	struct leash *leash = &parts->leash;

	*parts = (struct reexec_parts){ .ends = { -1, -1 },
		.busy = { -1, -1 },
		.leash = LEASH_NONE };
	if (what->kind == REEXEC_WORKER &&
	    (!leash_make(leash) || !reexec_move_up(&leash->held_fd) ||
		!reexec_move_up(&leash->worn_fd)))
		return false;
	/* The program that runs, also when another has taken its place. */
	parts->exe_fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	return reexec_move_up(&parts->exe_fd) &&
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, parts->ends) ==
	    0 &&
	    reexec_move_up(&parts->ends[1]) &&
	    pipe2(parts->busy, O_CLOEXEC) == 0 &&
	    reexec_move_up(&parts->busy[1]);
}

/* Wait until the process has none of the caller's descriptors. */
static void
reexec_wait(int busy_fd)
{
	struct pollfd busy = { .fd = busy_fd };

	while (poll(&busy, 1, REEXEC_BUSY_MS) < 0 && errno == EINTR)
		continue;
}

pid_t
reexec_start(const struct reexec *what, int *fd, struct leash *leash)
{
	struct reexec_parts parts;
	pid_t pid = -1;

	if (reexec_prepare(what, &parts))
		pid = fork();
	if (pid == 0)
		reexec_become(what, &parts);
	reexec_close(parts.exe_fd);
	reexec_close(parts.ends[1]);
	reexec_close(parts.busy[1]);
	if (pid > 0)
		reexec_wait(parts.busy[0]);
	reexec_close(parts.busy[0]);
	if (pid < 0) {
		reexec_close(parts.ends[0]);
		leash_drop(&parts.leash);
		return -1;
	}
	*fd = parts.ends[0];
	if (leash != NULL)
		*leash = parts.leash;
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
	fcntl(REEXEC_LEASH_FD, F_SETFD, FD_CLOEXEC);
	prctl(PR_SET_NAME, reexec_kinds[kind].name);
	/* what the helper gave up for its children holds already */
	prctl(PR_SET_DUMPABLE, 0);
	signal(SIGPIPE, SIG_IGN);
	return true;
}
