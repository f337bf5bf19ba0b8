#include "patience.h"

#include <stdlib.h>
#include <string.h>

#include "pauses.h"
#include "purse.h"

#define MINUTE_MS 60000
/* More than 2 refusals at once come too close to a ban. */
#define BURST 2
#define SHARE_OF_BURST 3 /* a third of what goes in a minute */
/* So many may go while users come in; 3 refusals are just not banned. */
#define GROWN 3
/* Of known names, which are hardly ever refused. */
#define KNOWN_GROWN 8
/* What OpenSSH counts for a refusal is forgotten within this. */
#define KNOWN_INTERVAL_MS 6000
/* Tokens that an address had count for so long. */
#define LATELY_MS 600000
#define SPENT_MAX ((size_t)1024)

/* A token that is gone. */
struct patience_spent {
	struct address address;
	int64_t at_ms;
};

struct patience {
	int per_minute;
	struct purse strangers, known;
	struct pauses pauses;
	int64_t refused_ms; /* when a name was refused last, or -1 */
	struct patience_spent spent[SPENT_MAX]; /* a ring */
	size_t spent_next, spent_count;
	struct patience_claim *first; /* the one that came last */
};

struct patience *
patience_new(void)
{
	struct patience *patience = calloc(1, sizeof(*patience));

	if (patience == NULL)
		return NULL;
	patience->refused_ms = -1;
	patience_configure(patience, 1, 0);
	purse_init(&patience->strangers);
	purse_init(&patience->known);
	return patience;
}

void
patience_free(struct patience *patience)
{
	free(patience);
}

void
patience_configure(struct patience *patience, int lookups_per_minute,
    int negative_ttl_s)
{
	struct purse *strangers = &patience->strangers;
	struct purse *known = &patience->known;
	int burst = lookups_per_minute > BURST ? BURST : 1, later;

	if (burst < lookups_per_minute / SHARE_OF_BURST)
		burst = lookups_per_minute / SHARE_OF_BURST;
	/* a full purse and all that come within a minute are not too many */
	later = lookups_per_minute - burst + 1;
	strangers->most = known->most = burst;
	strangers->grown = burst > GROWN ? burst : GROWN;
	known->grown = burst > KNOWN_GROWN ? burst : KNOWN_GROWN;
	known->kept_ms = MINUTE_MS;
	strangers->interval_ms = (MINUTE_MS + later - 1) / later;
	known->interval_ms = strangers->interval_ms < KNOWN_INTERVAL_MS
	    ? strangers->interval_ms
	    : KNOWN_INTERVAL_MS;
	purse_cap(strangers);
	purse_cap(known);
	patience->per_minute = lookups_per_minute;
	patience->pauses.first_ms = (int64_t)negative_ttl_s * 1000;
	patience->pauses.count = 0;
}

bool
patience_is_calm(const struct patience *patience, int64_t now_ms)
{
	return patience->refused_ms < 0 ||
	    now_ms - patience->refused_ms >= MINUTE_MS;
}

/* A token is gone, that a client at ADDRESS had. */
static void
patience_spend(struct patience *patience, const struct address *address,
    int64_t now_ms)
{
	patience->spent[patience->spent_next] =
	    (struct patience_spent){ .address = *address, .at_ms = now_ms };
	patience->spent_next = (patience->spent_next + 1) % SPENT_MAX;
	if (patience->spent_count < SPENT_MAX)
		patience->spent_count++;
}

/* How many tokens a client at ADDRESS has had lately, and has. */
static size_t
patience_had(const struct patience *patience, const struct address *address,
    int64_t now_ms)
{
	size_t had = 0;

	for (size_t i = 0; i < patience->spent_count; i++) {
		const struct patience_spent *spent = &patience->spent[i];

		had += now_ms - spent->at_ms < LATELY_MS &&
		    address_same(&spent->address, address);
	}
	for (const struct patience_claim *c = patience->first; c != NULL;
	     c = c->next)
		had += (c->state == PATIENCE_GOES ||
			   c->state == PATIENCE_ASKS) &&
		    c->stranger && address_same(&c->address, address);
	return had;
}

/* The claim of NAME that goes; NULL if there is none. */
static struct patience_claim *
patience_going(const struct patience *patience, const char *name)
{
	for (struct patience_claim *c = patience->first; c != NULL;
	     c = c->next) {
		if (c->state == PATIENCE_GOES && strcmp(c->name, name) == 0)
			return c;
	}
	return NULL;
}

bool
patience_is_paused(const struct patience *patience, const char *name,
    int64_t now_ms)
{
	return pauses_hold(&patience->pauses, name, now_ms);
}

int64_t
patience_pause(struct patience *patience, const char *name, int64_t now_ms)
{
	bool known = true;

	/* one that was let in does not go any more, but is still there */
	for (const struct patience_claim *c = patience->first; c != NULL;
	     c = c->next) {
		if (c->state != PATIENCE_WAITS && strcmp(c->name, name) == 0)
			known = c->known;
	}
	return pauses_begin(&patience->pauses, name, known, now_ms);
}

/*
 * Claims
 */

/* Make CLAIM the one that came last. */
static void
patience_link(struct patience *patience, struct patience_claim *claim,
    int64_t now_ms)
{
	claim->since_ms = now_ms;
	claim->next = patience->first;
	patience->first = claim;
}

void
patience_wait(struct patience *patience, struct patience_claim *claim,
    int64_t now_ms)
{
	claim->stranger = !claim->known ||
	    pauses_remember(&patience->pauses, claim->name);
	/* where they come from nobody has to know */
	if (claim->known)
		claim->address = address_of_name(claim->name);
	claim->state = PATIENCE_WAITS;
	patience_link(patience, claim, now_ms);
}

/* How many strangers' claims of ADDRESS wait; NULL: of all. */
static size_t
patience_waiting(const struct patience *patience, const struct address *address)
{
	size_t waiting = 0;

	for (const struct patience_claim *c = patience->first; c != NULL;
	     c = c->next)
		waiting += c->state == PATIENCE_WAITS && c->stranger &&
		    (address == NULL || address_same(&c->address, address));
	return waiting;
}

/* How many tokens a client at ADDRESS has had lately, has, and waits for. */
static size_t
patience_wanted(const struct patience *patience, const struct address *address,
    int64_t now_ms)
{
	return patience_waiting(patience, address) +
	    patience_had(patience, address, now_ms);
}

/* Take CLAIM out of those that there are. */
static void
patience_unlink(struct patience *patience, struct patience_claim *claim)
{
	struct patience_claim **at = &patience->first;

	while (*at != claim)
		at = &(*at)->next;
	*at = claim->next;
}

void
patience_join(struct patience *patience, struct patience_claim *claim,
    const struct address *address, int64_t now_ms)
{
	if (claim->state != PATIENCE_WAITS)
		return;
	if (!claim->known &&
	    patience_wanted(patience, address, now_ms) <
		patience_wanted(patience, &claim->address, now_ms))
		claim->address = *address;
	/* in calm it is good to have come first, else it is to have come last */
	if (patience_is_calm(patience, now_ms))
		return;
	patience_unlink(patience, claim);
	patience_link(patience, claim, now_ms);
}

/* May a stranger whose address HAD so many tokens lately take one now? */
static bool
patience_may_take(const struct patience *patience, size_t had, int64_t now_ms)
{
	const struct purse *purse = &patience->strangers;

	if (purse->tokens <= 0 || purse->going >= PATIENCE_GOING_MAX)
		return false;
	/* the last one is kept for an address that had none */
	return had == 0 || purse->tokens > 1 || purse->most == 1 ||
	    patience_is_calm(patience, now_ms);
}

/*
 * The claim that is to have the next token: that of the address that had least.
 * Of these it is the first that came.  But while names are refused it is a
 * stranger's that came last: most of those that came before are robots'.
 */
static struct patience_claim *
patience_first(const struct patience *patience, bool stranger, size_t *had,
    int64_t now_ms)
{
	const bool last = stranger && !patience_is_calm(patience, now_ms);
	struct patience_claim *first = NULL;

	*had = 0;
	/* the ones that came last come first */
	for (struct patience_claim *c = patience->first; c != NULL;
	     c = c->next) {
		size_t has = 0;

		if (c->state != PATIENCE_WAITS || c->stranger != stranger)
			continue;
		if (stranger)
			has = patience_had(patience, &c->address, now_ms);
		if (first == NULL || has < *had || (has == *had && !last)) {
			first = c;
			*had = has;
		}
	}
	return first;
}

struct patience_claim *
patience_next(struct patience *patience, int64_t now_ms)
{
	struct purse *purse = &patience->known;
	struct patience_claim *claim;
	size_t had;

	purse_fill(&patience->known, now_ms);
	purse_fill(&patience->strangers, now_ms);
	claim = patience_first(patience, false, &had, now_ms);
	if (claim == NULL || purse->tokens <= 0) {
		purse = &patience->strangers;
		claim = patience_first(patience, true, &had, now_ms);
		if (claim == NULL || !patience_may_take(patience, had, now_ms))
			return NULL;
	}
	purse_take(purse);
	claim->state = PATIENCE_GOES;
	return claim;
}

int64_t
patience_next_ms(const struct patience *patience)
{
	int64_t next_ms = INT64_MAX;

	for (const struct patience_claim *c = patience->first; c != NULL;
	     c = c->next) {
		const struct purse *purse = c->stranger ? &patience->strangers
							: &patience->known;
		const int64_t at_ms = purse_next_ms(purse);

		if (c->state == PATIENCE_WAITS && at_ms < next_ms)
			next_ms = at_ms;
	}
	return next_ms;
}

struct patience_claim *
patience_excess(const struct patience *patience, int64_t now_ms)
{
	const size_t most = patience_is_calm(patience, now_ms)
	    ? PATIENCE_WAITING_CALM_MAX
	    : PATIENCE_WAITING_MAX;
	struct patience_claim *excess = NULL;
	size_t excess_has = 0;

	if (patience_waiting(patience, NULL) <= most)
		return NULL;
	for (struct patience_claim *c = patience->first; c != NULL;
	     c = c->next) {
		size_t has;

		if (c->state != PATIENCE_WAITS || !c->stranger)
			continue;
		has = patience_wanted(patience, &c->address, now_ms);
		/* of several such addresses that which waits for longest */
		if (has > excess_has ||
		    (has == excess_has &&
			!address_same(&c->address, &excess->address))) {
			excess = c;
			excess_has = has;
		}
	}
	return excess;
}

/* The purse that CLAIM has its token of. */
static struct purse *
patience_purse_of(struct patience *patience, const struct patience_claim *claim)
{
	return claim->stranger ? &patience->strangers : &patience->known;
}

/*
 * May there be one more token, since a claim like CLAIM has been let in?  Of
 * those that wait most may be users as well.
 */
static bool
patience_may_grow(const struct patience *patience,
    const struct patience_claim *claim, int64_t now_ms)
{
	if (claim->stranger)
		return patience_is_calm(patience, now_ms);
	for (const struct patience_claim *c = patience->first; c != NULL;
	     c = c->next) {
		if (c->state == PATIENCE_WAITS && !c->stranger)
			return true;
	}
	return false;
}

void
patience_asks(struct patience *patience, struct patience_claim *claim,
    int64_t now_ms)
{
	if (claim->state != PATIENCE_GOES)
		return;
	claim->state = PATIENCE_ASKS;
	purse_give_back(patience_purse_of(patience, claim), 0, now_ms);
}

/* If CLAIM asks it has its token again, whether there is one or not. */
static void
patience_resume(struct patience *patience, struct patience_claim *claim)
{
	if (claim->state != PATIENCE_ASKS)
		return;
	claim->state = PATIENCE_GOES;
	purse_take(patience_purse_of(patience, claim));
}

void
patience_let_in(struct patience *patience, struct patience_claim *claim,
    int64_t now_ms)
{
	patience_resume(patience, claim);
	if (claim->state != PATIENCE_GOES)
		return;
	claim->state = PATIENCE_SETTLED;
	purse_give_back(patience_purse_of(patience, claim),
	    patience_may_grow(patience, claim, now_ms), now_ms);
}

void
patience_accepted(struct patience *patience, const char *name, int64_t now_ms)
{
	struct patience_claim *claim = patience_going(patience, name);

	pauses_forget(&patience->pauses, name);
	if (claim != NULL)
		patience_let_in(patience, claim, now_ms);
}

/* The remote has counted a refusal that no stranger's token stands for. */
static void
patience_charge(struct patience *patience, int64_t now_ms)
{
	/* no claim's */
	static const struct address nowhere = { .kind = ADDRESS_NAME };

	purse_charge(&patience->strangers, -patience->per_minute, now_ms);
	patience_spend(patience, &nowhere, now_ms);
}

/* The remote has counted CLAIM, which goes, as a refusal. */
static void
patience_settle(struct patience *patience, struct patience_claim *claim,
    int64_t now_ms)
{
	claim->state = PATIENCE_SETTLED;
	purse_lose(patience_purse_of(patience, claim), now_ms);
	if (claim->stranger)
		patience_spend(patience, &claim->address, now_ms);
	else
		patience_charge(patience, now_ms);
}

void
patience_turned_away(struct patience *patience, struct patience_claim *claim,
    int64_t now_ms)
{
	patience->refused_ms = now_ms;
	patience_resume(patience, claim);
	/* another login as the same name may have settled it */
	if (claim->state == PATIENCE_GOES)
		patience_settle(patience, claim, now_ms);
	else
		patience_charge(patience, now_ms);
}

int64_t
patience_refused(struct patience *patience, const char *name, int64_t now_ms)
{
	struct patience_claim *claim = patience_going(patience, name);
	/* while it is known whose the name is */
	const int64_t end_ms = patience_pause(patience, name, now_ms);

	patience->refused_ms = now_ms;
	if (claim != NULL)
		patience_settle(patience, claim, now_ms);
	else
		patience_charge(patience, now_ms);
	return end_ms;
}

void
patience_end(struct patience *patience, struct patience_claim *claim,
    bool reached, int64_t now_ms)
{
	if (claim->state == PATIENCE_NONE)
		return;
	if (reached)
		patience_resume(patience, claim);
	if (claim->state == PATIENCE_GOES && reached)
		patience_settle(patience, claim, now_ms);
	else if (claim->state == PATIENCE_GOES)
		purse_give_back(patience_purse_of(patience, claim), 0, now_ms);
	patience_unlink(patience, claim);
	claim->state = PATIENCE_NONE;
}
