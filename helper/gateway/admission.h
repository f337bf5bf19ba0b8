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
 * May the remote be asked for NAME, as far as the gateway has a say: is it no
 * account's, as ANSWER tells, and wanted?
 * Returns false if not, with the reason in *REFUSAL, whose strings live as long
 * as ANSWER.
 */
bool admission_of_name(const struct admission *admission, const char *name,
    const struct directory_answer *answer, struct refusal *refusal);

/*
 * Give NAME, of which the remote has just said that it is a user's, a uid unless
 * it has one, and store it in *UID.
 * Returns false, with the reason in *REFUSAL, as above, if that can't be.
 */
bool admission_enroll(const struct admission *admission, const char *name,
    const struct directory_answer *answer, uid_t *uid, struct refusal *refusal);

#endif
