#ifndef MOSHGATE_STARTMOSH_H
#define MOSHGATE_STARTMOSH_H

#include <stdbool.h>

#include "work.h"

/*
 * JOB_SESSION: start a mosh-server on the remote for the client in FRAME, and
 * report where it is.  Returns false when the worker is over.
 */
bool startmosh_run(struct work *work, const struct frame *frame);

/*
 * JOB_UDP: the same for one that shows the mark in FRAME, and is there no
 * longer than it takes to see that.
 */
bool startmosh_run_mark(struct work *work, const struct frame *frame);

#endif
