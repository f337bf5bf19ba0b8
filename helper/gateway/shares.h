#ifndef MOSHGATE_SHARES_H
#define MOSHGATE_SHARES_H

#include "share.h"

/*
 * What is kept of all users: a share.h for each, by the user's name, and by lane.
 * Where sshd has made sure who a user is, all that come by that name are in lane
 * 0, and have what is kept in common.  Where a key lets in by any name, each is in
 * a lane alone, and nothing gets from one lane to another.
 */
struct shares;

/*
 * LOOP, POOL and TRIAL must outlive the shares.  Returns NULL for want of
 * memory.
 */
struct shares *shares_new(struct loop *loop, struct pool *pool,
    struct trial *trial);
void shares_free(struct shares *shares);

/* Tell EVENTS, with CONTEXT, of all logins from now on. */
void shares_watch(struct shares *shares, const struct share_events *events,
    void *context);

/* Something has changed about some connection: see what is to be done, soon. */
void shares_touch(struct shares *shares);

/* The pool has another configuration: what is kept of users is let go. */
void shares_configure(struct shares *shares);

/* share_would_connect() of USER. */
bool shares_would_connect(const struct shares *shares, const char *user);

/* Have WAITER answered; the answer may come before this returns. */
void shares_ask(struct shares *shares, struct waiter *waiter);

/* WAITER is not waited for any more. */
void shares_forget(struct shares *shares, struct waiter *waiter);

/* There may be a verdict on UDP: see to the sessions that wait for it. */
void shares_resume(struct shares *shares);

/* The share of USER in LANE, or NULL if there is none; valid for the moment. */
struct share *shares_find(const struct shares *shares, const char *user,
    uint64_t lane);

/* The same, but it is made if there is none; NULL for want of memory. */
struct share *shares_get(struct shares *shares, const char *user,
    uint64_t lane);

/* A lane that nobody is in, or ever was. */
uint64_t shares_new_lane(struct shares *shares);

/* Whoever was in LANE, which is not 0, as USER has left: it ends. */
void shares_end_lane(struct shares *shares, const char *user, uint64_t lane);

#endif
