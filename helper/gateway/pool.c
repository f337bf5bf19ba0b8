#include "pool.h"

#include <stdlib.h>

#include "../../shim/lib/clock.h"
#include "ration.h"

struct pool {
	struct loop *loop;
	struct loop_timer timer;
	struct connection_shared shared;
	const struct pool_events *events;
	void *context;
};

/* Start the connections whose turn it is. */
static void
pool_start(void *context, int64_t now_ms)
{
	struct pool *pool = context;
	struct queue_entry *next;

	(void)now_ms;
	while ((next = queue_next(&pool->shared.queue)) != NULL)
		connection_launch(connection_of(next));
	pool->events->changed(pool->context);
}

/* Not at once: it is called in the middle of a change. */
static void
pool_changed(void *context)
{
	struct pool *pool = context;

	loop_at(pool->loop, &pool->timer, clock_now_ms());
}

static void
pool_reached(void *context, const char *address, const struct refusal *refusal)
{
	struct pool *pool = context;

	/* what is the gateway's own fault says nothing of the remote */
	if (refusal == NULL ||
	    (!refusal_is(refusal, "internal") &&
		!refusal_is(refusal, "abandoned")))
		pool->events->reached(pool->context, address, refusal);
}

struct pool *
pool_new(struct loop *loop, struct children *children,
    const struct config *config, struct signer *signer,
    const struct pool_events *events, void *context)
{
	struct pool *pool = calloc(1, sizeof(*pool));

	if (pool == NULL)
		return NULL;
	pool->loop = loop;
	pool->timer.fire = pool_start;
	pool->timer.context = pool;
	pool->events = events;
	pool->context = context;
	pool->shared = (struct connection_shared){ .config = config,
		.children = children,
		.changed = pool_changed,
		.reached = pool_reached,
		.context = pool };
	pool->shared.keyring = keyring_new(signer);
	if (pool->shared.keyring != NULL)
		return pool;
	free(pool);
	return NULL;
}

void
pool_free(struct pool *pool)
{
	if (pool == NULL)
		return;
	while (pool->shared.queue.first != NULL)
		connection_kill(connection_of(pool->shared.queue.first));
	keyring_free(pool->shared.keyring);
	loop_at(pool->loop, &pool->timer, INT64_MAX);
	free(pool);
}

bool
pool_configure(struct pool *pool, const struct config *config,
    struct signer *signer)
{
	if (!keyring_replace(pool->shared.keyring, signer))
		return false;
	pool->shared.config = config;
	pool_changed(pool);
	return true;
}

const struct config *
pool_config(const struct pool *pool)
{
	return pool->shared.config;
}

const struct signer *
pool_signer(const struct pool *pool)
{
	return keyring_signer(pool->shared.keyring);
}

struct connection *
pool_connect(struct pool *pool, const char *user, enum queue_class class,
    enum queue_claim claim, const struct connection_owner *owner, void *context)
{
	return connection_new(&pool->shared, user, class, claim, owner,
	    context);
}

/* End the connection of ENTRY, which is idle: its owner is told. */
static void
pool_evict(struct queue_entry *entry)
{
	connection_evict(connection_of(entry));
}

void
pool_make_room(struct pool *pool)
{
	const size_t most = (size_t)pool->shared.config->share_max;
	struct queue_entry *goes;

	while ((goes = queue_excess(&pool->shared.queue, most)) != NULL)
		pool_evict(goes);
}

bool
pool_make_unclaimed_room(struct pool *pool)
{
	struct queue_entry *goes;

	if (!queue_has_room(&pool->shared.queue, &goes))
		return false;
	if (goes != NULL)
		pool_evict(goes);
	return true;
}

bool
pool_has_relay(const struct pool *pool, const char *user)
{
	return queue_has_relay(&pool->shared.queue, user);
}

bool
pool_allows_relay(const struct pool *pool, const char *user)
{
	struct queue_relays relays;

	queue_count_relays(&pool->shared.queue, user, NULL, &relays);
	return ration_allows_relay(relays.of_user, relays.of_all);
}

void
pool_each(struct pool *pool,
    void (*each)(void *context, struct connection *connection), void *context)
{
	struct queue_entry *entry, *next;

	for (entry = pool->shared.queue.first; entry != NULL; entry = next) {
		next = entry->next;
		each(context, connection_of(entry));
	}
}
