/*
 * How much one user may take of the gateway's memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../helper/gateway/ration.h"

#define MIB (1024 * 1024)

static void
the_first_sessions_have_room_for_any_real_window(void **state)
{
	(void)state;
	assert_true(ration_cells(ration_memory_mib(0)) >= 1000 * 300);
	assert_int_equal(ration_memory_mib(0), ration_memory_mib(7));
	assert_true(ration_cells(ration_memory_mib(8)) >= 500 * 200);
	assert_int_equal(ration_memory_mib(8),
	    ration_memory_mib(RATION_SESSIONS_MAX - 1));
	assert_true(ration_cells(ration_memory_mib(0)) < 65535LL * 200);
	assert_int_equal(ration_cells(0), 0);
}

static void
all_sessions_of_a_user_have_a_bound(void **state)
{
	int sum_mib = 0;

	(void)state;
	for (size_t others = 0; others < 1000; others++) {
		const int mib = ration_memory_mib(others);

		assert_int_equal(mib == 0, others >= RATION_SESSIONS_MAX);
		sum_mib += mib;
	}
	assert_in_range(sum_mib, 1000, 1300);
}

static void
relays_of_a_user_have_one_too(void **state)
{
	size_t of_user = 0;
	int sum_mib = 0;

	(void)state;
	for (; ration_allows_relay(of_user, of_user); of_user++) {
		const int bytes = ration_window_bytes(of_user, of_user);

		assert_in_range(bytes, 2 * MIB, 16 * MIB);
		sum_mib += bytes / MIB + 1;
	}
	assert_int_equal(of_user, RATION_RELAYS_MAX);
	assert_in_range(sum_mib, 100, 160);
}

static void
few_relays_are_as_fast_as_they_can_be(void **state)
{
	(void)state;
	assert_int_equal(ration_window_bytes(0, 0), 16 * MIB);
	assert_int_equal(ration_window_bytes(3, 15), 16 * MIB);
	assert_int_equal(ration_window_bytes(4, 4), 4 * MIB);
	assert_int_equal(ration_window_bytes(0, 16), 4 * MIB);
	assert_int_equal(ration_window_bytes(8, 8), 2 * MIB);
	assert_int_equal(ration_window_bytes(0, 64), 2 * MIB);
}

static void
those_of_many_users_leave_room_for_who_has_few(void **state)
{
	(void)state;
	assert_true(ration_allows_relay(31, 383));
	assert_false(ration_allows_relay(4, 384));
	assert_true(ration_allows_relay(3, 384));
	assert_true(ration_allows_relay(0, 511));
	assert_false(ration_allows_relay(0, 512));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_first_sessions_have_room_for_any_real_window),
		cmocka_unit_test(all_sessions_of_a_user_have_a_bound),
		cmocka_unit_test(relays_of_a_user_have_one_too),
		cmocka_unit_test(few_relays_are_as_fast_as_they_can_be),
		cmocka_unit_test(
		    those_of_many_users_leave_room_for_who_has_few),
	};

	return cmocka_run_group_tests_name("ration", tests, NULL, NULL);
}
