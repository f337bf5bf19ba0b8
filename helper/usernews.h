#ifndef MOSHGATE_USERNEWS_H
#define MOSHGATE_USERNEWS_H

#include <stdbool.h>

#include "../shim/lib/fields.h"

/* What has happened to the file of the user map, for the administrator. */
enum usernews {
	USERNEWS_DAMAGED, /* from the start: it is left as it is */
	USERNEWS_MENDED,  /* it had changed */
	USERNEWS_FAILED,  /* it has changed, and can't be written */
};

/*
 * Add NEWS to FIELDS, with DETAIL; or read them from FRAME, which has passed
 * fields_wellformed(), and log them, of the file at PATH.  Returns false if there
 * is nothing of it in the frame.
 */
void usernews_add(struct fields *fields, enum usernews news,
    const char *detail);
bool usernews_read(const struct frame *frame, const char *path);

/* Log NEWS, in particular DETAIL, of the file at PATH. */
void usernews_log(enum usernews news, const char *detail, const char *path);

#endif
