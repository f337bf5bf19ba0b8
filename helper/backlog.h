#ifndef MOSHGATE_BACKLOG_H
#define MOSHGATE_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Lines for the log that wait for room there, in the order in which they came.
 * There are no more than these; all zero is an empty one.
 */
#define BACKLOG_LINES ((size_t)256)
#define BACKLOG_BYTES ((size_t)128 * 1024)

struct backlog_line {
	int level; /* one of syslog(3)'s */
	char *text;
};

struct backlog {
	struct backlog_line lines[BACKLOG_LINES]; /* a ring */
	size_t first, count, bytes;
};

/* Keep a copy of TEXT.  False if there is no room, or no memory. */
bool backlog_add(struct backlog *backlog, int level, const char *text);

/* The line that has waited for longest, or NULL. */
const struct backlog_line *backlog_first(const struct backlog *backlog);

/* That one waits no more. */
void backlog_drop_first(struct backlog *backlog);

#endif
