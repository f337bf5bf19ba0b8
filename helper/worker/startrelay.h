#ifndef MOSHGATE_STARTRELAY_H
#define MOSHGATE_STARTRELAY_H

#include <stdbool.h>

#include "work.h"

/*
 * JOB_RELAY: have a channel ready, and with FRAME_GO get the socket to the shim;
 * run what was asked for, carry its input and output, and report how it ended,
 * to shim and helper.  FRAME is FRAME_START, or FRAME_HOLD for a worker that had
 * other jobs.  Returns false: the worker is over.
 */
bool startrelay_run(struct work *work, const struct frame *frame);

#endif
