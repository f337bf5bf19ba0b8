#include "limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../shim/lib/usermap.h"

#define LIMITS_MINUTE_MS 60000
#define LIMITS_REFUSED_MAX 1024 /* names that are remembered */
/* More than 2 refusals at once come too close to a ban. */
#define LIMITS_BURST 2
#define LIMITS_SHARE_OF_BURST 3 /* a third of what goes in a minute */
/* One more may go while users come in; 3 are just not banned. */
#define LIMITS_GROWN 3

struct limits_refused {
	char name[USERNAME_MAX_CHARS + 1];
	int64_t end_ms;
};

struct limits {
	int per_minute, burst;
	int64_t negative_ttl_ms;
	/* a token bucket: asking takes one, and who is a user gives it back */
	int tokens;
	int64_t filled_ms; /* until then the bucket has been filled */
	int asking;
	int64_t refused_ms; /* when a name was refused last, or -1 */
	struct limits_refused refused[LIMITS_REFUSED_MAX];
	size_t refused_next; /* the oldest, which is next to be forgotten */
};

/* Have no more tokens than make MOST, with those of who is being asked. */
static void
limits_cap(struct limits *limits, int most)
{
	const int room = most > limits->asking ? most - limits->asking : 0;

	if (limits->tokens > room)
		limits->tokens = room;
}

struct limits *
limits_new(void)
{
	struct limits *limits = calloc(1, sizeof(*limits));

	if (limits == NULL)
		return NULL;
	limits->refused_ms = -1;
	limits_configure(limits, 1, 0);
	limits->tokens = -1;
	return limits;
}

void
limits_free(struct limits *limits)
{
	free(limits);
}

void
limits_configure(struct limits *limits, int lookups_per_minute,
    int negative_ttl_s)
{
	limits->per_minute = lookups_per_minute;
	limits->burst = lookups_per_minute > LIMITS_BURST ? LIMITS_BURST : 1;
	if (limits->burst < lookups_per_minute / LIMITS_SHARE_OF_BURST)
		limits->burst = lookups_per_minute / LIMITS_SHARE_OF_BURST;
	limits->negative_ttl_ms = (int64_t)negative_ttl_s * 1000;
	limits_cap(limits, limits->burst);
}

/* True if nobody has been guessing. */
static bool
limits_is_calm(const struct limits *limits, int64_t now_ms)
{
	return limits->refused_ms < 0 ||
	    now_ms - limits->refused_ms >= LIMITS_MINUTE_MS;
}

/*
 * One token comes each interval, so that a full bucket and all that come within
 * a minute are not more than per_minute.
 */
static void
limits_fill(struct limits *limits, int64_t now_ms)
{
	const int64_t later = limits->per_minute - limits->burst + 1;
	const int64_t interval_ms = (LIMITS_MINUTE_MS + later - 1) / later;
	int64_t tokens, room;

	if (limits->tokens < 0) {
		limits->tokens = limits->burst;
		limits->filled_ms = now_ms;
	}
	if (limits->asking == 0)
		limits_cap(limits, limits->burst);
	/* those being asked have theirs, and may give them back */
	room = limits->burst - limits->asking - limits->tokens;
	tokens = (now_ms - limits->filled_ms) / interval_ms;
	if (tokens < room) {
		limits->filled_ms += tokens * interval_ms;
		limits->tokens += (int)tokens;
		return;
	}
	/* a full one does not begin the next */
	limits->filled_ms = now_ms;
	if (room > 0)
		limits->tokens += (int)room;
}

bool
limits_was_refused(const struct limits *limits, const char *name,
    int64_t now_ms)
{
	for (size_t i = 0; i < LIMITS_REFUSED_MAX; i++) {
		if (limits->refused[i].end_ms > now_ms &&
		    strcmp(limits->refused[i].name, name) == 0)
			return true;
	}
	return false;
}

void
limits_remember(struct limits *limits, const char *name, int64_t now_ms)
{
	struct limits_refused *refused = &limits->refused[limits->refused_next];

	limits->refused_next = (limits->refused_next + 1) % LIMITS_REFUSED_MAX;
	snprintf(refused->name, sizeof(refused->name), "%s", name);
	refused->end_ms = now_ms + limits->negative_ttl_ms;
}

enum limits_answer
limits_ask(struct limits *limits, const char *name, int64_t now_ms)
{
	if (limits_was_refused(limits, name, now_ms))
		return LIMITS_REFUSED;
	limits_fill(limits, now_ms);
	if (limits->tokens > 0 && limits->asking < LIMITS_ASKING_MAX) {
		limits->tokens--;
		limits->asking++;
		return LIMITS_GO;
	}
	if (limits->asking > 0 && limits_is_calm(limits, now_ms))
		return LIMITS_LATER;
	return limits->tokens > 0 ? LIMITS_BUSY : LIMITS_TOO_MANY;
}

void
limits_done(struct limits *limits, const char *name,
    enum limits_outcome outcome, int64_t now_ms)
{
	const int most = limits->burst > LIMITS_GROWN ? limits->burst
						      : LIMITS_GROWN;

	limits_fill(limits, now_ms);
	limits->asking--;
	switch (outcome) {
	case LIMITS_IS_USER:
		/* and one more: whoever comes now may be a user as well */
		limits->tokens += limits_is_calm(limits, now_ms) ? 2 : 1;
		limits_cap(limits, most);
		break;
	case LIMITS_NO_USER:
		limits->refused_ms = now_ms;
		limits_cap(limits, limits->burst - 1);
		limits_remember(limits, name, now_ms);
		break;
	default:
		limits->tokens++;
		limits_cap(limits, most);
		break;
	}
}
