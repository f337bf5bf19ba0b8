#include "renew.h"

/* So long before share_max_age it is replaced, but never before 3/4 of it. */
#define RENEW_BEFORE_MS 30000

int64_t
renew_max_ms(const struct renew *renew, const struct config *config)
{
	const int64_t max_ms = renew->connected_ms +
	    (int64_t)config->share_max_age_s * 1000;
	const int64_t unused_ms = renew->used_ms + RENEW_UNUSED_MS;

	return renew->unused && unused_ms > max_ms ? unused_ms : max_ms;
}

/* When one has been idle for too long. */
static int64_t
renew_idle_end_ms(const struct renew *renew, const struct config *config)
{
	int64_t idle_ms = RENEW_UNCLAIMED_IDLE_MS;

	if (renew->claimed)
		idle_ms = (int64_t)config->share_idle_s * 1000;
	if ((renew->unused || renew->wanted) && idle_ms < RENEW_UNUSED_MS)
		idle_ms = RENEW_UNUSED_MS;
	return renew->used_ms + idle_ms;
}

/* How old a connection is that is replaced. */
static int64_t
renew_age_ms(const struct config *config)
{
	const int64_t max_ms = (int64_t)config->share_max_age_s * 1000;
	const int64_t before_ms = max_ms / 4;

	return max_ms -
	    (before_ms < RENEW_BEFORE_MS ? before_ms : RENEW_BEFORE_MS);
}

enum renew_verdict
renew_check(const struct renew *renew, const struct config *config,
    int64_t now_ms, int64_t *next_ms)
{
	const int64_t idle_end_ms = renew_idle_end_ms(renew, config);
	const int64_t max_ms = renew_max_ms(renew, config);
	const int64_t replace_ms = renew->connected_ms + renew_age_ms(config);

	*next_ms = idle_end_ms < max_ms ? idle_end_ms : max_ms;
	if (now_ms >= *next_ms)
		return RENEW_END;
	/* of one that will have been idle for too long no other is needed */
	if (renew->tried || idle_end_ms <= max_ms)
		return RENEW_KEEP;
	if (now_ms >= replace_ms)
		return RENEW_REPLACE;
	if (replace_ms < *next_ms)
		*next_ms = replace_ms;
	return RENEW_KEEP;
}
