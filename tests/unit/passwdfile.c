#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>

#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../shim/nss/passwdfile.h"
#include "scratch.h"

#define FREE 70000 /* a uid, and a name, that none of the lines has */
#define NOBODY "zoe"

/* True if neither NAME nor UID is in a file of TEXT. */
static bool
lacks(const char *text, const char *name, uid_t uid)
{
	char path[PATH_MAX];

	scratch_write("passwd", text, strlen(text), 0644);
	scratch_path("passwd", path);
	return passwdfile_lacks(path, name, uid);
}

#define FILE_TEXT                              \
	"root:x:0:0:root:/root:/bin/bash\n"    \
	"ann:x:1000:1000::/home/ann:/bin/sh\n" \
	"ben:x:70001:70001::/home/ben:/bin/sh\n"

static void
an_account_is_found_by_name_and_by_uid(void **state)
{
	(void)state;
	assert_true(lacks(FILE_TEXT, NOBODY, FREE));
	assert_false(lacks(FILE_TEXT, "ben", FREE));
	assert_false(lacks(FILE_TEXT, "root", FREE));
	assert_false(lacks(FILE_TEXT, NOBODY, 70001));
	assert_false(lacks(FILE_TEXT, NOBODY, 0));
	assert_false(lacks(FILE_TEXT, NOBODY, 1000));
	/* neither by a part of it, nor by what else is in a line */
	assert_true(lacks(FILE_TEXT, "be", FREE));
	assert_true(lacks(FILE_TEXT, "benn", FREE));
	assert_true(lacks(FILE_TEXT, "x", FREE));
	assert_true(lacks(FILE_TEXT, NOBODY, 7000));
	assert_true(lacks("ann:x:1000:70000::/:\n", NOBODY, 70000));
	assert_true(lacks("", NOBODY, FREE));
}

/* What the C library reads of LINE, as it reads the file. */
static void
as_the_library(const char *line)
{
	char path[PATH_MAX];
	const struct passwd *account;
	FILE *file;

	scratch_write("passwd", line, strlen(line), 0644);
	scratch_path("passwd", path);
	file = fopen(path, "re");
	assert_non_null(file);
	while ((account = fgetpwent(file)) != NULL) {
		assert_false(
		    passwdfile_lacks(path, account->pw_name, (uid_t)-2));
		assert_false(passwdfile_lacks(path, NOBODY, account->pw_uid));
	}
	fclose(file);
}

static void
what_the_library_takes_is_found(void **state)
{
	static const char *const lines[] = { FILE_TEXT,
		"a:x:70001:1::/:", "  a:x:70001:1::/:\n", "\ta:x:70001:1::/:\n",
		"a:x: 70001:1::/:\n", "a:x:+70001:1::/:\n",
		"a:x:0070001:1::/:\n", "#a:x:70001:1::/:\n",
		"\n\n  \na:x:70001:1::/:\n", "a::70001:1:::\n", "a:x:70001:1\n",
		"a:x:70001\n", "a:x:70001:1::/:\nb", "+a:x:70001:1::/:\n",
		"-a:x:70001:1::/:\n", ":x:70001:1::/:\n", "a:x:70001x:1::/:\n",
		"a:x::1::/:\n", "a:x:4294967295:1::/:\n",
		"a:x:4294967296:1::/:\n", "a:x:-1:1::/:\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		as_the_library(lines[i]);
	assert_true(lacks("#a:x:70001:1::/:\n", "a", 70001));
	assert_false(lacks("a:x:70001:1::/:", NOBODY, 70001));
}

static void
lines_end_anywhere_in_what_is_read_at_once(void **state)
{
	char *text = malloc(3 * 4096 + 64);

	(void)state;
	assert_non_null(text);
	for (size_t before = 4096 - 40; before < 4096 + 2; before++) {
		memset(text, 'y', before);
		memcpy(text, "x:x:1:1:", 8);
		stpcpy(text + before, "\nben:x:70001:70001::/:\n");
		assert_false(lacks(text, "ben", FREE));
		assert_false(lacks(text, NOBODY, 70001));
		assert_true(lacks(text, NOBODY, FREE));
	}
	free(text);
}

static void
what_cannot_be_read_is_not_known(void **state)
{
	char path[PATH_MAX];

	(void)state;
	assert_false(passwdfile_lacks("/nonexistent/passwd", NOBODY, FREE));
	assert_false(passwdfile_lacks("/etc", NOBODY, FREE));
	scratch_path("fifo", path);
	assert_int_equal(mkfifo(path, 0644), 0);
	assert_false(passwdfile_lacks(path, NOBODY, FREE));
	/* nor what has no end */
	scratch_write("passwd", "a:x:1:1:\n", 9, 0644);
	scratch_path("passwd", path);
	assert_int_equal(truncate(path, (off_t)PASSWDFILE_MAX_BYTES + 1), 0);
	assert_false(passwdfile_lacks(path, NOBODY, FREE));
	assert_false(passwdfile_lacks("/dev/zero", NOBODY, FREE));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_account_is_found_by_name_and_by_uid),
		cmocka_unit_test(what_the_library_takes_is_found),
		cmocka_unit_test(lines_end_anywhere_in_what_is_read_at_once),
		cmocka_unit_test(what_cannot_be_read_is_not_known),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
