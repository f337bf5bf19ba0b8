#ifndef MOSHGATE_ADMISSION_H
#define MOSHGATE_ADMISSION_H

#include <sys/types.h>

#include <pwd.h>
#include <stdbool.h>

#include "../config.h"
#include "../refusal.h"
#include "reserved.h"
#include "users.h"

/* Who is a gateway user: the group, and the shell that they can be asked for. */
#define ADMISSION_GROUP "moshgate"
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
 * May ACCOUNT (NULL if there is none), of which the name in the request is NAME,
 * go to the remote?  Asks the name service.
 * Returns NULL if it may, or why not.
 */
const struct refusal *admission_of_account(const struct admission *admission,
    const char *name, const struct passwd *account);

/*
 * May the remote be asked for NAME, as far as the gateway has a say: is it no
 * account's, and wanted?  Returns false if not, with the reason in *REFUSAL.
 */
bool admission_of_name(const struct admission *admission, const char *name,
    struct refusal *refusal);

/*
 * Give NAME, of which the remote has just said that it is a user's, a uid unless
 * it has one, and store it in *UID.
 * Returns false, with the reason in *REFUSAL, if that can't be.
 */
bool admission_enroll(const struct admission *admission, const char *name,
    uid_t *uid, struct refusal *refusal);

#endif
