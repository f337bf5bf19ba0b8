#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "../../shim/nss/sshd.h"

static bool
is_sshd(const char *path)
{
	char copy[64];

	snprintf(copy, sizeof(copy), "%s", path);
	return sshd_is_path(copy);
}

static void
the_programs_of_sshd_are_known_wherever_they_are(void **state)
{
	(void)state;
	assert_true(is_sshd("/usr/sbin/sshd"));
	assert_true(is_sshd("/usr/local/sbin/sshd"));
	assert_true(is_sshd("/usr/lib/openssh/sshd-session"));
	assert_true(is_sshd("/usr/libexec/openssh/sshd-auth"));
}

static void
one_that_was_replaced_while_it_runs_is_known_too(void **state)
{
	(void)state;
	assert_true(is_sshd("/usr/sbin/sshd (deleted)"));
	assert_true(is_sshd("/usr/lib/openssh/sshd-session (deleted)"));
	assert_false(is_sshd("/usr/bin/id (deleted)"));
	assert_false(is_sshd(" (deleted)"));
}

static void
other_programs_are_not_sshd(void **state)
{
	(void)state;
	assert_false(is_sshd(""));
	assert_false(is_sshd("sshd"));
	assert_false(is_sshd("/usr/bin/id"));
	assert_false(is_sshd("/usr/sbin/sshd2"));
	assert_false(is_sshd("/usr/sbin/my-sshd"));
	assert_false(is_sshd("/usr/sbin/sshd/x"));
	assert_false(is_sshd("/usr/sbin/sshd-keygen"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_programs_of_sshd_are_known_wherever_they_are),
		cmocka_unit_test(
		    one_that_was_replaced_while_it_runs_is_known_too),
		cmocka_unit_test(other_programs_are_not_sshd),
	};

	return cmocka_run_group_tests_name("sshd", tests, NULL, NULL);
}
