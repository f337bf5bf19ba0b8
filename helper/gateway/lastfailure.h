#ifndef MOSHGATE_LASTFAILURE_H
#define MOSHGATE_LASTFAILURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../shim/lib/frame.h"

/*
 * Why the remote could not be asked for one user, remembered for a while so that
 * it isn't tried again and again.  Policy: times are milliseconds on the
 * monotonic clock.  All zero is none.
 */

/* The longest that a failure is remembered, and the shortest that a refusal is. */
#define LASTFAILURE_MAX_MS 15000

enum lastfailure_kind {
	LASTFAILURE_OTHER,
	LASTFAILURE_REFUSED, /* the remote's no to the gateway, for this user */
};

struct lastfailure {
	char *body; /* malloc'ed: that of FRAME_REFUSED; NULL: there is none */
	size_t len;
	enum lastfailure_kind kind;
	int64_t end_ms;
};

/*
 * Remember REFUSAL, a FRAME_REFUSED, of which it has a copy.  It is remembered
 * for as long as it took to learn it, TOOK_MS, but LASTFAILURE_MAX_MS at the
 * most.  A refusal of the remote's is remembered for TOOK_MS, but that long at
 * least, since the remote counts them, and bans for them.
 */
void lastfailure_remember(struct lastfailure *failure,
    const struct frame *refusal, enum lastfailure_kind kind, int64_t took_ms,
    int64_t now_ms);

/* True if there is one that still counts. */
bool lastfailure_counts(const struct lastfailure *failure, int64_t now_ms);

/* The frame that was remembered; it lives as long as FAILURE keeps it. */
struct frame lastfailure_frame(const struct lastfailure *failure);

/* Forget it if it counts no more.  Returns when that will be, or INT64_MAX. */
int64_t lastfailure_tend(struct lastfailure *failure, int64_t now_ms);

void lastfailure_forget(struct lastfailure *failure);

#endif
