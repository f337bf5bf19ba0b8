#ifndef MOSHGATE_STARTRELAY_H
#define MOSHGATE_STARTRELAY_H

#include <stdbool.h>

#include "../reexec.h"
#include "work.h"

/* Where the descriptors of a relay are that is a worker's first job. */
#define STARTRELAY_FD (REEXEC_FD + 1)

/*
 * JOB_RELAY: run what was asked for, carry its input and output, and report how
 * it ended.  FRAME is FRAME_START, or FRAME_HOLD for a worker that had other
 * jobs.  Returns false: the worker is over.
 */
bool startrelay_run(struct work *work, const struct frame *frame);

#endif
