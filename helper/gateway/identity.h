#ifndef MOSHGATE_IDENTITY_H
#define MOSHGATE_IDENTITY_H

#include "directory.h"
#include "logins.h"
#include "peer.h"

/*
 * Who a peer is, whatever it says: the kernel has its uid, and the name service
 * the name.  Whom sshd has let in without moshgate-keys having asked the remote
 * may have a uid that is provisional: then the remote has to say first that this
 * is a user of its own, and makes the uid theirs for good.
 *
 * Kept by whoever asks until it is answered or forgotten.
 */
struct identity {
	/*
	 * Called when it is known: PEER's user has the name, and KIND says what
	 * is known of it.  If it isn't LOGINS_KNOWN the user may come, but
	 * has to be proven before anything else is done for them.  If WHY is not
	 * NULL they may not come, and that is why.
	 */
	void (*answer)(struct identity *identity, const struct refusal *why);
	void *asker;
	struct peer *peer;
	enum logins_kind kind;
	/* its own */
	void (*proven)(struct identity *identity, const struct refusal *why);
	struct directory_question question;
	struct logins_question login;
	struct loop_timer timer; /* until when the answer waits: pace.h */
};

/*
 * Find out, with IDENTITY all zero but for ANSWER, ASKER and PEER, whose context
 * is the gateway: it may be answered before this returns.
 */
void identity_ask(struct identity *identity);

/*
 * Have IDENTITY, which has been answered and isn't LOGINS_KNOWN, proven by a
 * login with the gateway's key: PROVEN is called with NULL when it is
 * LOGINS_KNOWN, or else with what keeps the user out.
 */
void identity_prove(struct identity *identity,
    void (*proven)(struct identity *identity, const struct refusal *why));

/*
 * The same if somebody else has had the name of IDENTITY proven and enrolled.
 * Returns NULL if it is LOGINS_KNOWN now, or what keeps the user out.
 */
const struct refusal *identity_enrolled(struct identity *identity);

/* Refuse the peer for WHY, with the log line that a user of its kind has. */
void identity_refuse(const struct identity *identity,
    const struct refusal *why);

/* IDENTITY, all zero or asked, is not waited for any more. */
void identity_forget(struct identity *identity);

#endif
