#include "prooftime.h"

/* True if END_MS has come; *NEXT_MS is END_MS, if it is sooner and hasn't. */
static bool
prooftime_has_come(int64_t end_ms, int64_t now_ms, int64_t *next_ms)
{
	if (end_ms <= now_ms)
		return true;
	if (end_ms < *next_ms)
		*next_ms = end_ms;
	return false;
}

bool
prooftime_keeps_sshd(const struct prooftime *time)
{
	return time->password && time->state <= PROOFTIME_GOES;
}

bool
prooftime_is_silent(const struct prooftime *time, const struct outage *outage,
    int64_t now_ms, int64_t *next_ms)
{
	return time->password && !time->decoy &&
	    time->state == PROOFTIME_GOES &&
	    prooftime_has_come(outage_silent_ms(outage, time->asked_ms), now_ms,
		next_ms);
}

bool
prooftime_is_late(const struct prooftime *time, int64_t now_ms,
    int64_t *next_ms)
{
	const int64_t turn_ms = time->password ? PROOFTIME_PASSWORD_TURN_MS
					       : PROOFTIME_TURN_MS;

	return time->state == PROOFTIME_WAITS &&
	    prooftime_has_come(time->asked_ms + turn_ms, now_ms, next_ms);
}

bool
prooftime_is_through(const struct prooftime *time, const struct decoys *decoys,
    int64_t now_ms, int64_t *next_ms)
{
	return time->state == PROOFTIME_GOES && time->decoy &&
	    prooftime_has_come(decoys_end_ms(decoys, time->gone_ms), now_ms,
		next_ms);
}
