#ifndef MOSHGATE_PROOFTIME_H
#define MOSHGATE_PROOFTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decoy.h"
#include "outage.h"

/*
 * How long a login with what the user has may take: see proof.h.  Policy: times
 * are milliseconds on the monotonic clock; where there is a *NEXT_MS, the answer
 * may be another one then, if that is sooner than what it says already.
 */

/*
 * So long one waits for its turn; then the connection has its own time.  With a
 * password sshd waits as well, which takes few: so long as one turn takes to come
 * with lookups_per_minute as it is by default, for who has mistyped it.
 */
#define PROOFTIME_TURN_MS 20000
#define PROOFTIME_PASSWORD_TURN_MS 12000
/*
 * So many go on waiting for a remote that says nothing, with sshd before them:
 * besides those that wait for keys, see outage.h.
 */
#define PROOFTIME_SILENT_MAX 2

struct prooftime {
	bool password; /* sshd waits for it */
	bool decoy;    /* the remote seems to be asked, but isn't */
	enum prooftime_state {
		PROOFTIME_WAITS, /* for its turn */
		PROOFTIME_GOES,
		PROOFTIME_IN, /* the remote has let it in */
	} state;
	int64_t asked_ms, gone_ms;
};

/* True if sshd waits for it, which has its turn or not. */
bool prooftime_keeps_sshd(const struct prooftime *time);

/* True if a remote that it asks for sshd says nothing. */
bool prooftime_is_silent(const struct prooftime *time,
    const struct outage *outage, int64_t now_ms, int64_t *next_ms);

/* True if it can't wait for its turn any longer. */
bool prooftime_is_late(const struct prooftime *time, int64_t now_ms,
    int64_t *next_ms);

/* True if it is a decoy that has taken its time. */
bool prooftime_is_through(const struct prooftime *time,
    const struct decoys *decoys, int64_t now_ms, int64_t *next_ms);

#endif
