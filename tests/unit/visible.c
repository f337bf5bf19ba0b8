#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../shim/lib/visible.h"

static void
check(const char *text, size_t len, size_t size, const char *expected)
{
	/* exact sizes, so that a sanitizer sees each byte too many */
	char *in = malloc(len > 0 ? len : 1), *out = malloc(size);

	assert_non_null(in);
	assert_non_null(out);
	memcpy(in, text, len);
	assert_ptr_equal(visible_copy(out, size, in, len), out);
	assert_string_equal(out, expected);
	free(in);
	free(out);
}

/* TEXT is a literal, which may hold NULs. */
#define shows(text, expected) check(text, sizeof(text) - 1, 128, expected)

static void
plain_text_stays_as_it_is(void **state)
{
	(void)state;
	shows("", "");
	shows("Connection refused (port 22)", "Connection refused (port 22)");
	shows(" !\"#$%&'()*+,-./:;<=>?@[]^_`{|}~",
	    " !\"#$%&'()*+,-./:;<=>?@[]^_`{|}~");
}

static void
control_characters_are_shown_in_hex(void **state)
{
	(void)state;
	shows("a\nb", "a\\x0ab");
	shows("\r\t\b\a", "\\x0d\\x09\\x08\\x07");
	shows("\033[2J\033]0;title\007", "\\x1b[2J\\x1b]0;title\\x07");
	shows("nul\0here", "nul\\x00here");
	shows("\x7f", "\\x7f");
	for (int c = 0; c < 0x20; c++) {
		const char byte = (char)c;
		char expected[8];

		snprintf(expected, sizeof(expected), "\\x%02x", (unsigned)c);
		check(&byte, 1, 128, expected);
	}
}

static void
a_backslash_cannot_pretend_to_be_an_escape(void **state)
{
	(void)state;
	shows("\\", "\\x5c");
	shows("\\x1b", "\\x5cx1b");
}

static void
utf8_stays_as_it_is(void **state)
{
	(void)state;
	shows("Zürich", "Zürich");
	shows("日本語", "日本語");
	shows("\U0001F600", "\U0001F600");
	shows("\xc2\xa0", "\xc2\xa0");
	shows("\xdf\xbf", "\xdf\xbf");
	shows("\xe0\xa0\x80", "\xe0\xa0\x80");
	shows("\xed\x9f\xbf", "\xed\x9f\xbf");
	shows("\xee\x80\x80", "\xee\x80\x80");
	shows("\xf0\x90\x80\x80", "\xf0\x90\x80\x80");
	shows("\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf");
}

static void
c1_controls_are_shown_in_hex(void **state)
{
	(void)state;
	shows("\xc2\x9b"
	      "2J",
	    "\\xc2\\x9b2J");
	shows("\xc2\x80", "\\xc2\\x80");
	shows("\xc2\x9f", "\\xc2\\x9f");
	shows("\x9b"
	      "2J",
	    "\\x9b2J");
	shows("\x85", "\\x85");
}

static void
bytes_that_are_no_utf8_are_shown_in_hex(void **state)
{
	(void)state;
	shows("\xff\xfe", "\\xff\\xfe");
	shows("\x80", "\\x80");
	shows("\xbf", "\\xbf");
	shows("a\xc3", "a\\xc3");
	shows("\xe6\x97", "\\xe6\\x97");
	shows("\xf0\x9f\x98", "\\xf0\\x9f\\x98");
	shows("\xc3(", "\\xc3(");
	shows("\xe6\x97x", "\\xe6\\x97x");
	shows("\xc3\xc3\xbc", "\\xc3ü");
}

static void
overlong_forms_are_shown_in_hex(void **state)
{
	(void)state;
	shows("\xc0\x80", "\\xc0\\x80");
	shows("\xc0\x9b", "\\xc0\\x9b");
	shows("\xc1\xbf", "\\xc1\\xbf");
	shows("\xe0\x80\x9b", "\\xe0\\x80\\x9b");
	shows("\xe0\x9f\xbf", "\\xe0\\x9f\\xbf");
	shows("\xf0\x80\x80\x9b", "\\xf0\\x80\\x80\\x9b");
	shows("\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf");
}

static void
surrogates_and_what_is_beyond_unicode_are_shown_in_hex(void **state)
{
	(void)state;
	shows("\xed\xa0\x80", "\\xed\\xa0\\x80");
	shows("\xed\xbf\xbf", "\\xed\\xbf\\xbf");
	shows("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
	shows("\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80");
	shows("\xfc\x80\x80\x80\x80\x80", "\\xfc\\x80\\x80\\x80\\x80\\x80");
}

/* All of Unicode's Bidi_Control, its line separators, and zero widths. */
static void
marks_that_reorder_or_hide_text_are_shown_in_hex(void **state)
{
	(void)state;
	shows("\u061c", "\\xd8\\x9c");
	shows("\u200b", "\\xe2\\x80\\x8b");
	shows("\u200e", "\\xe2\\x80\\x8e");
	shows("\u200f", "\\xe2\\x80\\x8f");
	shows("\u2028", "\\xe2\\x80\\xa8");
	shows("\u2029", "\\xe2\\x80\\xa9");
	shows("\u202a", "\\xe2\\x80\\xaa");
	shows("\u202e"
	      "txt.exe",
	    "\\xe2\\x80\\xaetxt.exe");
	shows("\u2066", "\\xe2\\x81\\xa6");
	shows("\u2069", "\\xe2\\x81\\xa9");
	shows("\u2060", "\\xe2\\x81\\xa0");
	shows("\U000e0041", "\\xf3\\xa0\\x81\\x81");
	shows("\ufeff", "\\xef\\xbb\\xbf");
}

static void
what_does_not_fit_is_marked(void **state)
{
	(void)state;
	check("abcd", 4, 8, "abcd");
	check("abcdefgh", 8, 8, "abcd...");
	check("abcdefghijkl", 12, 16, "abcdefghijkl");
	check("abcdefghijklmnopqrstuvwxyz", 26, 16, "abcdefghijkl...");
}

static void
an_escape_or_a_character_is_never_cut_in_two(void **state)
{
	(void)state;
	check("a\033\033", 3, 8, "a...");
	check("\033\033", 2, 8, "\\x1b...");
	check("abcé and more", 14, 8, "abc...");
	check("日本語", 9, 8, "日...");
	check("ab\U0001F600\U0001F600", 10, 8, "ab...");
}

static void
any_size_from_eight_is_kept_to(void **state)
{
	char text[64], out[128];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 37);
	for (size_t size = 8; size < sizeof(out); size++) {
		memset(out, '#', sizeof(out));
		visible_copy(out, size, text, sizeof(text));
		assert_true(strlen(out) < size);
		assert_int_equal(out[size], '#');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_stays_as_it_is),
		cmocka_unit_test(control_characters_are_shown_in_hex),
		cmocka_unit_test(a_backslash_cannot_pretend_to_be_an_escape),
		cmocka_unit_test(utf8_stays_as_it_is),
		cmocka_unit_test(c1_controls_are_shown_in_hex),
		cmocka_unit_test(bytes_that_are_no_utf8_are_shown_in_hex),
		cmocka_unit_test(overlong_forms_are_shown_in_hex),
		cmocka_unit_test(
		    surrogates_and_what_is_beyond_unicode_are_shown_in_hex),
		cmocka_unit_test(
		    marks_that_reorder_or_hide_text_are_shown_in_hex),
		cmocka_unit_test(what_does_not_fit_is_marked),
		cmocka_unit_test(an_escape_or_a_character_is_never_cut_in_two),
		cmocka_unit_test(any_size_from_eight_is_kept_to),
	};

	return cmocka_run_group_tests_name("visible", tests, NULL, NULL);
}
