#include "channel.h"

#include <stdint.h>
#include <string.h>

#include "budget.h"

/*
 * What may be on its way to a relay, unless the helper says less: at 200 ms, more
 * than TCP has room for.  As much is kept here at the most when nobody takes it.
 */
#define CHANNEL_COMMAND_WINDOW_BYTES (16 * 1024 * 1024)

/* The same for a terminal, at which somebody may press Ctrl-C meanwhile. */
#define CHANNEL_TERMINAL_WINDOW_BYTES (1024 * 1024)

#define CHANNEL_REQUESTS_MAX 3

static const struct {
	unsigned window_bytes;
	int errors; /* what becomes of standard error */
} channel_uses[] = {
	[CHANNEL_SHELL] = { LIBSSH2_CHANNEL_WINDOW_DEFAULT,
	    LIBSSH2_CHANNEL_EXTENDED_DATA_IGNORE },
	[CHANNEL_COMMAND] = { CHANNEL_COMMAND_WINDOW_BYTES,
	    LIBSSH2_CHANNEL_EXTENDED_DATA_NORMAL },
	/* merged also if the remote gives no terminal */
	[CHANNEL_TERMINAL] = { CHANNEL_TERMINAL_WINDOW_BYTES,
	    LIBSSH2_CHANNEL_EXTENDED_DATA_MERGE },
};

/* Open a channel in the step that is under way. */
static enum failure
channel_open_in_step(struct session *s, enum channel_use use,
    unsigned most_bytes, LIBSSH2_CHANNEL **channel)
{
	LIBSSH2_SESSION *ssh = session_ssh(s);
	unsigned window_bytes = channel_uses[use].window_bytes;

	if (window_bytes > most_bytes)
		window_bytes = most_bytes;

	while ((*channel = libssh2_channel_open_ex(ssh, "session",
		    sizeof("session") - 1, window_bytes,
		    LIBSSH2_CHANNEL_PACKET_DEFAULT, NULL, 0)) == NULL) {
		enum failure failure;

		if (libssh2_session_last_errno(ssh) != LIBSSH2_ERROR_EAGAIN)
			return session_why(s, FAILURE_NO_SHELL);
		failure = session_wait(s);
		if (failure != FAILURE_NONE)
			return failure;
	}
	libssh2_channel_handle_extended_data2(*channel,
	    channel_uses[use].errors);
	return FAILURE_NONE;
}

enum failure
channel_open(struct session *s, enum channel_use use, unsigned most_bytes,
    LIBSSH2_CHANNEL **channel)
{
	session_begin_step(s, "channel");
	return channel_open_in_step(s, use, most_bytes, channel);
}

/*
 * Requests on a fresh channel
 */

typedef int channel_request(LIBSSH2_CHANNEL *channel,
    const struct channel_start *start);

static int
channel_request_terminal(LIBSSH2_CHANNEL *channel,
    const struct channel_start *start)
{
	return libssh2_channel_request_pty_ex(channel, start->term,
	    (unsigned)strlen(start->term), (const char *)start->modes,
	    (unsigned)start->modes_len, start->size.columns, start->size.rows,
	    start->size.xpixels, start->size.ypixels);
}

static int
channel_request_variable(LIBSSH2_CHANNEL *channel,
    const struct channel_start *start)
{
	return libssh2_channel_setenv_ex(channel, start->name,
	    (unsigned)strlen(start->name), start->value,
	    (unsigned)strlen(start->value));
}

static int
channel_request_program(LIBSSH2_CHANNEL *channel,
    const struct channel_start *start)
{
	return libssh2_channel_process_startup(channel, start->request,
	    (unsigned)strlen(start->request), start->what,
	    start->what != NULL ? (unsigned)strlen(start->what) : 0);
}

/* The requests that are made of the remote in one flight. */
struct channel_flight {
	const struct channel_start *start;
	channel_request *requests[CHANNEL_REQUESTS_MAX]; /* NULL: replied to */
	size_t count;
	int replies[CHANNEL_REQUESTS_MAX]; /* libssh2's, by their order */
	size_t replied;
};

/* The requests that START calls for, in their order. */
static struct channel_flight
channel_flight_of(const struct channel_start *start)
{
	struct channel_flight flight = { .start = start };

	if (start->term != NULL)
		flight.requests[flight.count++] = channel_request_terminal;
	if (start->name != NULL)
		flight.requests[flight.count++] = channel_request_variable;
	flight.requests[flight.count++] = channel_request_program;
	return flight;
}

/* True if ERROR of libssh2's is the remote's answer: yes or no. */
static bool
channel_is_reply(int error)
{
	return error == 0 || error == LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED;
}

/*
 * Call for each request that has no reply yet libssh2's function, which sends
 * what is not sent, and looks for a reply.
 */
static enum failure
channel_advance(struct session *s, LIBSSH2_CHANNEL *channel,
    struct channel_flight *flight)
{
	for (size_t i = 0; i < flight->count; i++) {
		int error;

		if (flight->requests[i] == NULL)
			continue;
		error = flight->requests[i](channel, flight->start);
		if (error != LIBSSH2_ERROR_EAGAIN) {
			if (!channel_is_reply(error))
				return session_why(s, FAILURE_NO_SHELL);
			flight->requests[i] = NULL;
			flight->replies[flight->replied++] = error;
		} else if ((libssh2_session_block_directions(session_ssh(s)) &
			       LIBSSH2_SESSION_BLOCK_OUTBOUND) != 0) {
			break; /* the rest of this request comes first */
		}
	}
	return FAILURE_NONE;
}

/*
 * Make the requests in FLIGHT all at once: libssh2 would have each wait for its
 * reply, a round trip.  A reply doesn't say which request it is for, but
 * replies come in the order of the requests (RFC 4254, section 5.4), and
 * libssh2 gives the next one to whichever of its functions looks first.  So
 * what counts is not which function returns, but when: the first to do so has
 * brought the first request's reply.
 */
static enum failure
channel_fly(struct session *s, LIBSSH2_CHANNEL *channel,
    struct channel_flight *flight)
{
	for (;;) {
		const uint64_t received = session_received(s);
		enum failure failure = channel_advance(s, channel, flight);

		if (failure != FAILURE_NONE || flight->replied == flight->count)
			return failure;
		/* one may have read what another has already asked for */
		if (session_received(s) != received)
			continue;
		failure = session_wait(s);
		if (failure != FAILURE_NONE)
			return failure;
	}
}

enum failure
channel_start(struct session *s, LIBSSH2_CHANNEL *channel,
    const struct channel_start *start, bool *refused)
{
	struct channel_flight flight = channel_flight_of(start);
	enum failure failure;

	session_begin_step(s, "channel");
	failure = channel_fly(s, channel, &flight);
	if (failure != FAILURE_NONE)
		return failure;
	/* the program's request is the last, the terminal's the first */
	if (flight.replies[flight.count - 1] != 0)
		return session_why(s, FAILURE_NO_SHELL);
	*refused = start->term != NULL && flight.replies[0] != 0;
	return FAILURE_NONE;
}

enum failure
channel_write(struct session *s, LIBSSH2_CHANNEL *channel, const char *text,
    size_t len)
{
	session_begin_step(s, "write");
	while (len > 0) {
		const ssize_t put = libssh2_channel_write(channel, text, len);
		enum failure failure;

		if (put > 0) {
			text += put;
			len -= (size_t)put;
			continue;
		}
		if (put != LIBSSH2_ERROR_EAGAIN && put != 0)
			return session_why(s, FAILURE_LOST);
		failure = session_wait(s);
		if (failure != FAILURE_NONE)
			return failure;
	}
	return FAILURE_NONE;
}

enum failure
channel_end_input(struct session *s, LIBSSH2_CHANNEL *channel)
{
	int error;

	session_begin_step(s, "channel");
	while ((error = libssh2_channel_send_eof(channel)) ==
	    LIBSSH2_ERROR_EAGAIN) {
		const enum failure failure = session_wait(s);

		if (failure != FAILURE_NONE)
			return failure;
	}
	return error < 0 ? session_why(s, FAILURE_LOST) : FAILURE_NONE;
}

enum failure
channel_idle(struct session *s, LIBSSH2_CHANNEL *channel)
{
	char discarded[4096];
	ssize_t got;

	session_begin_step(s, "idle");
	do {
		got = libssh2_channel_read(channel, discarded,
		    sizeof(discarded));
	} while (got > 0);
	if (got == LIBSSH2_ERROR_EAGAIN)
		return FAILURE_NONE;
	failure_set_detail(session_facts(s),
	    "the remote closed the connection");
	return FAILURE_LOST;
}

enum failure
channel_try_terminal(struct session *s, bool *gives)
{
	const struct channel_start start = { .term = "" };
	LIBSSH2_CHANNEL *channel;
	enum failure failure;
	int error = 0;

	session_allow(s, BUDGET_COMMAND_BYTES);
	session_begin_step(s, "terminal");
	failure = channel_open_in_step(s, CHANNEL_SHELL, CHANNEL_WINDOW_USUAL,
	    &channel);
	while (failure == FAILURE_NONE &&
	    (error = channel_request_terminal(channel, &start)) ==
		LIBSSH2_ERROR_EAGAIN)
		failure = session_wait(s);
	if (failure == FAILURE_NONE && !channel_is_reply(error))
		failure = session_why(s, FAILURE_LOST);
	*gives = failure == FAILURE_NONE && error == 0;
	return failure;
}
