#ifndef MOSHGATE_CHECKREMOTE_H
#define MOSHGATE_CHECKREMOTE_H

#include <stdbool.h>

#include "work.h"

/*
 * JOB_CHECK: the steps of `moshgate check` that come after the login.  For a
 * user without an account on the gateway the name has to be the same there.
 * Returns false: the worker is over.
 */
bool checkremote_run(struct work *work, const struct frame *frame);

#endif
