#ifndef MOSHGATE_USERFILE_H
#define MOSHGATE_USERFILE_H

#include <sys/stat.h>

#include <stdbool.h>

#include "usertable.h"

/*
 * The file of the user map, and a table of what it says.
 *
 * What has been read or written once is in the table.  From there a file that
 * has lost anything is mended.  One that is damaged from the start is left as it
 * is, since only its administrator knows what it said.
 */
struct userfile {
	const char *dir;  /* it is in, and which outlives this */
	struct stat seen; /* of the file, as it was read or written last */
	bool unwritten;   /* it lacks something that is in the table */
};

/*
 * Read the file in the directory DIR into TABLE, which is empty.  A file that is
 * missing is an empty one.  What is wrong with it is the table's fault, and is
 * logged.
 */
void userfile_open(struct userfile *file, const char *dir,
    struct usertable *table);

/*
 * See whether the file is as it was read or written last.  If it isn't, read it
 * into TABLE or mend it, and log that.
 */
void userfile_refresh(struct userfile *file, struct usertable *table);

/*
 * Write TABLE, so that it is on the disk when this returns true.  Else the file
 * is as it was, and why it can't be written is in FAULT.
 */
bool userfile_write(struct userfile *file, struct usertable *table,
    char fault[USERTABLE_FAULT_CHARS]);

#endif
