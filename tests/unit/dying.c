/*
 * Processes that do not end: how many a local user may have, and what that means
 * for others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../helper/gateway/dying.h"

/* COUNT more on account of UID. */
static void
add(struct dying *dying, uid_t uid, int count)
{
	for (int i = 0; i < count; i++)
		dying_add(dying, uid);
}

static void
a_user_with_eight_is_refused_and_nobody_else(void **state)
{
	struct dying *dying = dying_new();

	(void)state;
	assert_false(dying_refuses(dying, 1000));
	add(dying, 1000, DYING_PER_USER_MAX - 1);
	assert_false(dying_refuses(dying, 1000));
	assert_true(dying_has_room(dying, 1000));
	add(dying, 1000, 1);
	assert_true(dying_refuses(dying, 1000));
	assert_false(dying_has_room(dying, 1000));
	assert_false(dying_refuses(dying, 1001));
	assert_true(dying_has_room(dying, 1001));
	dying_free(dying);
}

static void
until_one_has_ended(void **state)
{
	struct dying *dying = dying_new();

	(void)state;
	add(dying, 1000, DYING_PER_USER_MAX);
	dying_remove(dying, 1000);
	assert_false(dying_refuses(dying, 1000));
	for (int i = 1; i < DYING_PER_USER_MAX; i++)
		dying_remove(dying, 1000);
	/* and more than there are do not end */
	dying_remove(dying, 1000);
	add(dying, 1000, DYING_PER_USER_MAX - 1);
	assert_false(dying_refuses(dying, 1000));
	dying_free(dying);
}

static void
the_last_that_there_may_be_is_not_told_to_end(void **state)
{
	struct dying *dying = dying_new();

	(void)state;
	for (int i = 1; i < DYING_PER_USER_MAX; i++) {
		dying_add(dying, 1000);
		assert_true(dying_may_end(dying, 1000));
	}
	dying_add(dying, 1000);
	assert_false(dying_may_end(dying, 1000));
	dying_remove(dying, 1000);
	assert_true(dying_may_end(dying, 1000));
	dying_free(dying);
}

static void
many_uids_have_no_more_than_all_may_have_and_refuse_nobody(void **state)
{
	struct dying *dying = dying_new();

	(void)state;
	for (uid_t uid = 100000; uid < 100000 + DYING_MAX; uid++) {
		assert_true(dying_has_room(dying, uid));
		dying_add(dying, uid);
	}
	assert_false(dying_has_room(dying, 200000));
	assert_false(dying_may_end(dying, 100000));
	/* and a few of nobody's besides */
	for (int i = 0; i < DYING_PER_USER_MAX; i++) {
		assert_true(dying_has_room(dying, DYING_NOBODY));
		dying_add(dying, DYING_NOBODY);
	}
	assert_false(dying_has_room(dying, DYING_NOBODY));
	assert_false(dying_may_end(dying, DYING_NOBODY));
	/* whoever has none is served as ever */
	assert_false(dying_refuses(dying, 200000));
	assert_false(dying_refuses(dying, 100000));
	dying_remove(dying, 100000);
	assert_true(dying_has_room(dying, 200000));
	dying_free(dying);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_with_eight_is_refused_and_nobody_else),
		cmocka_unit_test(until_one_has_ended),
		cmocka_unit_test(the_last_that_there_may_be_is_not_told_to_end),
		cmocka_unit_test(
		    many_uids_have_no_more_than_all_may_have_and_refuse_nobody),
	};

	return cmocka_run_group_tests_name("dying", tests, NULL, NULL);
}
