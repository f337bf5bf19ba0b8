#ifndef MOSHGATE_SAMENAME_H
#define MOSHGATE_SAMENAME_H

#include <stdbool.h>

#include "work.h"

/*
 * A user must be called on the remote as the gateway calls them: a remote may
 * fold case, or have two names for a uid.
 */

extern const char samename_remedy[];

/*
 * JOB_LOOKUP: see that the name is the same there.  The keys come along, and
 * save sshd's next question its round trip.  Returns false when the worker is
 * over.
 */
bool samename_run(struct work *work, const struct frame *frame);

/* Report that it is another name, with DETAIL or NULL; the worker is over. */
void samename_refuse(struct work *work, const char *detail);

#endif
