#ifndef MOSHGATE_KEYFILES_H
#define MOSHGATE_KEYFILES_H

#include <stdbool.h>
#include <stddef.h>

#include "../expiry.h"

#define KEYFILES_COMMAND_BYTES 8192
/* What comes before the files: paths, and there are few of them. */
#define KEYFILES_HEADER_MAX_BYTES ((size_t)64 * 1024)
#define KEYFILES_FAULT_BYTES 1024

/*
 * The files of authorized_keys on the remote, which are read by a line of sh
 * there.  It reads a file only if the remote's sshd, with StrictModes, would:
 * it is a plain file, and it and the directories above it, up to the user's
 * home, belong to the user or to root, and nobody else may write to them
 * (sshd_config(5), StrictModes).  With Debian's sshd a group may, if nobody but
 * the user is in it.
 *
 * It also tells in which time zone the remote's sshd reads them.
 */

/* What the line has found. */
struct keyfiles {
	const char *content; /* of the files, LEN bytes */
	size_t len;
	/* paths of files that were not read, separated by ", " */
	char faults[KEYFILES_FAULT_BYTES];
	struct expiry_zone zone;
};

/*
 * Write that line to COMMAND, for the files in PATHS, which are separated by
 * blanks, relative to the home of USER unless they begin with a slash; %u in
 * them is USER.  Each is read up to LIMIT_BYTES and a little more.  The line
 * holds neither quotes nor backslashes.  Returns false if it would be too long.
 */
bool keyfiles_command(const char *paths, const char *user, size_t limit_bytes,
    char command[KEYFILES_COMMAND_BYTES]);

/*
 * Take apart what the line has written, LEN bytes at TEXT, of which the content
 * in *FOUND is a part.  Returns false if TEXT is nothing the line writes.
 */
bool keyfiles_parse(const char *text, size_t len, struct keyfiles *found);

#endif
