#include "relay.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "../../shim/lib/fields.h"
#include "../../shim/lib/stream.h"
#include "relayphase.h"

/*
 * So often one of libssh2's functions is called before the others have their
 * turn.  Output that nobody wants is read all the same, but not for ever.
 */
#define RELAY_CALLS_A_TURN 16
/* A size is told in less. */
#define RELAY_CONTROL_MAX_BYTES 256
#define RELAY_CELLS_MAX 65535

/* What came of one thing that was tried. */
enum relay_step {
	RELAY_STEP_DONE, /* something was done: there may be more to do */
	RELAY_STEP_IDLE, /* there is nothing to do */
	RELAY_STEP_WAIT, /* libssh2 waits for the connection */
	RELAY_STEP_FAILED,
	RELAY_STEP_GONE, /* nobody is there to take the output */
};

struct relay {
	struct session *session;
	LIBSSH2_CHANNEL *channel;
	int shim_fd;
	enum relayphase phase;
	struct stream in, out, err;
	bool merged; /* errors come with the output */
	/* of a terminal: where its size comes from, and what is not told yet */
	int control_fd;
	struct frame_in control;
	struct channel_size size;
	bool resized;
	enum relayphase_call busy; /* see relayphase_may() */
};

static bool
relay_wants_to_send(const struct relay *r)
{
	return (libssh2_session_block_directions(session_ssh(r->session)) &
		   LIBSSH2_SESSION_BLOCK_OUTBOUND) != 0;
}

/* What it means that a function of libssh2 has returned DONE. */
static enum relay_step
relay_step_of(ssize_t done)
{
	if (done == LIBSSH2_ERROR_EAGAIN)
		return RELAY_STEP_WAIT;
	return done < 0 ? RELAY_STEP_FAILED : RELAY_STEP_DONE;
}

/* Read from channel's stream ID what there is, if the last is delivered. */
static enum relay_step
relay_read(struct relay *r, struct stream *s, int id)
{
	ssize_t got;

	if (s->len > 0)
		return RELAY_STEP_IDLE;
	got = libssh2_channel_read_ex(r->channel, id, s->bytes, STREAM_BYTES);
	if (got <= 0)
		return got == 0 ? RELAY_STEP_IDLE : relay_step_of(got);
	/* nobody wants what has no descriptor any more */
	if (s->to_fd >= 0)
		stream_was_read(s, (size_t)got);
	return RELAY_STEP_DONE;
}

/* The remote knows that there is no more input. */
static void
relay_input_told(struct relay *r)
{
	r->phase = relayphase_after(r->phase, RELAYPHASE_INPUT_TOLD);
}

/* Tell the remote that there is no more input. */
static enum relay_step
relay_end_input(struct relay *r)
{
	const int told = libssh2_channel_send_eof(r->channel);

	if (told == 0)
		relay_input_told(r);
	return relay_step_of(told);
}

/* Write to the channel what was read from the input, or that it is over. */
static enum relay_step
relay_write(struct relay *r)
{
	struct stream *s = &r->in;
	ssize_t put;

	if (s->len == 0)
		return s->over ? relay_end_input(r) : RELAY_STEP_IDLE;
	put = libssh2_channel_write(r->channel, s->bytes + s->at, s->len);
	/* where the remote has closed the channel already it will tell */
	if (put < 0 && put != LIBSSH2_ERROR_EAGAIN &&
	    libssh2_channel_eof(r->channel) == 1) {
		stream_drop(s);
		s->over = true;
		relay_input_told(r);
		return RELAY_STEP_DONE;
	}
	if (put <= 0)
		return put == 0 ? RELAY_STEP_IDLE : relay_step_of(put);
	stream_was_written(s, (size_t)put);
	return RELAY_STEP_DONE;
}

bool
relay_read_size(const struct frame *frame, struct channel_size *size)
{
	static const char *const names[] = { "columns", "rows", "xpixels",
		"ypixels" };
	int *const to[] = { &size->columns, &size->rows, &size->xpixels,
		&size->ypixels };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		long long n;

		if (!fields_get_number(frame, names[i], 0, RELAY_CELLS_MAX, &n))
			return false;
		*to[i] = (int)n;
	}
	return true;
}

/* Read what comes on the control socket; one that makes no sense is closed. */
static void
relay_read_control(struct relay *r)
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
static enum relay_step
relay_write_size(struct relay *r)
{
	enum relay_step step;

	if (!r->resized)
		return RELAY_STEP_IDLE;
	step = relay_step_of(libssh2_channel_request_pty_size_ex(r->channel,
	    r->size.columns, r->size.rows, r->size.xpixels, r->size.ypixels));
	r->resized = step == RELAY_STEP_WAIT;
	return step;
}

/* See whether the channel is closed, as it is when the command has ended. */
static enum relay_step
relay_wait_closed(struct relay *r)
{
	const int closed = libssh2_channel_wait_closed(r->channel);

	if (closed == 0)
		r->phase = relayphase_after(r->phase,
		    RELAYPHASE_CHANNEL_CLOSED);
	return relay_step_of(closed);
}

/* Make CALL, if that is legal now. */
static enum relay_step
relay_call(struct relay *r, enum relayphase_call call)
{
	enum relay_step step = RELAY_STEP_IDLE;

	if (!relayphase_may(r->phase, r->busy, call))
		return RELAY_STEP_IDLE;
	switch (call) {
	case RELAYPHASE_READ_OUTPUT:
		step = relay_read(r, &r->out, 0);
		break;
	case RELAYPHASE_READ_ERRORS:
		if (!r->merged)
			step = relay_read(r, &r->err, SSH_EXTENDED_DATA_STDERR);
		break;
	case RELAYPHASE_WRITE_INPUT:
		step = relay_write(r);
		break;
	case RELAYPHASE_WRITE_SIZE:
		step = relay_write_size(r);
		break;
	case RELAYPHASE_WAIT_CLOSED:
		return relay_wait_closed(r);
	case RELAYPHASE_CALLS:
		break;
	}
	r->busy = step == RELAY_STEP_WAIT && relay_wants_to_send(r)
	    ? call
	    : RELAYPHASE_NO_CALL;
	return step;
}

/*
 * Do what can be done with the channel without waiting: RELAY_STEP_IDLE; or
 * enough of that for the descriptors to get their turn: RELAY_STEP_DONE.
 */
static enum relay_step
relay_move(struct relay *r)
{
	enum relay_step result = RELAY_STEP_IDLE;

	for (int call = 0; call < RELAYPHASE_WAIT_CLOSED; call++) {
		enum relay_step step = RELAY_STEP_DONE;

		for (int i = 0;
		     step == RELAY_STEP_DONE && i < RELAY_CALLS_A_TURN; i++)
			step = relay_call(r, (enum relayphase_call)call);
		if (step == RELAY_STEP_FAILED)
			return RELAY_STEP_FAILED;
		if (step == RELAY_STEP_DONE)
			result = RELAY_STEP_DONE;
	}
	return result;
}

/* If all that the command wrote is delivered, let the reader see the end. */
static void
relay_end_output(struct relay *r)
{
	if (r->out.len > 0 || r->err.len > 0 ||
	    libssh2_channel_eof(r->channel) != 1)
		return;
	r->phase = relayphase_after(r->phase, RELAYPHASE_OUTPUT_DELIVERED);
	stream_end(&r->out); /* input may share the socket */
	stream_close(&r->out);
	stream_close(&r->err);
}

/* What the descriptors are polled for, in this order. */
enum relay_poll {
	RELAY_POLL_SHIM,
	RELAY_POLL_REMOTE,
	RELAY_POLL_IN,
	RELAY_POLL_OUT,
	RELAY_POLL_ERR,
	RELAY_POLL_CONTROL,
	RELAY_POLLS
};

static void
relay_list_polls(const struct relay *r, struct pollfd fds[RELAY_POLLS])
{
	const bool writing = relay_wants_to_send(r);
	const struct relayphase_held held = { .output = r->out.len,
		.errors = r->err.len,
		.input = r->in.len,
		.input_ended = r->in.over };
	const bool hearing = relayphase_hears(r->phase, &held);

	fds[RELAY_POLL_SHIM] = (struct pollfd){ .fd = r->shim_fd };
	fds[RELAY_POLL_REMOTE] = (struct pollfd){ .fd = hearing || writing
		    ? session_fd(r->session)
		    : -1,
		.events = (short)((hearing ? POLLIN : 0) |
		    (writing ? POLLOUT : 0)) };
	fds[RELAY_POLL_IN] = stream_reads(&r->in);
	/* also without events: it may break */
	fds[RELAY_POLL_OUT] = (struct pollfd){ .fd = r->out.to_fd,
		.events = r->out.len > 0 ? POLLOUT : 0 };
	fds[RELAY_POLL_ERR] = stream_writes(&r->err);
	fds[RELAY_POLL_CONTROL] = (struct pollfd){ .fd = r->resized
		    ? -1
		    : r->control_fd,
		.events = POLLIN };
}

/*
 * Wait for something to do, if WAITING; then do what can be done with the
 * descriptors.
 */
static enum relay_step
relay_wait(struct relay *r, bool waiting)
{
	struct pollfd fds[RELAY_POLLS];
	enum stream_result written = STREAM_IDLE;
	short out;

	relay_list_polls(r, fds);
	if (poll(fds, RELAY_POLLS, waiting ? -1 : 0) < 0)
		return errno == EINTR ? RELAY_STEP_DONE : RELAY_STEP_FAILED;
	if (fds[RELAY_POLL_SHIM].revents != 0)
		return RELAY_STEP_GONE;
	if (fds[RELAY_POLL_IN].revents != 0)
		stream_read(&r->in);
	out = fds[RELAY_POLL_OUT].revents;
	if ((out & POLLOUT) != 0)
		written = stream_write(&r->out);
	else if ((out & (POLLERR | POLLHUP)) != 0)
		written = STREAM_BROKEN;
	/* a reader that closes standard error alone can do without it */
	if (fds[RELAY_POLL_ERR].revents != 0 &&
	    stream_write(&r->err) == STREAM_BROKEN)
		stream_close(&r->err);
	if (fds[RELAY_POLL_CONTROL].revents != 0)
		relay_read_control(r);
	return written == STREAM_BROKEN ? RELAY_STEP_GONE : RELAY_STEP_DONE;
}

/* Do what can be done, and wait for more.  RELAY_STEP_DONE: there is more. */
static enum relay_step
relay_turn(struct relay *r)
{
	const uint64_t received = session_received(r->session);
	const enum relay_step step = relay_move(r);

	if (step == RELAY_STEP_FAILED)
		return step;
	relay_end_output(r);
	if (relay_call(r, RELAYPHASE_WAIT_CLOSED) == RELAY_STEP_FAILED)
		return RELAY_STEP_FAILED;
	if (r->phase == RELAYPHASE_CLOSED)
		return RELAY_STEP_DONE;
	return relay_wait(r,
	    step != RELAY_STEP_DONE &&
		session_received(r->session) == received);
}

/* Store how the command has ended. */
static void
relay_read_end(struct relay *r, struct relay_end *end)
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
		libssh2_free(session_ssh(r->session), name);
}

enum failure
relay_run(struct session *session, LIBSSH2_CHANNEL *channel, int shim_fd,
    int fds[FRAME_FDS], bool terminal, struct relay_end *end)
{
	struct relay relay = { .session = session,
		.channel = channel,
		.shim_fd = shim_fd,
		.phase = RELAYPHASE_OPEN,
		.in = { .from_fd = fds[0], .to_fd = -1 },
		.out = { .from_fd = -1, .to_fd = fds[1] },
		.err = { .from_fd = -1, .to_fd = terminal ? -1 : fds[2] },
		.merged = terminal,
		.control_fd = terminal ? fds[2] : -1,
		.control.limit_bytes = RELAY_CONTROL_MAX_BYTES,
		.busy = RELAYPHASE_NO_CALL };
	struct relay *r = &relay;
	enum relay_step step = RELAY_STEP_DONE;

	while (step == RELAY_STEP_DONE && r->phase != RELAYPHASE_CLOSED)
		step = relay_turn(r);
	stream_close(&r->in);
	stream_close(&r->out);
	stream_close(&r->err);
	frame_in_reset(&r->control);
	if (r->control_fd >= 0)
		close(r->control_fd);
	if (r->phase == RELAYPHASE_CLOSED) {
		relay_read_end(r, end);
		return FAILURE_NONE;
	}
	return step == RELAY_STEP_GONE ? FAILURE_ABANDONED : FAILURE_LOST;
}
