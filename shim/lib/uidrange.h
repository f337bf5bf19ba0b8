#ifndef MOSHGATE_UIDRANGE_H
#define MOSHGATE_UIDRANGE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

/*
 * Which uids users who exist on the remote alone can have: those of a range that
 * root alone sets and everybody can read, so that who can write the user map can
 * make nobody out of its users who is somebody else.
 */
struct uidrange {
	uid_t min, max;
};

/* Where it is said, if it isn't this range: a line "MIN-MAX". */
#define UIDRANGE_DIR SYSCONFDIR "/moshgate"
#define UIDRANGE_NAME "uids"
#define UIDRANGE_PATH UIDRANGE_DIR "/" UIDRANGE_NAME
#define UIDRANGE_MIN 65536
#define UIDRANGE_MAX 99999

/* As much can be in the file, with the lines that begin with "#". */
#define UIDRANGE_MAX_BYTES ((size_t)4096)

/* Words for a file that is of no use. */
#define UIDRANGE_WANTED                                         \
	UIDRANGE_PATH ": expected a line such as 70000-79999, " \
		      "and that root alone may change it"

/*
 * Take the LEN bytes at TEXT, of the file, into *RANGE.  Returns false if they
 * are not one range of uids that the user map can have.
 */
bool uidrange_parse(const char *text, size_t len, struct uidrange *range);

/*
 * Read the range from the file in the directory DIR, or take the one above if
 * there is none.  Returns false if others than root can write to either of them,
 * or the file makes no sense: then nobody has a uid of it.
 */
bool uidrange_read(const char *dir, struct uidrange *range);

/* True if UID is one of RANGE. */
bool uidrange_has(const struct uidrange *range, uid_t uid);

#endif
