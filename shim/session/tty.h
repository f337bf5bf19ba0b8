#ifndef MOSHGATE_TTY_H
#define MOSHGATE_TTY_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

/* Room for the modes of a terminal in hexadecimal digits, and a NUL. */
#define TTY_MODES_CHARS 512

/* A terminal, and the modes that it had when it was taken. */
struct tty {
	int fd;
	bool changed;
	struct termios before;
};

/*
 * Take the terminal FD, with the modes that it has, into *TTY.  Returns false
 * if FD is no terminal.
 */
bool tty_take(struct tty *tty, int fd);

/*
 * Write to HEX, in hexadecimal digits, the encoded modes (RFC 4254, section 8,
 * and RFC 8160) that TTY had when it was taken.  Modes that mean nothing to a
 * terminal without a wire are left out.
 */
void tty_modes(const struct tty *tty, char hex[TTY_MODES_CHARS]);

/*
 * Read what has been typed on TTY, which is not raw yet, without waiting.
 * Stores at most SIZE bytes of it at TEXT.  The key for the end of a file,
 * which a terminal does not give as a byte, is one again there.
 * Returns the number of bytes.
 */
size_t tty_read_typed(const struct tty *tty, char *text, size_t size);

/*
 * Have TTY give each byte as it is typed, and show each as it is: editing of
 * lines, signals and echo are done at the far end of the session.
 */
void tty_make_raw(struct tty *tty);

/* Give TTY the modes again that it had when it was taken. */
void tty_restore(struct tty *tty);

#endif
