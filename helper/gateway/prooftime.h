#ifndef MOSHGATE_PROOFTIME_H
#define MOSHGATE_PROOFTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decoy.h"
#include "proof.h"

/*
 * How long a proof may take.  Policy: times are milliseconds on the monotonic
 * clock; where there is a *NEXT_MS, the answer may be another one then, if that is
 * sooner than what it says already.
 */

/*
 * So long a proof waits for its turn; then the connection has its own time.
 * With a password sshd waits as well, which takes few: so long as one turn takes
 * to come with lookups_per_minute as it is by default, for who has mistyped it.
 */
#define PROOFTIME_TURN_MS 20000
#define PROOFTIME_PASSWORD_TURN_MS 12000
/*
 * So many go on waiting for a remote that says nothing, with sshd before them:
 * besides those that wait for keys, see outage.h.
 */
#define PROOFTIME_SILENT_MAX 2

/* True if sshd waits for PROOF, which has its turn or not. */
bool prooftime_keeps_sshd(const struct proof *proof);

/*
 * How many of those from FIRST on keep sshd waiting for a remote that says
 * nothing; 0 if it does, or is not being asked.
 */
size_t prooftime_silent(const struct proof *first, const struct outage *outage,
    int64_t now_ms, int64_t *next_ms);

/* True if PROOF can't wait for its turn any longer. */
bool prooftime_is_late(const struct proof *proof, int64_t now_ms,
    int64_t *next_ms);

/* True if PROOF, of which the remote seems to be asked, has taken its time. */
bool prooftime_is_through(const struct proof *proof,
    const struct decoys *decoys, int64_t now_ms, int64_t *next_ms);

#endif
