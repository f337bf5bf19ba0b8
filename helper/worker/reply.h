#ifndef MOSHGATE_REPLY_H
#define MOSHGATE_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#define REPLY_MARK_CHARS 32
#define REPLY_NOISE_MAX_BYTES ((size_t)1024 * 1024)

/*
 * What a command on the remote writes, which stands between two lines with a
 * mark that nobody can guess: "MARK-begin", and behind it an empty line,
 * "MARK-end STATUS".  Before that there may be noise, from the start-up files
 * of the login shell.
 */
struct reply {
	char mark[REPLY_MARK_CHARS + 1];
	char *text; /* malloc'ed: noise, and once it has begun the reply */
	size_t len;
	int status; /* the exit status, once it is whole */
	/* the reply's own */
	size_t limit_bytes, room_bytes, noise_bytes, scanned;
	bool begun;
};

enum reply_result {
	REPLY_MORE,    /* it is not whole yet */
	REPLY_WHOLE,   /* TEXT, of LEN bytes with a NUL behind, is all of it */
	REPLY_TOO_BIG, /* it, or the noise before it, is */
};

/*
 * Make REPLY ready, with a new mark, for one of at most LIMIT_BYTES.
 */
void reply_init(struct reply *reply, size_t limit_bytes);
void reply_free(struct reply *reply);

/*
 * Where to put what is read next, and in *SIZE how much may be put there.
 * Returns NULL for want of memory.
 */
char *reply_room(struct reply *reply, size_t *size);

/* GOT bytes have been put there. */
enum reply_result reply_add(struct reply *reply, size_t got);

#endif
