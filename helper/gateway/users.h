#ifndef MOSHGATE_USERS_H
#define MOSHGATE_USERS_H

#include <sys/types.h>

#include <stdbool.h>

/*
 * The users who exist on the remote alone, each with a uid that is never
 * another's: the map of shim/lib/usermap.h, which nobody else writes.  What is
 * damaged in it from the start keeps everybody new out until it is mended: a uid
 * could be somebody's already.
 */
struct users;

enum users_result {
	USERS_OK,
	USERS_FULL,    /* every uid of the range has been somebody's */
	USERS_DAMAGED, /* the file, see users_fault() */
	USERS_AGAIN,   /* accounts have many uids: the next call goes on */
	USERS_UNKNOWN, /* the name service can't tell, see users_fault() */
	USERS_FAILED,  /* it could not be written, see users_fault() */
};

/*
 * Read the map in the directory DIR, which must outlive it.  A file that is
 * missing is an empty one.  What is wrong with it is logged.  Returns NULL for
 * want of memory.
 */
struct users *users_open(const char *dir);
void users_close(struct users *users);

/*
 * See whether the file is as it was read or written last, and if it isn't, read
 * it or mend it.
 */
void users_refresh(struct users *users);

/* True if there is a user called NAME; stores the uid in *UID. */
bool users_find(const struct users *users, const char *name, uid_t *uid);

/*
 * Give NAME, a valid one, a uid from UID_MIN to UID_MAX that nobody has, by any
 * source of the passwd database, and that nobody had.  A user who has a uid
 * keeps it.  It is on the disk before this returns USERS_OK, with the uid in
 * *UID.
 */
enum users_result users_add(struct users *users, const char *name,
    uid_t uid_min, uid_t uid_max, uid_t *uid);

/* What was wrong last, for the administrator. */
const char *users_fault(const struct users *users);

#endif
