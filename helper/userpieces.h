#ifndef MOSHGATE_USERPIECES_H
#define MOSHGATE_USERPIECES_H

#include <stdbool.h>
#include <stddef.h>

#include "../shim/lib/frame.h"
#include "usertable.h"

/* A user map on its way between two processes: FRAME_TEXTs, and its fault. */
struct userpieces {
	char *text; /* malloc'ed */
	size_t len;
};

/* A piece has at most so many bytes. */
#define USERPIECES_BYTES ((size_t)512 * 1024)

/* Add what FRAME has.  Returns false if that is too much, or without memory. */
bool userpieces_take(struct userpieces *pieces, const struct frame *frame);

/*
 * Read all that has come into TABLE, which is empty, and which has FAULT (NULL:
 * there is none).  PIECES is all zero then.
 */
void userpieces_read(struct userpieces *pieces, struct usertable *table,
    const char *fault);
void userpieces_free(struct userpieces *pieces);

/*
 * Have SEND, which returns false if that can't be, send all pieces of TABLE.
 * Returns false then, or for want of memory.
 */
bool userpieces_send(const struct usertable *table,
    bool (*send)(void *context, const char *piece, size_t len), void *context);

#endif
