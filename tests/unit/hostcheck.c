/* What is said of a host key that is not the one on file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../helper/sshkey.h"
#include "../../helper/worker/hostcheck.h"

#define KEYS_MAX 10
#define BLOB_BYTES 51
#define FINGERPRINT "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"

/* A public key of TYPE that is told from others by its NUMBER. */
struct blob {
	unsigned char bytes[BLOB_BYTES];
};

static struct blob
blob_of(const char *type, unsigned char number)
{
	struct blob blob;

	memset(blob.bytes, number, sizeof(blob.bytes));
	memset(blob.bytes, 0, 4);
	blob.bytes[3] = (unsigned char)strlen(type);
	memcpy(blob.bytes + 4, type, strlen(type));
	return blob;
}

/* What known_hosts has, and what the settings say. */
struct known {
	struct blob blobs[KEYS_MAX];
	struct hostkey keys[KEYS_MAX];
	struct hostkeys list;
	char host[32], known_hosts[64];
	struct config config;
	struct failure_facts facts;
};

static void
begin(struct known *known)
{
	*known = (struct known){ .host = "far.example",
		.known_hosts = "/etc/a /etc/b",
		.config = { .port = 22, .verify_host_key = true } };
	known->config.host = known->host;
	known->config.known_hosts = known->known_hosts;
	known->list.keys = known->keys;
}

/* Add a key of TYPE and NUMBER, with MARK, from the file of index FILE. */
static void
add(struct known *known, const char *type, unsigned char number,
    enum hostkey_mark mark, size_t file)
{
	const size_t i = known->list.count++;

	assert_true(i < KEYS_MAX);
	known->blobs[i] = blob_of(type, number);
	known->keys[i] = (struct hostkey){ .mark = mark,
		.file = file,
		.blob = known->blobs[i].bytes,
		.len = BLOB_BYTES };
	snprintf(known->keys[i].type, sizeof(known->keys[i].type), "%s", type);
}

/* What comes of it when the host shows the ed25519 key of NUMBER. */
static enum failure
shows(struct known *known, unsigned char number)
{
	const struct blob blob = blob_of("ssh-ed25519", number);

	failure_clear(&known->facts);
	return hostcheck_verify(&known->config, &known->list, blob.bytes,
	    BLOB_BYTES, &known->facts);
}

/* The fingerprint of the key of TYPE and NUMBER, and its KIND. */
static const char *
told(const char *type, unsigned char number, const char *kind)
{
	static char text[SSHKEY_FINGERPRINT_BYTES + 32];
	const struct blob blob = blob_of(type, number);
	char fingerprint[SSHKEY_FINGERPRINT_BYTES];

	sshkey_fingerprint(blob.bytes, BLOB_BYTES, fingerprint);
	snprintf(text, sizeof(text), "%s (%s)", fingerprint, kind);
	return text;
}

/* Where PART is in the detail; fails if it is not. */
static const char *
in_detail(const struct known *known, const char *part)
{
	const char *at = strstr(known->facts.detail, part);

	if (at == NULL)
		fail_msg("no \"%s\" in \"%s\"", part, known->facts.detail);
	return at;
}

static void
in_remedy(const struct known *known, const char *part)
{
	if (strstr(known->facts.remedy, part) == NULL)
		fail_msg("no \"%s\" in \"%s\"", part, known->facts.remedy);
}

static void
not_in_remedy(const struct known *known, const char *part)
{
	assert_null(strstr(known->facts.remedy, part));
}

static void
the_key_on_file_is_good(void **state)
{
	struct known known;

	(void)state;
	begin(&known);
	add(&known, "ssh-ed25519", 1, HOSTKEY_PLAIN, 0);
	assert_int_equal(shows(&known, 1), FAILURE_NONE);
	assert_string_equal(known.facts.detail, "");
	assert_string_equal(known.facts.remedy, "");
}

static void
an_unknown_key_is_told_and_how_to_pin_it(void **state)
{
	struct known known;

	(void)state;
	begin(&known);
	assert_int_equal(shows(&known, 1), FAILURE_HOST_KEY_UNKNOWN);
	in_detail(&known, told("ssh-ed25519", 1, "ed25519"));
	in_detail(&known, "is not in known_hosts; known: none");
	in_remedy(&known, FINGERPRINT);
	in_remedy(&known,
	    "only if it is the same, \"ssh-keyscan -p 22 -t ed25519 "
	    "far.example >>/etc/a\"");
	not_in_remedy(&known, "ssh-keygen -R");
}

static void
a_changed_key_is_taken_out_of_each_file_that_has_one(void **state)
{
	struct known known;

	(void)state;
	begin(&known);
	add(&known, "ssh-ed25519", 2, HOSTKEY_PLAIN, 1);
	assert_int_equal(shows(&known, 1), FAILURE_HOST_KEY);
	in_detail(&known, "is not the one in known_hosts; known: SHA256:");
	in_detail(&known, told("ssh-ed25519", 2, "ed25519"));
	in_remedy(&known, "\"ssh-keygen -R far.example -f /etc/b\", then ");
	not_in_remedy(&known, "-f /etc/a");
	add(&known, "ssh-ed25519", 3, HOSTKEY_PLAIN, 0);
	shows(&known, 1);
	in_remedy(&known,
	    "\"ssh-keygen -R far.example -f /etc/a\", then "
	    "\"ssh-keygen -R far.example -f /etc/b\", then "
	    "\"ssh-keyscan ");
}

static void
another_port_is_in_the_commands(void **state)
{
	struct known known;

	(void)state;
	begin(&known);
	known.config.port = 2222;
	add(&known, "ssh-ed25519", 2, HOSTKEY_PLAIN, 0);
	assert_int_equal(shows(&known, 1), FAILURE_HOST_KEY);
	/* brackets are a pattern for a shell */
	in_remedy(&known, "\"ssh-keygen -R '[far.example]:2222' -f /etc/a\"");
	in_remedy(&known, "ssh-keyscan -p 2222 -t ed25519 far.example >>");
}

static void
a_revoked_key_is_not_to_be_pinned(void **state)
{
	struct known known;

	(void)state;
	begin(&known);
	add(&known, "ssh-ed25519", 1, HOSTKEY_PLAIN, 0);
	add(&known, "ssh-ed25519", 1, HOSTKEY_REVOKED, 0);
	assert_int_equal(shows(&known, 1), FAILURE_HOST_KEY_REVOKED);
	in_detail(&known, "is marked as revoked in known_hosts");
	in_remedy(&known, "give the remote a new host key");
	not_in_remedy(&known, "ssh-keyscan");
	not_in_remedy(&known, "ssh-keygen -R");
}

static void
an_authority_alone_is_not_enough(void **state)
{
	struct known known;

	(void)state;
	begin(&known);
	add(&known, "ssh-ed25519", 2, HOSTKEY_CA, 0);
	assert_int_equal(shows(&known, 1), FAILURE_HOST_KEY_ONLY_CA);
	in_detail(&known,
	    "has only a certificate authority for this host; "
	    "known: none");
	in_remedy(&known, ": the gateway checks host keys, not certificates");
}

static void
known_keys_of_the_same_kind_come_first(void **state)
{
	struct known known;
	const char *rsa, *ed25519;

	(void)state;
	begin(&known);
	add(&known, "ssh-rsa", 2, HOSTKEY_PLAIN, 0);
	add(&known, "ssh-ed25519", 3, HOSTKEY_PLAIN, 0);
	assert_int_equal(shows(&known, 1), FAILURE_HOST_KEY);
	rsa = in_detail(&known, told("ssh-rsa", 2, "rsa"));
	ed25519 = in_detail(&known, told("ssh-ed25519", 3, "ed25519"));
	assert_true(ed25519 < rsa);
	in_detail(&known, "(ed25519), SHA256:");
}

static void
of_many_known_keys_some_are_told_and_the_others_counted(void **state)
{
	struct known known;

	(void)state;
	begin(&known);
	for (unsigned char i = 0; i < 6; i++)
		add(&known, "ssh-ed25519", (unsigned char)(i + 10),
		    HOSTKEY_PLAIN, 0);
	assert_int_equal(shows(&known, 1), FAILURE_HOST_KEY);
	in_detail(&known, told("ssh-ed25519", 15, "ed25519"));
	assert_null(strstr(known.facts.detail, "more"));
	for (unsigned char i = 6; i < 9; i++)
		add(&known, "ssh-ed25519", (unsigned char)(i + 10),
		    HOSTKEY_PLAIN, 0);
	assert_int_equal(shows(&known, 1), FAILURE_HOST_KEY);
	in_detail(&known, " and 3 more");
	assert_null(
	    strstr(known.facts.detail, told("ssh-ed25519", 16, "ed25519")));
	/* where some syslogs cut a line */
	assert_true(strlen(known.facts.detail) < 1024);
}

static void
no_key_at_all_is_never_good(void **state)
{
	struct known known;

	(void)state;
	begin(&known);
	known.config.verify_host_key = false;
	assert_int_equal(hostcheck_verify(&known.config, &known.list, NULL, 0,
			     &known.facts),
	    FAILURE_HOST_KEY);
	assert_string_equal(known.facts.detail, "the remote shows no host key");
}

static void
any_key_is_good_where_none_is_checked(void **state)
{
	struct known known;

	(void)state;
	begin(&known);
	known.config.verify_host_key = false;
	assert_int_equal(shows(&known, 1), FAILURE_NONE);
}

static void
a_key_that_is_not_proven_is_told(void **state)
{
	const struct blob blob = blob_of("ssh-ed25519", 1);
	struct known known;

	(void)state;
	begin(&known);
	assert_int_equal(hostcheck_not_proven(blob.bytes, BLOB_BYTES,
			     &known.facts),
	    FAILURE_HOST_KEY);
	in_detail(&known, "the remote shows the host key SHA256:");
	in_detail(&known, ", but has not proven to have it");
}

#define RSA_BITS_MAX 4096

/* What comes of an RSA key of BITS, which is on file, with the setting SIZE. */
static enum failure
shows_rsa(struct known *known, size_t bits, int size)
{
	static const unsigned char head[] = "\0\0\0\7ssh-rsa\0\0\0\3\1\0\1\0\0";
	unsigned char blob[sizeof(head) + 3 + RSA_BITS_MAX / 8];
	const size_t len = bits / 8 + 1, before = sizeof(head) + 1;

	memset(blob, 0xff, sizeof(blob));
	memcpy(blob, head, sizeof(head) - 1);
	blob[before - 2] = (unsigned char)(len >> 8);
	blob[before - 1] = (unsigned char)len;
	blob[before] = (unsigned char)(1U << bits % 8 >> 1);
	known->config.required_rsa_size = size;
	known->keys[0] = (struct hostkey){ .blob = blob, .len = before + len };
	snprintf(known->keys[0].type, sizeof(known->keys[0].type), "ssh-rsa");
	known->list.count = 1;
	failure_clear(&known->facts);
	return hostcheck_verify(&known->config, &known->list, blob,
	    before + len, &known->facts);
}

static void
an_rsa_key_that_is_too_short_is_told(void **state)
{
	struct known known;

	(void)state;
	begin(&known);
	assert_int_equal(shows_rsa(&known, 2048, 2048), FAILURE_NONE);
	assert_int_equal(shows_rsa(&known, 4096, 4096), FAILURE_NONE);
	assert_int_equal(shows_rsa(&known, 1024, 1024), FAILURE_NONE);
	assert_int_equal(shows_rsa(&known, 2047, 2048), FAILURE_HOST_KEY_SHORT);
	in_detail(&known, "the host key SHA256:");
	in_detail(&known, " (rsa) has 2047 bits; it must have 2048");
	assert_string_equal(known.facts.remedy,
	    "let the remote's sshd have an ed25519 host key, and put it into "
	    "known_hosts; or allow the short one, which is weak: "
	    "\"required_rsa_size = 2047\" in [remote] of moshgate.ini");
	/* one that no setting allows */
	assert_int_equal(shows_rsa(&known, 1023, 1024), FAILURE_HOST_KEY_SHORT);
	assert_null(strstr(known.facts.remedy, "required_rsa_size"));
	assert_int_equal(shows_rsa(&known, 0, 1024), FAILURE_HOST_KEY_SHORT);
}

static void
it_is_also_where_no_key_is_checked(void **state)
{
	struct known known;

	(void)state;
	begin(&known);
	known.config.verify_host_key = false;
	assert_int_equal(shows_rsa(&known, 1024, 2048), FAILURE_HOST_KEY_SHORT);
	assert_int_equal(shows_rsa(&known, 2048, 2048), FAILURE_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_key_on_file_is_good),
		cmocka_unit_test(an_unknown_key_is_told_and_how_to_pin_it),
		cmocka_unit_test(
		    a_changed_key_is_taken_out_of_each_file_that_has_one),
		cmocka_unit_test(another_port_is_in_the_commands),
		cmocka_unit_test(a_revoked_key_is_not_to_be_pinned),
		cmocka_unit_test(an_authority_alone_is_not_enough),
		cmocka_unit_test(known_keys_of_the_same_kind_come_first),
		cmocka_unit_test(
		    of_many_known_keys_some_are_told_and_the_others_counted),
		cmocka_unit_test(no_key_at_all_is_never_good),
		cmocka_unit_test(any_key_is_good_where_none_is_checked),
		cmocka_unit_test(a_key_that_is_not_proven_is_told),
		cmocka_unit_test(an_rsa_key_that_is_too_short_is_told),
		cmocka_unit_test(it_is_also_where_no_key_is_checked),
	};

	return cmocka_run_group_tests_name("hostcheck", tests, NULL, NULL);
}
