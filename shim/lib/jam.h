#ifndef MOSHGATE_JAM_H
#define MOSHGATE_JAM_H

#include <stdint.h>

/*
 * A note that the helper's socket has had no place for a while: that the helper
 * is stuck.  Each who wants a place waits a little for one before, and each of
 * them has an sshd before it, so with the note only one a second waits.  It is
 * the time of a file that is root's, for the service to write to.
 */
#define JAM_NAME "jam"
#define JAM_PATH RUNSTATEDIR "/moshgate/" JAM_NAME

/* What to do for a place. */
enum jam_advice {
	JAM_WAIT,  /* wait for one */
	JAM_PROBE, /* the same, for others, too, for whom there is a new note */
	JAM_LEAVE, /* don't wait */
};

/* By a note that is AGE_MS old. */
enum jam_advice jam_advise(int64_t age_ms);

/* By the note that there is, or is not. */
enum jam_advice jam_look(void);

/* Note that there is no place. */
void jam_note(void);

#endif
