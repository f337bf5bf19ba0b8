#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>

#include "scratch.h"

#include "../../helper/gateway/reserved.h"
#include "../../shim/lib/usermap.h"

#define MAX_BYTES ((size_t)256 * 1024)

/* The path of a file with the LEN bytes at TEXT. */
static const char *
file_of(const char *text, size_t len)
{
	static char path[PATH_MAX];

	scratch_write("reserved", text, len, 0644);
	scratch_path("reserved", path);
	return path;
}

/* The names in TEXT, which must be right; for reserved_free(). */
static struct reserved *
taken(const char *text)
{
	char error[CONFIG_ERROR_BYTES] = "not set";
	struct reserved *reserved;

	scratch_need_root();
	reserved = reserved_read(file_of(text, strlen(text)), error);
	if (reserved == NULL)
		fail_msg("refused: %s", error);
	assert_string_equal(error, "");
	return reserved;
}

/* The file at PATH is refused, with the path and then what is EXPECTED. */
static void
refused(const char *path, const char *expected)
{
	char error[CONFIG_ERROR_BYTES] = "";
	struct reserved *reserved = reserved_read(path, error);

	if (reserved != NULL)
		fail_msg("taken, not refused with \"%s\"", expected);
	assert_memory_equal(error, path, strlen(path));
	assert_string_equal(error + strlen(path), expected);
}

static void
refused_bytes(const char *text, size_t len, const char *expected)
{
	scratch_need_root();
	refused(file_of(text, len), expected);
}

static void
the_names_in_the_file_are_reserved(void **state)
{
	static const char *const names[] = { "zabbix", "_apt", "postgres",
		"Debian-exim", "www-data", "messagebus", "systemd-network", "a",
		"z9" };
	char text[1024];
	struct reserved *reserved;
	size_t len = 0;

	(void)state;
	/* one name more each time, so each is the first, the last, between */
	for (size_t n = 1; n <= sizeof(names) / sizeof(names[0]); n++) {
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\n",
		    names[n - 1]);
		reserved = taken(text);
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			assert_int_equal(reserved_has(reserved, names[i]),
			    i < n);
		reserved_free(reserved);
	}
}

static void
whatever_their_case_is(void **state)
{
	static const char *const names[] = { "Postgres", "POSTGRES",
		"debian-exim", "Debian-Exim", "_APT", "Zabbix" };
	struct reserved *reserved = taken(
	    "Debian-exim\nzabbix\n_apt\npostgres\n");

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!reserved_has(reserved, names[i]))
			fail_msg("\"%s\" is not reserved", names[i]);
	}
	reserved_free(reserved);
}

static void
no_other_names_are(void **state)
{
	static const char *const others[] = { "", "alice", "postgre",
		"postgresql", "postgres ", "postgres\n", "#", "# x", "apt",
		"zzz", "000", "-", "\xff" };
	struct reserved *reserved = taken("zabbix\n# x\n_apt\npostgres\n");

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (reserved_has(reserved, others[i]))
			fail_msg("\"%s\" is reserved", others[i]);
	}
	reserved_free(reserved);
}

static void
comments_and_empty_lines_mean_nothing(void **state)
{
	struct reserved *reserved = taken(
	    "# mysql\n#nginx\n\n\n#\n## ü \r \t\nredis\n\n# end\nsshd\n\n");

	(void)state;
	assert_true(reserved_has(reserved, "redis"));
	assert_true(reserved_has(reserved, "sshd"));
	assert_false(reserved_has(reserved, "mysql"));
	assert_false(reserved_has(reserved, "nginx"));
	assert_false(reserved_has(reserved, ""));
	reserved_free(reserved);
}

static void
the_last_line_may_lack_its_end(void **state)
{
	struct reserved *reserved = taken("redis\nsshd");

	(void)state;
	assert_true(reserved_has(reserved, "redis"));
	assert_true(reserved_has(reserved, "sshd"));
	reserved_free(reserved);
}

static void
a_name_may_be_there_twice(void **state)
{
	struct reserved *reserved = taken("redis\nsshd\nredis\n");

	(void)state;
	assert_true(reserved_has(reserved, "redis"));
	assert_true(reserved_has(reserved, "sshd"));
	reserved_free(reserved);
}

static void
a_file_without_names_reserves_none(void **state)
{
	static const char *const texts[] = { "", "\n", "# nothing\n", "#" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct reserved *reserved = taken(texts[i]);

		assert_false(reserved_has(reserved, ""));
		assert_false(reserved_has(reserved, "root"));
		reserved_free(reserved);
	}
}

static void
the_longest_names_are_whole(void **state)
{
	char name[USERNAME_MAX_CHARS + 2];
	struct reserved *reserved;

	(void)state;
	memset(name, 'x', sizeof(name));
	name[USERNAME_MAX_CHARS] = '\0';
	reserved = taken(name);
	assert_true(reserved_has(reserved, name));
	name[USERNAME_MAX_CHARS - 1] = 'y';
	assert_false(reserved_has(reserved, name));
	name[USERNAME_MAX_CHARS - 1] = '\0';
	assert_false(reserved_has(reserved, name));
	memset(name, 'x', sizeof(name));
	name[USERNAME_MAX_CHARS + 1] = '\0';
	assert_false(reserved_has(reserved, name));
	reserved_free(reserved);
	refused_bytes(name, USERNAME_MAX_CHARS + 1, ":1: not a user's name");
}

static void
a_line_that_is_no_name_is_told_with_its_number(void **state)
{
	static const struct {
		const char *text, *line;
	} wrong[] = {
		{ " redis\n", "1" },
		{ "redis\n sshd\n", "2" },
		{ "redis\nsshd \n", "2" },
		{ "redis\n\n# x\nssh d\nsshd\n", "4" },
		{ "redis\nsshd # the server\n", "2" },
		{ "redis:999\n", "1" },
		{ "redis\r\nsshd\r\n", "1" },
		{ "redis\n\r\n", "2" },
		{ "redis\n*\n", "2" },
		{ "redis\n-x\n", "2" },
		{ "redis\n..\n", "2" },
		{ "redis\n1000\n", "2" },
		{ "redis\n\xff\xfe\n", "2" },
		{ "m\xc3\xbcller\n", "1" },
		{ "\xef\xbb\xbfredis\n", "1" },
		{ "redis\n\t\nb@d\n", "2" },
		{ "redis\nsshd\nlast one", "3" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char expected[64];

		snprintf(expected, sizeof(expected), ":%s: not a user's name",
		    wrong[i].line);
		refused_bytes(wrong[i].text, strlen(wrong[i].text), expected);
	}
}

/* They end a string in C, and must not end the list. */
static void
so_is_one_with_a_nul_byte(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *line;
	} wrong[] = {
		{ "\0\0\0\0", 4, "1" },
		{ "redis\0\nsshd\n", 12, "1" },
		{ "redis\nss\0hd\nmysql\n", 18, "2" },
		{ "redis\n\0\nmysql\n", 14, "2" },
		{ "redis\n# a \0 comment\nmysql\n", 26, "2" },
		{ "redis\nmysql\n\0", 13, "3" },
		{ "redis\nb@d\n\0", 11, "2" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char expected[64];

		snprintf(expected, sizeof(expected), ":%s: not a user's name",
		    wrong[i].line);
		refused_bytes(wrong[i].text, wrong[i].len, expected);
	}
}

static void
a_file_that_cannot_be_read_is_told(void **state)
{
	(void)state;
	refused("/nowhere/reserved",
	    ": cannot be read: No such file or directory");
	refused("/dev/null", ": not a plain file");
	refused("/dev", ": not a plain file");
	scratch_need_root();
	refused("/proc/self/mem", ": an error while it was read");
}

static void
a_file_of_somebody_elses_is_refused(void **state)
{
	const char *path = file_of("redis\n", 6);

	(void)state;
	scratch_need_root();
	scratch_own("reserved", 1000, 0);
	refused(path, ": not owned by root (chown root)");
	path = file_of("redis\n", 6);
	assert_int_equal(chmod(path, 0664), 0);
	refused(path, ": writable by others than root (chmod go-w)");
}

static void
a_file_may_have_a_quarter_of_a_mebibyte(void **state)
{
	char *text = malloc(MAX_BYTES + 2), name[16];
	struct reserved *reserved;
	size_t len = 0;

	(void)state;
	assert_non_null(text);
	for (unsigned n = 0; len + 8 <= MAX_BYTES; n++)
		len += (size_t)snprintf(text + len, 9, "n%06u\n", n);
	assert_int_equal(len, MAX_BYTES);
	reserved = taken(text);
	for (size_t n = 0; n < MAX_BYTES / 8; n++) {
		snprintf(name, sizeof(name), "n%06zu", n);
		assert_true(reserved_has(reserved, name));
	}
	snprintf(name, sizeof(name), "n%06zu", MAX_BYTES / 8);
	assert_false(reserved_has(reserved, name));
	reserved_free(reserved);
	text[MAX_BYTES] = '\n';
	refused_bytes(text, MAX_BYTES + 1, ": too long");
	/* as many lines as there can be */
	memset(text, '\n', MAX_BYTES);
	text[MAX_BYTES - 2] = 'a';
	text[MAX_BYTES] = '\0';
	reserved = taken(text);
	assert_true(reserved_has(reserved, "a"));
	reserved_free(reserved);
	free(text);
}

/* How many pieces of memory this process has. */
static size_t
pieces(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	size_t count = 0;

	assert_non_null(maps);
	for (int c; (c = fgetc(maps)) != EOF;)
		count += c == '\n';
	fclose(maps);
	return count;
}

static void
what_is_refused_is_not_kept(void **state)
{
	const size_t times = 100;
	size_t before;

	(void)state;
	scratch_need_root();
	refused("/proc/self/mem", ": an error while it was read");
	before = pieces();
	for (size_t i = 0; i < times; i++)
		refused("/proc/self/mem", ": an error while it was read");
	assert_true(pieces() < before + times);
}

static void
nothing_may_be_freed(void **state)
{
	(void)state;
	reserved_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_names_in_the_file_are_reserved),
		cmocka_unit_test(whatever_their_case_is),
		cmocka_unit_test(no_other_names_are),
		cmocka_unit_test(comments_and_empty_lines_mean_nothing),
		cmocka_unit_test(the_last_line_may_lack_its_end),
		cmocka_unit_test(a_name_may_be_there_twice),
		cmocka_unit_test(a_file_without_names_reserves_none),
		cmocka_unit_test(the_longest_names_are_whole),
		cmocka_unit_test(
		    a_line_that_is_no_name_is_told_with_its_number),
		cmocka_unit_test(so_is_one_with_a_nul_byte),
		cmocka_unit_test(a_file_that_cannot_be_read_is_told),
		cmocka_unit_test(a_file_of_somebody_elses_is_refused),
		cmocka_unit_test(a_file_may_have_a_quarter_of_a_mebibyte),
		cmocka_unit_test(what_is_refused_is_not_kept),
		cmocka_unit_test(nothing_may_be_freed),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("reserved", tests, scratch_make,
	    scratch_remove);
}
