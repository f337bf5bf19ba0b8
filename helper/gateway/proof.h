#ifndef MOSHGATE_PROOF_H
#define MOSHGATE_PROOF_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "../../shim/lib/usermap.h"
#include "address.h"
#include "askers.h"
#include "connection.h"
#include "decoy.h"
#include "enroll.h"
#include "logins.h"
#include "pool.h"
#include "stray.h"

/*
 * Logins to the remote with what the user has, and not with the gateway's key.
 * The connection that such a login opens is kept for that user: share_adopt().
 * They cost the remote's patience as all others do (patience.h), but a refusal
 * is one of what was tried, not of the name: it pauses nobody.
 */
enum proof_kind {
	PROOF_PASSWORD,
	PROOF_AGENT,
};

enum proof_outcome {
	PROOF_GOOD,   /* the user has an idle connection, and a uid for good */
	PROOF_WRONG,  /* the remote doesn't let them in with that */
	PROOF_FAILED, /* anything else: nobody knows whether it is right */
};

/* What is to be proved, kept by whoever asks until the answer. */
struct proof {
	char user[USERNAME_MAX_CHARS + 1];
	enum proof_kind kind;
	bool known;   /* USER has an account, or a uid in the map */
	bool vouched; /* [users] names: a new name that counts for no address */
	uid_t uid;    /* that a name which is not KNOWN is to have */
	uint64_t lane;          /* in which the connection is kept: shares.h */
	struct address address; /* of the client */
	/*
	 * PROOF_PASSWORD: why nobody gets in by that name; NULL if they may.
	 * The remote is not asked, which takes as long: see decoy.h.
	 */
	const struct refusal *unwanted;
	/*
	 * It is the user as far as the gateway can tell, and not anybody: so
	 * it needn't wait behind strangers while they are refused.
	 */
	bool trusted;
	/* PROOF_PASSWORD: the asker's, who wipes it when it has been given */
	const char *password;
	/*
	 * PROOF_AGENT: the agent of AGENT_UID, who is at the other end of the
	 * socket AGENT_FD, which stays the asker's.
	 */
	int agent_fd;
	uid_t agent_uid;
	bool agent_or_key; /* the gateway's key may do where it doesn't */
	/*
	 * Called when a worker has got the password, or that socket, by which it
	 * speaks with whoever is there until the answer.
	 */
	void (*given)(struct proof *proof);
	/*
	 * Called once, perhaps before proofs_ask() returns; PROOF is forgotten
	 * before.  WHY is NULL with PROOF_GOOD.
	 */
	void (*answer)(struct proof *proof, enum proof_outcome outcome,
	    const struct refusal *why);
	void *asker;
	/* its own */
	struct proofs *of; /* NULL: it is not under way */
	struct proof *next;
	struct patience_claim claim;
	struct briefing_agent agent;
	struct asker place;
	enum proof_state {
		PROOF_STANDS, /* until fewer other agents are asked */
		PROOF_WAITS,  /* for its turn */
		PROOF_GOES,
		PROOF_IN,      /* the remote has let it in */
		PROOF_ENROLLS, /* the name gets its uid for good */
	} state;
	int64_t asked_ms, gone_ms;     /* from PROOF_GOES on */
	struct connection *connection; /* from PROOF_GOES on */
	struct enroll enroll;
};

/* All that are under way: proofs.h. */
struct proofs {
	struct logins_parts parts;
	struct pool *pool;
	struct logins *logins;
	struct loop_timer timer;
	struct decoys decoys;
	struct proof *first; /* the one that came last */
	struct askers askers;
	struct strays strays;
};

/* PROOF is one of PROOFS from now on, and waits: of those with agents few go. */
void proof_begin(struct proofs *proofs, struct proof *proof, int64_t now_ms);

/* Have it wait for its turn. */
void proof_wait(struct proofs *proofs, struct proof *proof, int64_t now_ms);

/*
 * PROOF is given up.  Returns true if the remote may have counted it; of one that
 * asks an agent only its worker can say.
 */
bool proof_give_up(struct proof *proof);

/* It is not under way any more; REACHED as in patience_end(). */
void proof_leave(struct proof *proof, bool reached);

/* The same, and it is answered. */
void proof_end(struct proof *proof, enum proof_outcome outcome, bool reached,
    const struct refusal *why);

/* The remote has said no to PROOF, or as if it had, for WHY. */
void proof_turn_away(struct proof *proof, const struct refusal *why);

/* The same as proof_end(); nobody knows whether it is right, for WHY. */
void proof_fail(struct proof *proof, const struct refusal *why);

#endif
