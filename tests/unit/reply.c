#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../helper/worker/reply.h"
#include "freed.h"
#include "leaveout.h"

/* The mark of all replies here, in place of one by chance. */
#define MARK "0123456789abcdef0123456789abcdef"
#define FOREIGN "fedcba9876543210fedcba9876543210"
#define BEGIN MARK "-begin\n"
#define END "\n" MARK "-end "

#define LIMIT_BYTES ((size_t)64 * 1024)
#define KIB ((size_t)1024)
#define NOISE_KEPT_BYTES ((size_t)200)
/* What a reply may take besides itself: a read, the lines, and to grow by. */
#define ROOM_BYTES (64 * KIB)
#define STATUS_MAX 255

/* In what pieces a reply is read. */
struct pieces {
	size_t most;          /* bytes; 0 is "by chance" */
	unsigned char chance; /* the seed */
};

static const struct pieces all_pieces[] = { { SIZE_MAX, 0 }, { 1, 0 }, { 2, 0 },
	{ 3, 0 }, { 37, 0 }, { 38, 0 }, { 39, 0 }, { 199, 0 }, { 1000, 0 },
	{ 0, 1 }, { 0, 2 }, { 0, 3 }, { 0, 4 }, { 0, 5 }, { 0, 6 }, { 0, 7 } };

#define PIECES (sizeof(all_pieces) / sizeof(all_pieces[0]))

/* The size of the next piece; most by chance are small. */
static size_t
next_piece(struct pieces *pieces)
{
	unsigned char seed[randombytes_SEEDBYTES] = { pieces->chance };
	unsigned char bytes[3];

	if (pieces->most > 0)
		return pieces->most;
	randombytes_buf_deterministic(bytes, sizeof(bytes), seed);
	pieces->chance = (unsigned char)(pieces->chance * 5 + 1);
	return 1 + (bytes[0] < 16 ? bytes[1] * KIB / 16 : bytes[2] % 64);
}

static void
init(struct reply *reply, size_t limit)
{
	reply_init(reply, limit);
	memcpy(reply->mark, MARK, sizeof(MARK));
}

/* Read the LEN bytes at BYTES until the reply is no longer to be continued. */
static enum reply_result
feed(struct reply *reply, const char *bytes, size_t len, struct pieces pieces)
{
	enum reply_result result = REPLY_MORE;

	while (len > 0 && result == REPLY_MORE) {
		size_t piece = next_piece(&pieces), size = 0;
		char *room = reply_room(reply, &size);

		assert_non_null(room);
		assert_true(size > 0);
		assert_ptr_equal(room, reply->text + reply->len);
		assert_true(reply->len + size <= reply->room_bytes);
		assert_true(
		    reply->room_bytes <= 3 * reply->limit_bytes + ROOM_BYTES);
		piece = piece < size ? piece : size;
		piece = piece < len ? piece : len;
		memcpy(room, bytes, piece);
		result = reply_add(reply, piece);
		bytes += piece;
		len -= piece;
	}
	return result;
}

/* However the LEN bytes at BYTES are read, they are TEXT and STATUS. */
static void
is_whole(const char *bytes, size_t len, const char *text, size_t text_len,
    int status)
{
	for (size_t i = 0; i < PIECES; i++) {
		struct reply reply;

		init(&reply, LIMIT_BYTES);
		assert_int_equal(feed(&reply, bytes, len, all_pieces[i]),
		    REPLY_WHOLE);
		assert_int_equal(reply.len, text_len);
		assert_memory_equal(reply.text, text, text_len);
		assert_int_equal(reply.text[text_len], '\0');
		assert_int_equal(reply.status, status);
		reply_free(&reply);
	}
}

/* However the LEN bytes at BYTES are read, RESULT is what comes of them. */
static void
becomes(const char *bytes, size_t len, size_t limit, enum reply_result result)
{
	for (size_t i = 0; i < PIECES; i++) {
		struct reply reply;

		init(&reply, limit);
		assert_int_equal(feed(&reply, bytes, len, all_pieces[i]),
		    result);
		reply_free(&reply);
	}
}

static void
whole(const char *bytes, const char *text, int status)
{
	is_whole(bytes, strlen(bytes), text, strlen(text), status);
}

static void
unfinished(const char *bytes)
{
	becomes(bytes, strlen(bytes), LIMIT_BYTES, REPLY_MORE);
}

/* LEN times 'n', and BEHIND; malloc'ed, with its length in *ALL. */
static char *
noise_and(size_t len, const char *behind, size_t *all)
{
	char *bytes = malloc(len + strlen(behind) + 1);

	assert_non_null(bytes);
	memset(bytes, 'n', len);
	memcpy(bytes + len, behind, strlen(behind) + 1);
	*all = len + strlen(behind);
	return bytes;
}

static void
a_mark_is_32_hex_digits_and_each_time_another(void **state)
{
	char marks[64][REPLY_MARK_CHARS + 1];
	struct reply reply;

	(void)state;
	for (size_t i = 0; i < 64; i++) {
		reply_init(&reply, LIMIT_BYTES);
		memcpy(marks[i], reply.mark, sizeof(marks[i]));
		reply_free(&reply);
		reply_free(&reply);
		assert_int_equal(strlen(marks[i]), 32);
		assert_int_equal(strspn(marks[i], "0123456789abcdef"), 32);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(marks[i], marks[j]);
	}
}

static void
a_reply_stands_between_its_lines(void **state)
{
	(void)state;
	whole(BEGIN "text" END "0\n", "text", 0);
	whole(BEGIN "two\nlines\n" END "0\n", "two\nlines\n", 0);
	whole(BEGIN "\n\n" END "0\n", "\n\n", 0);
	whole(BEGIN "text" END "0\nand more", "text", 0);
}

static void
a_reply_may_be_empty(void **state)
{
	(void)state;
	whole(BEGIN END "0\n", "", 0);
	whole("noise\n" BEGIN END "1\n", "", 1);
}

static void
a_reply_is_unfinished_until_its_last_newline(void **state)
{
	static const char bytes[] = "noise\n" BEGIN "text" END "12\n";
	struct reply reply;

	(void)state;
	for (size_t len = 0; len < sizeof(bytes) - 1; len++)
		becomes(bytes, len, LIMIT_BYTES, REPLY_MORE);
	init(&reply, LIMIT_BYTES);
	assert_int_equal(feed(&reply, bytes, sizeof(bytes) - 1, all_pieces[1]),
	    REPLY_WHOLE);
	reply_free(&reply);
}

static void
noise_is_passed_over(void **state)
{
	static const char *const noises[] = { "", "\n", "Welcome!\n", "no line",
		"-begin\n", "-end ", "-end 0\n", "\n-end 0\n", "0123456789",
		"0123456789abcdef", MARK, MARK "\n", MARK "-", MARK "-begin",
		MARK "-begin\r\n", MARK "-begin \n", MARK "-beginn\n",
		MARK "-end 0\n", END "0\n", FOREIGN "-begin\n",
		FOREIGN "-begin\nx\n" FOREIGN "-end 0\n",
		"0123456789ABCDEF0123456789ABCDEF-begin\n",
		("0123456789abcdef0123456789abcdef"
		 "0123456789abcdef0123456789abcde-begin\n"),
		MARK MARK, "\033[2J\007\xff\xfe" };
	char bytes[512];

	(void)state;
	for (size_t i = 0; i < sizeof(noises) / sizeof(noises[0]); i++) {
		unfinished(noises[i]);
		snprintf(bytes, sizeof(bytes), "%s" BEGIN "text" END "3\n",
		    noises[i]);
		whole(bytes, "text", 3);
	}
}

static void
noise_may_hold_nul_bytes(void **state)
{
	static const char bytes[] = "\0\0a\0" BEGIN "text" END "0\n";

	(void)state;
	is_whole(bytes, sizeof(bytes) - 1, "text", 4, 0);
}

static void
ten_kilobytes_of_noise_are_passed_over(void **state)
{
	size_t len;
	char *bytes = noise_and(10000, BEGIN "text" END "0\n", &len);

	(void)state;
	is_whole(bytes, len, "text", 4, 0);
	free(bytes);
}

static void
a_mebibyte_of_noise_is_passed_over_and_no_more(void **state)
{
	static const char text[] = BEGIN "text" END "0\n";
	size_t len;
	char *bytes;

	(void)state;
	bytes = noise_and(REPLY_NOISE_MAX_BYTES, text, &len);
	is_whole(bytes, len, "text", 4, 0);
	free(bytes);
	bytes = noise_and(REPLY_NOISE_MAX_BYTES + 1, text, &len);
	becomes(bytes, len, LIMIT_BYTES, REPLY_TOO_BIG);
	free(bytes);
}

static void
noise_without_an_end_is_given_up(void **state)
{
	size_t len;
	char *bytes = noise_and(REPLY_NOISE_MAX_BYTES + NOISE_KEPT_BYTES + 1,
	    "", &len);

	(void)state;
	becomes(bytes, len, LIMIT_BYTES, REPLY_TOO_BIG);
	becomes(bytes, len, 0, REPLY_TOO_BIG);
	free(bytes);
}

static void
the_end_of_the_noise_is_kept(void **state)
{
	static const char last[] = "sh: 1: exec: /bin/sh: not found\n";
	size_t len;
	char *bytes = noise_and(5000, last, &len);

	(void)state;
	for (size_t i = 0; i < PIECES; i++) {
		struct reply reply;

		init(&reply, LIMIT_BYTES);
		assert_int_equal(feed(&reply, bytes, len, all_pieces[i]),
		    REPLY_MORE);
		assert_int_equal(reply.len, NOISE_KEPT_BYTES);
		assert_memory_equal(reply.text, bytes + len - NOISE_KEPT_BYTES,
		    NOISE_KEPT_BYTES);
		reply_free(&reply);
		init(&reply, LIMIT_BYTES);
		assert_int_equal(feed(&reply, last, strlen(last),
				     all_pieces[i]),
		    REPLY_MORE);
		assert_int_equal(reply.len, strlen(last));
		assert_memory_equal(reply.text, last, strlen(last));
		reply_free(&reply);
	}
	free(bytes);
}

static void
a_reply_may_hold_nul_bytes(void **state)
{
	static const char bytes[] = BEGIN "\0a\0\0b\0" END "0\n";

	(void)state;
	is_whole(bytes, sizeof(bytes) - 1, "\0a\0\0b\0", 6, 0);
}

/* Whoever makes it up cannot know the mark, but nothing depends on that. */
static void
a_reply_may_hold_its_begin_line_and_what_is_like_its_end(void **state)
{
	static const char *const texts[] = { BEGIN, BEGIN BEGIN, "\n" BEGIN,
		MARK, "\n" MARK, "\n" MARK "-end", "\n" MARK "-end\n",
		"\n" MARK "-end\t0\n", "x" MARK "-end 0\n", MARK "-end 0\n",
		"\n " MARK "-end 0\n", "\n" FOREIGN "-end 0\n", "\n-end 0\n",
		"\n" MARK "\n" MARK "-", "-begin\n" };
	char bytes[512];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		snprintf(bytes, sizeof(bytes), BEGIN "%s", texts[i]);
		unfinished(bytes);
		snprintf(bytes, sizeof(bytes), BEGIN "%s" END "0\n", texts[i]);
		whole(bytes, texts[i], 0);
	}
}

static void
the_first_end_is_the_end(void **state)
{
	(void)state;
	whole(BEGIN "a" END "1\n" BEGIN "b" END "0\n", "a", 1);
	whole(BEGIN "a" END "x" END "0\n", "a", STATUS_MAX);
}

static void
a_status_is_a_number_from_0_to_255(void **state)
{
	static const struct {
		const char *digits;
		int status;
	} numbers[] = { { "0", 0 }, { "1", 1 }, { "9", 9 }, { "10", 10 },
		{ "126", 126 }, { "127", 127 }, { "128", 128 }, { "254", 254 },
		{ "255", 255 }, { "007", 7 } };
	char bytes[256];

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		snprintf(bytes, sizeof(bytes), BEGIN "text" END "%s\n",
		    numbers[i].digits);
		whole(bytes, "text", numbers[i].status);
	}
}

static void
any_other_status_is_a_failure(void **state)
{
	static const char *const bad[] = { "256", "260", "1000", "2550",
		"65536", "4294967296", "99999999999", "18446744073709551616",
		"99999999999999999999999999999999999999", "", "x", "0x0", "-0",
		"-1", "+0", " 0", "0 ", "0\r", "0\t", "1.0", "0;0" };
	char bytes[256];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(bytes, sizeof(bytes), BEGIN "text" END "%s\n", bad[i]);
		whole(bytes, "text", STATUS_MAX);
	}
}

/* A reply of LEN bytes to one who wants no more than LIMIT. */
static void
limited(size_t len, size_t limit, enum reply_result result)
{
	char *bytes = malloc(sizeof(BEGIN) + len + sizeof(END "0\n"));

	assert_non_null(bytes);
	memcpy(bytes, BEGIN, sizeof(BEGIN) - 1);
	memset(bytes + sizeof(BEGIN) - 1, 't', len);
	memcpy(bytes + sizeof(BEGIN) - 1 + len, END "0\n", sizeof(END "0\n"));
	becomes(bytes, sizeof(BEGIN) - 1 + len + sizeof(END "0\n") - 1, limit,
	    result);
	free(bytes);
}

static void
a_reply_may_be_just_as_long_as_allowed(void **state)
{
	static const size_t limits[] = { 0, 1, 100, 16 * KIB - 1, 16 * KIB,
		16 * KIB + 1, 100000, KIB * KIB };

	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		limited(limits[i], limits[i], REPLY_WHOLE);
		limited(limits[i], limits[i] + 1, REPLY_WHOLE);
		limited(limits[i] + 1, limits[i], REPLY_TOO_BIG);
		limited(limits[i] + 1000, limits[i], REPLY_TOO_BIG);
	}
}

/* feed() sees to it that it doesn't take more and more memory. */
static void
a_reply_without_an_end_is_given_up(void **state)
{
	static const size_t limits[] = { 0, 1000, 64 * KIB, KIB * KIB };
	/* two lines come on top of the limit */
	static const size_t beyond = 100;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		char *bytes = noise_and(strlen(BEGIN) + limits[i] + beyond, "",
		    &len);

		memcpy(bytes, BEGIN, strlen(BEGIN));
		becomes(bytes, len, limits[i], REPLY_TOO_BIG);
		free(bytes);
	}
}

static void
a_status_without_an_end_is_given_up(void **state)
{
	static const size_t limit = 1000;
	const size_t before = strlen(BEGIN END);
	size_t len;
	char *bytes = noise_and(before + limit + 100, "", &len);

	(void)state;
	memset(bytes, '0', len);
	memcpy(bytes, BEGIN END, before);
	for (size_t i = 0; i < PIECES; i++) {
		struct reply reply;
		enum reply_result result;

		init(&reply, limit);
		result = feed(&reply, bytes, len, all_pieces[i]);
		assert_true(result == REPLY_TOO_BIG ||
		    (result == REPLY_WHOLE && reply.status == STATUS_MAX));
		reply_free(&reply);
	}
	free(bytes);
}

static void
a_long_reply_after_much_noise_is_read(void **state)
{
	const size_t noise_len = 500 * KIB, text_len = LIMIT_BYTES;
	char *bytes, *text;
	size_t len;

	(void)state;
	bytes = noise_and(noise_len + text_len, BEGIN END "7\n", &len);
	text = bytes + noise_len + sizeof(BEGIN) - 1;
	memcpy(bytes + noise_len, BEGIN, sizeof(BEGIN) - 1);
	for (size_t i = 0; i < text_len; i++)
		text[i] = (char)(i * 31 >> 3);
	memcpy(text + text_len, END "7\n", sizeof(END "7\n"));
	is_whole(bytes, len, text, text_len, 7);
	free(bytes);
}

/* Where reply_free() is never called: the text is freed by who got it. */
static void
free_text(struct reply *reply)
{
	explicit_bzero(reply->text, reply->len);
	free(reply->text);
}

/* A reply of TEXT_LEN bytes, a secret first, after NOISE_LEN bytes of noise. */
static void
leaves_nothing(size_t noise_len, size_t text_len, struct pieces pieces)
{
	const size_t secret_at = noise_len + strlen(BEGIN);
	size_t len;
	char *bytes = noise_and(noise_len + text_len, BEGIN END "0\n", &len);
	struct reply reply;

	memcpy(bytes + noise_len, BEGIN, strlen(BEGIN));
	memcpy(bytes + secret_at, freed_secret, strlen(freed_secret));
	memset(bytes + secret_at + strlen(freed_secret), 't',
	    text_len - strlen(freed_secret));
	freed_secrets = 0;
	init(&reply, LIMIT_BYTES);
	assert_int_equal(feed(&reply, bytes, len, pieces), REPLY_WHOLE);
	assert_memory_equal(reply.text, freed_secret, strlen(freed_secret));
	free_text(&reply);
	assert_int_equal(freed_secrets, 0);
	explicit_bzero(bytes, len);
	free(bytes);
}

static void
a_reply_leaves_nothing_behind_in_free_memory(void **state)
{
	static const size_t noises[] = { 0, 1, 100, 1000, 10000, 100000 };

	(void)state;
	if (!FREED_SEEN)
		LEAVE_OUT();
	for (size_t i = 0; i < sizeof(noises) / sizeof(noises[0]); i++) {
		for (size_t j = 0; j < PIECES; j++) {
			leaves_nothing(noises[i], strlen(freed_secret),
			    all_pieces[j]);
			leaves_nothing(noises[i], LIMIT_BYTES, all_pieces[j]);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mark_is_32_hex_digits_and_each_time_another),
		cmocka_unit_test(a_reply_stands_between_its_lines),
		cmocka_unit_test(a_reply_may_be_empty),
		cmocka_unit_test(a_reply_is_unfinished_until_its_last_newline),
		cmocka_unit_test(noise_is_passed_over),
		cmocka_unit_test(noise_may_hold_nul_bytes),
		cmocka_unit_test(ten_kilobytes_of_noise_are_passed_over),
		cmocka_unit_test(
		    a_mebibyte_of_noise_is_passed_over_and_no_more),
		cmocka_unit_test(noise_without_an_end_is_given_up),
		cmocka_unit_test(the_end_of_the_noise_is_kept),
		cmocka_unit_test(a_reply_may_hold_nul_bytes),
		cmocka_unit_test(
		    a_reply_may_hold_its_begin_line_and_what_is_like_its_end),
		cmocka_unit_test(the_first_end_is_the_end),
		cmocka_unit_test(a_status_is_a_number_from_0_to_255),
		cmocka_unit_test(any_other_status_is_a_failure),
		cmocka_unit_test(a_reply_may_be_just_as_long_as_allowed),
		cmocka_unit_test(a_reply_without_an_end_is_given_up),
		cmocka_unit_test(a_status_without_an_end_is_given_up),
		cmocka_unit_test(a_long_reply_after_much_noise_is_read),
		cmocka_unit_test(a_reply_leaves_nothing_behind_in_free_memory),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("reply", tests, NULL, NULL);
}
