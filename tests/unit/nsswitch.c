#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../shim/admin/nsswitch.h"

/* Parse TEXT from memory that ends where it does. */
static bool
parse(const char *text, struct nsswitch *line)
{
	const size_t len = strlen(text);
	char *copy = malloc(len > 0 ? len : 1);
	bool parsed;

	assert_non_null(copy);
	memcpy(copy, text, len);
	parsed = nsswitch_parse(copy, len, line);
	free(copy);
	return parsed;
}

/* TEXT has these SOURCES, with a blank between, in its line passwd. */
static void
has(const char *text, const char *sources)
{
	struct nsswitch line;
	char names[1024] = "", *to = names;

	assert_true(parse(text, &line));
	for (size_t i = 0; i < line.count; i++) {
		if (i > 0)
			to = stpcpy(to, " ");
		to = stpcpy(to, line.sources[i].name);
	}
	assert_string_equal(names, sources);
}

static void
is_garbled(const char *text)
{
	struct nsswitch line;

	assert_false(parse(text, &line));
}

/*
 * What is wrong with the line passwd of SOURCES is FAULT, about SOURCE, and
 * it should be ADVICE.
 */
static void
judged(const char *sources, enum nsswitch_fault fault, const char *source,
    const char *advice)
{
	char text[1024], advised[NSSWITCH_ADVICE_BYTES];
	struct nsswitch line;
	const char *found;

	snprintf(text, sizeof(text), "passwd: %s\n", sources);
	assert_true(parse(text, &line));
	assert_int_equal(nsswitch_judge(&line, &found), fault);
	assert_string_equal(found, source);
	nsswitch_advise(&line, advised);
	assert_string_equal(advised, advice);
}

static void
the_line_is_found(void **state)
{
	(void)state;
	has("passwd: files moshgate\n", "files moshgate");
	has("passwd: files moshgate", "files moshgate");
	has("passwd:files\tmoshgate\r\n", "files moshgate");
	has("  passwd\t: :files   \n", "files");
	has("# passwd: a\n\ngroup: b\npasswd: c\nshadow: d\n", "c");
	has("passwd_compat: nis\npasswd: compat\n", "compat");
}

static void
a_line_ends_at_a_nul(void **state)
{
	static const char text[] = "passwd: files\0 moshgate\n"
				   "group\0passwd: sss\n";
	struct nsswitch line;

	(void)state;
	assert_true(nsswitch_parse(text, sizeof(text) - 1, &line));
	assert_int_equal(line.count, 1);
	assert_string_equal(line.sources[0].name, "files");
}

static void
the_last_line_counts(void **state)
{
	(void)state;
	has("passwd: files moshgate\npasswd: files\n", "files");
}

static void
without_one_there_are_files(void **state)
{
	(void)state;
	has("", "files");
	has("group: sss\n", "files");
	has("#passwd: sss\n", "files");
	has("Passwd: sss\n", "files");
}

static void
actions_are_read(void **state)
{
	static const struct {
		const char *text;
		bool ends[NSSWITCH_STATUSES]; /* success notfound unavail try */
	} cases[] = {
		{ "a", { 1, 0, 0, 0 } },
		{ "a [UNAVAIL=return]", { 1, 0, 1, 0 } },
		{ "a[unavail=RETURN]", { 1, 0, 1, 0 } },
		{ "a [ Unavail = Return ]", { 1, 0, 1, 0 } },
		{ "a [NOTFOUND=return TRYAGAIN=return]", { 1, 1, 0, 1 } },
		{ "a [!UNAVAIL=return]", { 1, 1, 0, 1 } },
		{ "a [!NOTFOUND=return]", { 1, 0, 1, 1 } },
		{ "a [!SUCCESS=return]", { 1, 1, 1, 1 } },
		{ "a [SUCCESS=continue]", { 0, 0, 0, 0 } },
		{ "a [SUCCESS=merge]", { 0, 0, 0, 0 } },
		{ "a [!UNAVAIL=continue]", { 0, 0, 0, 0 } },
		{ "a [UNAVAIL=return UNAVAIL=continue]", { 1, 0, 0, 0 } },
	};
	char text[128];
	struct nsswitch line;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "passwd: %s b\n", cases[i].text);
		assert_true(parse(text, &line));
		assert_int_equal(line.count, 2);
		assert_memory_equal(line.sources[0].ends, cases[i].ends,
		    sizeof(cases[i].ends));
		assert_true(line.sources[1].ends[NSSWITCH_SUCCESS]);
		assert_false(line.sources[1].ends[NSSWITCH_UNAVAIL]);
	}
}

static void
what_glibc_cannot_read_is_garbled(void **state)
{
	(void)state;
	is_garbled("passwd:\n");
	is_garbled("passwd\n");
	is_garbled("passwd: files [\n");
	is_garbled("passwd: files []\n");
	is_garbled("passwd: files [UNAVAIL]\n");
	is_garbled("passwd: files [UNAVAIL=]\n");
	is_garbled("passwd: files [UNAVAIL=return\n");
	is_garbled("passwd: files [UNAVAIL=stop]\n");
	is_garbled("passwd: files [MISSING=return]\n");
	is_garbled("passwd: files [! UNAVAIL=return]\n");
	is_garbled("passwd: files [UNAVAIL=return,NOTFOUND=return]\n");
	/* a line before the one that counts is read, too */
	is_garbled("passwd: files [x=y]\npasswd: files\n");
}

static void
a_second_bracket_ends_the_line(void **state)
{
	(void)state;
	has("passwd: files [UNAVAIL=return] [NOTFOUND=continue] moshgate\n",
	    "files");
	is_garbled("passwd: [NOTFOUND=return] moshgate\n");
}

static void
there_is_room_for_so_many(void **state)
{
	char text[1024], name[NSSWITCH_NAME_MAX_CHARS + 2];
	char *to = stpcpy(text, "passwd:"), advice[NSSWITCH_ADVICE_BYTES];
	struct nsswitch line;

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (int i = 0; i < NSSWITCH_SOURCES_MAX; i++) {
		to = stpcpy(to, " ");
		to = stpcpy(to, name + 1);
	}
	assert_true(parse(text, &line));
	assert_int_equal(line.count, NSSWITCH_SOURCES_MAX);
	nsswitch_advise(&line, advice);
	assert_true(strlen(advice) < sizeof(advice) - 1);
	assert_string_equal(advice + strlen(advice) - 9, " moshgate");
	memcpy(to, " y", 3);
	is_garbled(text);
	snprintf(text, sizeof(text), "passwd: %s", name);
	is_garbled(text);
}

static void
moshgate_is_last(void **state)
{
	(void)state;
	judged("files moshgate", NSSWITCH_WELL, "", "passwd: files moshgate");
	judged("files systemd moshgate [NOTFOUND=return]", NSSWITCH_WELL, "",
	    "passwd: files systemd moshgate");
	judged("files moshgate systemd", NSSWITCH_NOT_LAST, "systemd",
	    "passwd: files systemd moshgate");
	judged("moshgate files moshgate", NSSWITCH_NOT_LAST, "files",
	    "passwd: files moshgate");
	judged("files systemd", NSSWITCH_ABSENT, "",
	    "passwd: files systemd moshgate");
}

static void
moshgate_is_asked_for_whom_nobody_has(void **state)
{
	(void)state;
	judged("files [NOTFOUND=return] moshgate", NSSWITCH_UNREACHABLE,
	    "files", "passwd: files moshgate");
	judged("files systemd [!SUCCESS=return] moshgate", NSSWITCH_UNREACHABLE,
	    "systemd", "passwd: files systemd moshgate");
	judged("files [SUCCESS=continue] moshgate", NSSWITCH_OVERRULED, "files",
	    "passwd: files moshgate");
	judged("files [SUCCESS=merge] moshgate", NSSWITCH_OVERRULED, "files",
	    "passwd: files moshgate");
}

static void
a_directory_that_is_down_has_the_last_word(void **state)
{
	(void)state;
	judged("files sss moshgate", NSSWITCH_OUTAGE, "sss",
	    "passwd: files sss [UNAVAIL=return] moshgate");
	judged("files sss [UNAVAIL=return] moshgate", NSSWITCH_WELL, "",
	    "passwd: files sss [UNAVAIL=return] moshgate");
	judged("files ldap [!NOTFOUND=return] moshgate", NSSWITCH_WELL, "",
	    "passwd: files ldap [UNAVAIL=return] moshgate");
	judged("files winbind [TRYAGAIN=return] moshgate", NSSWITCH_OUTAGE,
	    "winbind", "passwd: files winbind [UNAVAIL=return] moshgate");
	judged("files nis [UNAVAIL=return] unheard-of moshgate",
	    NSSWITCH_OUTAGE, "unheard-of",
	    "passwd: files nis [UNAVAIL=return] unheard-of [UNAVAIL=return] "
	    "moshgate");
	judged("compat systemd altfiles db extrausers moshgate", NSSWITCH_WELL,
	    "", "passwd: compat systemd altfiles db extrausers moshgate");
}

static void
a_directory_that_is_down_locks_nobody_out(void **state)
{
	(void)state;
	judged("sss [UNAVAIL=return] files moshgate", NSSWITCH_LOCKOUT, "sss",
	    "passwd: files sss [UNAVAIL=return] moshgate");
	judged("files sss [UNAVAIL=return] systemd moshgate", NSSWITCH_WELL, "",
	    "passwd: files systemd sss [UNAVAIL=return] moshgate");
	judged("sss files systemd moshgate", NSSWITCH_OUTAGE, "sss",
	    "passwd: files systemd sss [UNAVAIL=return] moshgate");
}

static void
a_comment_behind_the_line_is_none(void **state)
{
	(void)state;
	judged("files # systemd moshgate", NSSWITCH_COMMENT, "",
	    "passwd: files moshgate");
	judged("files moshgate #last", NSSWITCH_COMMENT, "",
	    "passwd: files moshgate");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_line_is_found),
		cmocka_unit_test(a_line_ends_at_a_nul),
		cmocka_unit_test(the_last_line_counts),
		cmocka_unit_test(without_one_there_are_files),
		cmocka_unit_test(actions_are_read),
		cmocka_unit_test(what_glibc_cannot_read_is_garbled),
		cmocka_unit_test(a_second_bracket_ends_the_line),
		cmocka_unit_test(there_is_room_for_so_many),
		cmocka_unit_test(moshgate_is_last),
		cmocka_unit_test(moshgate_is_asked_for_whom_nobody_has),
		cmocka_unit_test(a_directory_that_is_down_has_the_last_word),
		cmocka_unit_test(a_directory_that_is_down_locks_nobody_out),
		cmocka_unit_test(a_comment_behind_the_line_is_none),
	};

	return cmocka_run_group_tests_name("nsswitch", tests, NULL, NULL);
}
