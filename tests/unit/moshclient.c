/*
 * What the end of mosh-client means.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>

#include "../../shim/session/moshclient.h"

#define EXIT(status) ((status) << 8)

/* One that may have 64 MiB, in which 300,000 cells fit. */
static struct moshclient_end
end_of(int status, long peak_mib, long long cells)
{
	return (struct moshclient_end){ .status = status,
		.peak_kib = peak_mib * 1024,
		.cells = cells,
		.memory_mib = 64,
		.fit_cells = 300000 };
}

static bool
lacked(int status, long peak_mib, long long cells)
{
	const struct moshclient_end end = end_of(status, peak_mib, cells);

	return moshclient_lacked_memory(&end);
}

static void
a_good_end_lacks_nothing(void **state)
{
	(void)state;
	assert_false(lacked(EXIT(0), 14, 80 * 24));
	assert_false(lacked(EXIT(0), 71, 65535LL * 65535));
}

static void
nor_does_one_that_had_not_much(void **state)
{
	(void)state;
	assert_false(lacked(EXIT(1), 14, 80 * 24));
	assert_false(lacked(SIGKILL, 42, 300000));
	assert_false(lacked(SIGABRT, 42, 300000));
}

static void
one_that_had_all_lacks_more(void **state)
{
	(void)state;
	assert_true(lacked(EXIT(1), 71, 80 * 24));
	assert_true(lacked(SIGABRT, 60, 80 * 24));
}

static void
as_does_one_in_a_window_without_end(void **state)
{
	(void)state;
	/* what it wanted at once was more than it might have in all */
	assert_true(lacked(EXIT(1), 14, 65535LL * 200));
	assert_true(lacked(SIGABRT, 14, 300001));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_end_lacks_nothing),
		cmocka_unit_test(nor_does_one_that_had_not_much),
		cmocka_unit_test(one_that_had_all_lacks_more),
		cmocka_unit_test(as_does_one_in_a_window_without_end),
	};

	return cmocka_run_group_tests_name("moshclient", tests, NULL, NULL);
}
