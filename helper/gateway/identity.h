#ifndef MOSHGATE_IDENTITY_H
#define MOSHGATE_IDENTITY_H

#include "directory.h"
#include "peer.h"

/*
 * Who a peer is, whatever it says: the kernel has its uid, and the name service
 * the name.  Kept by whoever asks until it is answered or forgotten.
 */
struct identity {
	/*
	 * Called when that is known: PEER's user has the name.  If WHY is not
	 * NULL the user may not go to the remote, and that is why.
	 */
	void (*answer)(struct identity *identity, const struct refusal *why);
	void *asker;
	struct peer *peer;
	/* its own */
	struct directory_question question;
};

/*
 * Find out, with IDENTITY all zero but for ANSWER, ASKER and PEER, whose context
 * is the gateway: it may be answered before this returns.
 */
void identity_ask(struct identity *identity);

/* IDENTITY, all zero or asked, is not waited for any more. */
void identity_forget(struct identity *identity);

#endif
