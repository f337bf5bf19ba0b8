#ifndef MOSHGATE_SESSIONLOG_H
#define MOSHGATE_SESSIONLOG_H

#include <stdint.h>

#include "peer.h"

/* The log's lines about sessions that run, of the peers that have them. */

/*
 * PEER's relay to HOST runs; TERMINAL says whether the remote gave it one, or is
 * NULL if it is a command without.
 */
void sessionlog_relay(const struct peer *peer, const char *host,
    const char *terminal);

/* The relay of PEER, which ran from BEGAN_MS on, is over, with ANSWER. */
void sessionlog_relay_end(const struct peer *peer, const struct frame *answer,
    int64_t began_ms);

/* PEER's session by mosh runs, to HOST, where its mosh-server is at PLACE. */
void sessionlog_mosh(const struct peer *peer, const char *host,
    const char *place);

/* That session, which ran from BEGAN_MS on, is over. */
void sessionlog_mosh_end(const struct peer *peer, const char *place,
    int64_t began_ms);

#endif
