#ifndef MOSHGATE_NOTE_H
#define MOSHGATE_NOTE_H

#include <stdbool.h>

#include "../../shim/lib/frame.h"
#include "quota.h"

/* What workers have logged: FRAME_NOTE. */

/* More of them than this for one job make no sense. */
#define NOTE_PER_JOB 16

/* Of all workers; all zero in the beginning. */
struct notes {
	bool lack_told; /* of something that the kernel lacks */
	struct quota quota;
};

/*
 * Log the note FRAME of USER's worker, which has had COUNT of them for its job;
 * but what is said of the kernel once, and no more in a short time than QUOTA
 * allows.  Returns false if that was too much from this worker.
 */
bool note_take(struct notes *notes, const char *user, unsigned *count,
    const struct frame *frame);

#endif
