#include "logpause.h"

#include <stddef.h>

#include "../../shim/lib/clock.h"
#include "../log.h"

bool
logpause_allows(struct quota *quota, const char *user, const char *detail)
{
	const enum quota_verdict verdict = quota_take(quota, clock_now_ms());

	if (verdict == QUOTA_PAUSE)
		log_event(LOG_NOTICE, "log-paused", "user", user, "detail",
		    detail, NULL);
	return verdict == QUOTA_LOG;
}
