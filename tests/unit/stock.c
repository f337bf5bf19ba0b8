/*
 * Uids that are nobody's, for those who come.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../helper/gateway/stock.h"

#define NOW INT64_C(1000000)
#define FIRST 70000UL
#define LAST 79999UL
#define ALL UINT64_MAX

static void
takes(struct stock *stock, unsigned long first, unsigned long max, uid_t uid)
{
	uid_t got = 0;

	assert_true(stock_take(stock, first, max, &got));
	assert_int_equal(got, uid);
}

static void
takes_none(struct stock *stock, unsigned long first, unsigned long max)
{
	uid_t got = 0;

	assert_false(stock_take(stock, first, max, &got));
}

static void
wants(const struct stock *stock, unsigned long first, unsigned long max,
    uid_t from)
{
	uid_t got = 0;

	assert_true(stock_wants(stock, first, max, NOW, &got));
	assert_int_equal(got, from);
}

static void
wants_none(const struct stock *stock, unsigned long first, unsigned long max)
{
	uid_t got = 0;

	assert_false(stock_wants(stock, first, max, NOW, &got));
}

static void
an_empty_one_wants_the_first(void **state)
{
	struct stock stock = { 0 };

	(void)state;
	takes_none(&stock, FIRST, LAST);
	wants(&stock, FIRST, LAST, FIRST);
	wants_none(&stock, LAST + 1, LAST);
	assert_true(stock_has_none(&stock, LAST + 1, LAST, NOW));
	assert_false(stock_has_none(&stock, FIRST, LAST, NOW));
}

static void
each_uid_is_taken_once(void **state)
{
	struct stock stock = { 0 };
	uid_t uid = FIRST;

	(void)state;
	stock_learn(&stock, FIRST, ALL, NOW);
	for (; uid < FIRST + DIRECTORY_UIDS; uid++)
		takes(&stock, FIRST, LAST, uid);
	takes_none(&stock, FIRST, LAST);
	wants(&stock, FIRST, LAST, FIRST + DIRECTORY_UIDS);
	stock_give_back(&stock, FIRST + 5);
	stock_give_back(&stock, FIRST - 1);
	stock_give_back(&stock, FIRST + DIRECTORY_UIDS);
	takes(&stock, FIRST, LAST, FIRST + 5);
	takes_none(&stock, FIRST, LAST);
}

static void
those_of_accounts_are_left_out(void **state)
{
	struct stock stock = { 0 };

	(void)state;
	stock_learn(&stock, FIRST, UINT64_C(1) << 63 | 0x12, NOW);
	takes(&stock, FIRST, LAST, FIRST + 1);
	takes(&stock, FIRST, LAST, FIRST + 4);
	takes_none(&stock, FIRST, FIRST + 62);
	takes(&stock, FIRST, LAST, FIRST + 63);
	takes_none(&stock, FIRST, LAST);
}

static void
nor_are_those_that_mean_nobody_taken(void **state)
{
	struct stock stock = { 0 };

	(void)state;
	stock_learn(&stock, 65530, ALL, NOW);
	takes(&stock, 65533, LAST, 65533);
	takes(&stock, 65533, LAST, 65536);
	takes_none(&stock, 65534, 65535);
}

static void
more_are_asked_for_before_there_are_none(void **state)
{
	struct stock stock = { 0 };

	(void)state;
	stock_learn(&stock, FIRST, ALL, NOW);
	wants_none(&stock, FIRST, LAST);
	wants_none(&stock, FIRST + DIRECTORY_UIDS - STOCK_LOW, LAST);
	wants(&stock, FIRST + DIRECTORY_UIDS - STOCK_LOW + 1, LAST,
	    FIRST + DIRECTORY_UIDS);
	/* but not beyond the range */
	wants_none(&stock, FIRST + DIRECTORY_UIDS - 1,
	    FIRST + DIRECTORY_UIDS - 1);
	stock_learn(&stock, FIRST + DIRECTORY_UIDS, ALL, NOW);
	takes(&stock, FIRST, LAST, FIRST);
	takes(&stock, FIRST + DIRECTORY_UIDS + 7, LAST,
	    FIRST + DIRECTORY_UIDS + 7);
}

static void
it_goes_on_past_accounts(void **state)
{
	struct stock stock = { 0 };
	uid_t from = FIRST;

	(void)state;
	for (int i = 0; i < 10; i++) {
		wants(&stock, FIRST, LAST, from);
		stock_learn(&stock, from, 0, NOW);
		from += DIRECTORY_UIDS;
		assert_false(stock_has_none(&stock, FIRST, LAST, NOW));
		assert_true(stock_has_none(&stock, FIRST, from - 1, NOW));
		wants_none(&stock, FIRST, from - 1);
	}
	stock_learn(&stock, from, 1, NOW);
	assert_false(stock_has_none(&stock, FIRST, from, NOW));
	takes(&stock, FIRST, LAST, from);
}

static void
another_range_begins_anew(void **state)
{
	struct stock stock = { 0 };

	(void)state;
	stock_learn(&stock, FIRST, ALL, NOW);
	wants(&stock, FIRST - 1000, LAST, FIRST - 1000);
	wants(&stock, FIRST + DIRECTORY_UIDS + 1, LAST,
	    FIRST + DIRECTORY_UIDS + 1);
	takes_none(&stock, FIRST + DIRECTORY_UIDS, LAST);
	stock_learn(&stock, FIRST - 1000, ALL, NOW);
	takes(&stock, FIRST - 1000, LAST, FIRST - 1000);
	takes_none(&stock, FIRST, LAST);
}

static void
it_is_asked_for_again_after_a_while(void **state)
{
	const int64_t old_ms = NOW + STOCK_KEPT_MS;
	struct stock stock = { 0 };
	uid_t uid;

	(void)state;
	stock_learn(&stock, FIRST, ALL, NOW);
	stock_learn(&stock, FIRST + DIRECTORY_UIDS, ALL, NOW + 1000);
	assert_false(stock_wants(&stock, FIRST, LAST, old_ms - 1, &uid));
	assert_true(stock_wants(&stock, FIRST + 3, LAST, old_ms, &uid));
	assert_int_equal(uid, FIRST + 3);
	assert_false(stock_has_none(&stock, FIRST, LAST, old_ms));
	/* nobody has to wait for that */
	assert_true(stock_take(&stock, FIRST, LAST, &uid));
	assert_int_equal(uid, FIRST);
	stock_learn(&stock, FIRST + 3, ALL, old_ms);
	assert_true(stock_take(&stock, FIRST, LAST, &uid));
	assert_int_equal(uid, FIRST + 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_one_wants_the_first),
		cmocka_unit_test(each_uid_is_taken_once),
		cmocka_unit_test(those_of_accounts_are_left_out),
		cmocka_unit_test(nor_are_those_that_mean_nobody_taken),
		cmocka_unit_test(more_are_asked_for_before_there_are_none),
		cmocka_unit_test(it_goes_on_past_accounts),
		cmocka_unit_test(another_range_begins_anew),
		cmocka_unit_test(it_is_asked_for_again_after_a_while),
	};

	return cmocka_run_group_tests_name("stock", tests, NULL, NULL);
}
