/* What the settings allow of what OpenSSH does not offer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../helper/weakness.h"

static struct config
config_with(char *kex, char *host_key_algorithms, char *ciphers, char *macs,
    int required_rsa_size)
{
	return (struct config){ .kex = kex,
		.host_key_algorithms = host_key_algorithms,
		.ciphers = ciphers,
		.macs = macs,
		.required_rsa_size = required_rsa_size };
}

static void
the_defaults_allow_nothing_weak(void **state)
{
	const struct config config = config_with("", "", "", "", 2048);
	char text[WEAKNESS_BYTES];

	(void)state;
	assert_false(weakness_allowed(&config, text));
	assert_string_equal(text, "");
}

static void
nor_does_what_is_as_good(void **state)
{
	const struct config config = config_with("curve25519-sha256",
	    "-rsa-sha2-*", "^aes256-ctr", "+hmac-sha1", 4096);
	char text[WEAKNESS_BYTES];

	(void)state;
	assert_false(weakness_allowed(&config, text));
}

static void
what_is_weak_is_told_with_its_setting(void **state)
{
	const struct config one = config_with("", "+ssh-rsa", "", "", 2048);
	const struct config all =
	    config_with("diffie-hellman-group1-sha1,curve25519-sha256",
		"ssh-rsa", "^3des-cbc,arcfour", "hmac-md5-96", 1024);
	char text[WEAKNESS_BYTES];

	(void)state;
	assert_true(weakness_allowed(&one, text));
	assert_string_equal(text, "host_key_algorithms: ssh-rsa");
	assert_true(weakness_allowed(&all, text));
	assert_string_equal(text,
	    "kex: diffie-hellman-group1-sha1; host_key_algorithms: ssh-rsa; "
	    "ciphers: 3des-cbc,arcfour; macs: hmac-md5-96; "
	    "required_rsa_size: 1024");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_defaults_allow_nothing_weak),
		cmocka_unit_test(nor_does_what_is_as_good),
		cmocka_unit_test(what_is_weak_is_told_with_its_setting),
	};

	return cmocka_run_group_tests_name("weakness", tests, NULL, NULL);
}
