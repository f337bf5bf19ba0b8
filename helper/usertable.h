#ifndef MOSHGATE_USERTABLE_H
#define MOSHGATE_USERTABLE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "../shim/lib/usermap.h"
#include "uidset.h"

#define USERTABLE_FAULT_CHARS 256

/* What a user map says, in memory; all zero in the beginning. */
struct usertable {
	struct usermap_entry *entries; /* malloc'ed, in the order of the file */
	size_t count, room;
	struct uidset given; /* uids that have been somebody's, as it says */
	char fault[USERTABLE_FAULT_CHARS]; /* what is wrong; "" is nothing */
};

/* What comes of adding a user. */
enum users_result {
	USERS_OK,
	USERS_FULL,    /* every uid of the range has been somebody's */
	USERS_DAMAGED, /* the file is */
	USERS_AGAIN,   /* the uid is an account's, or a user's, by now */
	USERS_UNKNOWN, /* the name service can't tell whether it is */
	USERS_FAILED,  /* it could not be written, or not in time */
};

void usertable_free(struct usertable *table);

/*
 * Read the LEN bytes at TEXT, a user map, into TABLE, which is empty.  What
 * makes no sense, or is there twice, is its fault; the other lines are read.
 */
void usertable_parse(struct usertable *table, const char *text, size_t len);

/*
 * Record the uids of TABLE, as usertable_record(), and print it as the file has
 * it; its length is stored in *LEN.  Returns a malloc'ed string, or NULL for want
 * of memory.
 */
char *usertable_print(struct usertable *table, size_t *len);

/* The same, but TABLE stays as it is. */
char *usertable_text(const struct usertable *table, size_t *len);

/* Add ENTRY at the end.  Returns false for want of memory. */
bool usertable_append(struct usertable *table,
    const struct usermap_entry *entry);

/* The first entry with NAME, or with UID; NULL if there is none. */
const struct usermap_entry *usertable_by_name(const struct usertable *table,
    const char *name);
const struct usermap_entry *usertable_by_uid(const struct usertable *table,
    uid_t uid);

/* True if there is a name that is equal to NAME but for case, and not NAME. */
bool usertable_has_like(const struct usertable *table, const char *name);

/*
 * The user called NAME; NULL if there is none.  A uid that is there twice is the
 * first one's.
 */
const struct usermap_entry *usertable_find(const struct usertable *table,
    const char *name);

/* True if all entries of PART are in TABLE, with the same uids. */
bool usertable_holds(const struct usertable *table,
    const struct usertable *part);

/* True if UID is or has been somebody's. */
bool usertable_has_given(const struct usertable *table, uid_t uid);

/*
 * Have the uids of all entries of TABLE be among those given, if it says anything
 * of these.  Returns false for want of memory.
 */
bool usertable_record(struct usertable *table);

/*
 * Have UID be among those given; and if TABLE says nothing of these, all that are
 * below it, from that of the lowest entry on.  Returns false for want of memory.
 */
bool usertable_give(struct usertable *table, uid_t uid);

/*
 * The lowest uid from MIN to MAX that is nobody's and has not been; where TABLE
 * says nothing of those that have been, one above all that are.  If there is none
 * it is above MAX.  It is found fast if all are recorded.
 */
unsigned long usertable_next_uid(const struct usertable *table, uid_t min,
    uid_t max);

#endif
