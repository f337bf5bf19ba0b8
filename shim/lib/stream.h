#ifndef MOSHGATE_STREAM_H
#define MOSHGATE_STREAM_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * A byte stream: what has been read at one end and not yet written at the
 * other.  It reads again when all of that is written, so that it never holds
 * more than STREAM_BYTES.  The flags of its descriptors stay as they are, since
 * others may have them open, too: each call is for a descriptor that poll(2)
 * has found ready.
 */
#define STREAM_BYTES ((size_t)32 * 1024)

struct stream {
	int from_fd, to_fd; /* -1: that end is no descriptor, or is closed */
	bool over;          /* there is no more to read */
	size_t at, len;     /* LEN bytes, from AT on, are still to be written */
	char bytes[STREAM_BYTES];
};

enum stream_result {
	STREAM_MOVED,
	STREAM_IDLE,   /* there was nothing to do, or no room to do it */
	STREAM_BROKEN, /* whoever has the other end of the descriptor is gone */
};

/*
 * For poll(2): the end of S that is to be read while S is empty and not over,
 * or the end that is to be written while S is not empty; else no descriptor.
 */
struct pollfd stream_reads(const struct stream *s);
struct pollfd stream_writes(const struct stream *s);

/*
 * Read from FROM_FD; S is empty.  At the end of a file OVER is set, and on
 * STREAM_BROKEN, too.
 */
enum stream_result stream_read(struct stream *s);

/*
 * Write to TO_FD as much as it takes without waiting.  SIGPIPE is ignored in
 * the process, or a pipe without a reader ends that: pipe(7).
 */
enum stream_result stream_write(struct stream *s);

/*
 * For an end that is no descriptor: LEN bytes have been put at BYTES, where
 * nothing is to be written any more; the first LEN bytes at AT have been
 * written.
 */
void stream_was_read(struct stream *s, size_t len);
void stream_was_written(struct stream *s, size_t len);

/*
 * Tell whoever reads from TO_FD, if that is a socket, that no more comes.  The
 * other direction of the socket stays open: shutdown(2).
 */
void stream_end(const struct stream *s);

/* Wipe what is still to be written: it is never going to be. */
void stream_drop(struct stream *s);

/* The same, and close both ends. */
void stream_close(struct stream *s);

#endif
