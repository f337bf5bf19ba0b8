#include "account.h"

#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * getpwnam(3) names errors that may mean "there is none".  glibc has none of
 * them for that: it sets errno to 0 (nss/getXXbyYY_r.c).  ENOENT is what the
 * module of nslcd sets when nslcd is down.
 */
static enum account
account_judge(bool found)
{
	if (found)
		return ACCOUNT_THERE;
	return errno == 0 ? ACCOUNT_NONE : ACCOUNT_UNKNOWN;
}

enum account
account_by_name(const char *name)
{
	errno = 0;
	return account_judge(getpwnam(name) != NULL);
}

enum account
account_by_uid(uid_t uid)
{
	errno = 0;
	return account_judge(getpwuid(uid) != NULL);
}
