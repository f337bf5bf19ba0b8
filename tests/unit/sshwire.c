#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../../helper/sshwire.h"

/* The bytes of a literal, without the NUL behind it. */
#define BYTES(text)                                             \
	{                                                       \
		(const unsigned char *)(text), sizeof(text) - 1 \
	}

static void
what_is_there_is_read_in_its_order(void **state)
{
	struct sshwire in = BYTES(
	    "\7\1\2\3\4\0\0\0\3abc\0\0\0\0\377\377\377\376");
	struct sshwire string;
	unsigned char byte = 0;
	uint32_t number = 0;

	(void)state;
	assert_true(sshwire_byte(&in, &byte));
	assert_int_equal(byte, 7);
	assert_true(sshwire_u32(&in, &number));
	assert_int_equal(number, 0x01020304);
	assert_true(sshwire_string(&in, &string));
	assert_true(sshwire_is(&string, "abc"));
	assert_false(sshwire_is(&string, "abcd"));
	assert_false(sshwire_is(&string, "ab"));
	assert_false(sshwire_is(&string, "abd"));
	assert_true(sshwire_string(&in, &string));
	assert_int_equal(string.left, 0);
	assert_true(sshwire_is(&string, ""));
	assert_true(sshwire_skip(&in, 0));
	assert_true(sshwire_u32(&in, &number));
	assert_int_equal(number, 0xfffffffe);
	assert_int_equal(in.left, 0);
	assert_true(sshwire_skip(&in, 0));
}

static void
at_the_end_there_is_nothing(void **state)
{
	struct sshwire in = { NULL, 0 }, string;
	unsigned char byte;
	uint32_t number;

	(void)state;
	assert_false(sshwire_byte(&in, &byte));
	assert_false(sshwire_u32(&in, &number));
	assert_false(sshwire_string(&in, &string));
	assert_false(sshwire_skip(&in, 1));
}

/* Each piece that is cut off is in memory of its own: so is a read beyond it. */
static void
what_is_cut_off_is_not_read(void **state)
{
	static const char text[] = "\0\0\0\5abcde";

	(void)state;
	for (size_t len = 0; len <= sizeof(text) - 1; len++) {
		unsigned char *copy = malloc(len + (len == 0));
		struct sshwire in = { copy, len }, string;
		uint32_t number;

		assert_non_null(copy);
		memcpy(copy, text, len);
		assert_int_equal(sshwire_u32(&in, &number), len >= 4);
		in = (struct sshwire){ copy, len };
		assert_int_equal(sshwire_string(&in, &string), len == 9);
		in = (struct sshwire){ copy, len };
		assert_int_equal(sshwire_expected(&in, "abcde", 5), len == 9);
		free(copy);
	}
}

static void
a_length_beyond_the_end_is_none(void **state)
{
	static const char *const lengths[] = { "\0\0\0\4abc",
		"\377\377\377\377abc", "\200\0\0\0abc", "\0\1\0\3abc" };

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct sshwire in = {
			.at = (const unsigned char *)lengths[i],
			.left = 7,
		};
		struct sshwire string;

		assert_false(sshwire_string(&in, &string));
	}
}

static void
a_string_is_the_one_expected_or_not(void **state)
{
	struct sshwire in = BYTES("\0\0\0\3a\0c\0\0\0\3abc\0\0\0\2ab");

	(void)state;
	assert_true(sshwire_expected(&in, "a\0c", 3));
	assert_false(sshwire_expected(&in, "abd", 3));
	assert_false(sshwire_expected(&in, "abc", 3));
	assert_int_equal(in.left, 0);
}

/* The number in LEN bytes has that many BITS; and what comes behind is left. */
static void
has_bits(const void *number, unsigned char len, size_t bits)
{
	unsigned char bytes[32] = { 0, 0, 0, len };
	struct sshwire in = { bytes, (size_t)len + 5 };
	size_t found = 99;

	memcpy(bytes + 4, number, len);
	assert_true(sshwire_bits(&in, &found));
	assert_int_equal(found, bits);
	assert_int_equal(in.left, 1);
}

static void
a_number_has_so_many_bits(void **state)
{
	struct sshwire negative = BYTES("\0\0\0\2\200\0"),
		       cut = BYTES("\0\0\0\3\1\0");
	size_t bits;

	(void)state;
	has_bits("", 0, 0);
	has_bits("\0", 1, 0);
	has_bits("\1", 1, 1);
	has_bits("\177", 1, 7);
	has_bits("\0\200", 2, 8);
	has_bits("\0\0\0\0\200", 5, 8);
	has_bits("\1\0", 2, 9);
	has_bits("\0\377\377\377", 4, 24);
	has_bits("\1\0\0\0\0\0\0\0\0", 9, 65);
	assert_false(sshwire_bits(&negative, &bits));
	assert_false(sshwire_bits(&cut, &bits));
}

static void
a_number_is_written_as_it_is_read(void **state)
{
	unsigned char bytes[4];
	struct sshwire in = { bytes, 4 };
	uint32_t number = 0;

	(void)state;
	sshwire_put_u32(bytes, 0x80fe0102);
	assert_memory_equal(bytes, "\200\376\1\2", 4);
	assert_true(sshwire_u32(&in, &number));
	assert_int_equal(number, 0x80fe0102);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_there_is_read_in_its_order),
		cmocka_unit_test(at_the_end_there_is_nothing),
		cmocka_unit_test(what_is_cut_off_is_not_read),
		cmocka_unit_test(a_length_beyond_the_end_is_none),
		cmocka_unit_test(a_string_is_the_one_expected_or_not),
		cmocka_unit_test(a_number_has_so_many_bits),
		cmocka_unit_test(a_number_is_written_as_it_is_read),
	};

	return cmocka_run_group_tests_name("sshwire", tests, NULL, NULL);
}
