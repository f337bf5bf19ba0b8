#ifndef MOSHGATE_ACCOUNT_H
#define MOSHGATE_ACCOUNT_H

#include <sys/types.h>

/*
 * Whether a name or a uid is an account's, by any source of the passwd database
 * (nsswitch.conf(5)).  In the helper these are the gateway's accounts, those of
 * its directory service, and the users of the map.
 */
enum account {
	ACCOUNT_THERE,
	ACCOUNT_NONE,
	ACCOUNT_UNKNOWN, /* a source did not answer; errno says why */
};

/*
 * Look for an account called NAME, or with UID.  ACCOUNT_NONE is said only if
 * the source that had the last word knows of none.  A directory service that
 * is down has the last word if nsswitch.conf says so: "[UNAVAIL=return]".
 * Waits for as long as the sources do.
 */
enum account account_by_name(const char *name);
enum account account_by_uid(uid_t uid);

#endif
