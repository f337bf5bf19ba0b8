#ifndef MOSHGATE_REPLY_H
#define MOSHGATE_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#define REPLY_MARK_CHARS 32
#define REPLY_NOISE_MAX_BYTES ((size_t)1024 * 1024)

/*
 * What a command on the remote writes.  It stands between two lines with a mark
 * that nobody can guess: before it "MARK-begin", and behind it "MARK-end
 * STATUS" with a newline of its own in front.  Before the first of them there
 * may be noise: what the start-up files of the login shell write.
 */
struct reply {
	char mark[REPLY_MARK_CHARS + 1];
	char *text; /* malloc'ed: the noise, or the reply once that has begun */
	size_t len;
	int status; /* the exit status, once it is whole */
	size_t limit_bytes, room_bytes;
	size_t noise_bytes; /* that were dropped */
	size_t scanned;     /* so much of the text has no end in it */
	bool begun;
};

enum reply_result {
	REPLY_MORE,    /* it is not whole yet */
	REPLY_WHOLE,   /* TEXT, of LEN bytes with a NUL behind, is all of it */
	REPLY_TOO_BIG, /* the reply is too long, or the noise before it */
};

/* Make REPLY ready, with a new mark, for a reply of at most LIMIT_BYTES. */
void reply_init(struct reply *reply, size_t limit_bytes);

/* Wipe and free the text of REPLY. */
void reply_free(struct reply *reply);

/*
 * Make room for what is read next.  Returns where to put it, and stores in
 * *SIZE how many bytes of it there may be; or returns NULL for want of memory.
 */
char *reply_room(struct reply *reply, size_t *size);

/*
 * Take the GOT bytes that have been put where reply_room() said, and see
 * whether REPLY is whole with them.
 */
enum reply_result reply_add(struct reply *reply, size_t got);

#endif
