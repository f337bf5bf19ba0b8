#ifndef MOSHGATE_RENEW_H
#define MOSHGATE_RENEW_H

#include <stdbool.h>
#include <stdint.h>

#include "../config.h"

/*
 * How long a user's connection is kept, and when another takes its place: only
 * a fresh authentication asks the remote's account checks, so a connection that
 * is in use is replaced, in the background, before it is share_max_age old.
 * Policy: times are milliseconds on the monotonic clock.
 */

/* A connection for which there was no session goes when idle for so long. */
#define RENEW_UNCLAIMED_IDLE_MS 30000

/*
 * One that was made with what the user has stays for so long at least, which is
 * sshd's LoginGraceTime: for the login that it was made for.
 */
#define RENEW_UNUSED_MS 120000

/* A connection that is idle. */
struct renew {
	int64_t connected_ms; /* when it was authenticated */
	int64_t used_ms;      /* when it was of use last */
	bool claimed;         /* there was a session */
	bool tried; /* another was begun, or is there, or has failed */
	/* it was made with what the user has, who has had no session of it */
	bool unused;
	bool wanted; /* the same, and somebody waits for it */
};

enum renew_verdict {
	RENEW_KEEP,
	RENEW_REPLACE, /* another is to be begun, which takes its place */
	RENEW_END,
};

/*
 * What is to become of it at NOW_MS?  *NEXT_MS is when to ask again, if it is
 * kept until then.
 */
enum renew_verdict renew_check(const struct renew *renew,
    const struct config *config, int64_t now_ms, int64_t *next_ms);

/* When a connection is too old to use. */
int64_t renew_max_ms(const struct renew *renew, const struct config *config);

#endif
