#include "standby.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "../../shim/lib/clock.h"
#include "../refusal.h"
#include "signals.h"
#include "socket.h"

/* The settings are not read more often than this, however many come. */
#define STANDBY_PAUSE_MS 20
/* How long somebody may take to ask. */
#define STANDBY_ASK_MS 100

struct standby {
	int listen_fd, signal_fd;
	bool (*ready)(void *context);
	void *context;
	int64_t next_ms; /* when the settings may be read again */
	enum {
		STANDBY_WAITS,
		STANDBY_READY,
		STANDBY_OVER,
	} state;
};

/* Tell the one on FD, who has asked whatever it is. */
static void
standby_tell(int fd)
{
	static const struct refusal not_ready = { .reason = "not-ready",
		.sentence = "This gateway is not set up yet, or has been set "
			    "up wrong." };
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	struct fields fields = { 0 };

	/* what comes after the end is an error to whoever sends it */
	poll(&wait, 1, STANDBY_ASK_MS);
	refusal_add(&fields, &not_ready);
	if (!fields.failed)
		frame_send(fd, FRAME_REFUSED, fields.text, fields.len, 0);
	fields_free(&fields);
}

/* See whether the settings can be read now. */
static void
standby_try(struct standby *s)
{
	if (s->ready(s->context))
		s->state = STANDBY_READY;
	s->next_ms = clock_now_ms() + STANDBY_PAUSE_MS;
}

/* Take the signals that have come. */
static void
standby_take_signals(struct standby *s)
{
	enum signals_event event;

	while (s->state == STANDBY_WAITS &&
	    (event = signals_next(s->signal_fd)) != SIGNALS_NONE) {
		if (event == SIGNALS_END)
			s->state = STANDBY_OVER;
		else if (event == SIGNALS_RELOAD)
			standby_try(s);
		/* socket_close() may have children */
		while (event == SIGNALS_CHILD && waitpid(-1, NULL, WNOHANG) > 0)
			continue;
	}
}

/* Answer one who has connected, unless the settings can be read by now. */
static void
standby_accept(struct standby *s)
{
	int peer;

	if (clock_now_ms() >= s->next_ms)
		standby_try(s);
	if (s->state != STANDBY_WAITS)
		return;
	peer = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (peer >= 0) {
		socket_guard(peer);
		standby_tell(peer);
		socket_close(peer);
	} else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
		s->state = STANDBY_OVER;
	}
}

bool
standby(int listen_fd, int signal_fd, bool (*ready)(void *context),
    void *context)
{
	struct standby s = { .listen_fd = listen_fd,
		.signal_fd = signal_fd,
		.ready = ready,
		.context = context };
	struct pollfd fds[2] = { { .fd = signal_fd, .events = POLLIN },
		{ .fd = listen_fd, .events = POLLIN } };

	while (s.state == STANDBY_WAITS) {
		if (poll(fds, 2, -1) < 0) {
			if (errno != EINTR)
				s.state = STANDBY_OVER;
			continue;
		}
		if (fds[0].revents != 0)
			standby_take_signals(&s);
		if (fds[1].revents != 0 && s.state == STANDBY_WAITS)
			standby_accept(&s);
	}
	return s.state == STANDBY_READY;
}
