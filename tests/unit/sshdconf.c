#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../../shim/admin/sshdconf.h"

static const char dump[] = "port 22\n"
			   "authorizedkeyscommanduser _moshgate\n"
			   "authorizedkeyscommand /usr/bin/keys %u %t %k\n"
			   "subsystem netconf /usr/bin/internal-sftp\n"
			   "acceptenv LANG\n"
			   "acceptenv LC_*\n"
			   "permitopen any";

static void
is(const char *name, const char *expected)
{
	char value[SSHDCONF_VALUE_BYTES];

	assert_true(sshdconf_get(dump, name, value));
	assert_string_equal(value, expected);
}

static void
a_setting_is_found_by_its_whole_name(void **state)
{
	char value[SSHDCONF_VALUE_BYTES];

	(void)state;
	is("port", "22");
	is("AuthorizedKeysCommand", "/usr/bin/keys %u %t %k");
	is("AuthorizedKeysCommandUser", "_moshgate");
	is("PermitOpen", "any");
	is("AcceptEnv", "LANG");
	assert_false(sshdconf_get(dump, "AuthorizedKeys", value));
	assert_false(sshdconf_get(dump, "LANG", value));
	assert_false(sshdconf_get("", "port", value));
	assert_false(sshdconf_get("port", "port", value));
	assert_false(sshdconf_get("\n\n", "port", value));
	assert_true(sshdconf_get("port \n", "port", value));
	assert_string_equal(value, "");
}

static void
a_long_value_is_cut(void **state)
{
	char text[2 * SSHDCONF_VALUE_BYTES] = "banner ";
	char value[SSHDCONF_VALUE_BYTES];

	(void)state;
	memset(text + 7, 'x', sizeof(text) - 8);
	assert_true(sshdconf_get(text, "banner", value));
	assert_int_equal(strlen(value), sizeof(value) - 1);
}

static void
a_subsystem_may_be_served_by_sshd_itself(void **state)
{
	(void)state;
	assert_false(sshdconf_has_internal_sftp(dump));
	assert_false(sshdconf_has_internal_sftp(""));
	assert_false(sshdconf_has_internal_sftp("subsystem internal-sftp\n"));
	assert_false(sshdconf_has_internal_sftp("subsystem sftp"));
	assert_true(
	    sshdconf_has_internal_sftp("subsystem sftp internal-sftp\n"));
	assert_true(sshdconf_has_internal_sftp("port 1\nsubsystem netconf x\n"
					       "subsystem sftp internal-sftp "
					       "-l INFO"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_setting_is_found_by_its_whole_name),
		cmocka_unit_test(a_long_value_is_cut),
		cmocka_unit_test(a_subsystem_may_be_served_by_sshd_itself),
	};

	return cmocka_run_group_tests_name("sshdconf", tests, NULL, NULL);
}
