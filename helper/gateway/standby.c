#include "standby.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#include "../../shim/lib/clock.h"
#include "../refusal.h"
#include "signals.h"
#include "socket.h"

/* The settings are not read more often than this, however many come. */
#define STANDBY_PAUSE_MS 20
/* How long somebody may take to ask. */
#define STANDBY_ASK_MS 100
/* So long nobody is taken when there is little room for what they send. */
#define STANDBY_CROWDED_MS 100

struct standby {
	const struct means *means;
	struct loop_watch listening, signals;
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

/* Reap what has ended. */
static void
standby_reap(struct standby *s)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		closers_reap(s->means->closers, pid);
}

/* Take the signals that have come. */
static void
standby_take_signals(void *context, short revents)
{
	struct standby *s = context;
	enum signals_event event;

	(void)revents;
	while (s->state == STANDBY_WAITS &&
	    (event = signals_next(s->means->signal_fd)) != SIGNALS_NONE) {
		if (event == SIGNALS_END)
			s->state = STANDBY_OVER;
		else if (event == SIGNALS_RELOAD)
			standby_try(s);
		else
			standby_reap(s);
	}
}

/* Who is at the other end of FD: unix(7), SO_PEERCRED. */
static uid_t
standby_uid(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return DYING_NOBODY;
	return cred.uid;
}

/* Answer one who has connected, unless the settings can be read by now. */
static void
standby_accept(void *context, short revents)
{
	struct standby *s = context;
	const enum closers_room room = closers_room(s->means->closers);
	int peer;

	(void)revents;
	if (s->state == STANDBY_WAITS && clock_now_ms() >= s->next_ms)
		standby_try(s);
	if (s->state != STANDBY_WAITS)
		return;
	if (room != CLOSERS_ROOM)
		poll(NULL, 0, STANDBY_CROWDED_MS);
	if (room == CLOSERS_NO_ROOM)
		return;
	peer = accept4(s->means->listen_fd, NULL, NULL,
	    SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (peer >= 0) {
		socket_guard(peer);
		standby_tell(peer);
		socket_close(s->means->closers, standby_uid(peer), peer);
	} else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
		s->state = STANDBY_OVER;
	}
}

bool
standby(const struct means *means, bool (*ready)(void *context), void *context)
{
	struct standby s = { .means = means,
		.listening = { .fd = means->listen_fd,
		    .events = POLLIN,
		    .ready = standby_accept,
		    .context = &s },
		.signals = { .fd = means->signal_fd,
		    .events = POLLIN,
		    .ready = standby_take_signals,
		    .context = &s },
		.ready = ready,
		.context = context };

	if (!loop_watch(means->loop, &s.signals) ||
	    !loop_watch(means->loop, &s.listening))
		s.state = STANDBY_OVER;
	while (s.state == STANDBY_WAITS)
		loop_turn(means->loop);
	loop_unwatch(means->loop, &s.signals);
	loop_unwatch(means->loop, &s.listening);
	return s.state == STANDBY_READY;
}
