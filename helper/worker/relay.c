#include "relay.h"

#include <sys/socket.h>

#include <errno.h>
#include <libssh2.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../shim/lib/fields.h"

/* What is unwanted is read all the same; but not for ever. */
#define CALLS_A_TURN 16
#define BUFFER_BYTES ((size_t)32 * 1024)
/* A size is told in less. */
#define CONTROL_MAX_BYTES 256
#define SIZE_MAX_CELLS 65535

/* What is under way in one direction: read, and not yet written. */
struct stream {
	int fd;
	bool over; /* there is no more to read */
	size_t at, len;
	char buffer[BUFFER_BYTES];
};

struct relay {
	LIBSSH2_SESSION *session;
	LIBSSH2_CHANNEL *channel;
	struct stream in, out, err;
	bool in_told; /* the remote knows that the input is over */
	bool merged;  /* errors come with the output */
	/* of a terminal: where its size comes from, and what is not told yet */
	int control_fd;
	struct frame_in control;
	struct remote_size size;
	bool resized;
	/*
	 * Which of the calls below has sent a part of a packet: libssh2
	 * wants to hear nothing else until the rest of it is sent.
	 */
	int busy;
};

enum {
	READ_OUT,
	READ_ERR,
	WRITE_IN,
	WRITE_SIZE,
	CALLS,
	NOT_BUSY
};

enum step {
	STEP_DONE, /* something was done: there may be more to do */
	STEP_IDLE, /* there is nothing to do */
	STEP_WAIT, /* libssh2 waits for the connection */
	STEP_FAILED,
	STEP_GONE, /* nobody is there to take the output */
};

static enum step
step_of(ssize_t done)
{
	if (done == LIBSSH2_ERROR_EAGAIN)
		return STEP_WAIT;
	return done < 0 ? STEP_FAILED : STEP_DONE;
}

static void
close_stream(struct stream *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	s->at = s->len = 0;
}

/* Read from channel's stream ID what there is, if the last is delivered. */
static enum step
read_channel(struct relay *r, struct stream *s, int id)
{
	ssize_t got;

	if (s->len > 0)
		return STEP_IDLE;
	got = libssh2_channel_read_ex(r->channel, id, s->buffer, BUFFER_BYTES);
	if (got <= 0)
		return got == 0 ? STEP_IDLE : step_of(got);
	if (s->fd < 0)
		return STEP_DONE; /* it is not wanted */
	s->at = 0;
	s->len = (size_t)got;
	return STEP_DONE;
}

/* Write to its descriptor, which poll() found ready, what S holds. */
static enum step
deliver(struct stream *s)
{
	ssize_t put;

	if (s->len == 0)
		return STEP_IDLE;
	put = send(s->fd, s->buffer + s->at, s->len,
	    MSG_DONTWAIT | MSG_NOSIGNAL);
	/* of a pipe poll() promises room for so much; it may well block */
	if (put < 0 && errno == ENOTSOCK)
		put = write(s->fd, s->buffer + s->at,
		    s->len < PIPE_BUF ? s->len : PIPE_BUF);
	if (put < 0)
		return errno == EAGAIN || errno == EINTR ? STEP_IDLE
							 : STEP_GONE;
	s->at += (size_t)put;
	s->len -= (size_t)put;
	return STEP_DONE;
}

/* Read from the input, which poll() found ready. */
static void
take_input(struct stream *s)
{
	const ssize_t got = read(s->fd, s->buffer, BUFFER_BYTES);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	s->over = got <= 0;
	s->at = 0;
	s->len = got > 0 ? (size_t)got : 0;
}

/* Write to the channel what was read from the input, or that it is over. */
static enum step
write_channel(struct relay *r)
{
	struct stream *s = &r->in;
	ssize_t put;

	if (r->in_told || (s->len == 0 && !s->over))
		return STEP_IDLE;
	if (s->len == 0) {
		const int told = libssh2_channel_send_eof(r->channel);

		r->in_told = told == 0;
		return step_of(told);
	}
	put = libssh2_channel_write(r->channel, s->buffer + s->at, s->len);
	/* the remote may have closed the channel already: it will tell */
	if (put < 0 && put != LIBSSH2_ERROR_EAGAIN &&
	    libssh2_channel_eof(r->channel) == 1) {
		s->len = 0;
		s->over = r->in_told = true;
		return STEP_DONE;
	}
	if (put <= 0)
		return put == 0 ? STEP_IDLE : step_of(put);
	s->at += (size_t)put;
	s->len -= (size_t)put;
	return STEP_DONE;
}

bool
relay_read_size(const struct frame *frame, struct remote_size *size)
{
	static const char *const names[] = { "columns", "rows", "xpixels",
		"ypixels" };
	int *const to[] = { &size->columns, &size->rows, &size->xpixels,
		&size->ypixels };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		long long n;

		if (!fields_get_number(frame, names[i], 0, SIZE_MAX_CELLS, &n))
			return false;
		*to[i] = (int)n;
	}
	return true;
}

/* Read what comes on the control socket; one that makes no sense is closed. */
static void
take_control(struct relay *r)
{
	struct frame frame;
	const enum frame_result result = frame_read(r->control_fd, &r->control,
	    &frame);
	bool good = result == FRAME_AGAIN;

	if (result == FRAME_COMPLETE) {
		good = frame.type == FRAME_RESIZE &&
		    fields_wellformed(&frame) &&
		    relay_read_size(&frame, &r->size);
		r->resized |= good;
		frame_free(&frame);
	}
	if (good)
		return;
	frame_in_reset(&r->control);
	close(r->control_fd);
	r->control_fd = -1;
}

/* Tell the remote the terminal's size. */
static enum step
write_size(struct relay *r)
{
	enum step step;

	if (!r->resized)
		return STEP_IDLE;
	step = step_of(libssh2_channel_request_pty_size_ex(r->channel,
	    r->size.columns, r->size.rows, r->size.xpixels, r->size.ypixels));
	r->resized = step == STEP_WAIT;
	return step;
}

static enum step
call(struct relay *r, int which)
{
	enum step step;

	if (r->busy != NOT_BUSY && r->busy != which)
		return STEP_IDLE;
	switch (which) {
	case READ_OUT:
		step = read_channel(r, &r->out, 0);
		break;
	case READ_ERR:
		step = r->merged
		    ? STEP_IDLE
		    : read_channel(r, &r->err, SSH_EXTENDED_DATA_STDERR);
		break;
	case WRITE_IN:
		step = write_channel(r);
		break;
	default:
		step = write_size(r);
		break;
	}
	r->busy = step == STEP_WAIT &&
		(libssh2_session_block_directions(r->session) &
		    LIBSSH2_SESSION_BLOCK_OUTBOUND) != 0
	    ? which
	    : NOT_BUSY;
	return step;
}

/*
 * Do what can be done with the channel without waiting: STEP_IDLE; or enough
 * of that for the descriptors to get their turn: STEP_DONE.
 */
static enum step
move(struct relay *r)
{
	enum step result = STEP_IDLE;

	for (int which = 0; which < CALLS; which++) {
		enum step step = STEP_DONE;

		for (int i = 0; step == STEP_DONE && i < CALLS_A_TURN; i++)
			step = call(r, which);
		if (step == STEP_FAILED)
			return STEP_FAILED;
		if (step == STEP_DONE)
			result = STEP_DONE;
	}
	return result;
}

/* True when all that the command wrote is delivered. */
static bool
output_over(struct relay *r)
{
	return r->out.len == 0 && r->err.len == 0 &&
	    libssh2_channel_eof(r->channel) == 1;
}

/* The command writes no more: who reads it shall see that. */
static void
end_output(struct relay *r)
{
	if (r->out.fd >= 0)
		shutdown(r->out.fd, SHUT_WR); /* input may share the socket */
	close_stream(&r->out);
	close_stream(&r->err);
}

/*
 * Wait for something to do, if WAITING; then do what can be done with the
 * descriptors.
 */
static enum step
turn(struct relay *r, int fd, int parent_fd, bool waiting)
{
	const int directions = libssh2_session_block_directions(r->session);
	const bool writing = (directions & LIBSSH2_SESSION_BLOCK_OUTBOUND) != 0;
	const bool reading = r->in.len == 0 && !r->in.over;
	/* not when all that may come has to wait for a reader */
	const bool hearing = r->out.len == 0 || r->err.len == 0 ||
	    r->in.len > 0 || (r->in.over && !r->in_told);
	struct pollfd fds[] = {
		{ .fd = parent_fd },
		{ .fd = hearing || writing ? fd : -1,
		    .events = (short)((hearing ? POLLIN : 0) |
			(writing ? POLLOUT : 0)) },
		{ .fd = reading ? r->in.fd : -1, .events = POLLIN },
		/* also without events: it may break */
		{ .fd = r->out.fd, .events = r->out.len > 0 ? POLLOUT : 0 },
		{ .fd = r->err.len > 0 ? r->err.fd : -1, .events = POLLOUT },
		{ .fd = r->resized ? -1 : r->control_fd, .events = POLLIN },
	};
	enum step step = STEP_DONE;

	if (poll(fds, sizeof(fds) / sizeof(fds[0]), waiting ? -1 : 0) < 0)
		return errno == EINTR ? STEP_DONE : STEP_FAILED;
	if (fds[0].revents != 0)
		return STEP_GONE;
	if (fds[2].revents != 0)
		take_input(&r->in);
	if ((fds[3].revents & POLLOUT) != 0)
		step = deliver(&r->out);
	else if ((fds[3].revents & (POLLERR | POLLHUP)) != 0)
		step = STEP_GONE;
	/* who closes standard error alone can do without it */
	if (fds[4].revents != 0 && deliver(&r->err) == STEP_GONE)
		close_stream(&r->err);
	if (fds[5].revents != 0)
		take_control(r);
	return step == STEP_GONE ? STEP_GONE : STEP_DONE;
}

/* Store how the command has ended. */
static void
read_end(struct relay *r, struct relay_end *end)
{
	char *name = NULL;
	size_t len = 0;

	*end = (struct relay_end){ 0 };
	end->status = libssh2_channel_get_exit_status(r->channel);
	if (libssh2_channel_get_exit_signal(r->channel, &name, &len, NULL, NULL,
		NULL, NULL) == 0 &&
	    name != NULL && len < sizeof(end->signal))
		memcpy(end->signal, name, len);
	if (name != NULL)
		libssh2_free(r->session, name);
}

enum remote_result
relay_run(struct remote *remote, int parent_fd, int fds[FRAME_FDS],
    bool terminal, struct relay_end *end)
{
	struct relay relay = { .session = remote_session(remote),
		.channel = remote_channel(remote),
		.in.fd = fds[0],
		.out.fd = fds[1],
		.err.fd = terminal ? -1 : fds[2],
		.merged = terminal,
		.control_fd = terminal ? fds[2] : -1,
		.control.limit_bytes = CONTROL_MAX_BYTES,
		.busy = NOT_BUSY };
	struct relay *r = &relay;
	enum remote_result result = REMOTE_LOST;

	for (;;) {
		const uint64_t received = remote_received(remote);
		enum step step = move(r);

		if (step == STEP_FAILED)
			break;
		if (output_over(r)) {
			int closed;

			end_output(r);
			closed = libssh2_channel_wait_closed(r->channel);
			if (closed == 0) {
				read_end(r, end);
				result = REMOTE_OK;
				break;
			}
			if (closed != LIBSSH2_ERROR_EAGAIN)
				break;
		}
		step = turn(r, remote_fd(remote), parent_fd,
		    step != STEP_DONE && remote_received(remote) == received);
		if (step == STEP_GONE)
			result = REMOTE_ABANDONED;
		if (step != STEP_DONE)
			break;
	}
	close_stream(&r->in);
	close_stream(&r->out);
	close_stream(&r->err);
	frame_in_reset(&r->control);
	if (r->control_fd >= 0)
		close(r->control_fd);
	return result;
}
