#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../helper/uidset.h"

/* SET has the spans in TEXT, such as "1-2 5-5". */
static void
is(const struct uidset *set, const char *text)
{
	char found[256] = "";

	for (size_t i = 0; i < set->count; i++) {
		const size_t used = strlen(found);

		snprintf(found + used, sizeof(found) - used, "%s%lu-%lu",
		    i > 0 ? " " : "", set->spans[i].first, set->spans[i].last);
	}
	assert_string_equal(found, text);
}

static void
add(struct uidset *set, unsigned long first, unsigned long last)
{
	assert_true(uidset_add(set, first, last));
	uidset_settle(set);
}

static void
what_is_side_by_side_is_one_span(void **state)
{
	struct uidset set = { 0 };

	(void)state;
	uidset_settle(&set);
	is(&set, "");
	add(&set, 10, 10);
	add(&set, 11, 11);
	is(&set, "10-11");
	add(&set, 13, 14);
	is(&set, "10-11 13-14");
	add(&set, 5, 8);
	is(&set, "5-8 10-11 13-14");
	add(&set, 12, 12);
	is(&set, "5-8 10-14");
	add(&set, 9, 9);
	is(&set, "5-14");
	add(&set, 6, 7);
	is(&set, "5-14");
	add(&set, 0, 20);
	is(&set, "0-20");
	uidset_free(&set);
	is(&set, "");
}

static void
many_may_come_in_any_order(void **state)
{
	const unsigned long count = 20000;
	struct uidset set = { 0 };

	(void)state;
	/* 7919 has no divisor in common with COUNT: each number comes once */
	for (unsigned long i = 0; i < count; i++)
		assert_true(
		    uidset_add(&set, i * 7919 % count, i * 7919 % count));
	uidset_settle(&set);
	is(&set, "0-19999");
	uidset_free(&set);
}

static void
the_next_one_is_the_first_that_is_not_in_it(void **state)
{
	struct uidset set = { 0 };

	(void)state;
	assert_int_equal(uidset_after(&set, 5), 5);
	add(&set, 10, 19);
	add(&set, 30, 39);
	add(&set, 50, 50);
	assert_int_equal(uidset_after(&set, 5), 5);
	assert_int_equal(uidset_after(&set, 9), 9);
	assert_int_equal(uidset_after(&set, 10), 20);
	assert_int_equal(uidset_after(&set, 19), 20);
	assert_int_equal(uidset_after(&set, 20), 20);
	assert_int_equal(uidset_after(&set, 29), 29);
	assert_int_equal(uidset_after(&set, 35), 40);
	assert_int_equal(uidset_after(&set, 49), 49);
	assert_int_equal(uidset_after(&set, 50), 51);
	assert_int_equal(uidset_after(&set, 60), 60);
	uidset_free(&set);
}

static void
a_part_is_held(void **state)
{
	struct uidset set = { 0 }, part = { 0 }, copy;

	(void)state;
	assert_true(uidset_holds(&set, &part));
	add(&part, 12, 13);
	assert_false(uidset_holds(&set, &part));
	assert_true(uidset_holds(&part, &set));
	add(&set, 10, 19);
	add(&set, 30, 39);
	assert_true(uidset_holds(&set, &part));
	assert_false(uidset_holds(&part, &set));
	assert_true(uidset_holds(&set, &set));
	add(&part, 19, 19);
	add(&part, 30, 30);
	assert_true(uidset_holds(&set, &part));
	assert_true(uidset_copy(&part, &copy));
	is(&copy, "12-13 19-19 30-30");
	add(&part, 20, 20);
	assert_false(uidset_holds(&set, &part));
	is(&copy, "12-13 19-19 30-30");
	assert_true(uidset_holds(&set, &copy));
	uidset_swap(&copy, &part);
	is(&part, "12-13 19-19 30-30");
	is(&copy, "12-13 19-20 30-30");
	uidset_free(&copy);
	uidset_free(&part);
	assert_true(uidset_copy(&part, &copy));
	is(&copy, "");
	uidset_free(&copy);
	uidset_free(&set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_side_by_side_is_one_span),
		cmocka_unit_test(many_may_come_in_any_order),
		cmocka_unit_test(the_next_one_is_the_first_that_is_not_in_it),
		cmocka_unit_test(a_part_is_held),
	};

	return cmocka_run_group_tests_name("uidset", tests, NULL, NULL);
}
