#include "kept.h"

#include "../../shim/lib/clock.h"
#include "renew.h"

static const struct connection_owner kept_current_owner, kept_successor_owner;

void
kept_init(struct kept *kept, struct pool *pool, const char *user,
    const struct kept_owner *owner, void *context)
{
	*kept = (struct kept){ .pool = pool,
		.user = user,
		.owner = owner,
		.context = context,
		.claim = QUEUE_UNCLAIMED };
}

/* With no connection left the next one is unclaimed until there is a session. */
static void
kept_unclaim(struct kept *kept)
{
	if (kept->current == NULL && kept->successor == NULL)
		kept->claim = QUEUE_UNCLAIMED;
}

/* CURRENT is another connection, or none, from now on. */
static void
kept_set(struct kept *kept, struct connection *current)
{
	kept->current = current;
	kept->renewed = kept->opens = kept->unused = false;
	kept_unclaim(kept);
}

/* End the connection, if there is one. */
static void
kept_close(struct kept *kept)
{
	struct connection *current = kept->current;

	kept_set(kept, NULL);
	if (current != NULL)
		connection_close(current);
}

static void
kept_close_successor(struct kept *kept)
{
	struct connection *successor = kept->successor;

	kept->successor = NULL;
	if (successor != NULL)
		connection_close(successor);
}

/* True if CONNECTION was made with what the user has. */
static bool
kept_is_adopted(const struct connection *connection)
{
	return connection != NULL && connection_facts(connection)->users;
}

/* The successor takes the place of the connection. */
static void
kept_promote(struct kept *kept)
{
	struct connection *successor = kept->successor;

	connection_give(successor, &kept_current_owner, kept);
	kept_close(kept);
	kept->successor = NULL;
	kept_set(kept, successor);
	kept->unused = kept_is_adopted(successor);
}

bool
kept_connect(struct kept *kept, bool opens)
{
	const enum queue_claim claim = kept->claim;

	kept_set(kept,
	    pool_connect(kept->pool, kept->user,
		opens ? QUEUE_UNASKED : QUEUE_LOGIN, claim, &kept_current_owner,
		kept));
	kept->opens = opens;
	return kept->current != NULL;
}

bool
kept_is_users(const struct kept *kept)
{
	return kept_is_adopted(kept->current) ||
	    kept_is_adopted(kept->successor);
}

static bool
kept_idles(const struct connection *connection)
{
	return connection != NULL &&
	    connection_facts(connection)->phase == PHASE_IDLE;
}

bool
kept_is_begun(const struct kept *kept)
{
	return kept->current != NULL &&
	    connection_facts(kept->current)->phase != PHASE_QUEUED;
}

bool
kept_is_idle(const struct kept *kept)
{
	return kept_idles(kept->current);
}

bool
kept_is_ready(const struct kept *kept)
{
	return kept->current != NULL && !kept_enters(kept);
}

bool
kept_enters(const struct kept *kept)
{
	return kept->current != NULL &&
	    connection_facts(kept->current)->phase < PHASE_AT_WORK;
}

bool
kept_opens_soon(const struct kept *kept)
{
	return kept->opens && kept_is_begun(kept) &&
	    connection_facts(kept->current)->job == JOB_OPEN;
}

unsigned
kept_served(const struct kept *kept)
{
	return kept->current != NULL ? connection_facts(kept->current)->served
				     : 0;
}

void
kept_ask(struct kept *kept, enum job job, const struct frame *asked,
    const char *mark)
{
	connection_ask(kept->current, job, asked, mark);
}

void
kept_mark(struct kept *kept, bool asked)
{
	struct connection *const both[] = { kept->current, kept->successor };

	kept->wanted = asked;
	for (size_t i = 0; i < 2; i++) {
		if (both[i] != NULL) {
			connection_entry(both[i])->claim = kept->claim;
			connection_entry(both[i])->used_ms = kept->used_ms;
		}
	}
	/* it makes room for none before its login has come */
	if (kept->unused)
		connection_entry(kept->current)->claim = QUEUE_ALONE;
	if (kept->current != NULL)
		connection_entry(kept->current)->class = kept->opens && !asked
		    ? QUEUE_UNASKED
		    : QUEUE_LOGIN;
}

void
kept_use(struct kept *kept)
{
	kept->used_ms = clock_now_ms();
	kept->unused = false;
}

void
kept_claim(struct kept *kept)
{
	kept->claim = QUEUE_CLAIMED;
}

void
kept_adopt(struct kept *kept, struct connection *connection)
{
	kept_close_successor(kept);
	kept->successor = connection;
	connection_give(connection, &kept_successor_owner, kept);
	if (kept->current == NULL || kept_enters(kept) ||
	    (kept_is_idle(kept) && !kept_is_adopted(kept->current)))
		kept_promote(kept);
}

struct connection *
kept_take_adopted(struct kept *kept)
{
	struct connection *successor = kept->successor;

	if (!kept_idles(successor) || !kept_is_adopted(successor))
		return NULL;
	kept->successor = NULL;
	return successor;
}

struct connection *
kept_take(struct kept *kept)
{
	struct connection *current = kept->current;

	kept_set(kept, NULL);
	return current;
}

/* What is to be known of the connection, which is idle, to keep it or not. */
static struct renew
kept_renew(const struct kept *kept)
{
	return (struct renew){
		.connected_ms = connection_facts(kept->current)->began_ms,
		.used_ms = kept->used_ms,
		.claimed = kept->claim == QUEUE_CLAIMED,
		/* without the user there is none like it */
		.tried = kept->renewed || kept->successor != NULL ||
		    kept_is_users(kept) || pool_signer(kept->pool) == NULL,
		.unused = kept->unused,
		.wanted = kept->wanted && kept_is_adopted(kept->current),
	};
}

void
kept_settle(struct kept *kept, int64_t now_ms)
{
	struct renew renew;

	if (kept_is_idle(kept)) {
		renew = kept_renew(kept);
		if (now_ms >= renew_max_ms(&renew, pool_config(kept->pool)))
			kept_close(kept);
	}
	if (kept->current == NULL && kept_idles(kept->successor))
		kept_promote(kept);
}

int64_t
kept_tend(struct kept *kept, int64_t now_ms)
{
	int64_t next_ms = INT64_MAX;
	struct renew renew;

	if (!kept_is_idle(kept))
		return INT64_MAX;
	renew = kept_renew(kept);
	switch (
	    renew_check(&renew, pool_config(kept->pool), now_ms, &next_ms)) {
	case RENEW_KEEP:
		break;
	case RENEW_END:
		kept_close(kept);
		next_ms = INT64_MAX;
		break;
	case RENEW_REPLACE:
		kept->renewed = true;
		kept->successor = pool_connect(kept->pool, kept->user,
		    QUEUE_UNASKED, kept->claim, &kept_successor_owner, kept);
		break;
	}
	return next_ms;
}

void
kept_drop(struct kept *kept)
{
	kept_close_successor(kept);
	if (kept_is_begun(kept))
		kept_close(kept);
	kept_unclaim(kept);
}

void
kept_refused(struct kept *kept)
{
	if (!kept_is_adopted(kept->successor))
		kept_close_successor(kept);
	if (!kept_is_adopted(kept->current)) {
		if (kept_is_idle(kept))
			kept_close(kept);
		else if (kept_is_begun(kept))
			connection_expire(kept->current);
	}
	kept_unclaim(kept);
}

/*
 * What the connections tell
 */

static bool
kept_on_turn(void *context, struct briefing *briefing)
{
	struct kept *kept = context;

	if (kept->owner->on_turn(kept->context, briefing))
		return true;
	briefing->job = JOB_OPEN;
	if (kept->opens)
		return true;
	kept_set(kept, NULL);
	return false;
}

static void
kept_on_ready(void *context)
{
	struct kept *kept = context;

	kept->owner->on_ready(kept->context,
	    connection_facts(kept->current)->job);
}

static void
kept_on_answer(void *context, const struct frame *answer)
{
	struct kept *kept = context;
	const struct connection_facts facts = *connection_facts(kept->current);

	kept->owner->on_answer(kept->context, facts.job, answer);
	/* the keys of a lookup come before its answer */
	if (facts.phase != PHASE_IDLE)
		return;
	kept->opens = false;
	if (kept_idles(kept->successor) &&
	    (kept->current == NULL || kept_is_idle(kept)))
		kept_promote(kept);
	kept->owner->on_idle(kept->context,
	    facts.job == JOB_OPEN && facts.served == 1);
}

static void
kept_on_end(void *context, const struct connection_end *end)
{
	struct kept *kept = context;
	const bool opened = kept->opens;

	kept_set(kept, NULL);
	kept->owner->on_end(kept->context, end, opened);
}

static bool
kept_on_successor_turn(void *context, struct briefing *briefing)
{
	(void)context;
	briefing->job = JOB_OPEN;
	return true;
}

static void
kept_on_successor_ready(void *context)
{
	struct kept *kept = context;

	kept->owner->on_ready(kept->context, JOB_OPEN);
}

static void
kept_on_successor_answer(void *context, const struct frame *answer)
{
	struct kept *kept = context;

	(void)answer;
	/* else it takes the other's place when that has done its job */
	if (kept->current == NULL || kept_is_idle(kept))
		kept_promote(kept);
	kept->owner->on_idle(kept->context, true);
}

static void
kept_on_successor_end(void *context, const struct connection_end *end)
{
	struct kept *kept = context;

	kept->successor = NULL;
	kept_unclaim(kept);
	if (end->last != NULL)
		kept->owner->on_vain(kept->context, end);
}

static const struct connection_owner kept_current_owner = {
	.on_turn = kept_on_turn,
	.on_ready = kept_on_ready,
	.on_answer = kept_on_answer,
	.on_end = kept_on_end,
};

static const struct connection_owner kept_successor_owner = {
	.on_turn = kept_on_successor_turn,
	.on_ready = kept_on_successor_ready,
	.on_answer = kept_on_successor_answer,
	.on_end = kept_on_successor_end,
};
