#include "pauses.h"

#include <stdio.h>
#include <string.h>

/* Where NAME is; the number of all if it isn't there. */
static size_t
pauses_find(const struct pauses *pauses, const char *name)
{
	size_t at = 0;

	while (at < pauses->count && strcmp(pauses->all[at].name, name) != 0)
		at++;
	return at;
}

/* True if ONE is to be forgotten before OTHER. */
static bool
pauses_less(const struct pause *one, const struct pause *other)
{
	if (one->known != other->known)
		return other->known;
	return one->end_ms < other->end_ms;
}

/* Room for one more. */
static struct pause *
pauses_room(struct pauses *pauses)
{
	struct pause *least = &pauses->all[0];

	if (pauses->count < PAUSES_MAX)
		return &pauses->all[pauses->count++];
	for (size_t i = 1; i < PAUSES_MAX; i++) {
		if (pauses_less(&pauses->all[i], least))
			least = &pauses->all[i];
	}
	return least;
}

int64_t
pauses_begin(struct pauses *pauses, const char *name, bool known,
    int64_t now_ms)
{
	const size_t at = pauses_find(pauses, name);
	struct pause *pause = &pauses->all[at];
	int64_t longest_ms = PAUSES_LONGEST_MS;

	if (longest_ms < pauses->first_ms)
		longest_ms = pauses->first_ms;
	if (at == pauses->count) {
		pause = pauses_room(pauses);
		snprintf(pause->name, sizeof(pause->name), "%s", name);
		pause->known = known;
		pause->took_ms = pauses->first_ms;
	} else if (now_ms >= pause->end_ms) {
		pause->took_ms *= 2;
	}
	if (pause->took_ms > longest_ms)
		pause->took_ms = longest_ms;
	pause->end_ms = now_ms + pause->took_ms;
	return pause->end_ms;
}

bool
pauses_remember(const struct pauses *pauses, const char *name)
{
	return pauses_find(pauses, name) < pauses->count;
}

bool
pauses_hold(const struct pauses *pauses, const char *name, int64_t now_ms)
{
	const size_t at = pauses_find(pauses, name);

	return at < pauses->count && now_ms < pauses->all[at].end_ms;
}

void
pauses_forget(struct pauses *pauses, const char *name)
{
	const size_t at = pauses_find(pauses, name);

	if (at < pauses->count)
		pauses->all[at] = pauses->all[--pauses->count];
}
