#ifndef MOSHGATE_PACE_H
#define MOSHGATE_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "../config.h"

/*
 * To find out who a user is takes longer if the name is nobody's: whoever is past
 * sshd, and has nothing that the remote takes, must not learn that from the time.
 * So what they are told is told in steps of PACE_MS after they have asked.
 *
 * Policy: times are milliseconds on the monotonic clock.
 */
#define PACE_MS 25

/*
 * True if CONFIG lets somebody past sshd who may be nobody to the remote, and the
 * gateway has no key of its own that would let them in there.
 */
bool pace_is_kept(const struct config *config);

/* When somebody who asked at ASKED_MS is to be told, if not before NOW_MS. */
int64_t pace_ms(int64_t asked_ms, int64_t now_ms);

#endif
