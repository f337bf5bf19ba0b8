#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../shim/admin/authmethods.h"

static void
a_method_is_in_no_list(void **state)
{
	(void)state;
	assert_int_equal(authmethods_use("publickey", "password"),
	    AUTHMETHODS_UNUSED);
	assert_int_equal(authmethods_use("any", "password"),
	    AUTHMETHODS_UNUSED);
	assert_int_equal(authmethods_use("", "password"), AUTHMETHODS_UNUSED);
	assert_int_equal(authmethods_use("  ,, passwords xpassword pass",
			     "password"),
	    AUTHMETHODS_UNUSED);
	assert_int_equal(authmethods_use("keyboard-interactive:password",
			     "password"),
	    AUTHMETHODS_UNUSED);
}

static void
a_method_is_one_of_several(void **state)
{
	(void)state;
	assert_int_equal(authmethods_use("publickey,password", "password"),
	    AUTHMETHODS_BESIDE_KEY);
	assert_int_equal(authmethods_use("password,publickey", "password"),
	    AUTHMETHODS_BESIDE_KEY);
	assert_int_equal(
	    authmethods_use("publickey,keyboard-interactive:pam publickey,x",
		"keyboard-interactive"),
	    AUTHMETHODS_BESIDE_KEY);
}

static void
a_method_is_enough(void **state)
{
	(void)state;
	assert_int_equal(authmethods_use("password", "password"),
	    AUTHMETHODS_ALONE);
	assert_int_equal(authmethods_use("publickey  password", "password"),
	    AUTHMETHODS_ALONE);
	assert_int_equal(
	    authmethods_use("publickey,password password,hostbased",
		"password"),
	    AUTHMETHODS_ALONE);
	assert_int_equal(authmethods_use("publickey gssapi-with-mic ",
			     "gssapi-with-mic"),
	    AUTHMETHODS_ALONE);
	assert_int_equal(authmethods_use("keyboard-interactive:bsdauth",
			     "keyboard-interactive"),
	    AUTHMETHODS_ALONE);
}

static void
a_password_is_enough(void **state)
{
	(void)state;
	assert_true(authmethods_take_a_password_alone("password"));
	assert_true(authmethods_take_a_password_alone(
	    "publickey keyboard-interactive:pam"));
	assert_true(authmethods_take_a_password_alone(
	    "publickey,x  password,keyboard-interactive"));
	assert_false(authmethods_take_a_password_alone(""));
	assert_false(authmethods_take_a_password_alone("any"));
	assert_false(authmethods_take_a_password_alone(
	    "publickey,password keyboard-interactive,hostbased"));
	assert_false(authmethods_take_a_password_alone(
	    "gssapi-with-mic,keyboard-interactive passwords"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_method_is_in_no_list),
		cmocka_unit_test(a_method_is_one_of_several),
		cmocka_unit_test(a_method_is_enough),
		cmocka_unit_test(a_password_is_enough),
	};

	return cmocka_run_group_tests_name("authmethods", tests, NULL, NULL);
}
