#ifndef MOSHGATE_CARRY_H
#define MOSHGATE_CARRY_H

#include <stdbool.h>

#include "shares.h"

/*
 * Relays: commands, and sessions over SSH.  Each has a connection for itself
 * while it runs: the user's that is kept, if that is free soon enough; a spare
 * one; or one that is made for it.
 */
struct carries;

/* Where a relay stands. */
enum carry_phase {
	CARRY_NEW,      /* nothing has been asked for */
	CARRY_BORROWS,  /* it waits for the connection that is kept */
	CARRY_CLEARS,   /* it has that, which makes room for its channel */
	CARRY_CONNECTS, /* it has one that connects */
	CARRY_STARTS,   /* a worker has the shim's socket, and starts it */
	CARRY_RUNS,
};

/* A relay, kept by whoever asks until it is answered or forgotten. */
struct carry {
	char user[USERNAME_MAX_CHARS + 1];
	uint64_t lane;             /* shares.h */
	const struct frame *asked; /* the shim's request */
	int fd;                    /* the socket to the shim */
	uid_t uid;                 /* whose the shim is */
	const char *why;           /* it is over SSH: for the person; or NULL */
	const char *warning;       /* the same about the remote */
	/*
	 * Called when a worker has got the socket, and the shim is its from now
	 * on.
	 */
	void (*given)(struct carry *carry);
	/*
	 * Called with FRAME_RUNNING, after which another answer comes; or with
	 * FRAME_OK or FRAME_REFUSED, before which the relay is forgotten.  It has
	 * the field "told" if the shim has had it from the worker.
	 */
	void (*answer)(struct carry *carry, const struct frame *answer);
	void *asker;
	/* the carries' own */
	enum carry_phase phase;
	struct carries *carries;
	struct connection *connection;
	struct loan loan;
};

/*
 * LOOP, POOL, SHARES and TRIAL must outlive the carries.  Returns NULL for want
 * of memory.
 */
struct carries *carries_new(struct loop *loop, struct pool *pool,
    struct shares *shares, struct trial *trial);
void carries_free(struct carries *carries);

/* Ask; the answer may come before this returns. */
void carries_ask(struct carries *carries, struct carry *carry);

/*
 * CARRY is not waited for any more: it is ended, unless a worker has got the
 * shim's socket.
 */
void carries_forget(struct carry *carry);

/*
 * Something has changed about a trial of UDP, or about those who log in: make
 * spare connections if it looks as if UDP was blocked.
 */
void carries_touch(struct carries *carries);

/* Nobody needs the spare connections any more. */
void carries_end_spares(struct carries *carries);

#endif
