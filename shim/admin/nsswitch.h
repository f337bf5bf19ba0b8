#ifndef MOSHGATE_NSSWITCH_H
#define MOSHGATE_NSSWITCH_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The line passwd of nsswitch.conf(5): where users are looked up, and whether
 * moshgate stands where it must.
 */

#define NSSWITCH_PATH "/etc/nsswitch.conf"

#define NSSWITCH_SOURCES_MAX 16
#define NSSWITCH_NAME_MAX_CHARS 31
/* Room for any advice: each source with its name and "[UNAVAIL=return]". */
#define NSSWITCH_ADVICE_BYTES 1024

enum nsswitch_status {
	NSSWITCH_SUCCESS,
	NSSWITCH_NOTFOUND,
	NSSWITCH_UNAVAIL,
	NSSWITCH_TRYAGAIN,
	NSSWITCH_STATUSES
};

struct nsswitch_source {
	char name[NSSWITCH_NAME_MAX_CHARS + 1];
	/* for each status, whether the sources behind it are not asked then */
	bool ends[NSSWITCH_STATUSES];
};

struct nsswitch {
	struct nsswitch_source sources[NSSWITCH_SOURCES_MAX];
	size_t count;
};

/*
 * Find the line passwd in the LEN bytes at TEXT, a nsswitch.conf, and take it
 * into *LINE as glibc 2.33 and later do: the last such line counts, and "#"
 * begins a comment at the beginning of a line alone.  Without such a line users
 * are looked up in files.
 * Returns false if glibc can't read it, and so finds no user at all, or if it
 * has more sources, or longer names, than there is room for.
 */
bool nsswitch_parse(const char *text, size_t len, struct nsswitch *line);

enum nsswitch_fault {
	NSSWITCH_WELL,
	NSSWITCH_ABSENT,      /* moshgate is not in it */
	NSSWITCH_COMMENT,     /* a part of it is meant as a comment */
	NSSWITCH_NOT_LAST,    /* SOURCE comes behind moshgate */
	NSSWITCH_UNREACHABLE, /* SOURCE lets nobody through to moshgate */
	NSSWITCH_OVERRULED,   /* moshgate is asked for SOURCE's users, too */
	NSSWITCH_OUTAGE,      /* ... while SOURCE, a directory, is down */
	NSSWITCH_LOCKOUT      /* files are not read while SOURCE is down */
};

/* True if moshgate is one of the sources in LINE. */
bool nsswitch_has_moshgate(const struct nsswitch *line);

/*
 * Returns what is wrong with LINE.  Stores in *SOURCE the name of the source
 * that is at fault, which is a part of LINE, or "".
 */
enum nsswitch_fault nsswitch_judge(const struct nsswitch *line,
    const char **source);

/*
 * Write to ADVICE the line that LINE should be: first the sources on this
 * machine, then directories, whose outage ends a search, then moshgate.
 */
void nsswitch_advise(const struct nsswitch *line,
    char advice[NSSWITCH_ADVICE_BYTES]);

#endif
