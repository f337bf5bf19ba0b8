/* Which algorithms libssh2 is asked for, and what is said if none is left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../../helper/worker/algorithms.h"

/* Which methods libssh2 has in common with most of its versions. */
#define KEX "diffie-hellman-group14-sha256"
#define CIPHER "aes256-ctr"
#define MAC "hmac-sha2-256"
#define SETTING_BYTES 128

/* Settings that each test may change, keys on file, and a session. */
struct asked {
	struct config config;
	char host_key_algorithms[SETTING_BYTES], known_hosts[32];
	char kex[SETTING_BYTES], ciphers[SETTING_BYTES], macs[SETTING_BYTES];
	struct hostkey key;
	struct hostkeys keys;
	LIBSSH2_SESSION *ssh;
	struct algorithms algorithms;
	struct failure_facts facts;
};

static void
begin(struct asked *asked)
{
	*asked = (struct asked){ .known_hosts = "/etc/a /etc/b",
		.config = { .verify_host_key = true } };
	asked->config.host_key_algorithms = asked->host_key_algorithms;
	asked->config.known_hosts = asked->known_hosts;
	asked->config.kex = asked->kex;
	asked->config.ciphers = asked->ciphers;
	asked->config.macs = asked->macs;
	asked->ssh = libssh2_session_init();
	assert_non_null(asked->ssh);
}

static void
end(struct asked *asked)
{
	algorithms_free(&asked->algorithms);
	libssh2_session_free(asked->ssh);
}

/* The key on file is of TYPE. */
static void
on_file(struct asked *asked, const char *type)
{
	asked->key = (struct hostkey){ .mark = HOSTKEY_PLAIN };
	snprintf(asked->key.type, sizeof(asked->key.type), "%s", type);
	asked->keys = (struct hostkeys){ .keys = &asked->key, .count = 1 };
}

static void
set(char setting[SETTING_BYTES], const char *names)
{
	snprintf(setting, SETTING_BYTES, "%s", names);
}

static enum failure
ask(struct asked *asked)
{
	return algorithms_ask(&asked->algorithms, asked->ssh, &asked->config,
	    &asked->keys, &asked->facts);
}

static void
for_host_keys(struct asked *asked, const char *expected)
{
	char names[PROPOSAL_BYTES];

	assert_int_equal(algorithms_for_host_keys(&asked->config, &asked->keys,
			     names, &asked->facts),
	    FAILURE_NONE);
	assert_string_equal(names, expected);
}

static void
host_key_algorithms_follow_the_keys_on_file(void **state)
{
	struct asked asked;

	(void)state;
	begin(&asked);
	for_host_keys(&asked,
	    "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,"
	    "ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256");
	on_file(&asked, "ssh-ed25519");
	for_host_keys(&asked, "ssh-ed25519");
	on_file(&asked, "ssh-rsa");
	for_host_keys(&asked, "rsa-sha2-512,rsa-sha2-256");
	set(asked.host_key_algorithms, "ssh-ed25519,rsa-sha2-256");
	for_host_keys(&asked, "rsa-sha2-256");
	set(asked.host_key_algorithms, "+ssh-rsa");
	for_host_keys(&asked, "rsa-sha2-512,rsa-sha2-256,ssh-rsa");
	end(&asked);
}

static void
without_keys_on_file_the_setting_is_asked_for(void **state)
{
	struct asked asked;

	(void)state;
	begin(&asked);
	set(asked.host_key_algorithms, "ssh-ed25519");
	for_host_keys(&asked, "ssh-ed25519");
	/* also where they are not looked at */
	on_file(&asked, "ssh-rsa");
	asked.config.verify_host_key = false;
	for_host_keys(&asked, "ssh-ed25519");
	end(&asked);
}

static void
a_setting_that_no_key_on_file_can_answer_is_told(void **state)
{
	struct asked asked;

	(void)state;
	begin(&asked);
	on_file(&asked, "ssh-ed25519");
	set(asked.host_key_algorithms, "rsa-sha2-512");
	assert_int_equal(ask(&asked), FAILURE_NO_COMMON);
	assert_string_equal(asked.facts.detail,
	    "host_key_algorithms asks for rsa-sha2-512 alone, but the host "
	    "keys on file are for ssh-ed25519");
	assert_string_equal(asked.facts.remedy,
	    "change host_key_algorithms in [remote] or take it out, or put a "
	    "host key of the remote's that it asks for into /etc/a");
	end(&asked);
}

static void
what_libssh2_knows_is_asked_for(void **state)
{
	struct asked asked;

	(void)state;
	begin(&asked);
	on_file(&asked, "ssh-ed25519");
	set(asked.kex, "mlkem768x25519-sha256," KEX);
	set(asked.ciphers, CIPHER);
	set(asked.macs, "umac-64@openssh.com," MAC);
	assert_int_equal(ask(&asked), FAILURE_NONE);
	assert_string_equal(asked.facts.detail, "");
	assert_string_equal(asked.algorithms.asked[KEXINIT_KEX],
	    "mlkem768x25519-sha256," KEX);
	assert_string_equal(asked.algorithms.asked[KEXINIT_HOST_KEY],
	    "ssh-ed25519");
	assert_string_equal(asked.algorithms.asked[KEXINIT_CIPHER_IN], CIPHER);
	assert_string_equal(asked.algorithms.asked[KEXINIT_CIPHER_OUT], CIPHER);
	assert_string_equal(asked.algorithms.asked[KEXINIT_MAC_IN],
	    "umac-64@openssh.com," MAC);
	assert_string_equal(asked.algorithms.asked[KEXINIT_MAC_OUT],
	    "umac-64@openssh.com," MAC);
	assert_null(asked.algorithms.asked[KEXINIT_COMPRESSION_IN]);
	end(&asked);
}

/* LIST, which is asked for, has no names but those of OpenSSH. */
static void
is_not_weak(enum proposal_kind kind, const char *list)
{
	char weak[PROPOSAL_BYTES];

	assert_non_null(list);
	proposal_weak(kind, list, weak);
	assert_string_equal(weak, "");
}

static void
where_nothing_is_set_nothing_weak_is_asked_for(void **state)
{
	struct asked asked;
	char *const *names;

	(void)state;
	begin(&asked);
	names = asked.algorithms.asked;
	assert_int_equal(ask(&asked), FAILURE_NONE);
	is_not_weak(PROPOSAL_KEX, names[KEXINIT_KEX]);
	is_not_weak(PROPOSAL_HOST_KEY, names[KEXINIT_HOST_KEY]);
	is_not_weak(PROPOSAL_CIPHER, names[KEXINIT_CIPHER_OUT]);
	is_not_weak(PROPOSAL_CIPHER, names[KEXINIT_CIPHER_IN]);
	is_not_weak(PROPOSAL_MAC, names[KEXINIT_MAC_OUT]);
	is_not_weak(PROPOSAL_MAC, names[KEXINIT_MAC_IN]);
	end(&asked);
}

static void
a_setting_that_libssh2_does_not_know_is_told_by_its_name(void **state)
{
	/* what libssh2 has not in most of its versions */
	static const struct {
		const char *setting, *value;
	} cases[] = { { "kex", "mlkem768x25519-sha256" },
		{ "ciphers", "arcfour256" },
		{ "macs", "umac-64@openssh.com" } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct asked asked;
		char *const settings[] = { asked.kex, asked.ciphers,
			asked.macs };
		char expected[128];

		begin(&asked);
		set(settings[i], cases[i].value);
		assert_int_equal(ask(&asked), FAILURE_NO_COMMON);
		snprintf(expected, sizeof(expected),
		    "%s: the gateway's libssh2 knows none of %s; it has ",
		    cases[i].setting, cases[i].value);
		assert_memory_equal(asked.facts.detail, expected,
		    strlen(expected));
		/* and what it has is told */
		assert_true(strlen(asked.facts.detail) > strlen(expected));
		end(&asked);
	}
}

static void
keys_on_file_that_openssh_has_no_more_are_told(void **state)
{
	struct asked asked;

	(void)state;
	begin(&asked);
	on_file(&asked, "ssh-dss");
	assert_int_equal(ask(&asked), FAILURE_NO_COMMON);
	assert_string_equal(asked.facts.detail,
	    "host_key_algorithms asks for what OpenSSH offers alone, but the "
	    "host keys on file are for ssh-dss");
	assert_string_equal(asked.facts.remedy,
	    "change host_key_algorithms in [remote], or put a host key of the "
	    "remote's that it asks for into /etc/a");
	end(&asked);
}

/* True if libssh2 has rsa-sha2, which 1.10 has not. */
static bool
has_rsa_sha2(LIBSSH2_SESSION *ssh)
{
	const char **known = NULL;
	const int count = libssh2_session_supported_algs(ssh,
	    LIBSSH2_METHOD_HOSTKEY, &known);
	bool has = false;

	for (int i = 0; i < count; i++)
		has |= strcmp(known[i], "rsa-sha2-512") == 0;
	if (count > 0)
		libssh2_free(ssh, known);
	return has;
}

static void
an_rsa_key_that_libssh2_can_only_check_by_sha1_is_told(void **state)
{
	static const char expected[] =
	    "known_hosts has keys for rsa-sha2-512,rsa-sha2-256, none of which "
	    "the gateway's libssh2 knows; it has ";
	struct asked asked;

	(void)state;
	begin(&asked);
	on_file(&asked, "ssh-rsa");
	if (has_rsa_sha2(asked.ssh)) {
		assert_int_equal(ask(&asked), FAILURE_NONE);
	} else {
		assert_int_equal(ask(&asked), FAILURE_NO_COMMON);
		assert_memory_equal(asked.facts.detail, expected,
		    strlen(expected));
		assert_null(strstr(asked.facts.detail, "ssh-rsa"));
		assert_string_equal(asked.facts.remedy,
		    "put a host key of the remote's of another type into "
		    "known_hosts; or allow ssh-rsa, which is weak: "
		    "\"host_key_algorithms = +ssh-rsa\" in [remote] of "
		    "moshgate.ini");
	}
	set(asked.host_key_algorithms, "+ssh-rsa");
	assert_int_equal(ask(&asked), FAILURE_NONE);
	end(&asked);
}

/* What a server sends first. */
struct sent {
	unsigned char bytes[1024];
	size_t len;
};

static void
sent_add(struct sent *sent, const void *bytes, size_t len)
{
	assert_true(len <= sizeof(sent->bytes) - sent->len);
	memcpy(sent->bytes + sent->len, bytes, len);
	sent->len += len;
}

/* Numbers here are small. */
static void
sent_add_number(struct sent *sent, size_t n)
{
	const unsigned char bytes[] = { 0, 0, (unsigned char)(n >> 8),
		(unsigned char)n };

	sent_add(sent, bytes, sizeof(bytes));
}

/* A server's offer of CIPHER in both directions, with what libssh2 has else. */
static struct sent
offer_with(const char *host_keys, const char *cipher)
{
	static const char version[] = "SSH-2.0-x\r\n";
	static const unsigned char head[18] = { 4 /* bytes of padding */, 20 };
	const char *const lists[] = { KEX, host_keys, cipher, cipher, MAC, MAC,
		"none", "none", "", "" };
	struct sent payload = { 0 }, sent = { 0 };

	sent_add(&payload, head, sizeof(head));
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		sent_add_number(&payload, strlen(lists[i]));
		sent_add(&payload, lists[i], strlen(lists[i]));
	}
	/* a flag, a number, and the padding */
	sent_add(&payload, (const unsigned char[9]){ 0 }, 9);
	sent_add(&sent, version, sizeof(version) - 1);
	sent_add_number(&sent, payload.len);
	sent_add(&sent, payload.bytes, payload.len);
	return sent;
}

static struct sent
offer_of(const char *cipher)
{
	return offer_with("ssh-rsa,ssh-ed25519", cipher);
}

static struct sent
offer_with_host_keys(const char *host_keys)
{
	return offer_with(host_keys, CIPHER);
}

static bool
is_missing(struct asked *asked, const struct sent *sent)
{
	return algorithms_missing(&asked->algorithms, asked->ssh, sent->bytes,
	    sent->len, &asked->facts);
}

static void
what_is_missing_is_told_with_what_both_have(void **state)
{
	const struct sent bad = offer_of("none-such"), good = offer_of(CIPHER);
	struct asked asked;

	(void)state;
	begin(&asked);
	set(asked.ciphers, CIPHER ",arcfour256");
	assert_int_equal(ask(&asked), FAILURE_NONE);
	assert_false(is_missing(&asked, &good));
	assert_string_equal(asked.facts.detail, "");
	assert_true(is_missing(&asked, &bad));
	assert_string_equal(asked.facts.detail,
	    "no cipher in common: the gateway has " CIPHER
	    "; the remote has none-such");
	assert_string_equal(asked.facts.remedy, "");
	end(&asked);
}

static void
a_remote_with_weak_ones_alone_is_told_with_how_to_allow_them(void **state)
{
	const struct sent weak = offer_of("arcfour256,aes128-cbc,aes256-cbc"),
			  other = offer_of("arcfour256");
	struct asked asked;

	(void)state;
	begin(&asked);
	assert_int_equal(ask(&asked), FAILURE_NONE);
	/* libssh2 has not got that one */
	assert_true(is_missing(&asked, &other));
	assert_string_equal(asked.facts.remedy, "");
	failure_clear(&asked.facts);
	assert_true(is_missing(&asked, &weak));
	assert_string_equal(asked.facts.remedy,
	    "the remote has none that is not weak: have its sshd brought up to "
	    "date; or allow aes256-cbc, which is weak: \"ciphers = "
	    "+aes256-cbc\" in [remote] of moshgate.ini");
	failure_clear(&asked.facts);
	set(asked.ciphers, "+aes256-cbc");
	assert_int_equal(ask(&asked), FAILURE_NONE);
	assert_false(is_missing(&asked, &weak));
	end(&asked);
}

static void
a_weak_host_key_is_told_if_such_a_one_is_on_file(void **state)
{
	struct asked asked;
	struct sent sent = offer_with_host_keys("ssh-rsa");

	(void)state;
	begin(&asked);
	on_file(&asked, "ssh-ed25519");
	assert_int_equal(ask(&asked), FAILURE_NONE);
	assert_true(is_missing(&asked, &sent));
	assert_string_equal(asked.facts.remedy, "");
	failure_clear(&asked.facts);
	asked.config.verify_host_key = false;
	assert_int_equal(ask(&asked), FAILURE_NONE);
	assert_true(is_missing(&asked, &sent));
	assert_non_null(
	    strstr(asked.facts.remedy, "\"host_key_algorithms = +ssh-rsa\""));
	end(&asked);
}

static void
nothing_is_missing_where_there_was_no_offer(void **state)
{
	const struct sent sent = { .bytes = "SSH-2.0-x\r\n", .len = 11 };
	struct asked asked;

	(void)state;
	begin(&asked);
	assert_false(is_missing(&asked, &sent));
	end(&asked);
}

static void
a_group_that_cannot_be_seen_is_told(void **state)
{
	static const unsigned char bytes[] = "SSH-2.0-x\r\n";
	struct asked asked;

	(void)state;
	begin(&asked);
	assert_int_equal(algorithms_check_group(asked.ssh, bytes,
			     sizeof(bytes) - 1, &asked.facts),
	    FAILURE_NO_COMMON);
	assert_string_equal(asked.facts.detail,
	    "the group that the remote has chosen for its key exchange cannot "
	    "be seen");
	assert_string_equal(asked.facts.remedy,
	    "say \"kex = -diffie-hellman-group-exchange-*\" in [remote] of "
	    "moshgate.ini");
	end(&asked);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_key_algorithms_follow_the_keys_on_file),
		cmocka_unit_test(without_keys_on_file_the_setting_is_asked_for),
		cmocka_unit_test(
		    a_setting_that_no_key_on_file_can_answer_is_told),
		cmocka_unit_test(what_libssh2_knows_is_asked_for),
		cmocka_unit_test(
		    where_nothing_is_set_nothing_weak_is_asked_for),
		cmocka_unit_test(
		    a_setting_that_libssh2_does_not_know_is_told_by_its_name),
		cmocka_unit_test(
		    keys_on_file_that_openssh_has_no_more_are_told),
		cmocka_unit_test(
		    an_rsa_key_that_libssh2_can_only_check_by_sha1_is_told),
		cmocka_unit_test(what_is_missing_is_told_with_what_both_have),
		cmocka_unit_test(
		    a_remote_with_weak_ones_alone_is_told_with_how_to_allow_them),
		cmocka_unit_test(
		    a_weak_host_key_is_told_if_such_a_one_is_on_file),
		cmocka_unit_test(nothing_is_missing_where_there_was_no_offer),
		cmocka_unit_test(a_group_that_cannot_be_seen_is_told),
	};

	return cmocka_run_group_tests_name("algorithms", tests, NULL, NULL);
}
