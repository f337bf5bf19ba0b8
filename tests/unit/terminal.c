#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/ioctl.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../shim/session/terminal.h"

static void
is_known(const char *term, int expected)
{
	int colors = -1;

	assert_ptr_equal(terminal_type(term, &colors), term);
	assert_int_equal(colors, expected);
}

static void
terminals_that_terminfo_has_stay_as_they_are(void **state)
{
	(void)state;
	is_known("xterm", 8);
	is_known("xterm-256color", 256);
	is_known("linux", 8);
	is_known("screen", 8);
	is_known("tmux-256color", 256);
}

static void
a_terminal_without_colours_has_none(void **state)
{
	(void)state;
	is_known("vt100", 0);
	is_known("dumb", 0);
}

static void
becomes_the_fallback(const char *term)
{
	int colors = -1;

	assert_string_equal(terminal_type(term, &colors), "xterm-256color");
	assert_int_equal(colors, 256);
}

static void
a_terminal_it_lacks_becomes_a_common_one(void **state)
{
	(void)state;
	becomes_the_fallback("no-such-terminal");
	becomes_the_fallback("XTERM");
	becomes_the_fallback("xterm ");
	becomes_the_fallback("");
	becomes_the_fallback(NULL);
}

static void
names_made_to_do_harm_are_not_looked_up(void **state)
{
	char longest[66];

	(void)state;
	becomes_the_fallback("../../../../etc/passwd");
	becomes_the_fallback("/usr/share/terminfo/x/xterm");
	becomes_the_fallback("/lib/terminfo/x/xterm");
	becomes_the_fallback("x/../xterm");
	becomes_the_fallback("./xterm");
	becomes_the_fallback(".");
	becomes_the_fallback("..");
	becomes_the_fallback("-x");
	becomes_the_fallback("xterm\n");
	becomes_the_fallback("xterm;reboot");
	becomes_the_fallback("$(reboot)");
	becomes_the_fallback("\033[2J");
	becomes_the_fallback("xterm\xc3\xa4");
	memset(longest, 'x', 65);
	longest[65] = '\0';
	becomes_the_fallback(longest);
	becomes_the_fallback(longest + 1);
}

/* A terminal of ROWS and COLUMNS becomes one of the others. */
static void
size_becomes(unsigned short rows, unsigned short columns,
    unsigned short new_rows, unsigned short new_columns)
{
	struct winsize size = { .ws_row = rows, .ws_col = columns };
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), terminal;

	assert_true(master >= 0);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(terminal >= 0);
	assert_int_equal(ioctl(terminal, TIOCSWINSZ, &size), 0);
	terminal_make_size(terminal);
	assert_int_equal(ioctl(terminal, TIOCGWINSZ, &size), 0);
	assert_int_equal(size.ws_row, new_rows);
	assert_int_equal(size.ws_col, new_columns);
	close(terminal);
	close(master);
}

static void
a_terminal_of_no_size_becomes_80_by_24(void **state)
{
	(void)state;
	size_becomes(0, 0, 24, 80);
	size_becomes(0, 132, 24, 132);
	size_becomes(50, 0, 50, 80);
}

static void
a_terminal_with_a_size_keeps_it(void **state)
{
	(void)state;
	size_becomes(1, 1, 1, 1);
	size_becomes(50, 200, 50, 200);
}

static void
what_is_no_terminal_is_left_alone(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	terminal_make_size(fds[0]);
	terminal_make_size(-1);
	close(fds[0]);
	close(fds[1]);
}

/* What is written to a terminal after ELAPSED_MS, or to wipe it if -1. */
static const char *
written(int64_t elapsed_ms)
{
	static char text[256];
	ssize_t len;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	if (elapsed_ms < 0)
		terminal_hide_progress(fds[1]);
	else
		terminal_show_progress(fds[1], elapsed_ms);
	len = read(fds[0], text, sizeof(text) - 1);
	assert_true(len > 0);
	text[len] = '\0';
	close(fds[0]);
	close(fds[1]);
	return text;
}

static void
progress_says_how_long_it_has_taken(void **state)
{
	(void)state;
	assert_string_equal(written(0),
	    "\rmoshgate: connecting to the remote server ...");
	assert_string_equal(written(999),
	    "\rmoshgate: connecting to the remote server ...");
	assert_string_equal(written(1000),
	    "\rmoshgate: connecting to the remote server ... 1 s");
	assert_string_equal(written(30999),
	    "\rmoshgate: connecting to the remote server ... 30 s");
}

static void
progress_is_wiped_whole_within_80_columns(void **state)
{
	const size_t shown = strlen(written(3600000)) - 1;
	const char *wiped = written(-1);
	const size_t blanks = strspn(wiped + 1, " ");

	(void)state;
	assert_int_equal(wiped[0], '\r');
	assert_string_equal(wiped + 1 + blanks, "\r");
	assert_in_range(blanks, shown, 79);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(terminals_that_terminfo_has_stay_as_they_are),
		cmocka_unit_test(a_terminal_without_colours_has_none),
		cmocka_unit_test(a_terminal_it_lacks_becomes_a_common_one),
		cmocka_unit_test(names_made_to_do_harm_are_not_looked_up),
		cmocka_unit_test(a_terminal_of_no_size_becomes_80_by_24),
		cmocka_unit_test(a_terminal_with_a_size_keeps_it),
		cmocka_unit_test(what_is_no_terminal_is_left_alone),
		cmocka_unit_test(progress_says_how_long_it_has_taken),
		cmocka_unit_test(progress_is_wiped_whole_within_80_columns),
	};

	/* the test's own environment, before the tests change it */
	unsetenv("TERMINFO");
	unsetenv("TERMINFO_DIRS");
	return cmocka_run_group_tests_name("terminal", tests, NULL, NULL);
}
