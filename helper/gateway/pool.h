#ifndef MOSHGATE_POOL_H
#define MOSHGATE_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "connection.h"

/*
 * All connections to the remote: starts those whose turn it is, and has the
 * gateway's key, which each of them may have sign once.
 */
struct pool;

/* What the pool's owner is told, with the context that it gave. */
struct pool_events {
	/* The remote was reached at ADDRESS; or not, for REFUSAL. */
	void (*reached)(void *context, const char *address,
	    const struct refusal *refusal);
	/* Something has changed about some connection; soon afterwards. */
	void (*changed)(void *context);
};

/*
 * CONFIG, LOOP and CHILDREN must outlive the pool, or CONFIG the next
 * pool_configure().  SIGNER, NULL if there is no key, is the pool's from now on, unless NULL is returned,
 * for want of memory.
 */
struct pool *pool_new(struct loop *loop, struct children *children,
    const struct config *config, struct signer *signer,
    const struct pool_events *events, void *context);

/* End all connections that are left, and close the key. */
void pool_free(struct pool *pool);

/*
 * From now on CONFIG holds, and SIGNER, which is the pool's, if there is memory
 * for that.  Connections that have begun with the old key log in with it.
 * Returns false, and changes nothing, for want of memory.
 */
bool pool_configure(struct pool *pool, const struct config *config,
    struct signer *signer);

const struct config *pool_config(const struct pool *pool);

/* The key; NULL: there is none. */
const struct signer *pool_signer(const struct pool *pool);

/*
 * Have a connection made for USER when its turn comes: see connection.h.
 * Returns NULL for want of memory.
 */
struct connection *pool_connect(struct pool *pool, const char *user,
    enum queue_class class, enum queue_claim claim,
    const struct connection_owner *owner, void *context);

/* End the claimed connections that are more than share_max. */
void pool_make_room(struct pool *pool);

/*
 * Make room for another unclaimed connection.  Returns false if there is none,
 * since all are at work.
 */
bool pool_make_unclaimed_room(struct pool *pool);

/* True if a relay of USER connects, or waits to. */
bool pool_has_relay(const struct pool *pool, const char *user);

/* True if USER may have another relay: ration.h says how many. */
bool pool_allows_relay(const struct pool *pool, const char *user);

/* Call EACH with CONTEXT for each connection. */
void pool_each(struct pool *pool,
    void (*each)(void *context, struct connection *connection), void *context);

#endif
