#include "sessionlog.h"

#include <stdio.h>

#include "../../shim/lib/clock.h"
#include "../log.h"

/* Where PEER's client is, or NULL. */
static const char *
sessionlog_client(const struct peer *peer)
{
	return peer->client[0] != '\0' ? peer->client : NULL;
}

/* How many seconds there are since BEGAN_MS. */
static void
sessionlog_duration(int64_t began_ms, char text[32])
{
	snprintf(text, 32, "%lld",
	    (long long)(clock_now_ms() - began_ms) / 1000);
}

void
sessionlog_relay(const struct peer *peer, const char *host,
    const char *terminal)
{
	log_event(LOG_INFO, "relay", "user", peer->user, "remote", host,
	    "terminal", terminal, "client", sessionlog_client(peer), NULL);
}

void
sessionlog_relay_end(const struct peer *peer, const struct frame *answer,
    int64_t began_ms)
{
	char duration[32];

	sessionlog_duration(began_ms, duration);
	log_event(LOG_INFO, "relay-end", "user", peer->user, "status",
	    fields_get(answer, "status"), "signal",
	    fields_get(answer, "signal"), "reason",
	    fields_get(answer, "reason"), "detail",
	    fields_get(answer, "detail"), "duration_s", duration, NULL);
}

void
sessionlog_mosh(const struct peer *peer, const char *host, const char *place)
{
	log_event(LOG_INFO, "session", "user", peer->user, "remote", host,
	    "mosh", place, "client", sessionlog_client(peer), NULL);
}

void
sessionlog_mosh_end(const struct peer *peer, const char *place,
    int64_t began_ms)
{
	char duration[32];

	sessionlog_duration(began_ms, duration);
	log_event(LOG_INFO, "session-end", "user", peer->user, "mosh", place,
	    "duration_s", duration, NULL);
}
