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
 * True if there is a user whose name is NAME but for case, and not NAME itself.
 */
bool users_like(const struct users *users, const char *name);

/*
 * Store in *UID a uid from MIN to MAX that is nobody's, that nobody had, and that
 * is above all that have been given there.  Returns false if there is none at
 * hand now: see users_spare_result().
 */
bool users_spare_uid(struct users *users, uid_t min, uid_t max, uid_t *uid);

/* Why users_spare_uid() has none: users_fault() says more. */
enum users_result users_spare_result(const struct users *users);

/* True if UID is or was a user's. */
bool users_had(const struct users *users, uid_t uid);

/* Somebody who is to be added, kept by whoever asks until it is done. */
struct users_adding {
	/*
	 * Called when it is: with USERS_OK the user has UID, on the disk; else
	 * users_fault() says more.  It is forgotten before.
	 */
	void (*done)(struct users_adding *adding, enum users_result result,
	    uid_t uid);
	void *asker;
};

/*
 * Give NAME, a valid one, UID.  A user who has a uid keeps it.  ADDING, all zero
 * in the beginning, may be done before this returns.
 */
void users_add(struct users *users, struct users_adding *adding,
    const char *name, uid_t uid);

/*
 * ADDING, which may be done, is not waited for any more: the user may be added
 * or not.
 */
void users_forget(struct users_adding *adding);

/* What was wrong last, for the administrator. */
const char *users_fault(const struct users *users);

#endif
