#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../shim/nss/guest.h"

static void
the_last_one_is_known_by_the_uid(void **state)
{
	static const struct usermap_entry ann = { .name = "ann", .uid = 65536 };
	static const struct usermap_entry ben = { .name = "ben",
		.uid = USERMAP_UID_DEAD_END };
	struct usermap_entry found;

	(void)state;
	assert_false(guest_by_uid(0, &found));
	assert_false(guest_by_uid(65536, &found));
	guest_note(&ann);
	assert_true(guest_by_uid(65536, &found));
	assert_string_equal(found.name, "ann");
	assert_false(guest_by_uid(0, &found));
	assert_false(guest_by_uid(65537, &found));
	guest_note(&ben);
	assert_true(guest_by_uid(USERMAP_UID_DEAD_END, &found));
	assert_string_equal(found.name, "ben");
	assert_false(guest_by_uid(65536, &found));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_one_is_known_by_the_uid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
