#ifndef MOSHGATE_LOGINLOG_H
#define MOSHGATE_LOGINLOG_H

#include <stdbool.h>

#include "../refusal.h"
#include "peer.h"
#include "quota.h"

/* Users, each from an address, share so many quotas. */
#define LOGINLOG_UNTRIED 64
/* So many names that get nowhere are remembered. */
#define LOGINLOG_DEAD_ENDS 64

/* A password of which there may be a line. */
enum loginlog_sort {
	LOGINLOG_TRIED,
	LOGINLOG_UNTRIED_KNOWN, /* of a user */
	LOGINLOG_UNTRIED_STRANGER,
};

/*
 * The log's lines about logins that went wrong, and how many of them a user may
 * cause.
 */
struct loginlog {
	struct quotas *users;
	struct quota unknown; /* of all unknown users together */
	/* of passwords that were not even tried: of unknown users together, */
	struct quota passwords;
	/* and of others, so that nobody's are hidden by many at others */
	struct quota untried[LOGINLOG_UNTRIED];
	/* the one who was logged last as unknown, and of which sshd */
	char unknown_name[USERNAME_MAX_CHARS + 1], unknown_pid[16];
	/* names that get nowhere, of late, each where its hash says */
	struct loginlog_dead_end {
		char name[USERNAME_MAX_CHARS + 1], client[64];
		int64_t at_ms;
	} dead_ends[LOGINLOG_DEAD_ENDS];
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
 * The password of PEER's user, which is of SORT, was right; or nobody is let in,
 * for WHY.  Each that was tried is logged: there can't be many.
 */
void loginlog_password(struct loginlog *log, const struct peer *peer,
    enum loginlog_sort sort, const struct refusal *why);

/* PEER has asked for NAME, which is nobody's, for WHY. */
void loginlog_unknown(struct loginlog *log, const struct peer *peer,
    const char *name, const struct refusal *why);

/*
 * The same for NAME that looks like a user's and gets nowhere: once a minute for
 * each client's address.
 */
void loginlog_dead_end(struct loginlog *log, const struct peer *peer,
    const char *name, const struct refusal *why);

#endif
