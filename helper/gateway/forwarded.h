#ifndef MOSHGATE_FORWARDED_H
#define MOSHGATE_FORWARDED_H

#include "peer.h"
#include "proof.h"

/*
 * The SSH agent that a session's client forwards: with [gateway] auth = agent it
 * is what logs in to the remote, unless there is a connection that another login
 * of the user's has left.  Kept by the session for as long as that lasts.
 */
struct forwarded {
	/*
	 * Called when the session may go on, in LANE; PROVED says whether the
	 * remote has let its agent in.  If WHY is not NULL it may not, and that
	 * is why, which has been logged.
	 */
	void (*answer)(struct forwarded *forwarded, const struct refusal *why);
	void *asker;
	struct peer *peer;
	/*
	 * In which the session's connections are: shares.h.  What one client's
	 * agent has opened must not serve another client who may have come by
	 * any name: with [clients] keys = file, or any.
	 */
	uint64_t lane;
	bool proved;
	bool own; /* so it has, and not by the gateway's key beside the agent */
	/* its own */
	enum logins_kind kind;
	bool given; /* a worker speaks with the peer */
	struct proof proof;
};

/*
 * Begin, with FORWARDED all zero but for ANSWER, ASKER and PEER, whose user is
 * known, and of whom KIND says what else is.  A session that is to have a
 * connection ALONE can't wait for one that is at work.  The answer may come before
 * this returns.
 */
void forwarded_ask(struct forwarded *forwarded, enum logins_kind kind,
    bool alone);

/* The session is over, wherever it stands. */
void forwarded_end(struct forwarded *forwarded);

#endif
