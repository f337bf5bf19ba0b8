#include "tty.h"

#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

/* RFC 4254, section 8: those that are in none of the tables below. */
#define TTY_OP_END 0
#define TTY_OP_ISPEED 128
#define TTY_OP_OSPEED 129
/* Stands for a control character that is not in use. */
#define NO_CHARACTER 255

static const struct {
	unsigned char opcode;
	int index; /* in c_cc */
} characters[] = {
	{ 1, VINTR },
	{ 2, VQUIT },
	{ 3, VERASE },
	{ 4, VKILL },
	{ 5, VEOF },
	{ 6, VEOL },
	{ 7, VEOL2 },
	{ 8, VSTART },
	{ 9, VSTOP },
	{ 10, VSUSP },
	{ 12, VREPRINT },
	{ 13, VWERASE },
	{ 14, VLNEXT },
	{ 18, VDISCARD },
};

struct flag {
	unsigned char opcode;
	tcflag_t flag;
};

static const struct flag input_flags[] = {
	{ 33, ISTRIP },
	{ 34, INLCR },
	{ 35, IGNCR },
	{ 36, ICRNL },
	{ 38, IXON },
	{ 39, IXANY },
	{ 40, IXOFF },
	{ 41, IMAXBEL },
	{ 42, IUTF8 },
};
static const struct flag local_flags[] = {
	{ 50, ISIG },
	{ 51, ICANON },
	{ 53, ECHO },
	{ 54, ECHOE },
	{ 55, ECHOK },
	{ 56, ECHONL },
	{ 57, NOFLSH },
	{ 58, TOSTOP },
	{ 59, IEXTEN },
	{ 60, ECHOCTL },
	{ 61, ECHOKE },
};
static const struct flag output_flags[] = {
	{ 70, OPOST },
	{ 72, ONLCR },
	{ 73, OCRNL },
	{ 74, ONOCR },
	{ 75, ONLRET },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Add to HEX, which ends at *USED, the mode OPCODE with its VALUE. */
static void
tty_add_mode(char *hex, size_t *used, unsigned opcode, uint32_t value)
{
	*used += (size_t)snprintf(hex + *used, TTY_MODES_CHARS - *used,
	    "%02x%08lx", opcode, (unsigned long)value);
}

/* Add to HEX the COUNT modes in FLAGS: 1 for those that are in SET, else 0. */
static void
tty_add_flags(char *hex, size_t *used, const struct flag *flags, size_t count,
    tcflag_t set)
{
	for (size_t i = 0; i < count; i++)
		tty_add_mode(hex, used, flags[i].opcode,
		    (set & flags[i].flag) != 0);
}

/*
 * The speed CODE in bits per second.  Without a wire it means nothing; of all
 * there are, only these two are in use there.
 */
static uint32_t
tty_speed(speed_t code)
{
	return code == B9600 ? 9600 : 38400;
}

bool
tty_take(struct tty *tty, int fd)
{
	tty->fd = fd;
	tty->changed = false;
	return tcgetattr(fd, &tty->before) == 0;
}

void
tty_modes(const struct tty *tty, char hex[TTY_MODES_CHARS])
{
	const struct termios *modes = &tty->before;
	size_t used = 0;

	tty_add_mode(hex, &used, TTY_OP_OSPEED, tty_speed(cfgetospeed(modes)));
	tty_add_mode(hex, &used, TTY_OP_ISPEED, tty_speed(cfgetispeed(modes)));
	for (size_t i = 0; i < COUNT(characters); i++) {
		const cc_t c = modes->c_cc[characters[i].index];

		tty_add_mode(hex, &used, characters[i].opcode,
		    c == _POSIX_VDISABLE ? NO_CHARACTER : c);
	}
	tty_add_flags(hex, &used, input_flags, COUNT(input_flags),
	    modes->c_iflag);
	tty_add_flags(hex, &used, local_flags, COUNT(local_flags),
	    modes->c_lflag);
	tty_add_flags(hex, &used, output_flags, COUNT(output_flags),
	    modes->c_oflag);
	snprintf(hex + used, TTY_MODES_CHARS - used, "%02x", TTY_OP_END);
}

size_t
tty_read_typed(const struct tty *tty, char *text, size_t size)
{
	struct pollfd ready = { .fd = tty->fd, .events = POLLIN };
	size_t used = 0;

	if ((tty->before.c_lflag & ICANON) == 0)
		return 0;
	while (used + 1 < size && poll(&ready, 1, 0) == 1 &&
	    ready.revents == POLLIN) {
		const size_t room = size - used - 1;
		const ssize_t got = read(tty->fd, text + used, room);

		if (got < 0)
			break;
		used += (size_t)got;
		/* what does not end with a newline has ended at that key */
		if (got == 0 || (text[used - 1] != '\n' && (size_t)got < room))
			text[used++] = (char)tty->before.c_cc[VEOF];
	}
	return used;
}

void
tty_make_raw(struct tty *tty)
{
	struct termios raw = tty->before;

	cfmakeraw(&raw);
	if (tcsetattr(tty->fd, TCSADRAIN, &raw) == 0)
		tty->changed = true;
}

void
tty_restore(struct tty *tty)
{
	if (tty->changed)
		tcsetattr(tty->fd, TCSADRAIN, &tty->before);
	tty->changed = false;
}
