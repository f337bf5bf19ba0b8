#ifndef MOSHGATE_JAM_H
#define MOSHGATE_JAM_H

#include <stdint.h>

/*
 * A note that somebody has waited for a place in the helper's socket and found
 * none: that the helper is stuck.  Each who wants a place waits a little for one
 * before, and each of them has an sshd before it, so with the note only one a
 * second waits, and the first who gets a place takes the note away.
 * It is how long a file is that is root's, for the service to write to, and when
 * that has changed; a new file is empty, which is no note.
 */
#define JAM_NAME "jam"
#define JAM_PATH RUNSTATEDIR "/moshgate/" JAM_NAME

/* What the note says, by its length in bytes. */
enum jam_note {
	JAM_NONE,
	JAM_FOUND,  /* no place */
	JAM_PROBED, /* somebody waits for one, for others, too */
};

/* What to do for a place. */
enum jam_advice {
	JAM_WAIT,  /* wait for one */
	JAM_PROBE, /* the same, for others, too: note that */
	JAM_LEAVE, /* don't wait */
};

/* By NOTE that is AGE_MS old. */
enum jam_advice jam_advise(enum jam_note note, int64_t age_ms);

/* By the note in the file at PATH; that it is probed is noted there. */
enum jam_advice jam_look(const char *path);

/* Put NOTE into the file at PATH, unless that is no file for it. */
void jam_write(const char *path, enum jam_note note);

#endif
