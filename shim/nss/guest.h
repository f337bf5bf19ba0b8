#ifndef MOSHGATE_GUEST_H
#define MOSHGATE_GUEST_H

#include <sys/types.h>

#include <stdbool.h>

#include "../lib/usermap.h"

/*
 * The user whom this process, an sshd, has asked the helper for last.  No map has
 * them before their first session, for which sshd looks up its client's uid, and
 * takes it for an error that there is no such user.
 */

/* The helper has told of GUEST. */
void guest_note(const struct usermap_entry *guest);

/* Store the guest in *GUEST if UID is theirs; false if it isn't. */
bool guest_by_uid(uid_t uid, struct usermap_entry *guest);

#endif
