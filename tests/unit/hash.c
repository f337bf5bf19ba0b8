/*
 * The hash that tells names apart: against values of draft-eastlake-fnv.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../helper/gateway/hash.h"

static void
it_is_the_one_that_others_have(void **state)
{
	(void)state;
	assert_true(hash_text("") == UINT64_C(0xcbf29ce484222325));
	assert_true(hash_text("a") == UINT64_C(0xaf63dc4c8601ec8c));
	assert_true(hash_text("foobar") == UINT64_C(0x85944171f73967e8));
}

static void
it_takes_any_byte(void **state)
{
	(void)state;
	assert_true(hash_text("\xff") != hash_text("\x7f"));
	assert_true(hash_text("ab") != hash_text("ba"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_the_one_that_others_have),
		cmocka_unit_test(it_takes_any_byte),
	};

	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
