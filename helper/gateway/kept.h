#ifndef MOSHGATE_KEPT_H
#define MOSHGATE_KEPT_H

#include <stdbool.h>
#include <stdint.h>

#include "pool.h"

/*
 * The connection that is kept for one user, and the successor that takes its
 * place before it is too old (renew.h).
 */

/* What the owner is told, with its context. */
struct kept_owner {
	/*
	 * The connection's turn has come: which job does it begin with?  False:
	 * nothing is to be done, and it is made only if it was to be there.
	 */
	bool (*on_turn)(void *context, struct briefing *briefing);
	/* It, or its successor, is logged in, and goes on with JOB. */
	void (*on_ready)(void *context, enum job job);
	/* JOB has brought ANSWER: more is to come of it, unless it is idle. */
	void (*on_answer)(void *context, enum job job,
	    const struct frame *answer);
	/* It is idle; OPENED: it had nothing to do but to be there. */
	void (*on_idle)(void *context, bool opened);
	/*
	 * It is over; another is made when it is asked for.  OPENED: nobody
	 * had asked for it, and it was still to be there.
	 */
	void (*on_end)(void *context, const struct connection_end *end,
	    bool opened);
	/* It could not be renewed; the one that there is is kept. */
	void (*on_vain)(void *context, const struct connection_end *end);
};

struct kept {
	struct pool *pool;
	const char *user;
	const struct kept_owner *owner;
	void *context;
	struct connection *current, *successor; /* NULL: there is none */
	enum queue_claim claim;
	bool opens;   /* CURRENT is to be there, asked for or not */
	bool renewed; /* a successor of CURRENT was tried: no second try */
	bool unused;  /* CURRENT is the user's own, who has had nothing of it */
	bool wanted;  /* somebody waits for it */
	int64_t used_ms; /* when it was of use for a login last */
};

/* Begin with none, for USER, out of POOL.  OWNER is told of it with CONTEXT. */
void kept_init(struct kept *kept, struct pool *pool, const char *user,
    const struct kept_owner *owner, void *context);

/*
 * Have one made, since somebody waits for it or, with OPENS, to be there.
 * Returns false for want of memory.
 */
bool kept_connect(struct kept *kept, bool opens);

/* True if there is one that is not waiting for its turn any more. */
bool kept_is_begun(const struct kept *kept);
bool kept_is_idle(const struct kept *kept);

/* True if there is one that is logged in. */
bool kept_is_ready(const struct kept *kept);

/* True if it is about to be there, with nothing else to do. */
bool kept_opens_soon(const struct kept *kept);

/* How many jobs it has done. */
unsigned kept_served(const struct kept *kept);

/* Give an idle one its next job, as connection_ask() does. */
void kept_ask(struct kept *kept, enum job job, const struct frame *asked,
    const char *mark);

/* Somebody waits for it, or (not ASKED) nobody: the queue goes by that. */
void kept_mark(struct kept *kept, bool asked);

/* It has been of use for a login. */
void kept_use(struct kept *kept);

/* There was a session: more than one connection is worth keeping for. */
void kept_claim(struct kept *kept);

/* True if there is one that the remote has not let in yet. */
bool kept_enters(const struct kept *kept);

/* End what there is, at work or not. */
void kept_drop(struct kept *kept);

/*
 * CONNECTION, which is idle, was made with what the user has: it is kept, in the
 * place of one that is idle or that kept_enters(), or of one that is at work when
 * that is done.  Beside one that another login has opened so both are kept.
 */
void kept_adopt(struct kept *kept, struct connection *connection);

/*
 * The one that kept_adopt() has put beside another, if it is idle, is the
 * caller's from now on.  NULL: there is none.
 */
struct connection *kept_take_adopted(struct kept *kept);

/* True if there is one that was made with what the user has. */
bool kept_is_users(const struct kept *kept);

/* The idle connection is the caller's from now on. */
struct connection *kept_take(struct kept *kept);

/* What is too old goes, and an idle successor takes its place. */
void kept_settle(struct kept *kept, int64_t now_ms);

/* Run its timers.  Returns the next deadline. */
int64_t kept_tend(struct kept *kept, int64_t now_ms);

/*
 * The remote doesn't let the gateway in any more: end what has got in by its
 * key, after what that is at.
 */
void kept_refused(struct kept *kept);

#endif
