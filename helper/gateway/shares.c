#include "shares.h"

#include <stdlib.h>
#include <string.h>

#include "../../shim/lib/clock.h"

/* A share in the table. */
struct shares_entry {
	struct shares_entry *next;
	struct share *share;
	uint64_t lane;
};

struct shares {
	struct loop *loop;
	struct loop_timer timer;
	struct share_common common;
	struct shares_entry *first;
	uint64_t lanes; /* how many there have been, beside lane 0 */
};

/* Take the share at *AT out of the table, and free it. */
static void
shares_remove(struct shares_entry **at)
{
	struct shares_entry *entry = *at;

	*at = entry->next;
	share_free(entry->share);
	free(entry);
}

/* Run the timers of all shares, and free those of which nothing is kept. */
static void
shares_tend(void *context, int64_t now_ms)
{
	struct shares *shares = context;
	struct shares_entry **at = &shares->first;
	int64_t next_ms = INT64_MAX;

	for (struct shares_entry *e = shares->first; e != NULL; e = e->next) {
		const int64_t at_ms = share_tend(e->share, now_ms);

		if (at_ms < next_ms)
			next_ms = at_ms;
	}
	while (*at != NULL) {
		if (share_is_empty((*at)->share, now_ms))
			shares_remove(at);
		else
			at = &(*at)->next;
	}
	/* unless there is more to do already */
	if (!shares->timer.on || shares->timer.at_ms > next_ms)
		loop_at(shares->loop, &shares->timer, next_ms);
}

static void
shares_on_touch(void *context)
{
	shares_touch(context);
}

static void
shares_on_accepted(void *context, const char *user)
{
	(void)context;
	(void)user;
}

static int64_t
shares_on_refused(void *context, const char *user)
{
	(void)context;
	(void)user;
	return 0;
}

/* What is told to nobody. */
static const struct share_events shares_unwatched = {
	.accepted = shares_on_accepted,
	.refused = shares_on_refused,
};

struct shares *
shares_new(struct loop *loop, struct pool *pool, struct trial *trial)
{
	struct shares *shares = calloc(1, sizeof(*shares));

	if (shares == NULL)
		return NULL;
	shares->loop = loop;
	shares->timer.fire = shares_tend;
	shares->timer.context = shares;
	shares->common = (struct share_common){ .pool = pool,
		.trial = trial,
		.touch = shares_on_touch,
		.context = shares,
		.events = &shares_unwatched };
	return shares;
}

void
shares_free(struct shares *shares)
{
	if (shares == NULL)
		return;
	while (shares->first != NULL)
		shares_remove(&shares->first);
	loop_at(shares->loop, &shares->timer, INT64_MAX);
	free(shares);
}

void
shares_watch(struct shares *shares, const struct share_events *events,
    void *context)
{
	shares->common.events = events != NULL ? events : &shares_unwatched;
	shares->common.events_context = context;
}

void
shares_touch(struct shares *shares)
{
	loop_at(shares->loop, &shares->timer, clock_now_ms());
}

void
shares_configure(struct shares *shares)
{
	for (struct shares_entry *e = shares->first; e != NULL; e = e->next)
		share_configure(e->share);
}

struct share *
shares_find(const struct shares *shares, const char *user, uint64_t lane)
{
	for (struct shares_entry *e = shares->first; e != NULL; e = e->next) {
		if (e->lane == lane && strcmp(share_user(e->share), user) == 0)
			return e->share;
	}
	return NULL;
}

struct share *
shares_get(struct shares *shares, const char *user, uint64_t lane)
{
	struct share *share = shares_find(shares, user, lane);
	struct shares_entry *entry;

	if (share != NULL)
		return share;
	entry = calloc(1, sizeof(*entry));
	if (entry == NULL)
		return NULL;
	entry->share = share_new(&shares->common, user);
	if (entry->share == NULL) {
		free(entry);
		return NULL;
	}
	entry->lane = lane;
	entry->next = shares->first;
	shares->first = entry;
	shares_touch(shares);
	return entry->share;
}

uint64_t
shares_new_lane(struct shares *shares)
{
	return ++shares->lanes;
}

void
shares_end_lane(struct shares *shares, const char *user, uint64_t lane)
{
	struct share *share = shares_find(shares, user, lane);

	if (share != NULL && lane != 0)
		share_configure(share);
}

bool
shares_would_connect(const struct shares *shares, const char *user)
{
	const struct share *share = shares_find(shares, user, 0);

	return share == NULL || share_would_connect(share);
}

void
shares_ask(struct shares *shares, struct waiter *waiter)
{
	struct share *share = shares_get(shares, waiter->user, waiter->lane);

	if (share != NULL)
		share_ask(share, waiter);
	else
		waiter_refuse(waiter, &waiter_no_memory);
}

void
shares_forget(struct shares *shares, struct waiter *waiter)
{
	struct share *share = shares_find(shares, waiter->user, waiter->lane);

	if (share != NULL)
		share_forget(share, waiter);
}

void
shares_resume(struct shares *shares)
{
	for (struct shares_entry *e = shares->first; e != NULL; e = e->next)
		share_pump(e->share);
}
