/*
 * Which verdict on UDP the process that tries it tells.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../../helper/gateway/trial.h"
#include "../../helper/refusal.h"

/* The verdict of a frame of TYPE with the LEN bytes at BODY. */
static enum reach_verdict
of_bytes(enum frame_type type, const char *body, size_t len)
{
	char copy[64] = "";
	const struct frame frame = { .type = type, .body = copy, .len = len };

	assert_true(len < sizeof(copy));
	memcpy(copy, body, len);
	return trial_verdict(&frame);
}

/* That of a refusal for REASON. */
static enum reach_verdict
of_reason(const char *reason)
{
	const struct refusal why = { .reason = reason, .detail = "it ended" };
	struct fields fields = { 0 };
	const struct frame frame = refusal_frame(&why, &fields);
	const enum reach_verdict verdict = trial_verdict(&frame);

	fields_free(&fields);
	return verdict;
}

static void
the_mark_was_seen(void **state)
{
	(void)state;
	assert_int_equal(of_bytes(FRAME_OK, "", 0), REACH_GOOD);
}

static void
udp_is_blocked_when_the_process_says_so(void **state)
{
	(void)state;
	assert_int_equal(of_reason("udp-blocked"), REACH_BAD);
}

static void
any_other_failure_says_nothing_of_udp(void **state)
{
	(void)state;
	assert_int_equal(of_reason("no-mosh-client"), REACH_NONE);
	assert_int_equal(of_reason("internal"), REACH_NONE);
	assert_int_equal(of_reason("udp-blocked "), REACH_NONE);
	assert_int_equal(of_reason(""), REACH_NONE);
}

static void
neither_does_a_process_that_says_nothing(void **state)
{
	const struct frame nothing = { .type = FRAME_REFUSED };

	(void)state;
	assert_int_equal(trial_verdict(&nothing), REACH_NONE);
}

static void
nor_what_makes_no_sense(void **state)
{
	static const char cut[] = "reason\0udp-blocked";
	static const char odd[] = "reason\0udp-blocked\0more";

	(void)state;
	/* sizeof counts the NUL, which the first is to lack */
	assert_int_equal(of_bytes(FRAME_REFUSED, cut, sizeof(cut) - 1),
	    REACH_NONE);
	assert_int_equal(of_bytes(FRAME_REFUSED, cut, sizeof(cut)), REACH_BAD);
	assert_int_equal(of_bytes(FRAME_REFUSED, odd, sizeof(odd)), REACH_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_mark_was_seen),
		cmocka_unit_test(udp_is_blocked_when_the_process_says_so),
		cmocka_unit_test(any_other_failure_says_nothing_of_udp),
		cmocka_unit_test(neither_does_a_process_that_says_nothing),
		cmocka_unit_test(nor_what_makes_no_sense),
	};

	return cmocka_run_group_tests_name("trial", tests, NULL, NULL);
}
