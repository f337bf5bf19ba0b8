#ifndef MOSHGATE_ACCOUNT_H
#define MOSHGATE_ACCOUNT_H

#include "../directory.h"

/*
 * Look for what is ASKED in all sources of the passwd database: in the helper
 * these are the gateway's accounts, those of its directory service, and the
 * users of the map.  Waits for as long as the sources do.
 *
 * There is no account only if the source that had the last word knows of none.
 * A directory service that is down has the last word if nsswitch.conf(5) says
 * so: "[UNAVAIL=return]".
 */
void account_look(const struct directory_asked *asked,
    struct directory_answer *answer);

#endif
