#include "stream.h"

#include <sys/socket.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

struct pollfd
stream_reads(const struct stream *s)
{
	return (struct pollfd){ .fd = s->len == 0 && !s->over ? s->from_fd : -1,
		.events = POLLIN };
}

struct pollfd
stream_writes(const struct stream *s)
{
	return (struct pollfd){ .fd = s->len > 0 ? s->to_fd : -1,
		.events = POLLOUT };
}

/* What it means that a call has failed, by errno. */
static enum stream_result
stream_failed(void)
{
	return errno == EAGAIN || errno == EINTR ? STREAM_IDLE : STREAM_BROKEN;
}

enum stream_result
stream_read(struct stream *s)
{
	const ssize_t got = read(s->from_fd, s->bytes, STREAM_BYTES);

	if (got < 0 && stream_failed() == STREAM_IDLE)
		return STREAM_IDLE;
	s->over = got <= 0;
	stream_was_read(s, got > 0 ? (size_t)got : 0);
	return got < 0 ? STREAM_BROKEN : STREAM_MOVED;
}

enum stream_result
stream_write(struct stream *s)
{
	const char *bytes = s->bytes + s->at;
	ssize_t put;

	if (s->len == 0)
		return STREAM_IDLE;
	put = send(s->to_fd, bytes, s->len, MSG_DONTWAIT | MSG_NOSIGNAL);
	/*
	 * poll(2) promises room for PIPE_BUF bytes of a pipe, which may block
	 */
	if (put < 0 && errno == ENOTSOCK)
		put = write(s->to_fd, bytes,
		    s->len < PIPE_BUF ? s->len : PIPE_BUF);
	if (put < 0)
		return stream_failed();
	stream_was_written(s, (size_t)put);
	return STREAM_MOVED;
}

void
stream_was_read(struct stream *s, size_t len)
{
	s->at = 0;
	s->len = len;
}

void
stream_was_written(struct stream *s, size_t len)
{
	s->at += len;
	s->len -= len;
}

void
stream_end(const struct stream *s)
{
	if (s->to_fd >= 0)
		shutdown(s->to_fd, SHUT_WR);
}

void
stream_drop(struct stream *s)
{
	/* also what has been written: it may be a password */
	explicit_bzero(s->bytes, sizeof(s->bytes));
	s->at = s->len = 0;
}

void
stream_close(struct stream *s)
{
	stream_drop(s);
	if (s->from_fd >= 0)
		close(s->from_fd);
	if (s->to_fd >= 0)
		close(s->to_fd);
	s->from_fd = s->to_fd = -1;
}
