#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../shim/lib/usermap.h"

/* Of a line that is not taken. */
#define NOT_A_LINE ((uid_t)-1)

static void
names_as_people_have_them_are_valid(void **state)
{
	static const char *const good[] = { "alice", "a", "Z", "_", "_svc",
		"j.doe", "jean-luc", "0x1f", "4you", "...", ".hidden", "..a",
		"a.", "a-", "_-", "user_1.x-y" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (!username_valid(good[i]))
			fail_msg("%s is refused", good[i]);
	}
}

static void
names_that_mean_something_else_are_not(void **state)
{
	static const char *const bad[] = { "", ".", "..", "-", "-rf", "--",
		"-oProxyCommand=x", "0", "1000", "00", "4294967295",
		"99999999999999999999" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (username_valid(bad[i]))
			fail_msg("\"%s\" is taken", bad[i]);
	}
}

/* In the middle of one: every byte there is, but NUL. */
static void
names_with_any_other_character_are_not(void **state)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";
	static const char *const bad[] = { "al ice", "alice\n", "\nalice",
		"a/b", "/", "../etc", "a:b", "a,b", "a$", "a\\b", "alice\r",
		"m\xc3\xbcller", "\xd0\xb8\xd0\xb2\xd0\xb0\xd0\xbd",
		"\xef\xbc\xa1", "a\xcc\x88", "\xff" };

	(void)state;
	for (int c = 1; c < 256; c++) {
		const char name[] = { 'a', (char)c, 'b', '\0' };

		assert_int_equal(username_valid(name),
		    strchr(allowed, c) != NULL);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(username_valid(bad[i]));
}

static void
a_name_has_1_to_64_characters(void **state)
{
	char name[USERNAME_MAX_CHARS + 2];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[64] = '\0';
	assert_true(username_valid(name));
	name[64] = 'x';
	name[65] = '\0';
	assert_false(username_valid(name));
}

static void
uids_of_the_system_are_not_in_the_map(void **state)
{
	static const unsigned long good[] = { 1000, 1001, 65533, 65536, 99999,
		100000, 1999999999, 2000000000 };
	static const unsigned long bad[] = { 0, 1, 33, 770, 999, 65534, 65535,
		2000000001, 2147483647, 2147483648, 4294967294, 4294967295 };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (!usermap_uid_valid(good[i]))
			fail_msg("%lu is refused", good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (usermap_uid_valid(bad[i]))
			fail_msg("%lu is taken", bad[i]);
	}
	if (sizeof(unsigned long) > sizeof(uid_t)) {
		/* what would be a good one if it were cut to 32 bits */
		assert_false(usermap_uid_valid((1UL << 31) * 2 + 65536));
		assert_false(usermap_uid_valid(~0UL));
	}
}

/*
 * The uid that the LEN bytes at TEXT are a line for, with NAME.  They are put
 * where a sanitizer sees if a byte behind them is read.
 */
static uid_t
uid_of(const char *text, size_t len, const char *name)
{
	struct usermap_entry entry = { .uid = 7 };
	char *line = malloc(len > 0 ? len : 1);
	bool taken;

	assert_non_null(line);
	memcpy(line, text, len);
	taken = usermap_line(line, len, &entry);
	free(line);
	if (!taken)
		return NOT_A_LINE;
	assert_string_equal(entry.name, name);
	return entry.uid;
}

static void
taken(const char *line, const char *name, uid_t uid)
{
	if (uid_of(line, strlen(line), name) != uid)
		fail_msg("\"%s\" is not %s of %u", line, name, (unsigned)uid);
}

static void
refused(const char *line)
{
	if (uid_of(line, strlen(line), "") != NOT_A_LINE)
		fail_msg("\"%s\" is taken", line);
}

static void
a_line_is_a_name_and_a_uid(void **state)
{
	char line[USERMAP_LINE_MAX_CHARS + 2], name[USERNAME_MAX_CHARS + 1];

	(void)state;
	taken("alice:65536", "alice", 65536);
	taken("a:1000", "a", 1000);
	taken("4you:99999", "4you", 99999);
	taken(".hidden:2000000000", ".hidden", 2000000000);
	memset(name, 'x', 64);
	name[64] = '\0';
	snprintf(line, sizeof(line), "%s:2000000000", name);
	assert_int_equal(strlen(line), USERMAP_LINE_MAX_CHARS);
	taken(line, name, 2000000000);
}

static void
a_line_with_a_bad_name_is_refused(void **state)
{
	char line[USERMAP_LINE_MAX_CHARS + 2];

	(void)state;
	refused(":65536");
	refused(".:65536");
	refused("..:65536");
	refused("-rf:65536");
	refused("65536:65536");
	refused(" alice:65536");
	refused("alice :65536");
	refused("#alice:65536");
	refused("+:65536");
	refused("+alice:65536");
	refused("a/b:65536");
	refused("m\xc3\xbcller:65536");
	memset(line, 'x', 65);
	memcpy(line + 65, ":65536", sizeof(":65536"));
	refused(line);
}

static void
a_line_with_a_bad_uid_is_refused(void **state)
{
	static const char *const bad[] = { "", "0", "00", "065536", "0065536",
		"0x10000", "33", "999", "65534", "65535", "2000000001",
		"4294967295", "4294967296", "9999999999", "10000065536",
		"18446744073709617152", "184467440737096171520", "-65536",
		"+65536", "-1", " 65536", "65536 ", "\t65536", "65536\r",
		"65 536", "65536:", "65536:x", ":65536", "65536a", "a65536",
		"65536.0", "65536#", "1e5",
		/* digits, but not ours */
		"\xd9\xa6\xd9\xa5\xd9\xa5\xd9\xa3\xd9\xa6" };
	char line[USERMAP_LINE_MAX_CHARS];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(line, sizeof(line), "alice:%s", bad[i]);
		refused(line);
	}
}

static void
what_is_no_line_at_all_is_refused(void **state)
{
	(void)state;
	refused("");
	refused(":");
	refused("::");
	refused("alice");
	refused("65536");
	refused("# written by moshgate-helper");
	refused("alice:*:65536:771::/:/bin/sh");
	refused("alice 65536");
	refused("alice\t65536");
}

static void
a_nul_or_a_newline_in_it_is_refused(void **state)
{
	(void)state;
#define REFUSED(text) \
	assert_int_equal(uid_of(text, sizeof(text) - 1, ""), NOT_A_LINE)
	REFUSED("\0");
	REFUSED("ali\0ce:65536");
	REFUSED("alice\0:65536");
	REFUSED("\0alice:65536");
	REFUSED("alice:\00065536");
	REFUSED("alice:65536\0");
	REFUSED("alice:65\000536");
	REFUSED("alice:65536\n");
	REFUSED("alice\n:65536");
	REFUSED("x\nalice:65536");
#undef REFUSED
}

/* The bytes behind the end are another line's. */
static void
only_as_many_bytes_as_told_are_the_line(void **state)
{
	(void)state;
	assert_int_equal(uid_of("alice:655367", 11, "alice"), 65536);
	assert_int_equal(uid_of("alice:65536", 10, "alice"), 6553);
	assert_int_equal(uid_of("alice:65536", 7, "alice"), NOT_A_LINE);
	assert_int_equal(uid_of("alice:65536", 6, "alice"), NOT_A_LINE);
	assert_int_equal(uid_of("alice:65536", 5, "alice"), NOT_A_LINE);
	assert_int_equal(uid_of("alice:65536", 0, "alice"), NOT_A_LINE);
}

static void
a_line_that_is_too_long_is_refused(void **state)
{
	char line[2 * USERMAP_LINE_MAX_CHARS];

	(void)state;
	/* however the bytes are split into name and uid */
	for (size_t colon = 0; colon < USERMAP_LINE_MAX_CHARS + 1; colon++) {
		memset(line, 'x', sizeof(line));
		memset(line + colon, '1', sizeof(line) - colon);
		line[colon] = ':';
		assert_int_equal(uid_of(line, USERMAP_LINE_MAX_CHARS + 1, ""),
		    NOT_A_LINE);
	}
}

static void
a_map_is_read_line_by_line(void **state)
{
	static const char text[] = "# one\nalice:65536\n\nbob\n#\nbob:65537\n"
				   "carol:65538";
	static const struct {
		enum usermap_kind kind;
		const char *line;
	} lines[] = {
		{ USERMAP_COMMENT, "# one" },
		{ USERMAP_ENTRY, "alice:65536" },
		{ USERMAP_GARBLED, "" },
		{ USERMAP_GARBLED, "bob" },
		{ USERMAP_COMMENT, "#" },
		{ USERMAP_ENTRY, "bob:65537" },
		{ USERMAP_CUT, "carol:65538" },
		/* which stays */
		{ USERMAP_CUT, "carol:65538" },
	};
	char *copy = malloc(sizeof(text) - 1);
	struct usermap_rest rest = { .at = copy, .left = sizeof(text) - 1 };
	struct usermap_next next;

	(void)state;
	assert_non_null(copy);
	memcpy(copy, text, sizeof(text) - 1);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(usermap_next(&rest, &next), lines[i].kind);
		assert_int_equal(next.len, strlen(lines[i].line));
		assert_memory_equal(next.line, lines[i].line, next.len);
	}
	free(copy);
}

static void
behind_the_last_line_is_the_end(void **state)
{
	struct usermap_rest rest = { .at = "alice:65536\n", .left = 12 };
	struct usermap_next next;

	(void)state;
	assert_int_equal(usermap_next(&rest, &next), USERMAP_ENTRY);
	assert_string_equal(next.entry.name, "alice");
	assert_int_equal(next.entry.uid, 65536);
	assert_int_equal(usermap_next(&rest, &next), USERMAP_END);
	assert_int_equal(usermap_next(&rest, &next), USERMAP_END);
	assert_int_equal(next.len, 0);
	rest = (struct usermap_rest){ 0 };
	assert_int_equal(usermap_next(&rest, &next), USERMAP_END);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_as_people_have_them_are_valid),
		cmocka_unit_test(names_that_mean_something_else_are_not),
		cmocka_unit_test(names_with_any_other_character_are_not),
		cmocka_unit_test(a_name_has_1_to_64_characters),
		cmocka_unit_test(uids_of_the_system_are_not_in_the_map),
		cmocka_unit_test(a_line_is_a_name_and_a_uid),
		cmocka_unit_test(a_line_with_a_bad_name_is_refused),
		cmocka_unit_test(a_line_with_a_bad_uid_is_refused),
		cmocka_unit_test(what_is_no_line_at_all_is_refused),
		cmocka_unit_test(a_nul_or_a_newline_in_it_is_refused),
		cmocka_unit_test(only_as_many_bytes_as_told_are_the_line),
		cmocka_unit_test(a_line_that_is_too_long_is_refused),
		cmocka_unit_test(a_map_is_read_line_by_line),
		cmocka_unit_test(behind_the_last_line_is_the_end),
	};

	return cmocka_run_group_tests_name("usermap", tests, NULL, NULL);
}
