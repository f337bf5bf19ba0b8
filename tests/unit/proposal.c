/* Which algorithms are offered, by default and with a setting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../helper/proposal.h"

#define CTR "aes128-ctr,aes192-ctr,aes256-ctr"
#define GCM "aes128-gcm@openssh.com,aes256-gcm@openssh.com"
#define CHACHA "chacha20-poly1305@openssh.com"

static void
makes(enum proposal_kind kind, const char *setting, const char *expected)
{
	char out[PROPOSAL_BYTES];

	if (!proposal_make(kind, setting, out))
		fail_msg("\"%s\" is not taken", setting);
	assert_string_equal(out, expected);
}

static void
is_wrong(enum proposal_kind kind, const char *setting)
{
	char out[PROPOSAL_BYTES];

	if (proposal_make(kind, setting, out))
		fail_msg("\"%s\" makes %s", setting, out);
}

static void
without_a_setting_it_is_what_openssh_offers(void **state)
{
	(void)state;
	makes(PROPOSAL_KEX, "",
	    "mlkem768x25519-sha256,sntrup761x25519-sha512,"
	    "sntrup761x25519-sha512@openssh.com,curve25519-sha256,"
	    "curve25519-sha256@libssh.org,ecdh-sha2-nistp256,"
	    "ecdh-sha2-nistp384,ecdh-sha2-nistp521,"
	    "diffie-hellman-group-exchange-sha256,"
	    "diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,"
	    "diffie-hellman-group14-sha256");
	makes(PROPOSAL_HOST_KEY, "",
	    "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,"
	    "ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256");
	makes(PROPOSAL_CIPHER, "", CHACHA "," GCM "," CTR);
	makes(PROPOSAL_MAC, "",
	    "umac-64-etm@openssh.com,umac-128-etm@openssh.com,"
	    "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,"
	    "hmac-sha1-etm@openssh.com,umac-64@openssh.com,"
	    "umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1");
}

static void
a_list_stands_for_itself(void **state)
{
	(void)state;
	makes(PROPOSAL_CIPHER, "3des-cbc,aes256-ctr", "3des-cbc,aes256-ctr");
	makes(PROPOSAL_CIPHER, ",aes256-ctr,,aes256-ctr,", "aes256-ctr");
	makes(PROPOSAL_HOST_KEY, "ssh-rsa", "ssh-rsa");
}

static void
a_sign_in_front_changes_what_openssh_offers(void **state)
{
	(void)state;
	makes(PROPOSAL_CIPHER, "+3des-cbc,aes128-ctr",
	    CHACHA "," GCM "," CTR ",3des-cbc");
	makes(PROPOSAL_CIPHER, "^aes256-ctr,aes256-cbc",
	    "aes256-ctr,aes256-cbc," CHACHA "," GCM ",aes128-ctr,aes192-ctr");
	makes(PROPOSAL_CIPHER, "-*@openssh.com", CTR);
	makes(PROPOSAL_CIPHER, "-*gcm*,aes*-ctr", CHACHA);
	makes(PROPOSAL_CIPHER, "-3des-cbc", CHACHA "," GCM "," CTR);
	makes(PROPOSAL_MAC, "-*-etm@*,umac-*",
	    "hmac-sha2-256,hmac-sha2-512,hmac-sha1");
}

static void
what_there_is_not_is_wrong(void **state)
{
	static const char *const bad[] = { "aes256", "aes256-ctr,x",
		"aes256-ctr x", "+", "^", "-", "+x", "^x,aes256-ctr", "-*", ",",
		"hmac-sha2-256", "ssh-rsa", "aes*", "+aes256-*", "AES256-CTR",
		"++3des-cbc", "aes256-ctr,+3des-cbc", "\n", "aes256-ctr\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		is_wrong(PROPOSAL_CIPHER, bad[i]);
	is_wrong(PROPOSAL_HOST_KEY, "ecdsa-sha2-nistp256-cert-v01@openssh.com");
}

static void
has_weak(enum proposal_kind kind, const char *list, const char *expected)
{
	char out[PROPOSAL_BYTES];

	proposal_weak(kind, list, out);
	assert_string_equal(out, expected);
}

static void
what_openssh_does_not_offer_is_weak(void **state)
{
	(void)state;
	has_weak(PROPOSAL_CIPHER, "3des-cbc,aes128-ctr,arcfour,aes256-cbc",
	    "aes256-cbc,3des-cbc,arcfour");
	has_weak(PROPOSAL_MAC, "hmac-sha1,hmac-md5-96,hmac-sha1-96",
	    "hmac-sha1-96,hmac-md5-96");
	has_weak(PROPOSAL_KEX,
	    "diffie-hellman-group1-sha1,diffie-hellman-group14-sha256,"
	    "diffie-hellman-group14-sha1",
	    "diffie-hellman-group14-sha1,diffie-hellman-group1-sha1");
	has_weak(PROPOSAL_HOST_KEY, "rsa-sha2-512,ssh-rsa,ssh-dss",
	    "ssh-rsa,ssh-dss");
	has_weak(PROPOSAL_HOST_KEY, "", "");
	has_weak(PROPOSAL_CIPHER, "x,3des-cb,des-cbc,", "");
}

static void
there_is_room_for_all(void **state)
{
	char all[PROPOSAL_BYTES], weak[PROPOSAL_BYTES], made[PROPOSAL_BYTES];

	(void)state;
	for (unsigned kind = 0; kind < PROPOSAL_KINDS; kind++) {
		char setting[PROPOSAL_BYTES + 1];

		proposal_all(kind, all);
		proposal_weak(kind, all, weak);
		/* the weak ones are at its end, down to the last */
		assert_string_equal(all + strlen(all) - strlen(weak), weak);
		snprintf(setting, sizeof(setting), "+%s", weak);
		makes(kind, setting, all);
		assert_true(proposal_make(kind, "", made));
		has_weak(kind, made, "");
		assert_true(sizeof(all) - strlen(all) > 32);
	}
}

static void
without_strict_kex(const char *ciphers, const char *macs,
    const char *ciphers_left, const char *macs_left)
{
	char out[PROPOSAL_BYTES], macs_out[PROPOSAL_BYTES];

	snprintf(out, sizeof(out), "%s", ciphers);
	snprintf(macs_out, sizeof(macs_out), "%s", macs);
	proposal_without_strict_kex(out, macs_out);
	assert_string_equal(out, ciphers_left);
	assert_string_equal(macs_out, macs_left);
}

static void
what_needs_a_strict_key_exchange_goes_without(void **state)
{
	static const char macs[] =
	    "hmac-sha2-256-etm@openssh.com,hmac-sha2-256";

	(void)state;
	without_strict_kex(CHACHA "," GCM "," CTR, macs, GCM "," CTR, macs);
	without_strict_kex("aes128-ctr,aes256-cbc", macs,
	    "aes128-ctr,aes256-cbc", "hmac-sha2-256");
	without_strict_kex(CHACHA, macs, "", macs);
}

static void
a_name_is_appended_once_and_whole(void **state)
{
	char out[8] = "";

	(void)state;
	proposal_append(out, sizeof(out), "abc", 3);
	proposal_append(out, sizeof(out), "abcd", 3);
	proposal_append(out, sizeof(out), "", 0);
	proposal_append(out, sizeof(out), "defg", 4);
	assert_string_equal(out, "abc");
	proposal_append(out, sizeof(out), "def", 3);
	assert_string_equal(out, "abc,def");
	proposal_append(out, sizeof(out), "x", 1);
	assert_string_equal(out, "abc,def");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_setting_it_is_what_openssh_offers),
		cmocka_unit_test(a_list_stands_for_itself),
		cmocka_unit_test(a_sign_in_front_changes_what_openssh_offers),
		cmocka_unit_test(what_there_is_not_is_wrong),
		cmocka_unit_test(what_openssh_does_not_offer_is_weak),
		cmocka_unit_test(there_is_room_for_all),
		cmocka_unit_test(what_needs_a_strict_key_exchange_goes_without),
		cmocka_unit_test(a_name_is_appended_once_and_whole),
	};

	return cmocka_run_group_tests_name("proposal", tests, NULL, NULL);
}
