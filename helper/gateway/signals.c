#include "signals.h"

#include <sys/signalfd.h>

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

int
signals_open(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

enum signals_event
signals_next(int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return SIGNALS_NONE;
	switch (info.ssi_signo) {
	case SIGHUP:
		return SIGNALS_RELOAD;
	case SIGCHLD:
		return SIGNALS_CHILD;
	default:
		return SIGNALS_END;
	}
}
