#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../shim/lib/fields.h"
#include "freed.h"
#include "leaveout.h"

/* A frame with the bytes of the literal BODY. */
#define FIELDS(body) \
	(&(const struct frame){ FRAME_OK, (char[]){ body }, sizeof(body) - 1 })

static void
fields_come_in_pairs_of_whole_strings(void **state)
{
	(void)state;
	assert_true(fields_wellformed(FIELDS("")));
	assert_true(fields_wellformed(FIELDS("user\0alice\0")));
	assert_true(fields_wellformed(FIELDS("user\0\0")));
	assert_true(fields_wellformed(FIELDS("a\0b\0c\0d\0")));
	assert_false(fields_wellformed(FIELDS("user")));
	assert_false(fields_wellformed(FIELDS("user\0")));
	assert_false(fields_wellformed(FIELDS("user\0alice")));
	assert_false(fields_wellformed(FIELDS("a\0b\0c\0")));
	assert_false(fields_wellformed(FIELDS("a\0b\0c\0d")));
	assert_false(fields_wellformed(FIELDS("\0")));
}

static void
a_field_is_found_by_its_name_alone(void **state)
{
	const struct frame *frame = FIELDS("user\0tty\0tty\0no\0empty\0\0"
					   "user\0bob\0");

	(void)state;
	assert_string_equal(fields_get(frame, "user"), "tty");
	assert_string_equal(fields_get(frame, "tty"), "no");
	assert_string_equal(fields_get(frame, "empty"), "");
	assert_null(fields_get(frame, "no"));
	assert_null(fields_get(frame, "bob"));
	assert_null(fields_get(frame, "use"));
	assert_null(fields_get(frame, "User"));
	assert_null(fields_get(FIELDS(""), "user"));
}

static bool
number(const char *value, long long min, long long max, long long *number)
{
	struct fields fields = { 0 };
	struct frame frame;
	bool good;

	fields_add(&fields, "n", value);
	frame = (struct frame){ FRAME_OK, fields.text, fields.len };
	good = fields_get_number(&frame, "n", min, max, number);
	fields_free(&fields);
	return good;
}

static void
numbers_are_taken_within_their_range(void **state)
{
	long long n = -1;

	(void)state;
	assert_true(number("1", 1, 65535, &n));
	assert_int_equal(n, 1);
	assert_true(number("65535", 1, 65535, &n));
	assert_int_equal(n, 65535);
	assert_true(number("-7", -7, 0, &n));
	assert_int_equal(n, -7);
	assert_true(number("9223372036854775807", 0, LLONG_MAX, &n));
	assert_true(n == LLONG_MAX);
}

static void
other_numbers_are_not(void **state)
{
	static const char *const bad[] = { "", "0", "65536", "-1", "x", "1x",
		"1 ", " 5", "+5", "\n5", "\t5", "0x10", "1.5",
		"99999999999999999999", "-" };
	long long n = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(number(bad[i], 1, 65535, &n));
	assert_false(fields_get_number(FIELDS("m\0"
					      "1\0"),
	    "n", 0, 9, &n));
	assert_false(number("9223372036854775808", 0, LLONG_MAX, &n));
	assert_int_equal(n, 42);
}

static void
fields_added_are_fields_got(void **state)
{
	struct fields fields = { 0 };
	struct frame frame;
	long long n;

	(void)state;
	fields_add(&fields, "user", "alice");
	fields_add(&fields, "reason", "");
	fields_add_number(&fields, "status", LLONG_MIN);
	assert_false(fields.failed);
	frame = (struct frame){ FRAME_OK, fields.text, fields.len };
	assert_true(fields_wellformed(&frame));
	assert_string_equal(fields_get(&frame, "user"), "alice");
	assert_string_equal(fields_get(&frame, "reason"), "");
	assert_true(fields_get_number(&frame, "status", LLONG_MIN, 0, &n));
	assert_true(n == LLONG_MIN);
	fields_free(&fields);
	assert_null(fields.text);
}

static void
too_many_fields_fail_for_good(void **state)
{
	char *value = malloc(FRAME_ANSWER_MAX_BYTES + 1);
	struct fields fields = { 0 };

	(void)state;
	assert_non_null(value);
	memset(value, 'x', FRAME_ANSWER_MAX_BYTES);
	value[FRAME_ANSWER_MAX_BYTES - 3] = '\0';
	fields_add(&fields, "n", value);
	assert_false(fields.failed);
	assert_int_equal(fields.len, FRAME_ANSWER_MAX_BYTES);
	fields_add(&fields, "", "");
	assert_true(fields.failed);
	assert_int_equal(fields.len, FRAME_ANSWER_MAX_BYTES);
	fields_free(&fields);

	value[FRAME_ANSWER_MAX_BYTES - 3] = 'x';
	value[FRAME_ANSWER_MAX_BYTES - 2] = '\0';
	fields_add(&fields, "n", value);
	assert_true(fields.failed);
	fields_add(&fields, "n", "1");
	assert_true(fields.failed);
	fields_free(&fields);
	free(value);
}

/* A session's key is in a field before all the others, or behind them. */
static void
fields_leave_nothing_behind_in_free_memory(void **state)
{
	struct fields fields = { 0 };
	char value[100];

	(void)state;
	if (!FREED_SEEN)
		LEAVE_OUT();
	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	freed_secrets = 0;
	for (size_t i = 0; i < 1000; i++) {
		if (i % 100 == 0)
			fields_add(&fields, "key", freed_secret);
		fields_add(&fields, "n", value);
	}
	assert_false(fields.failed);
	fields_free(&fields);
	assert_int_equal(freed_secrets, 0);
}

static void
fields_keep_what_they_have_as_they_grow(void **state)
{
	struct fields fields = { 0 };
	struct frame frame;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "n%d", i);
		fields_add_number(&fields, name, i);
	}
	assert_false(fields.failed);
	frame = (struct frame){ FRAME_OK, fields.text, fields.len };
	assert_true(fields_wellformed(&frame));
	for (int i = 0; i < 1000; i++) {
		char name[16];
		long long n;

		snprintf(name, sizeof(name), "n%d", i);
		assert_true(fields_get_number(&frame, name, i, i, &n));
	}
	fields_free(&fields);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_come_in_pairs_of_whole_strings),
		cmocka_unit_test(a_field_is_found_by_its_name_alone),
		cmocka_unit_test(numbers_are_taken_within_their_range),
		cmocka_unit_test(other_numbers_are_not),
		cmocka_unit_test(fields_added_are_fields_got),
		cmocka_unit_test(too_many_fields_fail_for_good),
		cmocka_unit_test(fields_keep_what_they_have_as_they_grow),
		cmocka_unit_test(fields_leave_nothing_behind_in_free_memory),
	};

	return cmocka_run_group_tests_name("fields", tests, NULL, NULL);
}
