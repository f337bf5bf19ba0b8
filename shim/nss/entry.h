#ifndef MOSHGATE_ENTRY_H
#define MOSHGATE_ENTRY_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "../lib/usermap.h"

/*
 * The entries of the users who exist on the remote alone: those of the user map
 * and, in sshd alone, those that the helper makes when it is asked.
 */

/*
 * Find the user NAME, and store it in *ENTRY.  Returns false if there is none.
 */
bool entry_by_name(const char *name, struct usermap_entry *entry);

/*
 * Find the user with UID of the map, or the one whom this sshd has asked for last,
 * and store it in *ENTRY, as above.
 */
bool entry_by_uid(uid_t uid, struct usermap_entry *entry);

/*
 * Store in *ENTRY the first user of the map at *OFFSET, in bytes, or after, and
 * in *OFFSET where the next may be.  Returns false if there is none.
 * Users whose name or uid is in the map twice are listed twice, as those of
 * /etc/passwd are: to look back for each would take too long.
 */
bool entry_next(size_t *offset, struct usermap_entry *entry);

#endif
