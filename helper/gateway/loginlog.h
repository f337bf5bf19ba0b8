#ifndef MOSHGATE_LOGINLOG_H
#define MOSHGATE_LOGINLOG_H

#include <stdbool.h>

#include "../refusal.h"
#include "peer.h"
#include "quota.h"

/*
 * The log's lines about logins that went wrong, and how many of them a user may
 * cause.
 */
struct loginlog {
	struct quotas *users;
	struct quota unknown;   /* of all unknown users together */
	struct quota passwords; /* of all that were not even tried */
	/* the one who was logged last as unknown, and of which sshd */
	char unknown_name[USERNAME_MAX_CHARS + 1], unknown_pid[16];
};

/*
 * The login of PEER, which asked the remote for ASKED, failed for WHY; HOST is
 * the remote.
 */
void loginlog_failed(struct loginlog *log, const struct peer *peer,
    const char *asked, const char *host, const struct refusal *why);

/* The session of PEER goes over SSH instead of mosh, for WHY. */
void loginlog_fallback(struct loginlog *log, const struct peer *peer,
    const char *host, const struct refusal *why);

/*
 * The password of PEER's user was right; or nobody is let in, for WHY.  Each that
 * was TRIED is logged: there can't be many.
 */
void loginlog_password(struct loginlog *log, const struct peer *peer,
    bool tried, const struct refusal *why);

/* PEER has asked for NAME, which is nobody's, for WHY. */
void loginlog_unknown(struct loginlog *log, const struct peer *peer,
    const char *name, const struct refusal *why);

#endif
