#include "pump.h"

#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "../lib/fields.h"

#define BUFFER_BYTES ((size_t)16 * 1024)

/* What is under way in one direction: read, and not yet written. */
struct stream {
	bool over; /* there is no more to read */
	size_t at, len;
	char buffer[BUFFER_BYTES];
};

struct state {
	const struct pump *pump;
	int shown_fd; /* the terminal, by a descriptor that doesn't block */
	int signal_fd;
	struct stream typed, shown;
	struct frame_out control;
	bool resized; /* since the worker was told */
	struct frame_in in;
	bool answered; /* the helper has had its last word */
	bool lost;     /* it is gone without one */
};

/* Read from FD, which poll() found ready; false if it is broken. */
static bool
take(struct stream *s, int fd)
{
	const ssize_t got = read(fd, s->buffer, BUFFER_BYTES);

	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	s->over = got == 0;
	s->at = 0;
	s->len = (size_t)got;
	return true;
}

/* Write to FD, which poll() found ready, what S holds; false if it is gone. */
static bool
deliver(struct stream *s, int fd)
{
	const ssize_t put = write(fd, s->buffer + s->at, s->len);

	if (put < 0)
		return errno == EAGAIN || errno == EINTR;
	s->at += (size_t)put;
	s->len -= (size_t)put;
	return true;
}

void
pump_add_size(struct fields *fields, int fd)
{
	struct winsize size = { 0 };

	ioctl(fd, TIOCGWINSZ, &size);
	fields_add_number(fields, "columns", size.ws_col);
	fields_add_number(fields, "rows", size.ws_row);
	fields_add_number(fields, "xpixels", size.ws_xpixel);
	fields_add_number(fields, "ypixels", size.ws_ypixel);
}

/* Tell the worker the terminal's size; what it has not taken yet goes first. */
static void
tell_size(struct state *s)
{
	struct fields fields = { 0 };

	if (s->control.len == 0 && s->resized) {
		pump_add_size(&fields, s->pump->terminal->fd);
		s->resized = fields.failed ||
		    !frame_queue(&s->control, FRAME_RESIZE, fields.text,
			fields.len);
		fields_free(&fields);
	}
	/* without it the session goes on in the size that it has */
	if (!frame_flush(s->pump->control_fd, &s->control))
		frame_out_reset(&s->control);
}

/* False: a signal wants this process to end. */
static bool
take_signals(struct state *s)
{
	struct signalfd_siginfo info;

	while (
	    read(s->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo != SIGWINCH)
			return false;
		s->resized = s->pump->raw;
	}
	return true;
}

/* Read the helper's word; false if it is gone without one. */
static bool
take_answer(struct state *s, struct frame *answer)
{
	switch (frame_read(s->pump->helper_fd, &s->in, answer)) {
	case FRAME_AGAIN:
		return true;
	case FRAME_COMPLETE:
		s->answered = true;
		s->lost = !fields_wellformed(answer);
		return !s->lost;
	default:
		s->lost = true;
		return false;
	}
}

/* Read what is typed; false if the terminal is gone. */
static bool
take_typed(struct state *s, int fd)
{
	if (!take(&s->typed, fd) || (s->typed.over && s->pump->raw))
		return false;
	/* otherwise that is what the key for the end of a file says */
	if (s->typed.over)
		shutdown(s->pump->data_fd, SHUT_WR);
	return true;
}

/* Wait, and carry what can be carried; false if somebody is gone. */
static bool
turn(struct state *s, struct frame *answer)
{
	struct stream *typed = &s->typed, *shown = &s->shown;
	const int terminal_fd = s->pump->terminal->fd;
	const int data_fd = s->pump->data_fd;
	const bool hearing = shown->len == 0 && !shown->over;
	struct pollfd fds[] = {
		{ .fd = s->answered ? -1 : s->pump->helper_fd,
		    .events = POLLIN },
		{ .fd = s->signal_fd, .events = POLLIN },
		{ .fd = hearing || typed->len > 0 ? data_fd : -1,
		    .events = (short)((hearing ? POLLIN : 0) |
			(typed->len > 0 ? POLLOUT : 0)) },
		{ .fd = typed->len == 0 && !typed->over ? terminal_fd : -1,
		    .events = POLLIN },
		{ .fd = shown->len > 0 ? s->shown_fd : -1, .events = POLLOUT },
		{ .fd = s->control.len > 0 ? s->pump->control_fd : -1,
		    .events = POLLOUT },
	};

	if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) < 0)
		return errno == EINTR;
	if (fds[0].revents != 0 && !take_answer(s, answer))
		return false;
	if (fds[1].revents != 0 && !take_signals(s))
		return false;
	/* a worker that is gone takes nothing, but what it left is there */
	if ((fds[2].revents & POLLOUT) != 0 && !deliver(typed, data_fd))
		typed->len = 0;
	if (hearing && (fds[2].revents & (POLLIN | POLLHUP | POLLERR)) != 0 &&
	    !take(shown, data_fd))
		shown->over = true;
	if (fds[3].revents != 0 && !take_typed(s, terminal_fd))
		return false;
	if (fds[4].revents != 0 && !deliver(shown, s->shown_fd))
		return false;
	tell_size(s);
	return true;
}

/* The signals that are read from a descriptor from now on; -1 if that fails. */
static int
open_signals(sigset_t *before)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, before) < 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

enum pump_end
pump_run(const struct pump *pump, struct frame *answer)
{
	/* too large for a stack, and there is one terminal */
	static struct state s;
	sigset_t before;
	bool good;

	s = (struct state){ .pump = pump,
		.in.limit_bytes = FRAME_ANSWER_MAX_BYTES,
		/* it may have changed since the session was asked for */
		.resized = pump->raw };
	signal(SIGPIPE, SIG_IGN);
	s.signal_fd = open_signals(&before);
	/* flags of its own: others have the one that was given open, too */
	s.shown_fd = open("/dev/tty",
	    O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (s.shown_fd < 0)
		s.shown_fd = dup(pump->terminal->fd);
	good = s.signal_fd >= 0 && s.shown_fd >= 0 &&
	    fcntl(pump->data_fd, F_SETFL, O_NONBLOCK) == 0;
	if (pump->raw) {
		s.typed.len = tty_read_typed(pump->terminal, s.typed.buffer,
		    BUFFER_BYTES);
		tty_make_raw(pump->terminal);
	}
	if (good)
		tell_size(&s);
	while (good && !(s.answered && s.shown.over && s.shown.len == 0))
		good = turn(&s, answer);
	tty_restore(pump->terminal);
	close(s.shown_fd);
	close(s.signal_fd);
	frame_in_reset(&s.in);
	frame_out_reset(&s.control);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (good)
		return PUMP_ANSWERED;
	return s.lost ? PUMP_LOST : PUMP_LEFT;
}
