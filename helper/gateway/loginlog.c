#include "loginlog.h"

#include <stdio.h>
#include <string.h>

#include "../../shim/lib/clock.h"
#include "../log.h"
#include "hash.h"
#include "logpause.h"

#define LOGINLOG_DEAD_END_MS 60000

/*
 * True if a failed login of PEER may be logged.  Whoever can have one has an
 * account in the group, and is not silenced by what others do.
 */
static bool
loginlog_allows_peer(struct loginlog *log, const struct peer *peer)
{
	struct quota *quota;

	if (peer_is_trusted(peer))
		return true;
	quota = quotas_of(log->users, peer->uid, clock_now_ms());
	return quota != NULL &&
	    logpause_allows(quota, peer->user,
		"too many failed logins of this user for the next seconds");
}

/* TEXT, or NULL if it is empty. */
static const char *
loginlog_some(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

void
loginlog_failed(struct loginlog *log, const struct peer *peer,
    const char *asked, const char *host, const struct refusal *why)
{
	/* who gives up a login leaves nothing to be done */
	if (refusal_is(why, "abandoned") || !loginlog_allows_peer(log, peer))
		return;
	log_event(LOG_WARNING, "login-failed", "user", peer->user, "asked",
	    asked, "remote", host, "reason", why->reason, "detail", why->detail,
	    "remedy", why->remedy, "sshd_pid", loginlog_some(peer->sshd_pid),
	    "client", loginlog_some(peer->client), NULL);
}

void
loginlog_fallback(struct loginlog *log, const struct peer *peer,
    const char *host, const struct refusal *why)
{
	if (!loginlog_allows_peer(log, peer))
		return;
	log_event(LOG_NOTICE, "fallback", "user", peer->user, "remote", host,
	    "reason", why->reason, "detail", why->detail, "remedy", why->remedy,
	    NULL);
}

/* True if NAME was the last that was logged, of the same sshd; now it is. */
static bool
loginlog_is_last(struct loginlog *log, const char *name, const char *sshd_pid)
{
	const bool last = sshd_pid[0] != '\0' &&
	    strcmp(log->unknown_name, name) == 0 &&
	    strcmp(log->unknown_pid, sshd_pid) == 0;

	snprintf(log->unknown_name, sizeof(log->unknown_name), "%s", name);
	snprintf(log->unknown_pid, sizeof(log->unknown_pid), "%s", sshd_pid);
	return last;
}

void
loginlog_unknown(struct loginlog *log, const struct peer *peer,
    const char *name, const struct refusal *why)
{
	/* sshd asks twice for each login */
	if (loginlog_is_last(log, name, peer->sshd_pid) ||
	    !logpause_allows(&log->unknown, NULL,
		"too many unknown users for the next seconds"))
		return;
	log_event(LOG_INFO, "unknown-user", "user", name, "reason", why->reason,
	    "detail", why->detail, "remedy", why->remedy, "sshd_pid",
	    loginlog_some(peer->sshd_pid), "client",
	    loginlog_some(peer->client), NULL);
}

/* True if NAME, which gets nowhere, had a line within a minute for CLIENT. */
static bool
loginlog_was_there(struct loginlog *log, const char *name, const char *client,
    int64_t now_ms)
{
	char text[sizeof(log->dead_ends[0].name) +
	    sizeof(log->dead_ends[0].client) + 1];
	struct loginlog_dead_end *last;

	snprintf(text, sizeof(text), "%s %s", name, client);
	last = &log->dead_ends[hash_text(text) % LOGINLOG_DEAD_ENDS];
	if (last->at_ms != 0 && now_ms < last->at_ms + LOGINLOG_DEAD_END_MS &&
	    strcmp(last->name, name) == 0 && strcmp(last->client, client) == 0)
		return true;
	snprintf(last->name, sizeof(last->name), "%s", name);
	snprintf(last->client, sizeof(last->client), "%s", client);
	last->at_ms = now_ms;
	return false;
}

void
loginlog_dead_end(struct loginlog *log, const struct peer *peer,
    const char *name, const struct refusal *why)
{
	/* more than one process of sshd asks for each login, also at its end */
	if (!loginlog_was_there(log, name, peer->client, clock_now_ms()))
		loginlog_unknown(log, peer, name, why);
}

/* True if a password of SORT that PEER has may have a line. */
static bool
loginlog_allows_password(struct loginlog *log, const struct peer *peer,
    enum loginlog_sort sort)
{
	static const char *const pause =
	    "too many passwords for the next seconds";
	char text[sizeof(peer->user) + sizeof(peer->client) + 1];

	switch (sort) {
	case LOGINLOG_TRIED:
		return true;
	case LOGINLOG_UNTRIED_STRANGER:
		return logpause_allows(&log->passwords, NULL, pause);
	default:
		snprintf(text, sizeof(text), "%s %s", peer->user, peer->client);
		return logpause_allows(&log->untried[hash_text(text) %
					   LOGINLOG_UNTRIED],
		    peer->user, pause);
	}
}

void
loginlog_password(struct loginlog *log, const struct peer *peer,
    enum loginlog_sort sort, const struct refusal *why)
{
	if (why == NULL)
		log_event(LOG_INFO, "password", "user", peer->user, "sshd_pid",
		    loginlog_some(peer->sshd_pid), "client",
		    loginlog_some(peer->client), NULL);
	else if (loginlog_allows_password(log, peer, sort))
		log_event(LOG_WARNING, "login-failed", "user", peer->user,
		    "asked", "password", "reason", why->reason, "detail",
		    why->detail, "remedy", why->remedy, "sshd_pid",
		    loginlog_some(peer->sshd_pid), "client",
		    loginlog_some(peer->client), NULL);
}
