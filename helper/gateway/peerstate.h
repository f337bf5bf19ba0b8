#ifndef MOSHGATE_PEERSTATE_H
#define MOSHGATE_PEERSTATE_H

#include <stdbool.h>

/* How somebody on the helper's socket stands, and what may happen then: policy. */
enum peer_state {
	PEER_ASKING,    /* its request is being read */
	PEER_WAITING,   /* its request is worked for */
	PEER_STAYING,   /* its session lasts until it closes */
	PEER_GIVEN,     /* a worker has its socket, and speaks with it */
	PEER_ANSWERING, /* its last answer is being written */
};

/* What becomes of a peer. */
enum peer_event {
	PEER_ASKS,     /* its request is whole */
	PEER_ANSWERED, /* with its last answer */
	PEER_SETTLED,  /* with one after which it stays */
	PEER_GIVES,    /* its socket is a worker's as well */
	PEER_RETURNS,  /* and is it no more: the worker had it for a while */
};

/*
 * The state after EVENT, in *STATE.  Returns false if that can't happen in this
 * one.
 */
bool peer_next(enum peer_state *state, enum peer_event event);

#endif
