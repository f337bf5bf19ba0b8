#ifndef MOSHGATE_ADMISSION_H
#define MOSHGATE_ADMISSION_H

#include <sys/types.h>

#include <stdbool.h>

#include "../config.h"
#include "../directory.h"
#include "../refusal.h"
#include "reserved.h"
#include "users.h"

/* Who is a gateway user: the group, and the shell that they can be asked for. */
#define ADMISSION_GROUP DIRECTORY_GROUP
#define ADMISSION_SHELL LIBEXECDIR "/moshgate/moshgate-session"

/*
 * Who may go to the remote: which accounts, and which names that are no
 * account's.  What is refused, and why, is said here.
 */
struct admission {
	const struct config *config;
	const struct reserved *reserved; /* NULL: it can't be read */
	struct users *users;
};

/*
 * May the account that ANSWER tells of, of which the name in the request is
 * NAME, go to the remote?  Returns NULL if it may, or why not.
 */
const struct refusal *admission_of_account(const struct admission *admission,
    const char *name, const struct directory_answer *answer);

/*
 * Is NAME, which is in no map, wanted, and no service's?  Returns false if not,
 * with the reason in *REFUSAL.
 */
bool admission_wants(const struct admission *admission, const char *name,
    struct refusal *refusal);

/*
 * True if a name is no account of the gateway's, as ANSWER tells.  If it is one,
 * or like one, or nobody can tell, the reason is in *REFUSAL, whose strings live
 * as long as ANSWER.
 */
bool admission_is_free(const struct directory_answer *answer,
    struct refusal *refusal);

/* Why a uid is not that of the name by which sshd let its user in. */
extern const struct refusal admission_other_uid;

/*
 * The same for one that the gateway has not given to anybody who has not come
 * yet, as far as it knows.
 */
extern const struct refusal admission_lost_uid;

/* Why a name that sshd was told USERMAP_UID_DEAD_END for can't be a user's. */
extern const struct refusal admission_dead_end;

/* Why a name is no user's that is equal to a user's but for case. */
extern const struct refusal admission_like;

/*
 * Why the users have no uid for a name, which is RESULT, or can't add it.  The
 * strings live until they are asked again.
 */
struct refusal admission_no_uid(const struct admission *admission,
    enum users_result result);

#endif
