#ifndef MOSHGATE_USERFILE_H
#define MOSHGATE_USERFILE_H

#include <sys/stat.h>

#include <stdbool.h>

#include "../usernews.h"
#include "../usertable.h"

/*
 * The file of the user map, and a table of what it says.
 *
 * What has been read or written once is in the table.  From there a file that
 * has lost anything is mended.  One that is damaged from the start is left as it
 * is, since only its administrator knows what it said.
 */
struct userfile {
	const char *dir; /* it is in, and which outlives this */
	/* called with what has happened to the file, in particular DETAIL */
	void (*tell)(void *context, enum usernews news, const char *detail);
	void *context;
	/* the file's own */
	struct stat seen; /* of the file, as it was read or written last */
	bool unwritten;   /* it lacks something that is in the table */
};

/*
 * Read the file into TABLE, which is empty.  A file that is missing is an empty
 * one.  What is wrong with it is the table's fault, and is told.
 */
void userfile_open(struct userfile *file, struct usertable *table);

/*
 * Go on with TABLE, which is what another process has read or written last: see
 * to the file as below.
 */
void userfile_resume(struct userfile *file, struct usertable *table);

/*
 * See whether the file is as it was read or written last.  If it isn't, read it
 * into TABLE or mend it, and tell that.  Returns true if it wasn't.
 */
bool userfile_refresh(struct userfile *file, struct usertable *table);

/*
 * Add NAME with *UID, which nobody has and nobody had.  A user who has a uid
 * keeps it, and it is stored there.  With USERS_OK it is on the disk.  Else FAULT
 * says why not, and the file is as it was.
 */
enum users_result userfile_add(struct userfile *file, struct usertable *table,
    const char *name, uid_t *uid, char fault[USERTABLE_FAULT_CHARS]);

/*
 * Write TABLE, so that it is on the disk when this returns true.  Else the file
 * is as it was, and why it can't be written is in FAULT.
 */
bool userfile_write(struct userfile *file, struct usertable *table,
    char fault[USERTABLE_FAULT_CHARS]);

#endif
