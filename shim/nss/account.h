#ifndef MOSHGATE_ACCOUNT_H
#define MOSHGATE_ACCOUNT_H

#include <sys/types.h>

#include <stdbool.h>

/*
 * The accounts of this machine that libnss_moshgate has to know, as the other
 * sources of the name service have them.
 */

/* True if UID is that of the helper. */
bool account_is_service(uid_t uid);

/*
 * True if NAME is one that only the service may have, whatever the user map
 * says.
 */
bool account_is_reserved(const char *name);

/* Store the group of all users in *GID.  Returns false if there is none. */
bool account_users_gid(gid_t *gid);

#endif
