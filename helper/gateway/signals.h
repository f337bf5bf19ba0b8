#ifndef MOSHGATE_SIGNALS_H
#define MOSHGATE_SIGNALS_H

#include <stdbool.h>

/*
 * The signals of the helper come by a descriptor, so that none is lost, however
 * early it comes.
 */
enum signals_event {
	SIGNALS_NONE,
	SIGNALS_RELOAD, /* SIGHUP: read the settings again */
	SIGNALS_CHILD,  /* SIGCHLD: reap */
	SIGNALS_END,    /* SIGTERM, SIGINT */
};

/*
 * Hold the signals back from now on, and open the descriptor that they come by,
 * which doesn't wait (signalfd(2)).  Returns -1 with errno set.
 */
int signals_open(void);

/* Take the next one; SIGNALS_NONE if none has come. */
enum signals_event signals_next(int fd);

#endif
