#ifndef MOSHGATE_USERMAP_H
#define MOSHGATE_USERMAP_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

/*
 * The user map: a file with a line "name:uid" for each user who exists on the
 * remote alone.  The helper writes it; libnss_moshgate reads it, in every
 * process that asks who a user is.
 */
#define USERMAP_DIR LOCALSTATEDIR "/lib/moshgate"
#define USERMAP_NAME "users"
#define USERMAP_PATH USERMAP_DIR "/" USERMAP_NAME
#define USERMAP_MAX_BYTES ((size_t)16 * 1024 * 1024)

/* Also for a map that somebody else has written: no uid is the system's. */
#define USERMAP_UID_MIN 1000
#define USERMAP_UID_MAX 2000000000

/*
 * Never anybody's: what 16 bits make of -1.  A name that gets nowhere has it, so
 * that it looks to strangers as all others do.
 */
#define USERMAP_UID_DEAD_END 65535

#define USERNAME_MAX_CHARS 64
#define USERMAP_LINE_MAX_CHARS (USERNAME_MAX_CHARS + 1 + 10)

struct usermap_entry {
	char name[USERNAME_MAX_CHARS + 1];
	uid_t uid;
};

/*
 * True if NAME may be a user's: [A-Za-z0-9._-]{1,64}, not beginning with "-",
 * neither "." nor "..", and not all digits.
 */
bool username_valid(const char *name);

/*
 * True if UID may be in the map: from USERMAP_UID_MIN to USERMAP_UID_MAX, and
 * neither nobody's nor what 16 bits make of -1.
 */
bool usermap_uid_valid(unsigned long uid);

/*
 * Take the LEN bytes at LINE, without the newline, into *ENTRY.  Returns false
 * if they are not a valid name, a colon, and a valid uid without zeros in
 * front.
 */
bool usermap_line(const char *line, size_t len, struct usermap_entry *entry);

/* What is left to be read of a map, or of a piece of one. */
struct usermap_rest {
	const char *at;
	size_t left;
};

enum usermap_kind {
	USERMAP_END,
	USERMAP_ENTRY,   /* a user's */
	USERMAP_COMMENT, /* it begins with "#" */
	USERMAP_GARBLED, /* none of these */
	USERMAP_CUT,     /* no newline ends it: it is being written, or read */
};

struct usermap_next {
	const char *line; /* in the map, without its newline */
	size_t len;
	struct usermap_entry entry; /* with USERMAP_ENTRY */
};

/*
 * Take the next line off REST into *NEXT, and say what it is.  One that is cut
 * off stays there; so it is the last.
 */
enum usermap_kind usermap_next(struct usermap_rest *rest,
    struct usermap_next *next);

#endif
