#include "account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#define SERVICE_USER "_moshgate"
#define USERS_GROUP "moshgate"

/* For an entry of the user database or the group database. */
#define ROOM_FIRST_BYTES ((size_t)1024)
#define ROOM_MAX_BYTES ((size_t)1024 * 1024)

/*
 * The user database asks us, and here we ask it and the group database.  The
 * GNU C Library holds these locks while a module is at work: getpwnam() and its
 * like hold one for the buffer that they return, and getpwent_r() holds one for
 * its position.  The functions below take neither; getpwnam(), getpwent() and
 * setpwent() would wait for ourselves.
 *
 * Nor does this go round.  What we ask of the user database comes back to us at
 * most as a question for SERVICE_USER, which account_is_reserved() ends before
 * anything is asked.  A module for groups that asks for users ends up there,
 * too, unless it asks for one of ours to know the group USERS_GROUP; none does.
 */

struct account_room {
	char *bytes;
	size_t size;
};

/* Make ROOM twice as large, and empty; false if that would be too much. */
static bool
account_grow_room(struct account_room *room)
{
	const size_t size = room->size > 0 ? room->size * 2 : ROOM_FIRST_BYTES;

	if (size > ROOM_MAX_BYTES)
		return false;
	free(room->bytes);
	*room = (struct account_room){ .bytes = malloc(size), .size = size };
	return room->bytes != NULL;
}

bool
account_is_service(uid_t uid)
{
	struct passwd service, *found = NULL;
	struct account_room room = { 0 };
	int error = ERANGE;
	bool is;

	while (error == ERANGE && account_grow_room(&room))
		error = getpwnam_r(SERVICE_USER, &service, room.bytes,
		    room.size, &found);
	is = error == 0 && found != NULL && service.pw_uid == uid;
	free(room.bytes);
	return is;
}

bool
account_is_reserved(const char *name)
{
	return strncmp(name, SERVICE_USER, strlen(SERVICE_USER)) == 0;
}

bool
account_users_gid(gid_t *gid)
{
	struct group group, *found = NULL;
	struct account_room room = { 0 };
	int error = ERANGE;
	bool there;

	while (error == ERANGE && account_grow_room(&room))
		error = getgrnam_r(USERS_GROUP, &group, room.bytes, room.size,
		    &found);
	there = error == 0 && found != NULL;
	if (there)
		*gid = group.gr_gid;
	free(room.bytes);
	return there;
}
