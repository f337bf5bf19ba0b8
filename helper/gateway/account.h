#ifndef MOSHGATE_ACCOUNT_H
#define MOSHGATE_ACCOUNT_H

#include <sys/types.h>

#include "../directory.h"

/*
 * Whether a name or a uid is an account's, by any source of the passwd database
 * (nsswitch.conf(5)).  In the helper these are the gateway's accounts, those of
 * its directory service, and the users of the map.
 */

/* Look for the account called NAME, or with UID: waits as long as sources do. */
void account_look_name(const char *name, struct directory_answer *answer);
void account_look_uid(uid_t uid, struct directory_answer *answer);

/*
 * The verdict on UID alone; with DIRECTORY_UNKNOWN errno says why.  There is
 * none only if the source that had the last word knows of none.  A directory
 * service that is down has the last word if nsswitch.conf says so:
 * "[UNAVAIL=return]".
 */
enum directory_verdict account_by_uid(uid_t uid);

#endif
