#ifndef MOSHGATE_SESSION_H
#define MOSHGATE_SESSION_H

#include <stdint.h>

#include "peer.h"

/*
 * The request of moshgate-session: a mosh-server, or, without a terminal or
 * where mosh can't go, a relay.
 */
extern const struct peer_kind session_kind;

enum session_phase {
	SESSION_NEW,       /* nothing has been asked of the remote */
	SESSION_ASKS_MOSH, /* a mosh-server is to be started */
	SESSION_ASKS_SSH,  /* a relay is */
	SESSION_MOSH,      /* it is one, and lasts until its peer leaves */
	SESSION_SSH,       /* it is one, or a command, until the relay ends */
	SESSION_OVER,
};

/* How a session stands, for whoever asks. */
struct session_status {
	enum session_phase phase;
	bool terminal;
	const char *mosh_at; /* where its mosh-server is, or "" */
	int64_t began_ms;
};

/* Store in *STATUS how PEER's stands; false if it is no session. */
bool session_status(const struct peer *peer, struct session_status *status);

/* PEER may be a session that waits for a verdict on UDP: there may be one. */
void session_verdict(struct peer *peer);

#endif
