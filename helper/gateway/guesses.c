#include "guesses.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What has been counted of a name, of an address, or of both together. */
struct guesses_count {
	char name[USERNAME_MAX_CHARS + 1]; /* "" if it is of an address */
	struct address address; /* all zero if it is of a name alone */
	unsigned wrong, open;
	int64_t until_ms; /* the pause ends then */
	int64_t at_ms;    /* of the last one that has come to an end */
};

struct guesses_table {
	struct guesses_count all[GUESSES_MAX];
	size_t count;
};

/* How many of a kind are free, and may be open at a time. */
struct guesses_limits {
	unsigned free, open;
};

struct guesses {
	/* the last has those who have been let in, each from an address */
	struct guesses_table names, addresses, pairs;
};

static const struct guesses_limits guesses_of_name = { GUESSES_FREE_NAME,
	GUESSES_OPEN_NAME };
static const struct guesses_limits guesses_of_address = { GUESSES_FREE_ADDRESS,
	GUESSES_OPEN_ADDRESS };
static const struct guesses_limits guesses_of_pair = { GUESSES_FREE_NAME,
	GUESSES_OPEN_ADDRESS };

struct guesses *
guesses_new(void)
{
	return calloc(1, sizeof(struct guesses));
}

void
guesses_free(struct guesses *guesses)
{
	free(guesses);
}

/*
 * Tables
 */

static size_t
guesses_find(const struct guesses_table *table, const char *name,
    const struct address *address)
{
	size_t at = 0;

	while (at < table->count &&
	    (strcmp(table->all[at].name, name) != 0 ||
		!address_same(&table->all[at].address, address)))
		at++;
	return at;
}

/* True if ONE is to give way before OTHER. */
static bool
guesses_less(const struct guesses_count *one, const struct guesses_count *other)
{
	if ((one->open > 0) != (other->open > 0))
		return other->open > 0;
	if (one->wrong != other->wrong)
		return one->wrong < other->wrong;
	return one->at_ms < other->at_ms;
}

/* The count for NAME and ADDRESS, which is new if there was none. */
static struct guesses_count *
guesses_have(struct guesses_table *table, const char *name,
    const struct address *address, int64_t now_ms)
{
	size_t at = guesses_find(table, name, address);
	struct guesses_count *count = &table->all[at];

	if (at < table->count)
		return count;
	if (at == GUESSES_MAX) {
		count = &table->all[0];
		for (size_t i = 1; i < GUESSES_MAX; i++) {
			if (guesses_less(&table->all[i], count))
				count = &table->all[i];
		}
	} else {
		table->count++;
	}
	*count = (struct guesses_count){ .address = *address, .at_ms = now_ms };
	snprintf(count->name, sizeof(count->name), "%s", name);
	return count;
}

/*
 * Counts
 */

/* What is long ago doesn't count any more. */
static void
guesses_forget_old(struct guesses_count *count, int64_t now_ms)
{
	if (now_ms - count->at_ms < GUESSES_KEPT_MS)
		return;
	count->wrong = 0;
	count->until_ms = 0;
}

/* True if one more may begin. */
static bool
guesses_allow(struct guesses_count *count, const struct guesses_limits *limits,
    int64_t now_ms)
{
	guesses_forget_old(count, now_ms);
	return now_ms >= count->until_ms &&
	    count->open < (count->wrong > limits->free ? 1 : limits->open);
}

/* One more is over: it was WRONG, or doesn't count. */
static void
guesses_count_end(struct guesses_count *count,
    const struct guesses_limits *limits, bool wrong, int64_t now_ms)
{
	int64_t pause_ms = GUESSES_PAUSE_MS;

	if (count->open > 0)
		count->open--;
	if (!wrong)
		return;
	guesses_forget_old(count, now_ms);
	count->at_ms = now_ms;
	if (++count->wrong <= limits->free)
		return;
	for (unsigned i = limits->free + 1;
	     i < count->wrong && pause_ms < GUESSES_PAUSE_MAX_MS; i++)
		pause_ms *= 2;
	if (pause_ms > GUESSES_PAUSE_MAX_MS)
		pause_ms = GUESSES_PAUSE_MAX_MS;
	count->until_ms = now_ms + pause_ms;
}

/*
 * Users who have been let in
 */

/* Of a user with as many addresses as there may be, forget the oldest. */
static void
guesses_make_room(struct guesses_table *pairs, const char *name)
{
	size_t oldest = pairs->count, count = 0;

	for (size_t i = 0; i < pairs->count; i++) {
		if (strcmp(pairs->all[i].name, name) != 0)
			continue;
		count++;
		if (oldest == pairs->count ||
		    pairs->all[i].at_ms < pairs->all[oldest].at_ms)
			oldest = i;
	}
	if (count >= GUESSES_ADDRESSES_MAX)
		pairs->all[oldest] = pairs->all[--pairs->count];
}

/* The user of GUESS is let in. */
static void
guesses_let_in(struct guesses *guesses, const struct guess *guess,
    int64_t now_ms)
{
	struct guesses_count *pair;

	if (guess->address.kind == ADDRESS_UNKNOWN)
		return;
	if (!guesses_know(guesses, guess->name, &guess->address))
		guesses_make_room(&guesses->pairs, guess->name);
	pair = guesses_have(&guesses->pairs, guess->name, &guess->address,
	    now_ms);
	pair->wrong = 0;
	pair->until_ms = 0;
	pair->at_ms = now_ms;
}

bool
guesses_know(const struct guesses *guesses, const char *name,
    const struct address *address)
{
	return guesses_find(&guesses->pairs, name, address) <
	    guesses->pairs.count;
}

/*
 * Tries
 */

/* The two counts of a try by somebody who has not been let in from there. */
static void
guesses_both(struct guesses *guesses, const struct guess *guess,
    struct guesses_count **name, struct guesses_count **address, int64_t now_ms)
{
	const struct address none = { .kind = ADDRESS_UNKNOWN };

	*name = guesses_have(&guesses->names, guess->name, &none, now_ms);
	*address = guess->address.kind == ADDRESS_UNKNOWN
	    ? NULL
	    : guesses_have(&guesses->addresses, "", &guess->address, now_ms);
}

bool
guesses_begin(struct guesses *guesses, struct guess *guess, int64_t now_ms)
{
	struct guesses_count *name, *address;

	guess->state = GUESS_NONE;
	guess->known = guesses_know(guesses, guess->name, &guess->address);
	if (guess->known) {
		name = guesses_have(&guesses->pairs, guess->name,
		    &guess->address, now_ms);
		address = NULL;
		if (!guesses_allow(name, &guesses_of_pair, now_ms))
			return false;
	} else {
		guesses_both(guesses, guess, &name, &address, now_ms);
		if (!guesses_allow(name, &guesses_of_name, now_ms) ||
		    (address != NULL &&
			!guesses_allow(address, &guesses_of_address, now_ms)))
			return false;
	}
	name->open++;
	if (address != NULL)
		address->open++;
	guess->state = GUESS_OPEN;
	return true;
}

void
guesses_end(struct guesses *guesses, struct guess *guess, enum guess_end end,
    int64_t now_ms)
{
	const bool wrong = end == GUESS_WRONG;
	struct guesses_count *name, *address;

	if (guess->state != GUESS_OPEN)
		return;
	guess->state = GUESS_NONE;
	if (guess->known) {
		guesses_count_end(guesses_have(&guesses->pairs, guess->name,
				      &guess->address, now_ms),
		    &guesses_of_pair, wrong, now_ms);
	} else {
		guesses_both(guesses, guess, &name, &address, now_ms);
		guesses_count_end(name, &guesses_of_name, wrong, now_ms);
		if (address != NULL)
			guesses_count_end(address, &guesses_of_address, wrong,
			    now_ms);
	}
	if (end == GUESS_RIGHT)
		guesses_let_in(guesses, guess, now_ms);
}
