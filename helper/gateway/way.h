#ifndef MOSHGATE_WAY_H
#define MOSHGATE_WAY_H

#include <stdbool.h>

#include "../refusal.h"

/*
 * Which way a session goes to the remote: by mosh, or over SSH.  Policy, as far
 * as it can be told before the remote is asked.
 */
enum way {
	WAY_MOSH,
	WAY_SSH,
	WAY_NONE,
};

/* What it depends on. */
struct way_facts {
	bool terminal;      /* without one it is no session, but a command */
	bool streams;       /* it can give a worker what that is to carry */
	bool fallback;      /* [mosh] fallback = ssh */
	bool blocked;       /* UDP does not get through */
	const char *wanted; /* MOSHGATE of the client: "mosh", "ssh" or NULL */
	const char *unfit;  /* what mosh can't use of the near end, or NULL */
};

/*
 * Choose the way.  *WHY says why it isn't mosh, where it could have been: it
 * lives for ever.  One without a reason was the person's own wish.  NULL for a
 * command.
 */
enum way way_choose(const struct way_facts *facts, const struct refusal **why);

/* True if a session that mosh can't have may go over SSH. */
bool way_may_fall_back(const struct way_facts *facts);

/* Why a session goes over SSH where UDP is blocked. */
extern const struct refusal way_udp_blocked;

#endif
