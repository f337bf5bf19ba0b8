#include "pump.h"

#include <sys/signalfd.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "../lib/fields.h"
#include "../lib/stream.h"
#include "terminal.h"

/* Whether the helper has said how the session has ended. */
enum pump_word {
	PUMP_WORD_AWAITED,
	PUMP_WORD_HAD,
	PUMP_WORD_LOST, /* the helper is gone without one */
};

struct pump_state {
	const struct pump *pump;
	int signal_fd;
	struct stream typed; /* from the terminal to the worker */
	struct stream shown; /* from the worker to the terminal */
	struct frame_out control;
	bool resized; /* since the worker was told */
	struct frame_in in;
	enum pump_word word;
};

/*
 * Tell the worker the terminal's size, once the worker has taken what it was
 * told before.
 */
static void
pump_tell_size(struct pump_state *s)
{
	struct fields fields = { 0 };

	if (s->control.len == 0 && s->resized) {
		terminal_add_size(&fields, s->pump->terminal->fd);
		s->resized = fields.failed ||
		    !frame_queue(&s->control, FRAME_RESIZE, fields.text,
			fields.len);
		fields_free(&fields);
	}
	/* without it the session goes on in the size that it has */
	if (!frame_flush(s->pump->control_fd, &s->control))
		frame_out_reset(&s->control);
}

/* Read the signals that came; false if one wants this process to end. */
static bool
pump_read_signals(struct pump_state *s)
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

/* Read the helper's word; false if the helper is gone without one. */
static bool
pump_read_word(struct pump_state *s, struct frame *answer)
{
	switch (frame_read(s->pump->helper_fd, &s->in, answer)) {
	case FRAME_AGAIN:
		return true;
	case FRAME_COMPLETE:
		s->word = fields_wellformed(answer) ? PUMP_WORD_HAD
						    : PUMP_WORD_LOST;
		break;
	default:
		s->word = PUMP_WORD_LOST;
		break;
	}
	return s->word == PUMP_WORD_HAD;
}

/* Read what is typed; false if the terminal is gone. */
static bool
pump_read_typed(struct pump_state *s)
{
	if (stream_read(&s->typed) == STREAM_BROKEN ||
	    (s->typed.over && s->pump->raw))
		return false;
	/*
	 * of a terminal that is not raw this is the key for the end of a file
	 */
	if (s->typed.over)
		stream_end(&s->typed);
	return true;
}

/*
 * Wait, and carry what can be carried.  Returns false if the session can't go
 * on: the terminal or the helper is gone, or a signal has come.
 */
static bool
pump_carry(struct pump_state *s, struct frame *answer)
{
	struct pollfd fds[] = {
		{ .fd = s->word == PUMP_WORD_AWAITED ? s->pump->helper_fd : -1,
		    .events = POLLIN },
		{ .fd = s->signal_fd, .events = POLLIN },
		stream_writes(&s->typed),
		stream_reads(&s->shown),
		stream_reads(&s->typed),
		stream_writes(&s->shown),
		{ .fd = s->control.len > 0 ? s->pump->control_fd : -1,
		    .events = POLLOUT },
	};

	if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) < 0)
		return errno == EINTR;
	if (fds[0].revents != 0 && !pump_read_word(s, answer))
		return false;
	if (fds[1].revents != 0 && !pump_read_signals(s))
		return false;
	/* a worker that is gone takes nothing, but what it left is there */
	if (fds[2].revents != 0 && stream_write(&s->typed) == STREAM_BROKEN)
		stream_drop(&s->typed);
	if (fds[3].revents != 0)
		stream_read(&s->shown);
	if (fds[4].revents != 0 && !pump_read_typed(s))
		return false;
	if (fds[5].revents != 0 && stream_write(&s->shown) == STREAM_BROKEN)
		return false;
	pump_tell_size(s);
	return true;
}

/* True when the session is over, and all that it has written is shown. */
static bool
pump_is_over(const struct pump_state *s)
{
	return s->word == PUMP_WORD_HAD && s->shown.over && s->shown.len == 0;
}

/*
 * Have the signals read from a descriptor from now on, and store in *BEFORE
 * which were blocked before.  Returns the descriptor, or -1 if that fails.
 */
static int
pump_open_signals(sigset_t *before)
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

/*
 * Open the terminal for what is shown, with flags of its own: others have the
 * descriptor that was given open, too.  Returns the descriptor, or -1.
 */
static int
pump_open_terminal(const struct tty *terminal)
{
	int fd = open("/dev/tty", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		fd = dup(terminal->fd);
	return fd;
}

/* Make the terminal raw; what has been typed before is the first to be sent. */
static void
pump_make_raw(struct pump_state *s)
{
	stream_was_read(&s->typed,
	    tty_read_typed(s->pump->terminal, s->typed.bytes, STREAM_BYTES));
	tty_make_raw(s->pump->terminal);
}

enum pump_end
pump_run(const struct pump *pump, struct frame *answer)
{
	/* too large for a stack, and there is one terminal */
	static struct pump_state s;
	sigset_t before;
	bool good;

	s = (struct pump_state){ .pump = pump,
		.in.limit_bytes = FRAME_ANSWER_MAX_BYTES,
		.typed = { .from_fd = pump->terminal->fd,
		    .to_fd = pump->data_fd },
		.shown = { .from_fd = pump->data_fd,
		    .to_fd = pump_open_terminal(pump->terminal) },
		/* it may have changed since the session was asked for */
		.resized = pump->raw };
	signal(SIGPIPE, SIG_IGN);
	s.signal_fd = pump_open_signals(&before);
	good = s.signal_fd >= 0 && s.shown.to_fd >= 0;
	if (pump->raw)
		pump_make_raw(&s);
	if (good)
		pump_tell_size(&s);
	while (good && !pump_is_over(&s))
		good = pump_carry(&s, answer);
	tty_restore(pump->terminal);
	stream_drop(&s.typed);
	stream_drop(&s.shown);
	close(s.shown.to_fd);
	close(s.signal_fd);
	frame_in_reset(&s.in);
	frame_out_reset(&s.control);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (good)
		return PUMP_ANSWERED;
	return s.word == PUMP_WORD_LOST ? PUMP_LOST : PUMP_LEFT;
}
