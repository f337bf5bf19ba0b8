#ifndef MOSHGATE_SHARE_H
#define MOSHGATE_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../shim/lib/frame.h"
#include "loan.h"
#include "pool.h"
#include "trial.h"
#include "waiter.h"

/*
 * A user's share of the remote: the one connection that serves all of the
 * user's logins, the keys that it has read, and the requests that wait for it.
 * shares.h has those of all users.
 */
struct share;

/* What a share tells of its user's logins, whatever they were for. */
struct share_events {
	/* The remote has let the gateway in as USER. */
	void (*accepted)(void *context, const char *user);
	/* It hasn't.  Returns until when USER is not to be tried again. */
	int64_t (*refused)(void *context, const char *user);
};

/* What all shares have in common; it outlives them. */
struct share_common {
	struct pool *pool;
	struct trial *trial;
	/* share_tend() has something to do */
	void (*touch)(void *context);
	void *context;
	const struct share_events *events;
	void *events_context;
};

/* The share of USER.  Returns NULL for want of memory. */
struct share *share_new(const struct share_common *common, const char *user);

/* It must be of no use to anybody. */
void share_free(struct share *share);

const char *share_user(const struct share *share);

/* True if nothing is kept for the user. */
bool share_is_empty(const struct share *share, int64_t now_ms);

/*
 * True if a connection would have to be made for who asks for the user's keys.
 */
bool share_would_connect(const struct share *share);

/* Have WAITER answered; the answer may come before this returns. */
void share_ask(struct share *share, struct waiter *waiter);

/* WAITER is not waited for any more; false if it isn't one of the share's. */
bool share_forget(struct share *share, struct waiter *waiter);

/* See that the first of the requests gets on. */
void share_pump(struct share *share);

/*
 * Run the timers of the share: what is kept may be too old, or is to be renewed.
 * Returns the next deadline.
 */
int64_t share_tend(struct share *share, int64_t now_ms);

/* The settings are others, or nobody needs it any more: what is kept is let go. */
void share_configure(struct share *share);

/*
 * Have LOAN wait for the connection, WITHIN_MS at the most, if it is worth it:
 * one borrower does, and none before those who want mosh.  Returns false if it
 * isn't.
 */
bool share_borrow(struct share *share, struct loan *loan, int64_t within_ms);

/* LOAN is not waited for any more. */
void share_unborrow(struct share *share, const struct loan *loan);

/* True if there is a connection that was made with what the user has. */
bool share_is_users(const struct share *share);

/* True if there is a connection, and it is idle. */
bool share_is_idle(const struct share *share);

/* True if there is one that is logged in, and may be used. */
bool share_is_ready(struct share *share, int64_t now_ms);

/* The remote gives the user no second channel: there is nothing to borrow. */
void share_lend_none(struct share *share);

/*
 * CONNECTION, which is idle, was made with what the user has, and not with the
 * gateway's key: from now on it is the one that is kept.  It is never renewed.
 */
void share_adopt(struct share *share, struct connection *connection);

/* There was a session: a connection is kept for the next one. */
void share_keep(struct share *share);

/*
 * The remote has said no to the gateway for this user, as REFUSAL tells:
 * connection, keys and all go at once, and those who wait for them are told.
 */
void share_refused(struct share *share, const struct frame *refusal);

/* The last such no, in *REFUSAL; false if there is none that counts. */
bool share_was_refused(const struct share *share, struct frame *refusal);

/*
 * True, once for each trial of UDP, which is the one that BEGAN_MS, if the user
 * is logging in, and the remote is known to let the user in.  Then the remote
 * is also asked whether it answers.
 */
bool share_logs_in(struct share *share, int64_t began_ms, int64_t now_ms);

#endif
