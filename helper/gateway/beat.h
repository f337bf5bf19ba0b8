#ifndef MOSHGATE_BEAT_H
#define MOSHGATE_BEAT_H

#include "peer.h"

/*
 * Whoever waits for an answer is told, now and each BEAT_MS, that the helper is
 * at work (FRAME_TAKEN): from one that says nothing they turn away, see
 * shim/client.h.
 */
#define BEAT_MS 500

struct gateway;

/* beat_init() comes first. */
void beat_init(struct gateway *gateway);

/*
 * PEER has asked; if it isn't answered yet, it is told until it is, or a worker
 * has its socket.
 */
void beat_begin(struct peer *peer);

#endif
