#include "uidset.h"

#include <stdlib.h>
#include <string.h>

bool
uidset_add(struct uidset *set, unsigned long first, unsigned long last)
{
	if (set->count > 0) {
		struct uidset_span *span = &set->spans[set->count - 1];

		/* most come in their order, and make one span */
		if (span->first <= first && first <= span->last + 1) {
			if (last > span->last)
				span->last = last;
			return true;
		}
	}
	if (set->count == set->room) {
		const size_t room = set->room > 0 ? set->room * 2 : 4;
		struct uidset_span *spans = reallocarray(set->spans, room,
		    sizeof(*spans));

		if (spans == NULL)
			return false;
		set->spans = spans;
		set->room = room;
	}
	set->spans[set->count++] = (struct uidset_span){ first, last };
	return true;
}

static int
uidset_compare(const void *a, const void *b)
{
	const struct uidset_span *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

void
uidset_settle(struct uidset *set)
{
	const size_t count = set->count;

	if (count < 2)
		return;
	qsort(set->spans, count, sizeof(*set->spans), uidset_compare);
	set->count = 0;
	/* there is room: no more spans are added than there were */
	for (size_t i = 0; i < count; i++) {
		const struct uidset_span span = set->spans[i];

		uidset_add(set, span.first, span.last);
	}
}

bool
uidset_unite(struct uidset *set, const struct uidset *more)
{
	bool united = true;

	for (size_t i = 0; i < more->count && united; i++)
		united = uidset_add(set, more->spans[i].first,
		    more->spans[i].last);
	uidset_settle(set);
	return united;
}

bool
uidset_copy(const struct uidset *set, struct uidset *copy)
{
	*copy = (struct uidset){ 0 };
	if (set->count == 0)
		return true;
	copy->spans = reallocarray(NULL, set->count, sizeof(*copy->spans));
	if (copy->spans == NULL)
		return false;
	memcpy(copy->spans, set->spans, set->count * sizeof(*copy->spans));
	copy->count = copy->room = set->count;
	return true;
}

void
uidset_free(struct uidset *set)
{
	free(set->spans);
	*set = (struct uidset){ 0 };
}

void
uidset_swap(struct uidset *one, struct uidset *other)
{
	const struct uidset was = *one;

	*one = *other;
	*other = was;
}

bool
uidset_holds(const struct uidset *set, const struct uidset *part)
{
	size_t at = 0;

	for (size_t i = 0; i < part->count; i++) {
		while (at < set->count &&
		    set->spans[at].last < part->spans[i].first)
			at++;
		if (at == set->count ||
		    set->spans[at].first > part->spans[i].first ||
		    set->spans[at].last < part->spans[i].last)
			return false;
	}
	return true;
}

unsigned long
uidset_after(const struct uidset *set, unsigned long uid)
{
	size_t low = 0, high = set->count;

	/* the first span that does not end below it */
	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (set->spans[middle].last < uid)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == set->count || set->spans[low].first > uid)
		return uid;
	/* there are others between two spans */
	return set->spans[low].last + 1;
}
