#include "dispatch.h"

#include "hash.h"

/* A process that fails may be started again after this, which doubles. */
#define DISPATCH_PAUSE_MS 100
#define DISPATCH_PAUSE_MAX_MS 5000
#define DISPATCH_FAILURES_MAX 6

/* An entry of the memory is a hash, whose last bit says what was quick. */
#define DISPATCH_WAS_QUICK UINT64_C(1)

/* How many processes are in STATE. */
static size_t
dispatch_count(const struct dispatch *dispatch, enum dispatch_state state)
{
	size_t count = 0;

	for (int i = 0; i < DISPATCH_PLACES; i++)
		count += dispatch->places[i].state == state;
	return count;
}

/* True if one more may be busy with a question of CLASS. */
static bool
dispatch_may_be_busy(const struct dispatch *dispatch, enum dispatch_class class)
{
	size_t slow = 0, stock = 0;

	for (int i = 0; i < DISPATCH_PLACES; i++) {
		const struct dispatch_place *place = &dispatch->places[i];

		if (place->state != DISPATCH_BUSY)
			continue;
		slow += place->class != DISPATCH_QUICK;
		stock += place->class == DISPATCH_STOCK;
	}
	if (class == DISPATCH_QUICK)
		return true;
	if (class == DISPATCH_STOCK && stock > 0)
		return false;
	return slow < DISPATCH_PLACES - DISPATCH_KEPT;
}

/* The first place in STATE, or -1. */
static int
dispatch_first(const struct dispatch *dispatch, enum dispatch_state state)
{
	for (int i = 0; i < DISPATCH_PLACES; i++) {
		if (dispatch->places[i].state == state)
			return i;
	}
	return -1;
}

int
dispatch_find(const struct dispatch *dispatch, enum dispatch_class class,
    size_t ending, int64_t now_ms)
{
	const int idle = dispatch_first(dispatch, DISPATCH_IDLE);

	if (!dispatch_may_be_busy(dispatch, class))
		return -1;
	if (idle >= 0)
		return idle;
	if (now_ms < dispatch->again_ms || ending >= DISPATCH_ENDING_MAX)
		return -1;
	return dispatch_first(dispatch, DISPATCH_EMPTY);
}

void
dispatch_started(struct dispatch *dispatch, int place, int64_t now_ms)
{
	dispatch->places[place] = (struct dispatch_place){
		.state = DISPATCH_IDLE,
		.since_ms = now_ms
	};
}

void
dispatch_failed(struct dispatch *dispatch, int64_t now_ms)
{
	int64_t pause_ms = DISPATCH_PAUSE_MS;

	for (unsigned i = 0; i < dispatch->failures; i++)
		pause_ms *= 2;
	if (pause_ms > DISPATCH_PAUSE_MAX_MS)
		pause_ms = DISPATCH_PAUSE_MAX_MS;
	dispatch->again_ms = now_ms + pause_ms;
	if (dispatch->failures < DISPATCH_FAILURES_MAX)
		dispatch->failures++;
}

void
dispatch_asked(struct dispatch *dispatch, int place, enum dispatch_class class,
    int64_t now_ms)
{
	dispatch->places[place].state = DISPATCH_BUSY;
	dispatch->places[place].class = class;
	dispatch->places[place].since_ms = now_ms;
}

void
dispatch_answered(struct dispatch *dispatch, int place, int64_t now_ms)
{
	dispatch->places[place].state = DISPATCH_IDLE;
	dispatch->places[place].answered = true;
	dispatch->places[place].since_ms = now_ms;
	dispatch->failures = 0;
}

void
dispatch_over(struct dispatch *dispatch, int place, enum dispatch_end end,
    int64_t now_ms)
{
	/* one that has answered before has only been unlucky */
	if (end == DISPATCH_ENDED && !dispatch->places[place].answered)
		dispatch_failed(dispatch, now_ms);
	dispatch->places[place] = (struct dispatch_place){ 0 };
}

int
dispatch_excess(const struct dispatch *dispatch, int64_t now_ms,
    int64_t *next_ms)
{
	const struct dispatch_place *places = dispatch->places;
	int oldest = -1;

	*next_ms = INT64_MAX;
	if (dispatch_count(dispatch, DISPATCH_IDLE) < 2)
		return -1;
	for (int i = 0; i < DISPATCH_PLACES; i++) {
		if (places[i].state == DISPATCH_IDLE &&
		    (oldest < 0 ||
			places[i].since_ms < places[oldest].since_ms))
			oldest = i;
	}
	*next_ms = places[oldest].since_ms + DISPATCH_IDLE_MS;
	return *next_ms <= now_ms ? oldest : -1;
}

int64_t
dispatch_again_ms(const struct dispatch *dispatch, int64_t now_ms)
{
	return dispatch->again_ms > now_ms ? dispatch->again_ms : INT64_MAX;
}

/* A hash of WHOM, without the last bit, and not 0. */
static uint64_t
dispatch_hash(const char *whom)
{
	const uint64_t hash = hash_text(whom) & ~DISPATCH_WAS_QUICK;

	return hash != 0 ? hash : ~DISPATCH_WAS_QUICK;
}

enum dispatch_class
dispatch_class_of(const struct dispatch *dispatch, const char *whom, bool known)
{
	const uint64_t hash = dispatch_hash(whom);
	const uint64_t seen = dispatch->memory[hash / 2 % DISPATCH_MEMORY];

	if ((seen & ~DISPATCH_WAS_QUICK) == hash)
		known = (seen & DISPATCH_WAS_QUICK) != 0;
	return known ? DISPATCH_QUICK : DISPATCH_OTHER;
}

void
dispatch_learn(struct dispatch *dispatch, const char *whom, bool there,
    int64_t took_ms)
{
	const uint64_t hash = dispatch_hash(whom);
	uint64_t *seen = &dispatch->memory[hash / 2 % DISPATCH_MEMORY];

	const bool same = (*seen & ~DISPATCH_WAS_QUICK) == hash;

	if (took_ms < DISPATCH_QUICK_MS && there)
		*seen = hash | DISPATCH_WAS_QUICK;
	else if (took_ms < DISPATCH_QUICK_MS)
		*seen = same ? 0 : *seen;
	else if (same || (*seen & DISPATCH_WAS_QUICK) == 0)
		*seen = hash; /* but nobody quick is forgotten for it */
}
