/*
 * Why somebody does not get what they have asked for: what is told is what is
 * read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "../../helper/refusal.h"

/* The frame of FIELDS, which it takes. */
static struct frame
frame_of(const struct fields *fields)
{
	assert_false(fields->failed);
	return (struct frame){ .type = FRAME_REFUSED,
		.body = fields->text,
		.len = fields->len };
}

static void
what_is_told_is_what_is_read(void **state)
{
	const struct refusal told = { .reason = "host-key",
		.sentence = "The remote's host key is not known.",
		.remedy = "put it into known_hosts",
		.detail = "shown: SHA256:x" };
	struct fields fields = { 0 };
	struct refusal got;
	struct frame frame;

	(void)state;
	refusal_add(&fields, &told);
	frame = frame_of(&fields);
	assert_true(fields_wellformed(&frame));
	got = refusal_read(&frame);
	assert_string_equal(got.reason, told.reason);
	assert_string_equal(got.sentence, told.sentence);
	assert_string_equal(got.remedy, told.remedy);
	assert_string_equal(got.detail, told.detail);
	assert_true(refusal_is(&got, "host-key"));
	assert_false(refusal_is(&got, "host"));
	fields_free(&fields);
}

static void
what_is_not_known_is_not_told(void **state)
{
	const struct refusal told = { .reason = "busy", .detail = "" };
	struct fields fields = { 0 };
	struct refusal got;
	struct frame frame;

	(void)state;
	refusal_add(&fields, &told);
	frame = frame_of(&fields);
	got = refusal_read(&frame);
	assert_string_equal(got.sentence, "");
	assert_string_equal(got.remedy, "");
	assert_null(got.detail);
	fields_free(&fields);
}

static void
one_without_a_reason_is_internal(void **state)
{
	char body[] = "sentence\0No.";
	const struct frame frame = { .type = FRAME_REFUSED,
		.body = body,
		.len = sizeof(body) };
	const struct refusal got = refusal_read(&frame);

	(void)state;
	assert_true(refusal_is(&got, "internal"));
	assert_string_equal(got.sentence, "No.");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_told_is_what_is_read),
		cmocka_unit_test(what_is_not_known_is_not_told),
		cmocka_unit_test(one_without_a_reason_is_internal),
	};

	return cmocka_run_group_tests_name("refusal", tests, NULL, NULL);
}
