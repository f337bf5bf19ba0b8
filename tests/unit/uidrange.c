#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../helper/setting.h"
#include "../../shim/lib/uidrange.h"
#include "scratch.h"

#define SERVICE 770

static bool
parses(const char *text, struct uidrange *range)
{
	return uidrange_parse(text, strlen(text), range);
}

static void
a_line_is_a_range(void **state)
{
	static const char *const good[] = { "70000-79999\n", "70000-79999",
		"# why\n\n70000-79999\n# not\n" };
	struct uidrange range;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(parses(good[i], &range));
		assert_int_equal(range.min, 70000);
		assert_int_equal(range.max, 79999);
	}
	assert_true(parses("70000-70000\n", &range));
	assert_true(uidrange_has(&range, 70000));
	assert_false(uidrange_has(&range, 69999));
	assert_false(uidrange_has(&range, 70001));
	assert_false(uidrange_has(&range, 0));
}

static void
anything_else_is_none(void **state)
{
	static const char *const bad[] = { "", "\n", "# 70000-79999\n",
		"70000\n", "70000-\n", "-79999\n", "79999-70000\n",
		"70000 - 79999\n", " 70000-79999\n", "70000-79999 \n",
		"70000-79999\r\n", "070000-79999\n", "0-79999\n", "999-79999\n",
		"70000-99999999999\n", "70000-4294967296\n",
		"70000-79999\n80000-89999\n", "70000-79999-\n", "70000-7999x\n",
		"65535-70000\n" };
	struct uidrange range;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(parses(bad[i], &range));
	assert_false(uidrange_parse("70000-79999\0\n", 13, &range));
}

/* Read the range from the scratch directory; false if it is refused. */
static bool
reads(struct uidrange *range)
{
	char path[PATH_MAX];

	scratch_path(".", path);
	return uidrange_read(path, range);
}

static void
say(const char *text, mode_t mode)
{
	scratch_write(UIDRANGE_NAME, text, strlen(text), mode);
}

static void
without_a_file_it_is_the_one_of_the_settings(void **state)
{
	struct uidrange range;
	size_t count;
	const struct setting *all = setting_all(&count);

	(void)state;
	assert_true(uidrange_read("/nonexistent/moshgate", &range));
	assert_int_equal(range.min, UIDRANGE_MIN);
	assert_int_equal(range.max, UIDRANGE_MAX);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(all[i].key, "uid_min") == 0)
			assert_int_equal(strtol(all[i].initial, NULL, 10),
			    UIDRANGE_MIN);
		if (strcmp(all[i].key, "uid_max") == 0)
			assert_int_equal(strtol(all[i].initial, NULL, 10),
			    UIDRANGE_MAX);
	}
}

static void
root_alone_can_say_another(void **state)
{
	char path[PATH_MAX], link[PATH_MAX];
	struct uidrange range;

	(void)state;
	scratch_need_root();
	assert_true(reads(&range));
	assert_int_equal(range.min, UIDRANGE_MIN);
	say("70000-79999\n", 0644);
	assert_true(reads(&range));
	assert_int_equal(range.min, 70000);
	scratch_own(UIDRANGE_NAME, SERVICE, SERVICE);
	assert_false(reads(&range));
	say("70000-79999\n", 0664);
	assert_false(reads(&range));
	say("70000-79999\n", 0646);
	assert_false(reads(&range));
	say("nonsense\n", 0644);
	assert_false(reads(&range));
	say("", 0644);
	assert_false(reads(&range));
	say("70000-79999\n", 0644);
	scratch_own(".", SERVICE, SERVICE);
	assert_false(reads(&range));
	scratch_own(".", 0, 0);
	scratch_path(".", path);
	assert_int_equal(chmod(path, 0777), 0);
	assert_false(reads(&range));
	assert_int_equal(chmod(path, 0755), 0);
	assert_true(reads(&range));
	/* nor by a link, nor what makes whoever asks wait */
	scratch_path("other", link);
	scratch_path(UIDRANGE_NAME, path);
	assert_int_equal(rename(path, link), 0);
	assert_int_equal(symlink(link, path), 0);
	assert_false(reads(&range));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0644), 0);
	assert_false(reads(&range));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_false(reads(&range));
	assert_int_equal(rmdir(path), 0);
}

static void
a_file_without_end_is_refused(void **state)
{
	char text[UIDRANGE_MAX_BYTES + 1];
	struct uidrange range;

	(void)state;
	scratch_need_root();
	memset(text, '#', sizeof(text));
	memcpy(text, "70000-79999\n", 12);
	scratch_write(UIDRANGE_NAME, text, sizeof(text), 0644);
	assert_false(reads(&range));
	scratch_write(UIDRANGE_NAME, text, sizeof(text) - 1, 0644);
	assert_true(reads(&range));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_a_range),
		cmocka_unit_test(anything_else_is_none),
		cmocka_unit_test(without_a_file_it_is_the_one_of_the_settings),
		cmocka_unit_test(root_alone_can_say_another),
		cmocka_unit_test(a_file_without_end_is_refused),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
