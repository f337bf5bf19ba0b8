/* How much a remote may send, and have kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../../helper/worker/budget.h"
#include "freed.h"

#define MIB ((size_t)1024 * 1024)

static void
no_more_is_read_than_is_left(void **state)
{
	struct budget budget = { .left_bytes = 100 };

	(void)state;
	assert_int_equal(budget_read(&budget, 60), 60);
	budget_was_read(&budget, 50);
	assert_int_equal(budget_read(&budget, 60), 50);
	budget_was_read(&budget, 50);
	assert_int_equal(budget_read(&budget, 60), 0);
	assert_int_equal(budget_read(&budget, 1), 0);
}

static void
what_may_run_for_ever_is_not_bounded(void **state)
{
	struct budget budget = { .left_bytes = BUDGET_UNLIMITED };

	(void)state;
	assert_int_equal(budget_read(&budget, 1 << 20), 1 << 20);
}

static void
lines_before_the_version_are_bounded(void **state)
{
	struct budget budget = { .left_bytes = BUDGET_LOGIN_BYTES };

	(void)state;
	for (size_t i = 0; i < BUDGET_LINES_BYTES; i++) {
		assert_int_equal(budget_read(&budget, 1), 1);
		budget_was_read(&budget, 1);
	}
	assert_int_equal(budget_read(&budget, 1), 0);
	/* packets are not read byte by byte */
	assert_int_equal(budget_read(&budget, 2), 2);
}

static void
memory_is_bounded_and_comes_back(void **state)
{
	struct budget budget = { 0 };
	void *parts[BUDGET_MEMORY_BYTES / MIB];
	size_t count = 0;

	(void)state;
	while (count < sizeof(parts) / sizeof(parts[0]) &&
	    (parts[count] = budget_alloc(&budget, MIB)) != NULL)
		count++;
	/* what the allocator rounds up counts */
	assert_int_equal(count, BUDGET_MEMORY_BYTES / MIB - 1);
	assert_null(budget_alloc(&budget, MIB));
	assert_true(budget.memory_bytes <= BUDGET_MEMORY_BYTES);
	while (count > 0)
		budget_free(&budget, parts[--count]);
	assert_int_equal(budget.memory_bytes, 0);
	parts[0] = budget_alloc(&budget, MIB);
	assert_non_null(parts[0]);
	budget_free(&budget, parts[0]);
}

static void
a_part_that_grows_is_counted_once(void **state)
{
	struct budget budget = { 0 };
	char *text = budget_realloc(&budget, NULL, 4), *more;

	(void)state;
	assert_non_null(text);
	memcpy(text, "abc", 4);
	text = budget_realloc(&budget, text, MIB);
	assert_non_null(text);
	assert_string_equal(text, "abc");
	assert_true(budget.memory_bytes >= MIB);
	assert_true(budget.memory_bytes < 2 * MIB);
	/* what can't grow stays as it is */
	more = budget_realloc(&budget, text, BUDGET_MEMORY_BYTES);
	assert_null(more);
	assert_string_equal(text, "abc");
	budget_free(&budget, text);
	assert_int_equal(budget.memory_bytes, 0);
}

static void
sizes_beyond_all_measure_are_refused(void **state)
{
	struct budget budget = { 0 };

	(void)state;
	assert_null(budget_alloc(&budget, SIZE_MAX));
	assert_null(budget_alloc(&budget, BUDGET_MEMORY_BYTES));
	assert_null(budget_realloc(&budget, NULL, SIZE_MAX - 1));
	assert_int_equal(budget.memory_bytes, 0);
}

static void
while_there_is_a_secret_what_is_freed_is_wiped(void **state)
{
	struct budget budget = { .wipes = true };
	char *text = budget_alloc(&budget, sizeof(freed_secret));

	(void)state;
	assert_non_null(text);
	memcpy(text, freed_secret, sizeof(freed_secret));
	text = budget_realloc(&budget, text, MIB);
	assert_non_null(text);
	assert_string_equal(text, freed_secret);
	text = budget_realloc(&budget, text, sizeof(freed_secret));
	assert_non_null(text);
	assert_string_equal(text, freed_secret);
	budget_free(&budget, text);
	budget_free(&budget, NULL);
	assert_int_equal(budget.memory_bytes, 0);
	assert_int_equal(freed_secrets, 0);
	/* without one it is not, which takes no time */
	budget.wipes = false;
	text = budget_alloc(&budget, sizeof(freed_secret));
	assert_non_null(text);
	memcpy(text, freed_secret, sizeof(freed_secret));
	budget_free(&budget, text);
	if (FREED_SEEN)
		assert_int_equal(freed_secrets, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_more_is_read_than_is_left),
		cmocka_unit_test(what_may_run_for_ever_is_not_bounded),
		cmocka_unit_test(lines_before_the_version_are_bounded),
		cmocka_unit_test(memory_is_bounded_and_comes_back),
		cmocka_unit_test(a_part_that_grows_is_counted_once),
		cmocka_unit_test(sizes_beyond_all_measure_are_refused),
		cmocka_unit_test(
		    while_there_is_a_secret_what_is_freed_is_wiped),
	};

	return cmocka_run_group_tests_name("budget", tests, NULL, NULL);
}
