#include "outage.h"

void
outage_init(struct outage *outage)
{
	*outage = (struct outage){ .reached_ms = -1 };
}

void
outage_wanted(struct outage *outage, int64_t now_ms)
{
	outage->wanted_ms = now_ms;
}

bool
outage_told(struct outage *outage, bool reached, int64_t now_ms)
{
	const bool news = outage->down == reached;

	outage->down = !reached;
	if (reached) {
		outage->reached_ms = now_ms;
		return news;
	}
	outage->probe_ms = now_ms + OUTAGE_PROBE_MS;
	if (news)
		outage->wanted_ms = now_ms;
	return news;
}

bool
outage_probe(struct outage *outage, int64_t now_ms, int64_t *next_ms)
{
	*next_ms = INT64_MAX;
	if (!outage->down)
		return false;
	if (now_ms - outage->wanted_ms >= OUTAGE_KEPT_MS) {
		outage->down = false;
		return false;
	}
	*next_ms = outage->probe_ms;
	if (now_ms < outage->probe_ms)
		return false;
	/* again when this one should long have told */
	outage->probe_ms = *next_ms = now_ms + 4 * OUTAGE_PROBE_MS;
	return true;
}

int64_t
outage_silent_ms(const struct outage *outage, int64_t asked_ms)
{
	if (outage->down)
		return INT64_MIN;
	return outage->reached_ms >= asked_ms ? INT64_MAX
					      : asked_ms + OUTAGE_SILENT_MS;
}
