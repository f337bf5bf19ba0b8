#include "queue.h"

#include <string.h>

void
queue_add(struct queue *queue, struct queue_entry *entry)
{
	entry->next = queue->first;
	queue->first = entry;
}

void
queue_remove(struct queue *queue, struct queue_entry *entry)
{
	for (struct queue_entry **at = &queue->first; *at != NULL;
	     at = &(*at)->next) {
		if (*at == entry) {
			*at = entry->next;
			return;
		}
	}
}

/* How many are in STATE. */
static size_t
queue_in(const struct queue *queue, enum queue_state state)
{
	size_t count = 0;

	for (const struct queue_entry *e = queue->first; e != NULL; e = e->next)
		count += e->state == state;
	return count;
}

/* How many relays connect, of USER or, if that is NULL, of all users. */
static size_t
queue_relays_connecting(const struct queue *queue, const char *user)
{
	size_t count = 0;

	for (const struct queue_entry *e = queue->first; e != NULL; e = e->next)
		count += e->state == QUEUE_CONNECTING &&
		    e->class == QUEUE_RELAY &&
		    (user == NULL || strcmp(e->user, user) == 0);
	return count;
}

struct queue_entry *
queue_next(const struct queue *queue)
{
	struct queue_entry *first[] = { [QUEUE_LOGIN] = NULL,
		[QUEUE_RELAY] = NULL,
		[QUEUE_UNASKED] = NULL };
	const size_t connecting = queue_in(queue, QUEUE_CONNECTING);
	const bool relays = queue_relays_connecting(queue, NULL) <
	    QUEUE_RELAYS_CONNECTING_MAX;

	if (connecting >= QUEUE_CONNECTING_MAX ||
	    connecting + queue_in(queue, QUEUE_ASKING) >= QUEUE_ENTERING_MAX)
		return NULL;
	/* the last that fits is the one that waits for longest */
	for (struct queue_entry *e = queue->first; e != NULL; e = e->next) {
		if (e->state != QUEUE_WAITING)
			continue;
		if (e->class == QUEUE_RELAY &&
		    (!relays ||
			queue_relays_connecting(queue, e->user) >=
			    QUEUE_USER_RELAYS_CONNECTING_MAX))
			continue;
		first[e->class] = e;
	}
	if (first[QUEUE_LOGIN] != NULL)
		return first[QUEUE_LOGIN];
	if (first[QUEUE_RELAY] != NULL)
		return first[QUEUE_RELAY];
	return connecting < QUEUE_RELAYS_CONNECTING_MAX ? first[QUEUE_UNASKED]
							: NULL;
}

/*
 * The idle connection of CLAIM that was of use least lately, or NULL; *COUNT is
 * how many connections of CLAIM there are.
 */
static struct queue_entry *
queue_idlest(const struct queue *queue, enum queue_claim claim, size_t *count)
{
	struct queue_entry *idlest = NULL;

	*count = 0;
	for (struct queue_entry *e = queue->first; e != NULL; e = e->next) {
		if (e->claim != claim)
			continue;
		++*count;
		if (e->state == QUEUE_IDLE &&
		    (idlest == NULL || e->used_ms < idlest->used_ms))
			idlest = e;
	}
	return idlest;
}

struct queue_entry *
queue_excess(const struct queue *queue, size_t most)
{
	size_t count;
	struct queue_entry *idlest = queue_idlest(queue, QUEUE_CLAIMED, &count);

	return count > most ? idlest : NULL;
}

bool
queue_has_room(const struct queue *queue, struct queue_entry **goes)
{
	size_t count;

	*goes = queue_idlest(queue, QUEUE_UNCLAIMED, &count);
	if (count < QUEUE_UNCLAIMED_MAX)
		*goes = NULL;
	return count < QUEUE_UNCLAIMED_MAX || *goes != NULL;
}

void
queue_count_relays(const struct queue *queue, const char *user,
    const struct queue_entry *but, struct queue_relays *relays)
{
	*relays = (struct queue_relays){ 0 };
	for (const struct queue_entry *e = queue->first; e != NULL;
	     e = e->next) {
		if (e->class != QUEUE_RELAY || e == but)
			continue;
		relays->of_all++;
		relays->of_user += strcmp(e->user, user) == 0;
	}
}

bool
queue_has_relay(const struct queue *queue, const char *user)
{
	for (const struct queue_entry *e = queue->first; e != NULL;
	     e = e->next) {
		if (e->class == QUEUE_RELAY &&
		    (e->state == QUEUE_WAITING ||
			e->state == QUEUE_CONNECTING) &&
		    strcmp(e->user, user) == 0)
			return true;
	}
	return false;
}
