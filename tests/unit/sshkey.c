#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <string.h>

#include "../../helper/sshkey.h"

#define BLOB(text) (const unsigned char *)(text), sizeof(text) - 1

static const struct sshkey_type *
named(const char *name)
{
	return sshkey_type_named(name, strlen(name));
}

static const struct sshkey_type *
signing(const char *algorithm)
{
	return sshkey_type_signing(algorithm, strlen(algorithm));
}

static void
a_type_is_found_by_its_whole_name(void **state)
{
	const struct sshkey_type *type;
	size_t count = 0;

	(void)state;
	for (; (type = sshkey_type_at(count)) != NULL; count++) {
		assert_ptr_equal(named(type->name), type);
		assert_null(
		    sshkey_type_named(type->name, strlen(type->name) - 1));
	}
	assert_int_equal(count, 8);
	assert_null(sshkey_type_at(count + 1));
	assert_null(named(""));
	assert_null(named("ssh-ed25519 "));
	assert_null(named("SSH-ED25519"));
	assert_null(named("ssh-ed25519-cert-v01@openssh.com"));
}

static void
a_key_tells_its_type(void **state)
{
	(void)state;
	assert_ptr_equal(sshkey_type_of(BLOB("\0\0\0\x0bssh-ed25519")),
	    named("ssh-ed25519"));
	assert_string_equal(sshkey_kind(BLOB("\0\0\0\x0bssh-ed25519\0")),
	    "ed25519");
	assert_string_equal(sshkey_kind(BLOB("\0\0\0\7ssh-rsa\0")), "rsa");
	assert_string_equal(sshkey_kind(BLOB("\0\0\0\7ssh-dss\0")), "dsa");
	assert_string_equal(sshkey_kind(BLOB("\0\0\0\x13"
					     "ecdsa-sha2-nistp384")),
	    "ecdsa");
	assert_string_equal(sshkey_kind(BLOB("\0\0\0\7ssh-xyz")), "unknown");
	assert_string_equal(sshkey_kind(BLOB("\0\0\0\x0cssh-ed25519")),
	    "unknown");
	assert_string_equal(sshkey_kind(BLOB("\1\0\0\x0bssh-ed25519")),
	    "unknown");
	assert_string_equal(sshkey_kind(BLOB("\0\0\0")), "unknown");
	assert_string_equal(sshkey_kind(NULL, 0), "unknown");
}

static void
an_algorithm_is_of_the_type_that_signs_by_it(void **state)
{
	const struct sshkey_type *type;

	(void)state;
	for (size_t i = 0; (type = sshkey_type_at(i)) != NULL; i++)
		assert_ptr_equal(signing(type->name), type);
	assert_ptr_equal(signing("rsa-sha2-512"), named("ssh-rsa"));
	assert_ptr_equal(signing("rsa-sha2-256"), named("ssh-rsa"));
	assert_null(signing("rsa-sha2"));
	assert_null(signing("rsa-sha2-512,rsa-sha2-256"));
	assert_null(signing(""));
}

static void
an_rsa_key_is_as_long_as_its_modulus(void **state)
{
	(void)state;
	assert_int_equal(sshkey_rsa_bits(BLOB("\0\0\0\7ssh-rsa\0\0\0\3\1\0\1"
					      "\0\0\0\3\0\377\377")),
	    16);
	assert_int_equal(sshkey_rsa_bits(BLOB("\0\0\0\7ssh-rsa\0\0\0\1\3"
					      "\0\0\0\2\2\0")),
	    10);
	/* cut off, negative, and of another type */
	assert_int_equal(sshkey_rsa_bits(BLOB("\0\0\0\7ssh-rsa\0\0\0\1\3")), 0);
	assert_int_equal(sshkey_rsa_bits(BLOB("\0\0\0\7ssh-rsa\0\0\0\1\3"
					      "\0\0\0\3\1\0")),
	    0);
	assert_int_equal(sshkey_rsa_bits(BLOB("\0\0\0\7ssh-rsa\0\0\0\1\3"
					      "\0\0\0\2\200\0")),
	    0);
	assert_int_equal(sshkey_rsa_bits(BLOB("\0\0\0\7ssh-dss\0\0\0\1\3"
					      "\0\0\0\2\2\0")),
	    0);
	assert_int_equal(sshkey_rsa_bits(BLOB("\0\0\0\7ssh-rsa")), 0);
	assert_int_equal(sshkey_rsa_bits(NULL, 0), 0);
}

static void
a_fingerprint_is_as_ssh_keygen_has_it(void **state)
{
	char out[SSHKEY_FINGERPRINT_BYTES];

	(void)state;
	sshkey_fingerprint(BLOB(""), out);
	assert_string_equal(out,
	    "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_type_is_found_by_its_whole_name),
		cmocka_unit_test(a_key_tells_its_type),
		cmocka_unit_test(an_algorithm_is_of_the_type_that_signs_by_it),
		cmocka_unit_test(an_rsa_key_is_as_long_as_its_modulus),
		cmocka_unit_test(a_fingerprint_is_as_ssh_keygen_has_it),
	};

	return sodium_init() < 0 ||
	    cmocka_run_group_tests_name("sshkey", tests, NULL, NULL);
}
