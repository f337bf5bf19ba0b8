/*
 * For how long it is remembered why the remote could not be asked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../../helper/gateway/lastfailure.h"
#include "../../helper/refusal.h"

#define NOW_MS INT64_C(1000000)

/* Remember a refusal for REASON, which it took TOOK_MS to learn. */
static void
remember(struct lastfailure *failure, const char *reason,
    enum lastfailure_kind kind, int64_t took_ms)
{
	const struct refusal why = { .reason = reason };
	struct fields fields = { 0 };
	const struct frame frame = refusal_frame(&why, &fields);

	lastfailure_remember(failure, &frame, kind, took_ms, NOW_MS);
	fields_free(&fields);
}

/* FAILURE counts until exactly MS after NOW_MS. */
static void
counts_for(const struct lastfailure *failure, int64_t ms)
{
	assert_true(lastfailure_counts(failure, NOW_MS + ms - 1));
	assert_false(lastfailure_counts(failure, NOW_MS + ms));
}

static void
nothing_is_remembered_at_first(void **state)
{
	struct lastfailure failure = { 0 };

	(void)state;
	assert_false(lastfailure_counts(&failure, 0));
	assert_false(lastfailure_counts(&failure, NOW_MS));
	lastfailure_forget(&failure);
}

static void
a_failure_is_remembered_as_long_as_it_took(void **state)
{
	struct lastfailure failure = { 0 };

	(void)state;
	remember(&failure, "unreachable", LASTFAILURE_OTHER, 4000);
	counts_for(&failure, 4000);
	assert_int_equal(failure.kind, LASTFAILURE_OTHER);
	remember(&failure, "unreachable", LASTFAILURE_OTHER, 0);
	assert_false(lastfailure_counts(&failure, NOW_MS));
	lastfailure_forget(&failure);
}

static void
but_for_no_longer_than_15_seconds(void **state)
{
	struct lastfailure failure = { 0 };

	(void)state;
	remember(&failure, "timeout", LASTFAILURE_OTHER, 15001);
	counts_for(&failure, 15000);
	lastfailure_forget(&failure);
}

static void
a_no_of_the_remote_for_no_less_than_15_seconds(void **state)
{
	struct lastfailure failure = { 0 };

	(void)state;
	remember(&failure, "refused", LASTFAILURE_REFUSED, 0);
	counts_for(&failure, 15000);
	remember(&failure, "refused", LASTFAILURE_REFUSED, -99999);
	counts_for(&failure, 15000);
	remember(&failure, "refused", LASTFAILURE_REFUSED, 99999);
	counts_for(&failure, 99999);
	assert_int_equal(failure.kind, LASTFAILURE_REFUSED);
	lastfailure_forget(&failure);
}

static void
the_last_one_is_told_word_for_word(void **state)
{
	struct lastfailure failure = { 0 };
	struct refusal why;
	struct frame frame;

	(void)state;
	remember(&failure, "refused", LASTFAILURE_REFUSED, 0);
	remember(&failure, "host-key-changed", LASTFAILURE_OTHER, 100);
	frame = lastfailure_frame(&failure);
	assert_int_equal(frame.type, FRAME_REFUSED);
	assert_true(fields_wellformed(&frame));
	why = refusal_read(&frame);
	assert_string_equal(why.reason, "host-key-changed");
	assert_int_equal(failure.kind, LASTFAILURE_OTHER);
	lastfailure_forget(&failure);
	assert_false(lastfailure_counts(&failure, NOW_MS));
}

static void
one_without_a_body_is_one_too(void **state)
{
	const struct frame frame = { .type = FRAME_REFUSED,
		.body = (char[]){ 0 } };
	struct lastfailure failure = { 0 };

	(void)state;
	lastfailure_remember(&failure, &frame, LASTFAILURE_OTHER, 1000, NOW_MS);
	assert_true(lastfailure_counts(&failure, NOW_MS));
	assert_int_equal(lastfailure_frame(&failure).len, 0);
	lastfailure_forget(&failure);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_remembered_at_first),
		cmocka_unit_test(a_failure_is_remembered_as_long_as_it_took),
		cmocka_unit_test(but_for_no_longer_than_15_seconds),
		cmocka_unit_test(
		    a_no_of_the_remote_for_no_less_than_15_seconds),
		cmocka_unit_test(the_last_one_is_told_word_for_word),
		cmocka_unit_test(one_without_a_body_is_one_too),
	};

	return cmocka_run_group_tests_name("failure", tests, NULL, NULL);
}
