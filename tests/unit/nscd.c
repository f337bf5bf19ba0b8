#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../../shim/admin/nscd.h"

/* TEXT is a literal, which may hold NULs. */
#define caches(text) caches_bytes(text, sizeof(text) - 1)

static bool
caches_bytes(const char *text, size_t len)
{
	/* exact sizes, so that a sanitizer sees each byte too many */
	char *copy = malloc(len > 0 ? len : 1);
	bool found;

	assert_non_null(copy);
	memcpy(copy, text, len);
	found = nscd_caches_passwd(copy, len);
	free(copy);
	return found;
}

static void
users_are_cached_if_it_says_so(void **state)
{
	(void)state;
	assert_true(caches("enable-cache passwd yes\n"));
	assert_true(caches("enable-cache passwd yes"));
	assert_true(caches("\tenable-cache\t\tpasswd\t\tyes # why\r\n"));
	assert_true(caches("enable-cache passwd YES\n"));
	assert_true(caches("a\n\nenable-cache passwd yes\nb c d\n"));
}

static void
users_are_not_cached_if_it_says_that_or_nothing(void **state)
{
	(void)state;
	assert_false(caches(""));
	assert_false(caches("enable-cache passwd no\n"));
	assert_false(caches("enable-cache passwd"));
	assert_false(caches("enable-cache passwd \0yes"));
	assert_false(caches("enable-cache"));
	assert_false(caches("# enable-cache passwd yes\n"));
	assert_false(caches("enable-cache # passwd yes\n"));
	assert_false(caches("enable-cache group yes\n"));
	assert_false(caches("enable-cache passwd\nyes\n"));
	assert_false(caches("check-files passwd yes\n"));
	assert_false(caches("enable-caches passwd yes\n"));
}

static void
the_last_line_counts(void **state)
{
	(void)state;
	assert_false(caches("enable-cache passwd yes\n"
			    "enable-cache passwd no\n"));
	assert_true(caches("enable-cache passwd no\n"
			   "enable-cache passwd yes\n"));
	assert_true(caches("enable-cache passwd yes\n"
			   "enable-cache passwd perhaps\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_are_cached_if_it_says_so),
		cmocka_unit_test(
		    users_are_not_cached_if_it_says_that_or_nothing),
		cmocka_unit_test(the_last_line_counts),
	};

	return cmocka_run_group_tests_name("nscd", tests, NULL, NULL);
}
