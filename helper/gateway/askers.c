#include "askers.h"

#include <string.h>

void
askers_add(struct askers *askers, struct asker *asker, int64_t now_ms)
{
	asker->state = ASKER_WAITS;
	asker->since_ms = now_ms;
	asker->next = askers->first;
	askers->first = asker;
}

void
askers_remove(struct askers *askers, struct asker *asker)
{
	struct asker **at = &askers->first;

	if (asker->state == ASKER_NONE)
		return;
	while (*at != asker)
		at = &(*at)->next;
	*at = asker->next;
	asker->state = ASKER_NONE;
}

/* How many in STATE there are: of NAME, and of ADDRESS, unless it is NULL. */
static size_t
askers_in(const struct askers *askers, enum asker_state state, const char *name,
    const struct address *address)
{
	size_t count = 0;

	for (const struct asker *a = askers->first; a != NULL; a = a->next)
		count += a->state == state &&
		    (name == NULL || strcmp(a->name, name) == 0) &&
		    (address == NULL || address_same(a->address, address));
	return count;
}

/* How many places, of ADDRESS or, if it is NULL, in all, are not free yet. */
static size_t
askers_vain(const struct askers *askers, const struct address *address,
    int64_t now_ms)
{
	size_t count = 0;

	for (size_t i = 0; i < ASKERS_GOING_MAX; i++)
		count += now_ms < askers->vain[i].end_ms &&
		    (address == NULL ||
			address_same(&askers->vain[i].address, address));
	return count;
}

void
askers_fail(struct askers *askers, struct asker *asker, int64_t now_ms)
{
	struct askers_vain *oldest = &askers->vain[0];

	for (size_t i = 1; i < ASKERS_GOING_MAX; i++) {
		if (askers->vain[i].end_ms < oldest->end_ms)
			oldest = &askers->vain[i];
	}
	if (asker->state == ASKER_GOES)
		*oldest = (struct askers_vain){ .address = *asker->address,
			.end_ms = now_ms + ASKERS_VAIN_MS };
	askers_remove(askers, asker);
}

static bool
askers_are_full(const struct askers *askers, int64_t now_ms)
{
	return askers_in(askers, ASKER_GOES, NULL, NULL) +
	    askers_vain(askers, NULL, now_ms) >=
	    ASKERS_GOING_MAX;
}

/* True if ONE, which waits, may not go for others of its name. */
static bool
askers_have_name(const struct askers *askers, const struct asker *one)
{
	return askers_in(askers, ASKER_GOES, one->name, NULL) >=
	    ASKERS_NAME_GOING_MAX;
}

/* The same for those of its address. */
static bool
askers_have_address(const struct askers *askers, const struct asker *one,
    int64_t now_ms)
{
	return askers_in(askers, ASKER_GOES, one->name, one->address) > 0 ||
	    askers_in(askers, ASKER_GOES, NULL, one->address) +
		askers_vain(askers, one->address, now_ms) >=
	    ASKERS_ADDRESS_GOING_MAX;
}

/* The one that is to go of those that wait; NULL if none may. */
static struct asker *
askers_first(const struct askers *askers, int64_t now_ms)
{
	struct asker *first = NULL;
	size_t first_has = 0;

	/* the last that fits is the one that waits for longest */
	for (struct asker *a = askers->first; a != NULL; a = a->next) {
		const size_t has = askers_in(askers, ASKER_GOES, NULL,
		    a->address);

		if (a->state != ASKER_WAITS || askers_have_name(askers, a) ||
		    askers_have_address(askers, a, now_ms) ||
		    (first != NULL && has > first_has))
			continue;
		first = a;
		first_has = has;
	}
	return first;
}

struct asker *
askers_next(struct askers *askers, int64_t now_ms, int64_t *next_ms)
{
	struct asker *next = askers_are_full(askers, now_ms)
	    ? NULL
	    : askers_first(askers, now_ms);

	if (next != NULL) {
		next->state = ASKER_GOES;
		next->since_ms = now_ms;
		return next;
	}
	for (size_t i = 0; i < ASKERS_GOING_MAX; i++) {
		const int64_t end_ms = askers->vain[i].end_ms;

		if (end_ms > now_ms && end_ms < *next_ms)
			*next_ms = end_ms;
	}
	return NULL;
}

struct asker *
askers_excess(const struct askers *askers)
{
	struct asker *excess = NULL;
	size_t excess_has = 0;

	if (askers_in(askers, ASKER_WAITS, NULL, NULL) <= ASKERS_WAITING_MAX)
		return NULL;
	for (struct asker *a = askers->first; a != NULL; a = a->next) {
		const size_t has = askers_in(askers, ASKER_GOES, NULL,
				       a->address) +
		    askers_in(askers, ASKER_WAITS, NULL, a->address);

		if (a->state == ASKER_WAITS && has > excess_has) {
			excess = a;
			excess_has = has;
		}
	}
	return excess;
}

/* True if ONE, which goes, is in the way of another that waits. */
static bool
askers_wait_for(const struct askers *askers, const struct asker *one,
    int64_t now_ms)
{
	const bool full = askers_are_full(askers, now_ms);

	for (const struct asker *a = askers->first; a != NULL; a = a->next) {
		if (a->state != ASKER_WAITS ||
		    address_same(a->address, one->address) ||
		    askers_have_address(askers, a, now_ms))
			continue;
		if (full ||
		    (strcmp(a->name, one->name) == 0 &&
			askers_have_name(askers, a)))
			return true;
	}
	return false;
}

struct asker *
askers_slow(const struct askers *askers, int64_t now_ms, int64_t *next_ms)
{
	struct asker *slow = NULL;

	for (struct asker *a = askers->first; a != NULL; a = a->next) {
		const int64_t end_ms = a->since_ms + ASKERS_YIELD_MS;

		if (a->state != ASKER_GOES ||
		    !askers_wait_for(askers, a, now_ms))
			continue;
		if (now_ms < end_ms && end_ms < *next_ms)
			*next_ms = end_ms;
		if (now_ms >= end_ms &&
		    (slow == NULL || a->since_ms < slow->since_ms))
			slow = a;
	}
	return slow;
}
