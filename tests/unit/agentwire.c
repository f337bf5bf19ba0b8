#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../../helper/worker/agentwire.h"

/* An answer in the making; it never has more than this. */
struct bytes {
	unsigned char at[4096];
	size_t len;
};

static void
add_byte(struct bytes *to, unsigned char byte)
{
	to->at[to->len++] = byte;
}

static void
add_number(struct bytes *to, uint32_t number)
{
	sshwire_put_u32(to->at + to->len, number);
	to->len += 4;
}

static void
add_string(struct bytes *to, const void *text, size_t len)
{
	add_number(to, (uint32_t)len);
	memcpy(to->at + to->len, text, len);
	to->len += len;
}

static void
add_text(struct bytes *to, const char *text)
{
	add_string(to, text, strlen(text));
}

/* A key of TYPE, which BODY tells from others. */
static void
add_key(struct bytes *to, const char *type, const char *body)
{
	struct bytes blob = { .len = 0 };

	add_text(&blob, type);
	add_text(&blob, body);
	add_string(to, blob.at, blob.len);
	add_text(to, "comment");
}

static struct bytes
list_of(uint32_t count)
{
	struct bytes list = { .len = 0 };

	add_byte(&list, 12);
	add_number(&list, count);
	return list;
}

static bool
read_keys(const struct bytes *list, bool newer, size_t max,
    struct agentwire_keys *keys)
{
	return agentwire_read_keys(list->at, list->len, newer, max, keys);
}

static void
lengths_are_bounded(void **state)
{
	const unsigned char none[] = { 0, 0, 0, 0 }, one[] = { 0, 0, 0, 1 },
			    most[] = { 0, 4, 0, 0 }, more[] = { 0, 4, 0, 1 },
			    huge[] = { 255, 255, 255, 255 };
	size_t len = 7;

	(void)state;
	assert_false(agentwire_length(none, &len));
	assert_false(agentwire_length(more, &len));
	assert_false(agentwire_length(huge, &len));
	assert_true(agentwire_length(one, &len));
	assert_int_equal(len, 1);
	assert_true(agentwire_length(most, &len));
	assert_int_equal(len, AGENTWIRE_MAX_BYTES);
}

static void
the_keys_that_can_be_used_are_taken(void **state)
{
	struct bytes list = list_of(8);
	struct agentwire_keys keys;

	(void)state;
	add_key(&list, "ssh-dss", "a");
	add_key(&list, "ssh-ed25519", "a");
	add_key(&list, "sk-ssh-ed25519@openssh.com", "a");
	add_key(&list, "ssh-rsa", "a");
	add_key(&list, "ssh-rsa-cert-v01@openssh.com", "a");
	add_key(&list, "ssh-ed25519-cert-v01@openssh.com", "a");
	add_key(&list, "ecdsa-sha2-nistp256", "a");
	add_key(&list, "rsa-sha2-512", "a");
	assert_true(read_keys(&list, false, 6, &keys));
	assert_int_equal(keys.all, 8);
	assert_int_equal(keys.count, 3);
	assert_int_equal(keys.others, 5);
	assert_memory_equal(keys.key[0].blob.at + 4, "ssh-ed25519", 11);
	assert_false(keys.key[0].rsa);
	assert_memory_equal(keys.key[1].blob.at + 4, "ssh-rsa", 7);
	assert_true(keys.key[1].rsa);
	assert_true(read_keys(&list, true, 6, &keys));
	assert_int_equal(keys.count, 5);
	assert_int_equal(keys.others, 3);
}

static void
of_fifty_keys_the_first_six_are_tried(void **state)
{
	struct bytes list = list_of(50);
	struct agentwire_keys keys;
	char body[2] = "a";

	(void)state;
	for (int i = 0; i < 50; i++) {
		body[0] = (char)('a' + i / 2);
		add_key(&list, "ssh-ed25519", body);
	}
	assert_true(read_keys(&list, false, 99, &keys));
	assert_int_equal(keys.all, 50);
	assert_int_equal(keys.count, 6);
	/* each twice: each is tried once */
	assert_int_equal(keys.key[5].blob.at[keys.key[5].blob.left - 1], 'f');
	assert_true(read_keys(&list, false, 5, &keys));
	assert_int_equal(keys.count, 5);
	assert_true(read_keys(&list, false, 0, &keys));
	assert_int_equal(keys.count, 0);
}

static void
an_agent_without_keys_is_one(void **state)
{
	struct bytes list = list_of(0);
	struct agentwire_keys keys;

	(void)state;
	assert_true(read_keys(&list, true, 6, &keys));
	assert_int_equal(keys.all, 0);
}

static void
a_list_that_is_none_is_refused(void **state)
{
	struct bytes good = list_of(2), bad;
	struct agentwire_keys keys;

	(void)state;
	add_key(&good, "ssh-ed25519", "a");
	add_key(&good, "ssh-ed25519", "b");
	assert_true(read_keys(&good, false, 6, &keys));
	for (size_t len = 0; len < good.len; len++)
		assert_false(
		    agentwire_read_keys(good.at, len, false, 6, &keys));
	bad = good;
	add_byte(&bad, 0);
	assert_false(read_keys(&bad, false, 6, &keys));
	bad = good;
	bad.at[0] = 5;
	assert_false(read_keys(&bad, false, 6, &keys));
	bad = good;
	sshwire_put_u32(bad.at + 1, UINT32_MAX);
	assert_false(read_keys(&bad, false, 6, &keys));
	bad = list_of(3000);
	assert_false(read_keys(&bad, false, 6, &keys));
}

static void
a_key_without_a_type_is_none(void **state)
{
	struct bytes list = list_of(3);
	struct agentwire_keys keys;

	(void)state;
	add_string(&list, "", 0);
	add_text(&list, "");
	add_string(&list, "\0\0\1", 3);
	add_text(&list, "");
	add_string(&list, "\377\377\377\377ssh-ed25519", 15);
	add_text(&list, "");
	assert_true(read_keys(&list, true, 6, &keys));
	assert_int_equal(keys.count, 0);
	assert_int_equal(keys.others, 3);
}

static struct sshwire
wire(const char *text)
{
	return (struct sshwire){ .at = (const unsigned char *)text,
		.left = strlen(text) };
}

static void
a_request_to_sign_says_how(void **state)
{
	static const struct {
		const char *algorithm;
		unsigned char flags;
	} cases[] = { { "ssh-ed25519", 0 }, { "rsa-sha2-512", 4 },
		{ "rsa-sha2-256", 2 },
		{ "ssh-ed25519-cert-v01@openssh.com", 0 } };
	const struct sshwire blob = wire("key");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct sshwire algorithm = wire(cases[i].algorithm);
		unsigned char expected[] = "\0\0\0\24\15\0\0\0\3key\0\0\0\4data"
					   "\0\0\0\0";
		unsigned char *request = NULL;

		expected[sizeof(expected) - 2] = cases[i].flags;
		assert_int_equal(agentwire_ask_signature(&blob, &algorithm,
				     (const unsigned char *)"data", 4,
				     &request),
		    sizeof(expected) - 1);
		assert_memory_equal(request, expected, sizeof(expected) - 1);
		free(request);
	}
}

static void
what_must_not_be_signed_is_not_asked_for(void **state)
{
	const struct sshwire blob = wire("key"), sha1 = wire("ssh-rsa"),
			     good = wire("ssh-ed25519"),
			     huge = { .at = blob.at,
				     .left = AGENTWIRE_KEY_MAX_BYTES + 1 };
	unsigned char *request;

	(void)state;
	assert_int_equal(agentwire_ask_signature(&blob, &sha1, blob.at, 3,
			     &request),
	    0);
	assert_int_equal(agentwire_ask_signature(&huge, &good, blob.at, 3,
			     &request),
	    0);
	assert_int_equal(agentwire_ask_signature(&blob, &good, blob.at,
			     AGENTWIRE_MAX_BYTES, &request),
	    0);
}

/* An answer with a signature by ALGORITHM, and TAIL behind it. */
static struct bytes
signature_by(const char *algorithm, const char *signature, const void *tail,
    size_t tail_len)
{
	struct bytes inner = { .len = 0 }, answer = { .len = 0 };

	add_text(&inner, algorithm);
	add_text(&inner, signature);
	if (tail_len > 0)
		memcpy(inner.at + inner.len, tail, tail_len);
	inner.len += tail_len;
	add_byte(&answer, 14);
	add_string(&answer, inner.at, inner.len);
	return answer;
}

static enum agentwire_answer
read_signature(const struct bytes *answer, const char *algorithm,
    struct sshwire *signature)
{
	const struct sshwire name = wire(algorithm);

	return agentwire_read_signature(answer->at, answer->len, &name,
	    signature);
}

static void
a_signature_is_read(void **state)
{
	struct bytes answer = signature_by("ssh-ed25519", "signed", NULL, 0);
	struct sshwire signature;

	(void)state;
	assert_int_equal(read_signature(&answer, "ssh-ed25519", &signature),
	    AGENTWIRE_SIGNED);
	assert_true(sshwire_is(&signature, "signed"));
	/* that of a certificate goes by the key's own name */
	assert_int_equal(read_signature(&answer,
			     "ssh-ed25519-cert-v01@openssh.com", &signature),
	    AGENTWIRE_SIGNED);
	answer = signature_by("sk-ssh-ed25519@openssh.com", "signed",
	    "\1\0\0\0\7", 5);
	assert_int_equal(read_signature(&answer, "sk-ssh-ed25519@openssh.com",
			     &signature),
	    AGENTWIRE_SIGNED);
	assert_int_equal(signature.left, 4 + 6 + 5);
}

static void
a_signature_by_another_algorithm_is_none(void **state)
{
	struct bytes answer = signature_by("ssh-rsa", "signed", NULL, 0);
	struct sshwire signature;

	(void)state;
	assert_int_equal(read_signature(&answer, "rsa-sha2-512", &signature),
	    AGENTWIRE_NONSENSE);
	assert_int_equal(read_signature(&answer, "ssh-rsa", &signature),
	    AGENTWIRE_NONSENSE);
	answer = signature_by("ssh-ed25519", "signed", "\1\0\0\0\7", 5);
	assert_int_equal(read_signature(&answer, "ssh-ed25519", &signature),
	    AGENTWIRE_NONSENSE);
	answer = signature_by("sk-ssh-ed25519@openssh.com", "signed", NULL, 0);
	assert_int_equal(read_signature(&answer, "sk-ssh-ed25519@openssh.com",
			     &signature),
	    AGENTWIRE_NONSENSE);
}

static void
an_agent_may_say_no(void **state)
{
	const struct bytes denied = { "\5", 1 }, extension = { "\34", 1 },
			   other = { "\6", 1 }, none = { "", 0 };
	struct bytes whole = signature_by("ssh-ed25519", "signed", NULL, 0);
	struct sshwire signature;

	(void)state;
	assert_int_equal(read_signature(&denied, "ssh-ed25519", &signature),
	    AGENTWIRE_DENIED);
	assert_int_equal(read_signature(&extension, "ssh-ed25519", &signature),
	    AGENTWIRE_DENIED);
	assert_int_equal(read_signature(&other, "ssh-ed25519", &signature),
	    AGENTWIRE_NONSENSE);
	assert_int_equal(read_signature(&none, "ssh-ed25519", &signature),
	    AGENTWIRE_NONSENSE);
	while (whole.len > 0) {
		whole.len--;
		assert_int_equal(read_signature(&whole, "ssh-ed25519",
				     &signature),
		    AGENTWIRE_NONSENSE);
	}
}

/* What libssh2 has signed, by ALGORITHM. */
static struct bytes
login_by(const char *service, unsigned char type, const char *algorithm)
{
	struct bytes data = { .len = 0 };

	add_text(&data, "session");
	add_byte(&data, type);
	add_text(&data, "alice");
	add_text(&data, service);
	add_text(&data, "publickey");
	add_byte(&data, 1);
	add_text(&data, algorithm);
	add_text(&data, "blob");
	return data;
}

static void
the_algorithm_is_that_of_the_login(void **state)
{
	struct bytes data = login_by("ssh-connection", 50, "rsa-sha2-256");
	struct sshwire algorithm;

	(void)state;
	assert_true(agentwire_read_algorithm(data.at, data.len, &algorithm));
	assert_true(sshwire_is(&algorithm, "rsa-sha2-256"));
	data = login_by("ssh-connection", 50, "ssh-rsa");
	assert_false(agentwire_read_algorithm(data.at, data.len, &algorithm));
	data = login_by("ssh-connection", 51, "ssh-ed25519");
	assert_false(agentwire_read_algorithm(data.at, data.len, &algorithm));
	data = login_by("ssh-userauth", 50, "ssh-ed25519");
	assert_false(agentwire_read_algorithm(data.at, data.len, &algorithm));
	assert_false(agentwire_read_algorithm(data.at, 9, &algorithm));
}

static void
an_rsa_key_is_renamed(void **state)
{
	struct bytes key = { .len = 0 }, renamed = { .len = 0 };
	struct sshwire blob;
	unsigned char *out;
	size_t len;

	(void)state;
	add_text(&key, "ssh-rsa");
	add_text(&key, "rest");
	add_text(&renamed, "rsa-sha2-512");
	add_text(&renamed, "rest");
	blob = (struct sshwire){ key.at, key.len };
	len = agentwire_rename_rsa(&blob, &out);
	assert_int_equal(len, renamed.len);
	assert_memory_equal(out, renamed.at, renamed.len);
	free(out);
	key.at[4] = 'S';
	assert_int_equal(agentwire_rename_rsa(&blob, &out), 0);
	blob.left = 3;
	assert_int_equal(agentwire_rename_rsa(&blob, &out), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_are_bounded),
		cmocka_unit_test(the_keys_that_can_be_used_are_taken),
		cmocka_unit_test(of_fifty_keys_the_first_six_are_tried),
		cmocka_unit_test(an_agent_without_keys_is_one),
		cmocka_unit_test(a_list_that_is_none_is_refused),
		cmocka_unit_test(a_key_without_a_type_is_none),
		cmocka_unit_test(a_request_to_sign_says_how),
		cmocka_unit_test(what_must_not_be_signed_is_not_asked_for),
		cmocka_unit_test(a_signature_is_read),
		cmocka_unit_test(a_signature_by_another_algorithm_is_none),
		cmocka_unit_test(an_agent_may_say_no),
		cmocka_unit_test(the_algorithm_is_that_of_the_login),
		cmocka_unit_test(an_rsa_key_is_renamed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
