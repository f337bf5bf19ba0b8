#ifndef MOSHGATE_TTY_H
#define MOSHGATE_TTY_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

/* What the modes of a terminal are in, with a NUL: two digits for a byte. */
#define TTY_MODES_CHARS 512

/* A terminal, and what it was like. */
struct tty {
	int fd;
	bool changed;
	struct termios before;
};

/* Take the terminal FD, as it is, into *TTY.  Returns false if it is none. */
bool tty_take(struct tty *tty, int fd);

/*
 * Write to HEX, in hexadecimal digits, the encoded modes (RFC 4254, section 8,
 * and RFC 8160) that TTY had when it was taken.  Those that mean nothing to a
 * terminal without a wire are left out.
 */
void tty_modes(const struct tty *tty, char hex[TTY_MODES_CHARS]);

/*
 * Read what has been typed on TTY before it was made raw, without waiting: SIZE
 * bytes at most.  What a terminal makes of the key for the end of a file, which
 * is no byte any more, is that key again in TEXT.  Returns how many there are.
 */
size_t tty_read_typed(const struct tty *tty, char *text, size_t size);

/*
 * Have TTY give each byte as it is typed, and take each as it is: all is done at
 * the other end of the session.
 */
void tty_make_raw(struct tty *tty);

/* Make TTY again what it was. */
void tty_restore(struct tty *tty);

#endif
