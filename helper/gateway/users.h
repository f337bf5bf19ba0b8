#ifndef MOSHGATE_USERS_H
#define MOSHGATE_USERS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "../usertable.h"
#include "directory.h"

/*
 * The users who exist on the remote alone, each with a uid that is never
 * another's: the map of shim/lib/usermap.h, which nobody else writes.  What is
 * damaged in it from the start keeps everybody new out until it is mended: a uid
 * could be somebody's already.
 *
 * Another process has the file (keeper.h): nobody here waits for its disk.
 */
struct users;

/* Somebody who is to be added, kept by whoever asks until it is done. */
struct users_adding {
	/*
	 * Called when it is: with USERS_OK the user has UID, on the disk; else
	 * users_fault() says more.  It is forgotten before.
	 */
	void (*done)(struct users_adding *adding, enum users_result result,
	    uid_t uid);
	void *asker;
	/* the users' own */
	enum {
		USERS_ADDING_NOT,
		USERS_ADDING_ASKS,  /* whether the uid is an account's */
		USERS_ADDING_WAITS, /* for others to be written */
		USERS_ADDING_WRITES,
	} state;
	struct users *users;
	struct users_adding *next;
	struct directory_question question;
	char name[USERNAME_MAX_CHARS + 1];
	uid_t uid;
	int64_t end_ms;
};

/*
 * LOOP, CHILDREN and DIRECTORY must outlive it.  ON_TABLE is called with CONTEXT
 * when the map has been read, or read again.  Returns NULL for want of memory.
 */
struct users *users_new(struct loop *loop, struct children *children,
    struct directory *directory, void (*on_table)(void *context),
    void *context);
void users_free(struct users *users);

/* New users get uids from UID_MIN to UID_MAX. */
void users_configure(struct users *users, uid_t uid_min, uid_t uid_max);

/* True if the map has been read: before that nobody is found or added. */
bool users_ready(const struct users *users);

/* True if the map has a fault, so that nobody is added. */
bool users_damaged(const struct users *users);

/* Have the file looked at, and read again or mended if it has changed, soon. */
void users_refresh(struct users *users);

/* Somebody who waits for that, as above. */
struct users_looking {
	void (*done)(struct users_looking *looking);
	void *asker;
	/* the users' own */
	struct users *users; /* NULL: it is not in the list */
	struct users_looking *next;
	unsigned look;
	int64_t end_ms;
};

/*
 * The same, and tell LOOKING, all zero in the beginning, when that is done: but
 * nobody waits for long.
 */
void users_look(struct users *users, struct users_looking *looking);
void users_look_no_more(struct users_looking *looking);

/* True if there is a user called NAME; stores the uid in *UID. */
bool users_find(const struct users *users, const char *name, uid_t *uid);

/*
 * True if there is a user whose name is NAME but for case, and not NAME itself.
 */
bool users_like(const struct users *users, const char *name);

/* False if UID is that of a user who is not called NAME. */
bool users_may_be(const struct users *users, const char *name, uid_t uid);

/* True if UID is or was a user's. */
bool users_had(const struct users *users, uid_t uid);

/*
 * Store in *UID the lowest uid from MIN to MAX that is nobody's, and that nobody
 * had; it is given to nobody else soon.
 * Returns false if there is none at hand now: see users_spare_result().
 */
bool users_spare_uid(struct users *users, uid_t min, uid_t max, uid_t *uid);

/* Why users_spare_uid() has none: users_fault() says more. */
enum users_result users_spare_result(const struct users *users);

/*
 * Give NAME, a valid one, UID, which users_spare_uid() has given.  A user who has
 * a uid keeps it.  ADDING, all zero in the beginning, may be done before this
 * returns.
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
