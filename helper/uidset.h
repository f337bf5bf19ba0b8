#ifndef MOSHGATE_UIDSET_H
#define MOSHGATE_UIDSET_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A set of uids, such as those that have been somebody's.  They are given one
 * after the other, so few spans hold many.
 */
struct uidset {
	struct uidset_span {
		unsigned long first, last; /* both are in it */
	} * spans; /* malloc'ed; with uids between them, the lowest first */
	size_t count, room;
};

/*
 * Add the uids from FIRST to LAST to SET, which is all zero in the beginning.
 * After the last one of those that are added together, SET is for
 * uidset_settle().  Returns false for want of memory.
 */
bool uidset_add(struct uidset *set, unsigned long first, unsigned long last);

/* Bring the spans of SET into their order. */
void uidset_settle(struct uidset *set);

/* Add all that is in MORE to SET.  Returns false for want of memory. */
bool uidset_unite(struct uidset *set, const struct uidset *more);

/* Make COPY the same as SET.  Returns false for want of memory. */
bool uidset_copy(const struct uidset *set, struct uidset *copy);
void uidset_free(struct uidset *set);

/* Exchange what is in ONE and in OTHER. */
void uidset_swap(struct uidset *one, struct uidset *other);

/* True if all uids in PART are in SET. */
bool uidset_holds(const struct uidset *set, const struct uidset *part);

/* The lowest uid that is not in SET, from UID on. */
unsigned long uidset_after(const struct uidset *set, unsigned long uid);

#endif
