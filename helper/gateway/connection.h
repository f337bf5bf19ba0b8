#ifndef MOSHGATE_CONNECTION_H
#define MOSHGATE_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../shim/lib/usermap.h"
#include "../config.h"
#include "../job.h"
#include "../mosh.h"
#include "../refusal.h"
#include "briefing.h"
#include "child.h"
#include "keyring.h"
#include "note.h"
#include "phase.h"
#include "queue.h"

/*
 * A worker, as the helper sees it: one connection to the remote, as one user.
 * It begins in the queue, connects with its first job, and then does one job
 * after another, or becomes a relay.  Its phases are those of phase.h, its
 * frames job.h's.
 */
struct connection;

/* What is known of a connection. */
struct connection_facts {
	enum phase phase;
	enum job job; /* the one it has, or had last */
	/* when it was put into the queue, started, or did its first job */
	int64_t began_ms;
	unsigned served; /* how many jobs it has done */
	/* it logs in with what the user has, and not with the gateway's key */
	bool users;
};

/* How a connection is over. */
struct connection_end {
	/*
	 * What it has said last: FRAME_OK, if that was its last job;
	 * FRAME_REFUSED; or NULL if nobody needed it any more.
	 */
	const struct frame *last;
	bool refused; /* the remote doesn't let the gateway in */
	bool reached; /* it was there, with the right host key */
	struct connection_facts facts; /* the last ones */
	int64_t took_ms; /* since it was begun, or did its first job */
};

/*
 * What a connection's owner is told.  on_turn() and on_end() must be there; the
 * others may be NULL.
 */
struct connection_owner {
	/*
	 * It is its turn to connect: fill *BRIEFING.  False: it isn't needed
	 * any more, and is freed.
	 */
	bool (*on_turn)(void *context, struct briefing *briefing);
	/*
	 * It has reached the remote, and is to log in with the agent that its
	 * briefing told of: connection_lend() is to be called.
	 */
	void (*on_reached)(void *context);
	/* It is logged in; or held for a relay. */
	void (*on_ready)(void *context);
	/*
	 * It has said something about its job, and goes on: FRAME_TEXT,
	 * FRAME_STEP, FRAME_RUNNING, FRAME_OK or FRAME_REFUSED.
	 */
	void (*on_answer)(void *context, const struct frame *answer);
	/* It is over; the owner must forget it. */
	void (*on_end)(void *context, const struct connection_end *end);
};

/* What all connections share; it outlives them. */
struct connection_shared {
	const struct config *config;
	struct keyring *keyring;
	struct children *children;
	struct queue queue;
	struct notes notes;
	/* something has changed that the queue goes by */
	void (*changed)(void *context);
	/* the remote was reached at ADDRESS; or was not, for REFUSAL */
	void (*reached)(void *context, const char *address,
	    const struct refusal *refusal);
	void *context;
};

/*
 * Put a connection for USER into the queue, as CLASS and CLAIM say.  OWNER is
 * told of it, with CONTEXT.  Returns NULL for want of memory.
 */
struct connection *connection_new(struct connection_shared *shared,
    const char *user, enum queue_class class, enum queue_claim claim,
    const struct connection_owner *owner, void *context);

/* Its turn has come: start its process, if its owner still needs it. */
void connection_launch(struct connection *connection);

/* From now on another OWNER is told, with another CONTEXT. */
void connection_give(struct connection *connection,
    const struct connection_owner *owner, void *context);

/* End it.  Its owner is told no more. */
void connection_close(struct connection *connection);

/* The same, but its process is killed at once. */
void connection_kill(struct connection *connection);

/* The same, but its owner is told that it is over. */
void connection_evict(struct connection *connection);

/*
 * Give an idle one its next JOB; ASKED and MARK are as in a briefing, or
 * NULL.
 */
void connection_ask(struct connection *connection, enum job job,
    const struct frame *asked, const char *mark);

/*
 * Have an idle one make a channel for the relay that ASKED, a shim's request, is
 * about, within WITHIN_MS, and then wait for connection_go().
 */
void connection_hold(struct connection *connection, const struct frame *asked,
    int64_t within_ms);

/*
 * Have one that is held begin the relay that FIELDS tell of, for whoever is at
 * the other end of the socket FD, which stays the caller's: UID.  Returns false
 * if it can't be told.
 */
bool connection_go(struct connection *connection, const struct fields *fields,
    int fd, uid_t uid);

/*
 * Have one that has reached the remote log in with the agent of whoever is at the
 * other end of the socket FD, which stays the caller's: UID.  It has done with
 * that when it is ready, or over.  Returns false if it can't be told.
 */
bool connection_lend(struct connection *connection, int fd, uid_t uid);

/*
 * Forget it; one that has had connection_go() goes on without this process.
 * Its owner is told no more.
 */
void connection_leave(struct connection *connection);

/* It must not be used any more, once it has done what it is at. */
void connection_expire(struct connection *connection);

const struct connection_facts *connection_facts(
    const struct connection *connection);

/* What the queue knows of it, for its owner to change. */
struct queue_entry *connection_entry(struct connection *connection);

/* The connection that ENTRY of the queue is of. */
struct connection *connection_of(struct queue_entry *entry);

#endif
