#include "guesses.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"

enum guesses_kind {
	GUESSES_NAME,
	GUESSES_ADDRESS,
	GUESSES_NET56, /* what an IPv6 address is in, of so many bits */
	GUESSES_NET48,
	GUESSES_NOWHERE, /* all of which no address is known */
	GUESSES_PAIR,    /* a name that was let in from an address */
};

/* How many of a kind are free, and may be open at a time. */
static const struct guesses_limits {
	unsigned free, open;
} guesses_limits[] = {
	[GUESSES_NAME] = { GUESSES_FREE_NAME, GUESSES_OPEN_NAME },
	[GUESSES_ADDRESS] = { GUESSES_FREE_ADDRESS, GUESSES_OPEN_ADDRESS },
	[GUESSES_NET56] = { GUESSES_FREE_NET56, GUESSES_OPEN_MANY },
	[GUESSES_NET48] = { GUESSES_FREE_NET48, GUESSES_OPEN_MANY },
	[GUESSES_NOWHERE] = { GUESSES_FREE_NOWHERE, GUESSES_OPEN_MANY },
	[GUESSES_PAIR] = { GUESSES_FREE_NAME, GUESSES_OPEN_ADDRESS },
};

/* What has been counted of a name, of an address, or of both together. */
struct guesses_count {
	enum guesses_kind kind;
	char name[USERNAME_MAX_CHARS + 1]; /* "" if it is of an address */
	struct address address; /* all zero if it is of a name alone */
	unsigned wrong, open;
	int64_t until_ms; /* the pause ends then */
	int64_t at_ms;    /* of the last one that has come to an end */
	int64_t spare_ms; /* from then on there is a try in the pause */
};

struct guesses_table {
	struct guesses_count all[GUESSES_MAX];
	size_t count;
	/* those of many, by the hash of what they are */
	struct guesses_count shared[GUESSES_SHARED];
};

struct guesses {
	struct guesses_table names, addresses, nets56, nets48;
	struct guesses_count nowhere;
	/* those who have been let in, each from an address */
	struct guesses_table pairs;
};

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

/* True if nothing is lost when COUNT is forgotten. */
static bool
guesses_is_over(const struct guesses_count *count, int64_t now_ms)
{
	return count->open == 0 && now_ms >= count->until_ms &&
	    (count->wrong == 0 || now_ms - count->at_ms >= GUESSES_KEPT_MS);
}

/* A place for one that is new in TABLE, or NULL. */
static struct guesses_count *
guesses_place(struct guesses_table *table, int64_t now_ms)
{
	struct guesses_count *place = NULL;

	if (table->count < GUESSES_MAX)
		return &table->all[table->count++];
	for (size_t i = 0; i < GUESSES_MAX; i++) {
		struct guesses_count *count = &table->all[i];

		if (guesses_is_over(count, now_ms) &&
		    (place == NULL || count->at_ms < place->at_ms))
			place = count;
	}
	return place;
}

/* Have COUNT be a new one. */
static void
guesses_make(struct guesses_count *count, enum guesses_kind kind,
    const char *name, const struct address *address, int64_t now_ms)
{
	*count = (struct guesses_count){ .kind = kind,
		.address = *address,
		.at_ms = now_ms };
	snprintf(count->name, sizeof(count->name), "%s", name);
}

/* The count that NAME and ADDRESS share with others in TABLE. */
static struct guesses_count *
guesses_share(struct guesses_table *table, enum guesses_kind kind,
    const char *name, const struct address *address)
{
	char text[USERNAME_MAX_CHARS + 2 * ADDRESS_BYTES + 1];
	size_t len = (size_t)snprintf(text, sizeof(text), "%s", name);
	struct guesses_count *count;

	for (size_t i = 0; i < ADDRESS_BYTES; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%02x",
		    address->bytes[i]);
	count = &table->shared[hash_text(text) % GUESSES_SHARED];
	count->kind = kind;
	return count;
}

/*
 * The count for NAME and ADDRESS, which is new if there was none.  It stays what
 * it is for as long as a try of it is open.
 */
static struct guesses_count *
guesses_have(struct guesses_table *table, enum guesses_kind kind,
    const char *name, const struct address *address, int64_t now_ms)
{
	const size_t at = guesses_find(table, name, address);
	struct guesses_count *count;

	if (at < table->count)
		return &table->all[at];
	count = guesses_place(table, now_ms);
	if (count == NULL)
		return guesses_share(table, kind, name, address);
	guesses_make(count, kind, name, address, now_ms);
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
guesses_allow(struct guesses_count *count, int64_t now_ms)
{
	const struct guesses_limits *limits = &guesses_limits[count->kind];

	guesses_forget_old(count, now_ms);
	return now_ms >= count->until_ms &&
	    count->open < (count->wrong > limits->free ? 1 : limits->open);
}

/* One more was wrong. */
static void
guesses_count_wrong(struct guesses_count *count, int64_t now_ms)
{
	const unsigned free = guesses_limits[count->kind].free;
	int64_t pause_ms = GUESSES_PAUSE_MS;

	guesses_forget_old(count, now_ms);
	count->at_ms = now_ms;
	if (++count->wrong <= free)
		return;
	for (unsigned i = free + 1;
	     i < count->wrong && pause_ms < GUESSES_PAUSE_MAX_MS; i++)
		pause_ms *= 2;
	if (pause_ms > GUESSES_PAUSE_MAX_MS)
		pause_ms = GUESSES_PAUSE_MAX_MS;
	count->until_ms = now_ms + pause_ms;
}

/*
 * Users who have been let in
 */

/*
 * A place for one more address of NAME, who has so many at most, or else for
 * another's; NULL if there is none.
 */
static struct guesses_count *
guesses_place_pair(struct guesses_table *pairs, const char *name)
{
	struct guesses_count *own = NULL, *any = NULL;
	size_t count = 0;

	for (size_t i = 0; i < pairs->count; i++) {
		struct guesses_count *pair = &pairs->all[i];
		const bool owned = strcmp(pair->name, name) == 0;

		count += owned;
		if (pair->open > 0)
			continue;
		if (any == NULL || pair->at_ms < any->at_ms)
			any = pair;
		if (owned && (own == NULL || pair->at_ms < own->at_ms))
			own = pair;
	}
	if (count >= GUESSES_ADDRESSES_MAX)
		return own;
	return pairs->count < GUESSES_MAX ? &pairs->all[pairs->count++] : any;
}

/* The count of NAME at ADDRESS, where they have been let in, or NULL. */
static struct guesses_count *
guesses_pair(struct guesses *guesses, const char *name,
    const struct address *address)
{
	const size_t at = guesses_find(&guesses->pairs, name, address);

	return at < guesses->pairs.count ? &guesses->pairs.all[at] : NULL;
}

void
guesses_let_in(struct guesses *guesses, const char *name,
    const struct address *address, int64_t now_ms)
{
	struct guesses_count *pair;

	if (address->kind == ADDRESS_UNKNOWN)
		return;
	pair = guesses_pair(guesses, name, address);
	if (pair != NULL) {
		pair->at_ms = now_ms;
		return;
	}
	pair = guesses_place_pair(&guesses->pairs, name);
	if (pair != NULL)
		guesses_make(pair, GUESSES_PAIR, name, address, now_ms);
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

/* Find the counts of GUESS behind the first: of where it comes from. */
static void
guesses_find_place(struct guesses *guesses, struct guess *guess, int64_t now_ms)
{
	const struct address *address = &guess->address;
	const struct address net56 = address_network(address, 56),
			     net48 = address_network(address, 48);

	if (address->kind == ADDRESS_UNKNOWN) {
		guesses->nowhere.kind = GUESSES_NOWHERE;
		guess->counts[1] = &guesses->nowhere;
		return;
	}
	guess->counts[1] = guesses_have(&guesses->addresses, GUESSES_ADDRESS,
	    "", address, now_ms);
	if (address->kind != ADDRESS_IPV6)
		return;
	guess->counts[2] = guesses_have(&guesses->nets56, GUESSES_NET56, "",
	    &net56, now_ms);
	guess->counts[3] = guesses_have(&guesses->nets48, GUESSES_NET48, "",
	    &net48, now_ms);
}

/* Find what counts for GUESS, and who may have sent it. */
static void
guesses_find_counts(struct guesses *guesses, struct guess *guess,
    int64_t now_ms)
{
	const struct address none = { .kind = ADDRESS_UNKNOWN };

	memset(guess->counts, 0, sizeof(guess->counts));
	guess->counts[0] = guesses_pair(guesses, guess->name, &guess->address);
	guess->standing = GUESS_KNOWN;
	if (guess->counts[0] != NULL)
		return;
	guess->counts[0] = guesses_have(&guesses->names, GUESSES_NAME,
	    guess->name, &none, now_ms);
	guesses_find_place(guesses, guess, now_ms);
	guesses_forget_old(guess->counts[1], now_ms);
	guess->standing = guess->counts[1] != &guesses->nowhere &&
		guess->counts[1]->wrong == 0
	    ? GUESS_FRESH
	    : GUESS_SUSPECT;
}

/*
 * What GUESS is if it may begin.  A name is tried in its pause by who hasn't
 * guessed: who guesses may have many addresses, but that takes time.
 */
static enum guess_state
guesses_judge(struct guess *guess, int64_t now_ms)
{
	struct guesses_count *first = guess->counts[0];

	for (size_t i = 1; i < GUESS_COUNTS && guess->counts[i] != NULL; i++) {
		if (!guesses_allow(guess->counts[i], now_ms))
			return GUESS_NONE;
	}
	if (guesses_allow(first, now_ms))
		return GUESS_OPEN;
	if (guess->standing != GUESS_FRESH || guess->counts[1]->open > 0 ||
	    now_ms < first->spare_ms)
		return GUESS_NONE;
	first->spare_ms = now_ms + GUESSES_SPARE_MS;
	return GUESS_SPARE;
}

bool
guesses_begin(struct guesses *guesses, struct guess *guess, int64_t now_ms)
{
	guesses_find_counts(guesses, guess, now_ms);
	guess->state = guesses_judge(guess, now_ms);
	if (guess->state == GUESS_NONE)
		return false;
	for (size_t i = 0; i < GUESS_COUNTS && guess->counts[i] != NULL; i++)
		guess->counts[i]->open++;
	return true;
}

void
guesses_end(struct guesses *guesses, struct guess *guess, enum guess_end end,
    int64_t now_ms)
{
	const enum guess_state was = guess->state;
	struct guesses_count *pair;

	guess->state = GUESS_NONE;
	if (was == GUESS_NONE)
		return;
	for (size_t i = 0; i < GUESS_COUNTS && guess->counts[i] != NULL; i++) {
		struct guesses_count *count = guess->counts[i];

		count->open--;
		if (end != GUESS_WRONG)
			continue;
		/* the pause of the name gets no longer: they have their own */
		if (was == GUESS_SPARE && i == 0)
			count->at_ms = now_ms;
		else
			guesses_count_wrong(count, now_ms);
	}
	if (end != GUESS_RIGHT)
		return;
	guesses_let_in(guesses, guess->name, &guess->address, now_ms);
	pair = guesses_pair(guesses, guess->name, &guess->address);
	if (pair != NULL) {
		pair->wrong = 0;
		pair->until_ms = 0;
	}
}
