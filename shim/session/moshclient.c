#include "moshclient.h"

#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../lib/fields.h"
#include "ending.h"
#include "environment.h"
#include "sentence.h"

#define MOSH_CLIENT "/usr/bin/mosh-client"
#define HOST_BYTES 128
#define PORT_BYTES 16
/* What it may have if the helper doesn't say. */
#define MEMORY_MIB 64
#define FIT_CELLS 300000

static const unsigned warning_s = 2;

extern char **environ;

/* What it is started with. */
struct moshclient {
	char host[HOST_BYTES], port[PORT_BYTES];
	long long memory_mib, fit_cells;
	sigset_t signals; /* that this process takes in its place */
	sigset_t before;  /* the signals that were blocked before */
};

/*
 * Copy TEXT, which may be NULL, to the SIZE bytes at TO; false if it can't be.
 */
static bool
moshclient_take(const char *text, char *to, size_t size)
{
	if (text == NULL || strlen(text) >= size)
		return false;
	memcpy(to, text, strlen(text) + 1);
	return true;
}

/* Take from ANSWER where to go; false if that makes no sense. */
static bool
moshclient_read(struct moshclient *m, const struct frame *answer)
{
	m->memory_mib = MEMORY_MIB;
	m->fit_cells = FIT_CELLS;
	fields_get_number(answer, "memory_mib", 1, 1024, &m->memory_mib);
	fields_get_number(answer, "cells", 1, INT32_MAX, &m->fit_cells);
	return answer->type == FRAME_OK &&
	    moshclient_take(fields_get(answer, "host"), m->host, HOST_BYTES) &&
	    moshclient_take(fields_get(answer, "port"), m->port, PORT_BYTES);
}

/* Have RESOURCE be MOST, or what it is already if that is less. */
static void
moshclient_limit(int resource, rlim_t most)
{
	struct rlimit limit;

	if (getrlimit((unsigned)resource, &limit) == 0 && limit.rlim_max < most)
		most = limit.rlim_max;
	limit = (struct rlimit){ most, most };
	setrlimit((unsigned)resource, &limit);
}

/*
 * Bound what it may take of the gateway: the person at the terminal can make its
 * window of any size, and whoever is at the other end can send what it keeps.
 */
static void
moshclient_limit_all(const struct moshclient *m)
{
	moshclient_limit(RLIMIT_DATA, (rlim_t)m->memory_mib << 20);
	moshclient_limit(RLIMIT_STACK, (rlim_t)8 << 20);
	/* with the files it maps, as may be an archive of locales */
	moshclient_limit(RLIMIT_AS, (rlim_t)512 << 20);
	moshclient_limit(RLIMIT_FSIZE, 0);
	moshclient_limit(RLIMIT_MSGQUEUE, 0);
	moshclient_limit(RLIMIT_NOFILE, 64);
	/* it would have the session's key */
	moshclient_limit(RLIMIT_CORE, 0);
}

/* Of the child: become mosh-client. */
static _Noreturn void
moshclient_become(struct moshclient *m, pid_t parent,
    const struct frame *answer)
{
	char name[] = "mosh-client";
	char *argv[] = { name, m->host, m->port, NULL };

	if (prctl(PR_SET_PDEATHSIG, SIGHUP) < 0 || getppid() != parent)
		_exit(ENDING_FAILED);
	sigprocmask(SIG_SETMASK, &m->before, NULL);
	if (environment_add_mosh(answer)) {
		moshclient_limit_all(m);
		execve(MOSH_CLIENT, argv, environ);
	}
	sentence_say("mosh-client cannot be run on this gateway.");
	_exit(1);
}

/*
 * From now on the signals that want this process to end wait for
 * moshclient_wait(); those of the keyboard, too, which the child has as well.
 */
static void
moshclient_hold_signals(struct moshclient *m)
{
	sigemptyset(&m->signals);
	sigaddset(&m->signals, SIGCHLD);
	sigaddset(&m->signals, SIGHUP);
	sigaddset(&m->signals, SIGINT);
	sigaddset(&m->signals, SIGQUIT);
	sigaddset(&m->signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &m->signals, &m->before);
	/* or there would be nothing to wait for */
	signal(SIGCHLD, SIG_DFL);
}

/*
 * Wait for the end of CHILD; have it end if this process is to.  The signals
 * are as before then.
 */
static void
moshclient_wait(const struct moshclient *m, pid_t child,
    struct moshclient_end *end)
{
	struct rusage usage = { 0 };

	while (wait4(child, &end->status, WNOHANG, &usage) == 0) {
		const int number = sigwaitinfo(&m->signals, NULL);

		if (number != SIGHUP && number != SIGTERM)
			continue;
		/* it may have been stopped, by its escape key */
		kill(child, number);
		kill(child, SIGCONT);
	}
	end->peak_kib = usage.ru_maxrss;
	sigprocmask(SIG_SETMASK, &m->before, NULL);
}

bool
moshclient_lacked_memory(const struct moshclient_end *end)
{
	if (WIFEXITED(end->status) && WEXITSTATUS(end->status) == 0)
		return false;
	/* what ended it may have been more at once than there was left */
	return end->cells > end->fit_cells ||
	    end->peak_kib >= (long)end->memory_mib * 1024 * 7 / 8;
}

/* Leave the terminal as it was: one that was killed has not. */
static void
moshclient_clear(struct tty *terminal)
{
	/*
	 * as mosh-client itself: cursor keys, colours, the cursor, the mouse,
	 * and the screen that was there before
	 */
	static const char end[] =
	    "\033[?1l\033[0m\033[?25h\033[?1003l\033[?1002l\033[?1001l"
	    "\033[?1000l\033[?1015l\033[?1006l\033[?1005l\033[?1049l\r\n";

	terminal->changed = true;
	tty_restore(terminal);
	dprintf(terminal->fd, "%s", end);
}

/* What the person is told of END; returns the exit status. */
static int
moshclient_tell(struct tty *terminal, const struct moshclient_end *end)
{
	char text[160];

	if (WIFSIGNALED(end->status))
		moshclient_clear(terminal);
	if (moshclient_lacked_memory(end)) {
		snprintf(text, sizeof(text),
		    "mosh needs more than the %d MiB of memory that it may "
		    "have here: use a smaller window.",
		    end->memory_mib);
		sentence_say(text);
	} else if (WIFSIGNALED(end->status)) {
		sentence_say("mosh-client has ended unexpectedly.");
	}
	return WIFEXITED(end->status) ? WEXITSTATUS(end->status)
				      : ENDING_FAILED;
}

/* Be the parent of CHILD.  Returns the exit status. */
static int
moshclient_attend(const struct moshclient *m, pid_t child, struct tty *terminal)
{
	struct moshclient_end end = { .memory_mib = (int)m->memory_mib,
		.fit_cells = m->fit_cells };
	struct winsize size = { 0 };

	moshclient_wait(m, child, &end);
	ioctl(terminal->fd, TIOCGWINSZ, &size);
	end.cells = (long long)size.ws_col * size.ws_row;
	return moshclient_tell(terminal, &end);
}

int
moshclient_run(struct tty *terminal, struct frame *answer)
{
	const pid_t parent = getpid();
	struct moshclient m = { 0 };
	pid_t child;

	if (!moshclient_read(&m, answer)) {
		sentence_say("The gateway's answer makes no sense.");
		return 1;
	}
	/* mosh-client is going to put a screen of its own over it */
	if (sentence_say_warning(answer))
		sleep(warning_s);
	moshclient_hold_signals(&m);
	child = fork();
	if (child == 0)
		moshclient_become(&m, parent, answer);
	frame_free(answer);
	if (child < 0) {
		sentence_say_no_memory();
		return 1;
	}
	return moshclient_attend(&m, child, terminal);
}
