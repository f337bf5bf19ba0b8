/*
 * How many lines somebody may cause in the log.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../helper/gateway/quota.h"

#define NOW_MS INT64_C(1000000)

/* Use up all of QUOTA at AT_MS. */
static void
use_up(struct quota *quota, int64_t at_ms)
{
	for (int i = 0; i < QUOTA_LINES; i++)
		assert_int_equal(quota_take(quota, at_ms), QUOTA_LOG);
	assert_int_equal(quota_take(quota, at_ms), QUOTA_PAUSE);
	assert_int_equal(quota_take(quota, at_ms), QUOTA_SILENT);
}

static void
so_many_lines_are_logged_then_one_that_there_are_no_more(void **state)
{
	struct quota quota = { 0 };

	(void)state;
	use_up(&quota, NOW_MS);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(quota_take(&quota, NOW_MS + i), QUOTA_SILENT);
}

static void
after_ten_seconds_there_are_as_many_again(void **state)
{
	struct quota quota = { 0 };

	(void)state;
	use_up(&quota, NOW_MS);
	assert_int_equal(quota_take(&quota, NOW_MS + QUOTA_MS - 1),
	    QUOTA_SILENT);
	use_up(&quota, NOW_MS + QUOTA_MS);
}

static void
a_few_now_and_then_are_all_logged(void **state)
{
	struct quota quota = { 0 };

	(void)state;
	for (int64_t ms = NOW_MS; ms < NOW_MS + 100 * QUOTA_MS;
	     ms += QUOTA_MS / 40)
		assert_int_equal(quota_take(&quota, ms), QUOTA_LOG);
}

static void
each_user_has_one(void **state)
{
	struct quotas *quotas = quotas_new();

	(void)state;
	assert_non_null(quotas);
	use_up(quotas_of(quotas, 1000, NOW_MS), NOW_MS);
	use_up(quotas_of(quotas, 1001, NOW_MS + 1), NOW_MS + 1);
	assert_int_equal(quota_take(quotas_of(quotas, 1000, NOW_MS + 2),
			     NOW_MS + 2),
	    QUOTA_SILENT);
	assert_int_equal(quota_take(quotas_of(quotas, 0, NOW_MS + 2),
			     NOW_MS + 2),
	    QUOTA_LOG);
	quotas_free(quotas);
}

static void
what_counts_no_more_is_forgotten(void **state)
{
	struct quotas *quotas = quotas_new();

	(void)state;
	assert_non_null(quotas);
	use_up(quotas_of(quotas, 1000, NOW_MS), NOW_MS);
	/* by others' requests, before it is 10 s old, and after */
	for (uid_t uid = 2000; uid < 3000; uid++)
		quotas_of(quotas, uid, NOW_MS + QUOTA_MS - 1);
	assert_int_equal(quota_take(quotas_of(quotas, 1000,
					NOW_MS + QUOTA_MS - 1),
			     NOW_MS + QUOTA_MS - 1),
	    QUOTA_SILENT);
	for (uid_t uid = 2000; uid < 3000; uid++)
		quotas_of(quotas, uid, NOW_MS + 3 * QUOTA_MS);
	use_up(quotas_of(quotas, 1000, NOW_MS + 3 * QUOTA_MS),
	    NOW_MS + 3 * QUOTA_MS);
	quotas_free(quotas);
	quotas_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    so_many_lines_are_logged_then_one_that_there_are_no_more),
		cmocka_unit_test(after_ten_seconds_there_are_as_many_again),
		cmocka_unit_test(a_few_now_and_then_are_all_logged),
		cmocka_unit_test(each_user_has_one),
		cmocka_unit_test(what_counts_no_more_is_forgotten),
	};

	return cmocka_run_group_tests_name("quota", tests, NULL, NULL);
}
