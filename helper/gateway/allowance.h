#ifndef MOSHGATE_ALLOWANCE_H
#define MOSHGATE_ALLOWANCE_H

#include "peer.h"

/* What ration.h allows a peer, by what its account has already. */

/*
 * How much memory, in MiB, the mosh-client of PEER's session may have, by how
 * many other peers its account has that COUNTS is true of.  If that is not enough
 * for its window, or there can't be another, *UNFIT says so, as way.h wants it.
 */
int allowance_of_mosh(const struct peer *peer,
    bool (*counts)(const struct peer *peer), const char **unfit);

/* Tell a shim that its mosh-client may have MEMORY_MIB. */
void allowance_add(struct fields *fields, int memory_mib);

/* Why PEER can't have a relay; NULL if it can. */
const struct refusal *allowance_of_relay(const struct peer *peer);

#endif
