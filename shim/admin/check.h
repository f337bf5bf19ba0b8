#ifndef MOSHGATE_CHECK_H
#define MOSHGATE_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "settings.h"

/*
 * The parts of `moshgate check` that ask nothing but this machine.  Each prints
 * its steps, and returns false if one of them failed.
 */

#define CHECK_GROUP "moshgate"
#define CHECK_SESSION LIBEXECDIR "/moshgate/moshgate-session"
#define CHECK_DROPIN "50-moshgate.conf"
#define CHECK_USER_BYTES 128

/*
 * Check the name service: /etc/nsswitch.conf, libnss_moshgate and nscd.  Stores
 * in *MAPPED whether users of the remote need no account here.
 */
bool check_names(bool *mapped);

/*
 * Check the user map and the accounts in the group; MAPPED is as above.  Stores
 * in SOMEONE the name of a user who goes to the remote, or "".
 */
bool check_users(bool mapped, char someone[CHECK_USER_BYTES]);

/*
 * Check what sshd(8) has set for USER, who is a user of this gateway, which has
 * SETTINGS.  Stores in *REVOKES whether it has a file of revoked keys.
 */
bool check_sshd(const char *user, const struct settings *settings,
    bool *revokes);

/*
 * The part of that about how users get in; DUMP is all that sshd has set for
 * USER, sshdconf.h.
 */
bool check_ways(const char *dump, const char *user,
    const struct settings *settings);

/* True if there is an account NAME, and it is in the group. */
bool check_is_member(const char *name);

#endif
