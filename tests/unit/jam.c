#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../shim/lib/jam.h"

static void
what_has_just_been_found_holds(void **state)
{
	(void)state;
	assert_int_equal(jam_advise(0), JAM_LEAVE);
	assert_int_equal(jam_advise(999), JAM_LEAVE);
}

static void
a_second_later_one_looks_again(void **state)
{
	(void)state;
	assert_int_equal(jam_advise(1000), JAM_PROBE);
	assert_int_equal(jam_advise(4999), JAM_PROBE);
}

static void
what_was_found_long_ago_says_nothing(void **state)
{
	(void)state;
	assert_int_equal(jam_advise(5000), JAM_WAIT);
	assert_int_equal(jam_advise(INT64_MAX), JAM_WAIT);
}

static void
what_is_to_be_found_in_future_says_nothing(void **state)
{
	(void)state;
	assert_int_equal(jam_advise(-1), JAM_WAIT);
	assert_int_equal(jam_advise(INT64_MIN), JAM_WAIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_just_been_found_holds),
		cmocka_unit_test(a_second_later_one_looks_again),
		cmocka_unit_test(what_was_found_long_ago_says_nothing),
		cmocka_unit_test(what_is_to_be_found_in_future_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
