#ifndef MOSHGATE_REFUSAL_H
#define MOSHGATE_REFUSAL_H

#include <stdbool.h>

#include "../shim/lib/fields.h"

/*
 * Why somebody does not get what they have asked for.  All strings belong to
 * whoever made it.
 */
struct refusal {
	const char *reason;   /* one word, for the log and for programs */
	const char *sentence; /* for the person at the terminal, or NULL */
	const char *remedy;   /* what the administrator can do, or NULL */
	/* particulars for the log, or NULL: may hold what the remote has said */
	const char *detail;
};

/* Add REFUSAL to FIELDS, for FRAME_REFUSED. */
void refusal_add(struct fields *fields, const struct refusal *refusal);

/*
 * The frame of REFUSAL, FRAME_REFUSED, whose body is that of *FIELDS, all zero
 * before: for fields_free() afterwards.
 */
struct frame refusal_frame(const struct refusal *refusal,
    struct fields *fields);

/*
 * Read a refusal from FRAME, which passed fields_wellformed(): its strings live
 * as long as the frame.  A frame without a reason is of reason "internal".
 */
struct refusal refusal_read(const struct frame *frame);

/* True if REFUSAL is for REASON. */
bool refusal_is(const struct refusal *refusal, const char *reason);

#endif
