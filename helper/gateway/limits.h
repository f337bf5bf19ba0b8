#ifndef MOSHGATE_LIMITS_H
#define MOSHGATE_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Which unknown names are asked of the remote, and when: anybody can make sshd
 * look for any name.  What is kept here says nothing of the names in the user
 * map, for which nothing is ever asked.
 *
 * - The remote bans an address for failed logins: OpenSSH 9.8 counts 5 s for
 *   each, and bans from 15 s on (sshd_config(5), PerSourcePenalties).  So no
 *   more than a few names go at once, and so many a minute; those who turn out
 *   to be users do not count.
 * - A name that was refused is not asked again for a while.
 *
 * Policy: times are milliseconds on the monotonic clock.
 */
struct limits;

#define LIMITS_ASKING_MAX 4 /* names that are being asked at a time */

enum limits_answer {
	LIMITS_GO,       /* ask; limits_done() is to follow */
	LIMITS_LATER,    /* those being asked may make room */
	LIMITS_TOO_MANY, /* so many were refused in the last minute */
	LIMITS_BUSY,     /* so many are being asked */
	LIMITS_REFUSED,  /* this name was, a short while ago */
};

enum limits_outcome {
	LIMITS_IS_USER,
	LIMITS_NO_USER, /* the remote has refused the name */
	LIMITS_FAILED,  /* it could not be asked */
};

/* Returns NULL for want of memory. */
struct limits *limits_new(void);
void limits_free(struct limits *limits);

/* What [users] lookups_per_minute and negative_ttl say. */
void limits_configure(struct limits *limits, int lookups_per_minute,
    int negative_ttl_s);

/* May the remote be asked for NAME now? */
enum limits_answer limits_ask(struct limits *limits, const char *name,
    int64_t now_ms);

/*
 * NAME, which was to GO, has been asked; or the remote has said so much that it
 * won't be a refused login any more.
 */
void limits_done(struct limits *limits, const char *name,
    enum limits_outcome outcome, int64_t now_ms);

/* NAME is not to GO for a while, although no login was refused. */
void limits_remember(struct limits *limits, const char *name, int64_t now_ms);

/* True if NAME is not to GO for a while. */
bool limits_was_refused(const struct limits *limits, const char *name,
    int64_t now_ms);

#endif
