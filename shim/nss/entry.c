#include "entry.h"

#include <string.h>

#include "../lib/uidrange.h"
#include "account.h"
#include "ask.h"
#include "guest.h"
#include "mapfile.h"
#include "passwdfile.h"
#include "sshd.h"

/* Open the user map; false if there is none that can be used. */
static bool
entry_open_map(struct mapfile *map)
{
	return mapfile_open(map, USERMAP_DIR, account_is_service) ==
	    MAPFILE_OPEN;
}

/*
 * True if ENTRY can be a user of the remote: whoever has written it, the helper
 * or its map, can make neither a person nor the system of it.
 */
static bool
entry_is_nobody_elses(const struct usermap_entry *entry)
{
	struct uidrange range;

	/* one uid is nobody's anyway */
	return uidrange_read(UIDRANGE_DIR, &range) &&
	    (uidrange_has(&range, entry->uid) ||
		entry->uid == USERMAP_UID_DEAD_END) &&
	    passwdfile_lacks(PASSWDFILE_PATH, entry->name, entry->uid);
}

/* Store in *ENTRY the next line of MAP that may be a user; false at the end. */
static bool
entry_read(struct mapfile *map, struct usermap_entry *entry)
{
	while (mapfile_next(map, entry)) {
		if (!account_is_reserved(entry->name))
			return true;
	}
	return false;
}

/*
 * True if ENTRY, which was read from MAP last, is the first with its name, and
 * with its uid: no name may have two uids, or be another's uid.
 */
static bool
entry_is_first(struct mapfile *map, const struct usermap_entry *entry)
{
	const size_t end = mapfile_tell(map);
	struct usermap_entry other;

	mapfile_seek(map, 0);
	while (entry_read(map, &other)) {
		if (other.uid == entry->uid ||
		    strcmp(other.name, entry->name) == 0)
			return mapfile_tell(map) == end;
	}
	return false;
}

/* Find NAME in the map. */
static bool
entry_in_map(const char *name, struct usermap_entry *entry)
{
	struct mapfile map;
	bool found = false;

	if (!entry_open_map(&map))
		return false;
	while (!found && entry_read(&map, entry))
		found = strcmp(entry->name, name) == 0;
	found = found && entry_is_first(&map, entry);
	mapfile_close(&map);
	return found;
}

/*
 * Find NAME with the helper.  That has the whole map in memory, and mends the
 * file if it can.
 */
static bool
entry_of_helper(const char *name, struct usermap_entry *entry)
{
	gid_t gid;

	/* without the group nobody whom the helper knows could be a user */
	if (!sshd_is_this() || !account_users_gid(&gid) ||
	    !ask_uid(name, &entry->uid))
		return false;
	memcpy(entry->name, name, strlen(name) + 1);
	guest_note(entry);
	return true;
}

bool
entry_by_name(const char *name, struct usermap_entry *entry)
{
	return username_valid(name) && !account_is_reserved(name) &&
	    (entry_in_map(name, entry) || entry_of_helper(name, entry)) &&
	    entry_is_nobody_elses(entry);
}

/* Find the user with UID in the map. */
static bool
entry_by_uid_in_map(uid_t uid, struct usermap_entry *entry)
{
	struct mapfile map;
	bool found = false;

	if (!usermap_uid_valid(uid) || !entry_open_map(&map))
		return false;
	while (!found && entry_read(&map, entry))
		found = entry->uid == uid;
	found = found && entry_is_first(&map, entry);
	mapfile_close(&map);
	return found;
}

bool
entry_by_uid(uid_t uid, struct usermap_entry *entry)
{
	return (entry_by_uid_in_map(uid, entry) || guest_by_uid(uid, entry)) &&
	    entry_is_nobody_elses(entry);
}

bool
entry_next(size_t *offset, struct usermap_entry *entry)
{
	struct mapfile map;
	bool found;

	if (!entry_open_map(&map))
		return false;
	mapfile_seek(&map, *offset);
	do {
		found = entry_read(&map, entry);
	} while (found && !entry_is_nobody_elses(entry));
	*offset = mapfile_tell(&map);
	mapfile_close(&map);
	return found;
}
