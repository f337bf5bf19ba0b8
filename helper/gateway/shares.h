#ifndef MOSHGATE_SHARES_H
#define MOSHGATE_SHARES_H

#include "share.h"

/* What is kept of all users: a share.h for each, by the user's name. */
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

/* The share of USER, or NULL if there is none; valid for the moment. */
struct share *shares_find(const struct shares *shares, const char *user);

/* The same, but it is made if there is none; NULL for want of memory. */
struct share *shares_get(struct shares *shares, const char *user);

#endif
