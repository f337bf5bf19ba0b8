#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "../../shim/session/tty.h"

/* The slave of a new pseudo-terminal, and in *MASTER_FD its master. */
static int
open_terminal(int *master_fd)
{
	int fd;

	*master_fd = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(*master_fd >= 0);
	assert_int_equal(unlockpt(*master_fd), 0);
	fd = open(ptsname(*master_fd), O_RDWR | O_NOCTTY);
	assert_true(fd >= 0);
	return fd;
}

/* The value of mode OPCODE in HEX; -1 if it is not there. */
static long long
mode(const char *hex, unsigned long opcode)
{
	for (; strlen(hex) >= 10; hex += 10) {
		char its[3] = { hex[0], hex[1], '\0' }, value[9], *end;
		unsigned long number;

		memcpy(value, hex + 2, 8);
		value[8] = '\0';
		number = strtoul(value, &end, 16);
		assert_int_equal(*end, '\0');
		if (strtoul(its, NULL, 16) == opcode)
			return (long long)number;
	}
	assert_string_equal(hex, "00");
	return -1;
}

static void
modes_are_encoded_as_rfc_4254_has_them(void **state)
{
	char hex[TTY_MODES_CHARS];
	struct tty tty;
	struct termios modes;
	int master_fd;
	const int fd = open_terminal(&master_fd);

	(void)state;
	assert_true(tty_take(&tty, fd));
	modes = tty.before;
	modes.c_cc[VINTR] = 'K' & 0x1f;
	modes.c_cc[VEOL] = _POSIX_VDISABLE;
	modes.c_lflag &= ~(tcflag_t)ECHOE;
	modes.c_lflag |= ICANON | ECHO;
	modes.c_iflag |= IUTF8 | ICRNL;
	modes.c_iflag &= ~(tcflag_t)IXON;
	tty.before = modes;
	tty_modes(&tty, hex);
	assert_int_equal(mode(hex, 1), 'K' & 0x1f);
	assert_int_equal(mode(hex, 6), 255);
	assert_int_equal(mode(hex, 36), 1);
	assert_int_equal(mode(hex, 38), 0);
	assert_int_equal(mode(hex, 42), 1);
	assert_int_equal(mode(hex, 51), 1);
	assert_int_equal(mode(hex, 53), 1);
	assert_int_equal(mode(hex, 54), 0);
	assert_int_equal(mode(hex, 128), 38400);
	assert_int_equal(mode(hex, 129), 38400);
	assert_int_equal(mode(hex, 11), -1);
	/* libssh2 takes 256, with the terminal's name */
	assert_true(strlen(hex) / 2 < 256 - 32);
	close(fd);
	close(master_fd);
}

static void
a_terminal_is_raw_until_it_is_restored(void **state)
{
	struct termios before, raw, after;
	struct tty tty;
	int master_fd;
	const int fd = open_terminal(&master_fd);

	(void)state;
	assert_int_equal(tcgetattr(fd, &before), 0);
	assert_true(tty_take(&tty, fd));
	tty_make_raw(&tty);
	assert_int_equal(tcgetattr(fd, &raw), 0);
	assert_int_equal(raw.c_lflag & (ICANON | ECHO | ISIG), 0);
	assert_int_equal(raw.c_oflag & OPOST, 0);
	tty_restore(&tty);
	assert_int_equal(tcgetattr(fd, &after), 0);
	assert_int_equal(after.c_lflag, before.c_lflag);
	assert_int_equal(after.c_iflag, before.c_iflag);
	assert_int_equal(after.c_oflag, before.c_oflag);
	tty_restore(&tty); /* once more: nothing happens */
	close(fd);
	close(master_fd);
}

static void
what_was_typed_before_is_read_as_it_was(void **state)
{
	static const char typed[] = "one\nxx\b\b\004two\nthree\004part";
	char text[64];
	struct tty tty;
	int master_fd;
	const int fd = open_terminal(&master_fd);

	(void)state;
	assert_true(tty_take(&tty, fd));
	assert_int_equal(tty_read_typed(&tty, text, sizeof(text)), 0);
	tty.before.c_cc[VERASE] = '\b';
	assert_int_equal(tcsetattr(fd, TCSANOW, &tty.before), 0);
	assert_int_equal(write(master_fd, typed, sizeof(typed) - 1),
	    sizeof(typed) - 1);
	memset(text, 0, sizeof(text));
	tty_read_typed(&tty, text, sizeof(text));
	assert_string_equal(text, "one\n\004two\nthree\004");
	tty_make_raw(&tty);
	memset(text, 0, sizeof(text));
	assert_int_equal(read(fd, text, sizeof(text)), 4);
	assert_string_equal(text, "part");
	/* no more than there is room for */
	tty_restore(&tty);
	assert_int_equal(write(master_fd, "0123456789\n", 11), 11);
	assert_true(tty_read_typed(&tty, text, 8) <= 8);
	close(fd);
	close(master_fd);
}

static void
what_is_no_terminal_is_left_alone(void **state)
{
	struct tty tty;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_false(tty_take(&tty, fds[0]));
	close(fds[0]);
	close(fds[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modes_are_encoded_as_rfc_4254_has_them),
		cmocka_unit_test(a_terminal_is_raw_until_it_is_restored),
		cmocka_unit_test(what_was_typed_before_is_read_as_it_was),
		cmocka_unit_test(what_is_no_terminal_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
