/*
 * How long the remote seems to be asked of a name that gets in by no password.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../helper/gateway/decoy.h"

#define START_MS INT64_C(5000000)

static void
it_takes_as_long_as_the_last_wrong_password(void **state)
{
	struct decoys decoys = { 0 };

	(void)state;
	decoys_learn(&decoys, START_MS, START_MS + 2400);
	assert_int_equal(decoys_end_ms(&decoys, START_MS), START_MS + 2400);
	decoys_learn(&decoys, START_MS, START_MS + 1100);
	assert_int_equal(decoys_end_ms(&decoys, START_MS + 7), START_MS + 1107);
}

static void
before_the_first_one_it_is_guessed(void **state)
{
	const struct decoys decoys = { 0 };

	(void)state;
	assert_int_equal(decoys_end_ms(&decoys, START_MS),
	    START_MS + DECOY_FIRST_MS);
}

static void
it_has_an_end_and_takes_some_time(void **state)
{
	struct decoys decoys = { 0 };

	(void)state;
	decoys_learn(&decoys, 0, START_MS);
	assert_int_equal(decoys_end_ms(&decoys, START_MS),
	    START_MS + DECOY_MAX_MS);
	decoys_learn(&decoys, START_MS, START_MS);
	assert_int_equal(decoys_end_ms(&decoys, START_MS), START_MS + 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_takes_as_long_as_the_last_wrong_password),
		cmocka_unit_test(before_the_first_one_it_is_guessed),
		cmocka_unit_test(it_has_an_end_and_takes_some_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
