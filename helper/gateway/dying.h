#ifndef MOSHGATE_DYING_H
#define MOSHGATE_DYING_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

/*
 * The processes that the helper has done with and that have not ended yet, each
 * on account of a local user: workers that carried what the user gave them, and
 * those that close what the user has sent.  They may hang in that for ever, so
 * that a user must not pile them up.  Policy.
 */
struct dying;

/* So many of a user's: from then on the user is refused. */
#define DYING_PER_USER_MAX 8
/* So many of all users'; one may have many uids: subuid(5). */
#define DYING_MAX 64
/*
 * On account of nobody who could be told from others: so many as of a user,
 * besides.
 */
#define DYING_NOBODY ((uid_t)-1)

/* Returns NULL for want of memory. */
struct dying *dying_new(void);
void dying_free(struct dying *dying);

/* There is one more on account of UID, or one less. */
void dying_add(struct dying *dying, uid_t uid);
void dying_remove(struct dying *dying, uid_t uid);

/* True if UID has so many that nothing more is done for it. */
bool dying_refuses(const struct dying *dying, uid_t uid);

/* True if there may be one more on account of UID. */
bool dying_has_room(const struct dying *dying, uid_t uid);

/*
 * True if one on account of UID, which is counted, may be told to end.  The last
 * that there may be is not: it keeps what the user goes on to send.
 */
bool dying_may_end(const struct dying *dying, uid_t uid);

#endif
