#include "newpassword.h"

#include <sys/signalfd.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* What comes of reading a line. */
enum newpassword_result {
	NEWPASSWORD_DONE,
	NEWPASSWORD_TOO_LONG,
	NEWPASSWORD_NUL,
	NEWPASSWORD_RETURN,
	NEWPASSWORD_MORE,
	NEWPASSWORD_FAILED,
};

/* What could end or stop this process while the terminal doesn't show anything. */
static const int newpassword_signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM,
	SIGTSTP };

/* A terminal, which is as it was before the question, or shows nothing. */
struct newpassword_tty {
	struct termios before;
	sigset_t mask;
	int signal_fd;
};

/*
 * Lines
 */

/* What TEXT of LEN bytes is, which was a line. */
static enum newpassword_result
newpassword_judge(const char *text, size_t len)
{
	if (len > NEWPASSWORD_MAX_BYTES)
		return NEWPASSWORD_TOO_LONG;
	if (memchr(text, '\0', len) != NULL)
		return NEWPASSWORD_NUL;
	return len > 0 && text[len - 1] == '\r' ? NEWPASSWORD_RETURN
						: NEWPASSWORD_DONE;
}

/*
 * Read one more byte of a line to TEXT, of which there are *LEN.  A byte too many
 * is only counted.  Returns false at the end of the line, or of all.
 */
static bool
newpassword_read_byte(char text[NEWPASSWORD_BYTES], size_t *len)
{
	char byte;
	const ssize_t got = read(STDIN_FILENO, &byte, 1);

	if (got < 0 && errno == EINTR)
		return true;
	if (got <= 0 || byte == '\n')
		return false;
	text[*len] = byte;
	if (*len <= NEWPASSWORD_MAX_BYTES)
		++*len;
	return true;
}

/* True if something is left to be read, at whose end this returns otherwise. */
static bool
newpassword_has_more(void)
{
	ssize_t got;
	char byte;

	do
		got = read(STDIN_FILENO, &byte, 1);
	while (got < 0 && errno == EINTR);
	return got > 0;
}

/* Read a line that nobody types, and that is all. */
static enum newpassword_result
newpassword_read_line(char text[NEWPASSWORD_BYTES])
{
	enum newpassword_result result;
	size_t len = 0;

	while (newpassword_read_byte(text, &len))
		continue;
	text[len] = '\0';
	result = newpassword_judge(text, len);
	return result == NEWPASSWORD_DONE && newpassword_has_more()
	    ? NEWPASSWORD_MORE
	    : result;
}

/*
 * Terminals
 */

/* Have the terminal show nothing, and signals wait. */
static bool
newpassword_hide(struct newpassword_tty *tty)
{
	struct termios quiet;
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(newpassword_signals) / sizeof(int); i++)
		sigaddset(&set, newpassword_signals[i]);
	if (tcgetattr(STDIN_FILENO, &tty->before) < 0)
		return false;
	quiet = tty->before;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	tty->signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (tty->signal_fd < 0)
		return false;
	sigprocmask(SIG_BLOCK, &set, &tty->mask);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	return true;
}

/* Have it be as it was; signals that wait take effect. */
static void
newpassword_show(struct newpassword_tty *tty)
{
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &tty->before);
	fputc('\n', stderr);
	close(tty->signal_fd);
	sigprocmask(SIG_SETMASK, &tty->mask, NULL);
}

/* Read what is typed up to the end of a line; false if a signal came before. */
static bool
newpassword_type(const struct newpassword_tty *tty,
    char text[NEWPASSWORD_BYTES], size_t *len)
{
	struct pollfd ready[2] = {
		{ .fd = tty->signal_fd, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};

	*len = 0;
	do {
		if (poll(ready, 2, -1) < 0 && errno != EINTR)
			return true;
		if (ready[0].revents != 0)
			return false;
	} while (ready[1].revents == 0 || newpassword_read_byte(text, len));
	return true;
}

/* Ask QUESTION on the terminal. */
static enum newpassword_result
newpassword_question(const char *question, const char *user,
    char text[NEWPASSWORD_BYTES])
{
	struct newpassword_tty tty;
	size_t len;
	bool whole;

	do {
		/* again after the process was stopped */
		if (!newpassword_hide(&tty))
			return NEWPASSWORD_FAILED;
		fprintf(stderr, "%s for %s: ", question, user);
		whole = newpassword_type(&tty, text, &len);
		newpassword_show(&tty);
	} while (!whole);
	text[len] = '\0';
	return newpassword_judge(text, len);
}

/*
 * Questions
 */

static bool
newpassword_complain(const char *text)
{
	fprintf(stderr, "moshgate: %s\n", text);
	return false;
}

/* Say what is wrong with TEXT, which came to RESULT, if anything is. */
static bool
newpassword_accept(const char *text, enum newpassword_result result)
{
	switch (result) {
	case NEWPASSWORD_TOO_LONG:
		return newpassword_complain(
		    "this password is too long: sshd's PAM hands over 511 "
		    "bytes at most");
	case NEWPASSWORD_NUL:
		return newpassword_complain("a password has no NUL byte in it");
	case NEWPASSWORD_RETURN:
		return newpassword_complain(
		    "a carriage return is at the end of this password, as in "
		    "files of Windows: leave it out");
	case NEWPASSWORD_MORE:
		return newpassword_complain(
		    "there is more than one line: a password is one");
	case NEWPASSWORD_FAILED:
		return newpassword_complain("the terminal cannot be used");
	default:
		return text[0] != '\0' ||
		    newpassword_complain("an empty password is none");
	}
}

/* Ask once more for what is TEXT. */
static bool
newpassword_confirm(const char *user, const char *text)
{
	char again[NEWPASSWORD_BYTES];
	bool same;

	same = newpassword_question("Once more", user, again) ==
		NEWPASSWORD_DONE &&
	    strcmp(again, text) == 0;
	explicit_bzero(again, sizeof(again));
	return same ||
	    newpassword_complain("these are two different passwords; nothing "
				 "was changed");
}

bool
newpassword_ask(const char *user, char text[NEWPASSWORD_BYTES])
{
	if (!isatty(STDIN_FILENO))
		return newpassword_accept(text, newpassword_read_line(text));
	return newpassword_accept(text,
		   newpassword_question("New password", user, text)) &&
	    newpassword_confirm(user, text);
}
