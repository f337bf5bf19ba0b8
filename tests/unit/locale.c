#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "../../shim/lib/locale.h"

static void
values_as_people_have_them_are_taken(void **state)
{
	static const char *const good[] = { "C", "C.UTF-8", "en_US.UTF-8",
		"de_DE@euro", "sr_RS.UTF-8@latin", "POSIX", "a-b_c.D@0" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(locale_value_valid(good[i]));
}

static void
values_with_any_other_character_are_not(void **state)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_.@-";

	(void)state;
	for (int c = 1; c < 256; c++) {
		const char value[] = { 'C', (char)c, 'x', '\0' };

		assert_int_equal(locale_value_valid(value),
		    strchr(allowed, c) != NULL);
	}
	assert_false(locale_value_valid("en_US.UTF-8;reboot"));
	assert_false(locale_value_valid("$(reboot)"));
	assert_false(locale_value_valid("C\n"));
	assert_false(locale_value_valid("../../etc/passwd"));
	assert_false(locale_value_valid("en:de"));
}

static void
a_value_has_1_to_64_characters(void **state)
{
	char value[LOCALE_VALUE_MAX_CHARS + 2];

	(void)state;
	assert_false(locale_value_valid(""));
	memset(value, 'x', sizeof(value));
	value[64] = '\0';
	assert_true(locale_value_valid(value));
	value[64] = 'x';
	value[65] = '\0';
	assert_false(locale_value_valid(value));
}

static void
the_names_are_those_of_a_locale(void **state)
{
	(void)state;
	for (size_t i = 0; i < LOCALE_NAMES; i++) {
		assert_non_null(locale_names[i]);
		assert_true(strncmp(locale_names[i], "LANG", 4) == 0 ||
		    strncmp(locale_names[i], "LC_", 3) == 0);
	}
}

/* Leave an environment without a locale. */
static void
forget_locale(void)
{
	for (size_t i = 0; i < LOCALE_NAMES; i++)
		unsetenv(locale_names[i]);
}

/* The environment's NAME, or "" if it isn't there. */
static const char *
environment(const char *name)
{
	const char *value = getenv(name);

	return value != NULL ? value : "";
}

/* An environment of one variable, or none, ends with this LC_ALL. */
static void
locale_becomes(const char *name, const char *value, const char *lc_all)
{
	forget_locale();
	if (name != NULL)
		assert_int_equal(setenv(name, value, 1), 0);
	assert_true(locale_make_utf8());
	assert_string_equal(environment("LC_ALL"), lc_all);
	assert_non_null(setlocale(LC_CTYPE, ""));
	assert_string_equal(nl_langinfo(CODESET), "UTF-8");
}

static void
a_utf8_locale_stays_as_it_is(void **state)
{
	(void)state;
	locale_becomes("LANG", "C.UTF-8", "");
	locale_becomes("LC_CTYPE", "C.UTF-8", "");
	locale_becomes("LC_ALL", "C.UTF-8", "C.UTF-8");
	locale_becomes("LC_ALL", "C.utf8", "C.utf8");
}

static void
any_other_locale_becomes_one_in_utf8(void **state)
{
	(void)state;
	locale_becomes(NULL, NULL, "C.UTF-8");
	locale_becomes("LANG", "C", "C.UTF-8");
	locale_becomes("LANG", "POSIX", "C.UTF-8");
	locale_becomes("LANG", "xx_XX.UTF-8", "C.UTF-8");
	locale_becomes("LC_CTYPE", "C", "C.UTF-8");
	locale_becomes("LC_ALL", "C", "C.UTF-8");
	locale_becomes("LC_ALL", "xx_XX", "C.UTF-8");
	locale_becomes("LC_ALL", "../../etc", "C.UTF-8");
	locale_becomes("LC_TIME", "C.UTF-8", "C.UTF-8");
}

static void
what_decides_the_locale_decides_here(void **state)
{
	(void)state;
	forget_locale();
	setenv("LANG", "C.UTF-8", 1);
	setenv("LC_CTYPE", "C", 1);
	assert_true(locale_make_utf8());
	assert_string_equal(environment("LC_ALL"), "C.UTF-8");
	forget_locale();
	setenv("LANG", "C", 1);
	setenv("LC_CTYPE", "C.UTF-8", 1);
	assert_true(locale_make_utf8());
	assert_string_equal(environment("LC_ALL"), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_as_people_have_them_are_taken),
		cmocka_unit_test(values_with_any_other_character_are_not),
		cmocka_unit_test(a_value_has_1_to_64_characters),
		cmocka_unit_test(the_names_are_those_of_a_locale),
		cmocka_unit_test(a_utf8_locale_stays_as_it_is),
		cmocka_unit_test(any_other_locale_becomes_one_in_utf8),
		cmocka_unit_test(what_decides_the_locale_decides_here),
	};

	return cmocka_run_group_tests_name("locale", tests, NULL, NULL);
}
