#ifndef MOSHGATE_TTY_H
#define MOSHGATE_TTY_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

/* What the modes of a terminal are in, with a NUL: two digits for a byte. */
#define TTY_MODES_CHARS 512

/*
 * Write to HEX, in hexadecimal digits, the encoded terminal modes (RFC 4254,
 * section 8, and RFC 8160) of the terminal whose attributes are MODES.  Those
 * that mean nothing to a terminal without a wire are left out.
 */
void tty_modes(const struct termios *modes, char hex[TTY_MODES_CHARS]);

/*
 * Have the terminal FD give each byte as it is typed, and take each as it is:
 * all is done at the other end of the session.  Returns false if it cannot.
 * One terminal at a time.
 */
bool tty_make_raw(int fd);

/* Make it again what it was before tty_make_raw(), if that was called. */
void tty_restore(void);

#endif
