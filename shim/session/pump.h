#ifndef MOSHGATE_PUMP_H
#define MOSHGATE_PUMP_H

#include "../lib/fields.h"
#include "../lib/frame.h"
#include "tty.h"

/*
 * The near end of an interactive session over SSH: it carries what goes between
 * a terminal and the worker that has the far end.
 */
struct pump {
	struct tty *terminal;
	int data_fd;    /* socket to the worker: what is typed, and shown */
	int control_fd; /* the same, for FRAME_RESIZE */
	int helper_fd;  /* socket to the helper, which tells the end */
	bool raw;       /* there is a terminal at the far end, too */
};

/* Why a session is over. */
enum pump_end {
	PUMP_ANSWERED, /* the helper has said how */
	PUMP_LOST,     /* the helper is gone */
	PUMP_LEFT,     /* the terminal is gone, or a signal has come */
};

/*
 * Carry until the session is over, and all that it has written is shown.
 * Meanwhile the terminal of PUMP is raw, if PUMP says so; afterwards it is as
 * it was before.  On PUMP_ANSWERED the helper's last word is in *ANSWER, to be
 * given to frame_free().
 */
enum pump_end pump_run(const struct pump *pump, struct frame *answer);

#endif
