#ifndef MOSHGATE_LOGPAUSE_H
#define MOSHGATE_LOGPAUSE_H

#include <stdbool.h>

#include "quota.h"

/*
 * True if one more line may be logged now that counts on QUOTA.  Before the
 * first that may not be, one says so: that of USER, or NULL, DETAIL are too many.
 */
bool logpause_allows(struct quota *quota, const char *user, const char *detail);

#endif
