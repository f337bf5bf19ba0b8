#ifndef MOSHGATE_ENDING_H
#define MOSHGATE_ENDING_H

#include "../lib/frame.h"

/* The exit status for a failure that is not the command's, as of ssh(1). */
#define ENDING_FAILED 255

/*
 * End as the command on the remote has ended: ANSWER, a FRAME_OK that passed
 * fields_wellformed(), has its "status" or its "signal" (RFC 4254, section
 * 6.10).  If it is a signal of this system's, this process dies of it, without
 * a core.
 * Returns the exit status, which is ENDING_FAILED for what ANSWER does not say.
 */
int ending_as(const struct frame *answer);

#endif
