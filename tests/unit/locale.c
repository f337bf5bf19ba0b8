#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../../shim/locale.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_as_people_have_them_are_taken),
		cmocka_unit_test(values_with_any_other_character_are_not),
		cmocka_unit_test(a_value_has_1_to_64_characters),
		cmocka_unit_test(the_names_are_those_of_a_locale),
	};

	return cmocka_run_group_tests_name("locale", tests, NULL, NULL);
}
