#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../helper/worker/kexinit.h"

#define VERSION "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"
#define OFFER_MAX_BYTES ((size_t)64 * 1024)
#define PADDING_BYTES 8

/* What a server sends first. */
struct sent {
	unsigned char bytes[OFFER_MAX_BYTES];
	size_t len;
};

/* The ten lists of a server that has one name of each kind. */
static const char *const plain[] = { "curve25519-sha256", "ssh-ed25519",
	"aes256-ctr", "aes128-ctr", "hmac-sha2-512", "hmac-sha2-256", "none",
	"zlib", "", "" };

static void
add(struct sent *sent, const void *bytes, size_t len)
{
	assert_true(sent->len + len <= sizeof(sent->bytes));
	memcpy(sent->bytes + sent->len, bytes, len);
	sent->len += len;
}

static void
add_u32(struct sent *sent, size_t n)
{
	const unsigned char bytes[] = { (unsigned char)(n >> 24),
		(unsigned char)(n >> 16), (unsigned char)(n >> 8),
		(unsigned char)n };

	add(sent, bytes, sizeof(bytes));
}

static void
add_packet(struct sent *sent, const struct sent *payload)
{
	static const unsigned char padding[PADDING_BYTES];

	add_u32(sent, 1 + payload->len + PADDING_BYTES);
	add(sent, &(unsigned char){ PADDING_BYTES }, 1);
	add(sent, payload->bytes, payload->len);
	add(sent, padding, PADDING_BYTES);
}

/* Append a KEXINIT with LISTS, in a packet. */
static void
add_offer(struct sent *sent, const char *const lists[10])
{
	static const unsigned char cookie[16] = "SSH-2.0-no\n\0\0\0";
	static struct sent payload;

	payload.len = 0;
	add(&payload, "\x14", 1);
	add(&payload, cookie, sizeof(cookie));
	for (size_t i = 0; i < 10; i++) {
		add_u32(&payload, strlen(lists[i]));
		add(&payload, lists[i], strlen(lists[i]));
	}
	add(&payload, "\0\0\0\0\0", 5);
	add_packet(sent, &payload);
}

/* A server's version, behind what it says BEFORE, and its LISTS. */
static struct sent *
server(const char *before, const char *const lists[10])
{
	struct sent *sent = calloc(1, sizeof(*sent));

	assert_non_null(sent);
	add(sent, before, strlen(before));
	add(sent, VERSION, sizeof(VERSION) - 1);
	add_offer(sent, lists);
	return sent;
}

static void
offers(const struct kexinit *offer, enum kexinit_kind kind, const char *names)
{
	assert_int_equal(offer->lists[kind].len, strlen(names));
	assert_memory_equal(offer->lists[kind].names, names, strlen(names));
}

/* SENT, in memory of just that size, has the plain lists. */
static void
found(const struct sent *sent)
{
	unsigned char *bytes = malloc(sent->len);
	struct kexinit offer;

	assert_non_null(bytes);
	memcpy(bytes, sent->bytes, sent->len);
	assert_true(kexinit_find(bytes, sent->len, &offer));
	for (unsigned i = 0; i < KEXINIT_KINDS; i++)
		offers(&offer, i, plain[i]);
	free(bytes);
}

static void
not_found(const unsigned char *sent, size_t len)
{
	unsigned char *bytes = malloc(len > 0 ? len : 1);
	struct kexinit offer;

	assert_non_null(bytes);
	memcpy(bytes, sent, len);
	assert_false(kexinit_find(bytes, len, &offer));
	free(bytes);
}

static void
an_offer_has_a_list_of_each_kind(void **state)
{
	struct sent *sent = server("", plain);

	(void)state;
	found(sent);
	free(sent);
}

static void
lines_may_come_before_the_version(void **state)
{
	static const char *const before[] = { "\n", "\r\n", "hello\n",
		"Not SSH-2.0\r\nssh-2.0\n SSH-2.0\r\n\n", "S\nSSH\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		struct sent *sent = server(before[i], plain);

		found(sent);
		free(sent);
	}
}

static void
packets_that_say_nothing_may_come_before_it(void **state)
{
	struct sent *sent = calloc(1, sizeof(*sent)), *ignore;

	(void)state;
	ignore = calloc(1, sizeof(*ignore));
	assert_non_null(sent);
	assert_non_null(ignore);
	add(sent, VERSION, sizeof(VERSION) - 1);
	for (unsigned char type = 2; type <= 4; type++) {
		ignore->len = 0;
		add(ignore, &type, 1);
		add(ignore, "\0\0\0\4junk", 8);
		add_packet(sent, ignore);
	}
	add_offer(sent, plain);
	found(sent);
	free(ignore);
	free(sent);
}

static void
what_comes_behind_it_is_no_matter(void **state)
{
	struct sent *sent = server("", plain);

	(void)state;
	add(sent, "\xff\xff\xff\xff\n", 5);
	found(sent);
	free(sent);
}

static void
an_offer_that_is_not_whole_is_none(void **state)
{
	struct sent *sent = server("hello\n", plain);

	(void)state;
	for (size_t len = 0; len < sent->len; len++)
		not_found(sent->bytes, len);
	free(sent);
}

/* One byte of it is another, at AT from the end of the version. */
static void
spoilt(size_t at, unsigned char byte)
{
	struct sent *sent = server("", plain);

	sent->bytes[sizeof(VERSION) - 1 + at] = byte;
	not_found(sent->bytes, sent->len);
	free(sent);
}

static void
an_offer_with_wrong_lengths_is_none(void **state)
{
	(void)state;
	spoilt(0, 0x80); /* the packet's */
	spoilt(2, 0xff);
	spoilt(3, 0);
	spoilt(4, 0xff);  /* the padding's */
	spoilt(22, 0x80); /* a list's */
	spoilt(24, 0xff);
}

static void
another_packet_is_none(void **state)
{
	(void)state;
	spoilt(5, 1);
	spoilt(5, 0);
	spoilt(5, 21);
	spoilt(5, 0xff);
	not_found((const unsigned char *)VERSION "\0\0\0\0",
	    sizeof(VERSION) + 3);
	not_found((const unsigned char *)VERSION "\0\0\0\1\0",
	    sizeof(VERSION) + 4);
	not_found((const unsigned char *)VERSION "\0\0\0\2\1\x14",
	    sizeof(VERSION) + 5);
}

static void
names_that_are_not_of_printable_ascii_make_no_offer(void **state)
{
	static const unsigned char bad[] = { 0, '\t', '\n', 0x1b, ' ', 0x7f,
		0x80, 0x9b, 0xff };

	(void)state;
	for (size_t i = 0; i < sizeof(bad); i++)
		spoilt(26, bad[i]);
}

/* A server with LISTS and a client with OURS miss KIND, and EXPLANATION. */
static void
misses(const char *const lists[10], const char *const ours[KEXINIT_KINDS],
    enum kexinit_kind kind, const char *explanation)
{
	struct sent *sent = server("", lists);
	char text[2048];
	struct kexinit offer;

	assert_true(kexinit_find(sent->bytes, sent->len, &offer));
	assert_int_equal(kexinit_missing(&offer, ours), kind);
	if (kind != KEXINIT_KINDS) {
		kexinit_explain(&offer, kind, ours[kind], text, sizeof(text));
		assert_string_equal(text, explanation);
	}
	free(sent);
}

/* As the plain server's, but for list KIND. */
static void
theirs(const char *lists[10], enum kexinit_kind kind, const char *names)
{
	memcpy(lists, plain, sizeof(plain));
	lists[kind] = names;
}

static void
nothing_is_missing_where_there_is_one_of_each_kind(void **state)
{
	const char *const ours[] = { "a,curve25519-sha256,b", "ssh-ed25519",
		"b,aes256-ctr", "aes128-ctr,b", "hmac-sha2-512",
		"hmac-sha2-256", "none", "zlib" };
	const char *const not_asked[KEXINIT_KINDS] = { NULL };

	(void)state;
	misses(plain, plain, KEXINIT_KINDS, NULL);
	misses(plain, ours, KEXINIT_KINDS, NULL);
	misses(plain, not_asked, KEXINIT_KINDS, NULL);
}

static void
the_first_kind_that_is_missing_is_named_with_both_lists(void **state)
{
	static const char *const words[] = { "key exchange",
		"host key algorithm", "cipher to the remote",
		"cipher from the remote", "MAC to the remote",
		"MAC from the remote", "compression to the remote",
		"compression from the remote" };
	const char *lists[10];
	char expected[256];

	(void)state;
	for (unsigned i = 0; i < KEXINIT_KINDS; i++) {
		theirs(lists, i, "x,y");
		snprintf(expected, sizeof(expected),
		    "no %s in common: the gateway has %s; the remote has x,y",
		    words[i], plain[i]);
		misses(lists, plain, i, expected);
	}
	memset(lists, 0, sizeof(lists));
	for (size_t i = 0; i < 10; i++)
		lists[i] = "x";
	misses(lists, plain, KEXINIT_KEX,
	    "no key exchange in common: the gateway has curve25519-sha256; "
	    "the remote has x");
	lists[0] = "curve25519-sha256";
	lists[1] = "ssh-ed25519";
	misses(lists, plain, KEXINIT_CIPHER_OUT,
	    "no cipher in common: the gateway has aes256-ctr; the remote has "
	    "x");
}

static void
a_part_of_a_name_is_not_the_name(void **state)
{
	const char *lists[10];

	(void)state;
	theirs(lists, KEXINIT_KEX,
	    "curve25519-sha256@libssh.org,curve25519-sha25,"
	    "xcurve25519-sha256,curve25519,,-sha256");
	misses(lists, plain, KEXINIT_KEX,
	    "no key exchange in common: the gateway has curve25519-sha256; "
	    "the remote has curve25519-sha256@libssh.org,curve25519-sha25,"
	    "xcurve25519-sha256,curve25519,-sha256");
}

static void
an_empty_list_has_nothing(void **state)
{
	const char *lists[10], *ours[KEXINIT_KINDS];

	(void)state;
	memcpy(ours, plain, sizeof(ours));
	theirs(lists, KEXINIT_HOST_KEY, "");
	misses(lists, ours, KEXINIT_HOST_KEY,
	    "no host key algorithm in common: the gateway has ssh-ed25519; "
	    "the remote has none");
	ours[KEXINIT_HOST_KEY] = ",,";
	misses(lists, ours, KEXINIT_HOST_KEY,
	    "no host key algorithm in common: the gateway has none; the "
	    "remote has none");
}

static void
flags_among_the_names_are_no_algorithms(void **state)
{
	const char *lists[10], *ours[KEXINIT_KINDS];

	(void)state;
	memcpy(ours, plain, sizeof(ours));
	ours[KEXINIT_KEX] =
	    "ext-info-c,curve25519-sha256,ext-info-s,"
	    "kex-strict-c-v00@openssh.com,kex-strict-s-v00@openssh.com";
	theirs(lists, KEXINIT_KEX,
	    "sntrup761x25519-sha512,ext-info-s,kex-strict-s-v00@openssh.com");
	misses(lists, ours, KEXINIT_KEX,
	    "no key exchange in common: the gateway has curve25519-sha256; "
	    "the remote has sntrup761x25519-sha512");
}

static void
ciphers_with_a_mac_of_their_own_need_no_other(void **state)
{
	static const char *const own[] = { "aes128-gcm@openssh.com",
		"aes256-gcm@openssh.com" };
	const char *lists[10], *ours[KEXINIT_KINDS];

	(void)state;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		memcpy(ours, plain, sizeof(ours));
		theirs(lists, KEXINIT_MAC_OUT, "x");
		ours[KEXINIT_CIPHER_OUT] = lists[KEXINIT_CIPHER_OUT] = own[i];
		misses(lists, ours, KEXINIT_KINDS, NULL);
		/* not in the other direction */
		lists[KEXINIT_MAC_IN] = "x";
		misses(lists, ours, KEXINIT_MAC_IN,
		    "no MAC in common: the gateway has hmac-sha2-256; the "
		    "remote has x");
	}
}

static void
but_libssh2_wants_one_with_chacha20(void **state)
{
	static const char chacha[] = "chacha20-poly1305@openssh.com";
	const char *lists[10], *ours[KEXINIT_KINDS];

	(void)state;
	memcpy(ours, plain, sizeof(ours));
	theirs(lists, KEXINIT_MAC_OUT, "x");
	ours[KEXINIT_CIPHER_OUT] = lists[KEXINIT_CIPHER_OUT] = chacha;
	misses(lists, ours, KEXINIT_MAC_OUT,
	    "no MAC to the remote in common: the gateway has hmac-sha2-512; "
	    "the remote has x");
}

static void
lists_that_are_too_long_are_cut_behind_a_name(void **state)
{
	static char names[KEXINIT_MAX_BYTES];
	const char *lists[10], *ours[KEXINIT_KINDS];
	struct kexinit offer;
	struct sent *sent;

	(void)state;
	for (size_t i = 0; i + 10 < sizeof(names); i += 10)
		memcpy(names + i, "123456789,", 10);
	memcpy(ours, plain, sizeof(ours));
	ours[KEXINIT_KEX] = names + 1;
	theirs(lists, KEXINIT_KEX, names);
	lists[KEXINIT_KEX] = names + 2;
	sent = server("", lists);
	assert_true(kexinit_find(sent->bytes, sent->len, &offer));
	for (size_t size = 1; size < 4096; size++) {
		char *text = malloc(size);

		assert_non_null(text);
		kexinit_explain(&offer, KEXINIT_KEX, ours[KEXINIT_KEX], text,
		    size);
		assert_true(strlen(text) < size);
		if (size >= 512) {
			assert_non_null(
			    strstr(text, "has 23456789,123456789,"));
			assert_non_null(strstr(text, "has 3456789,123456789,"));
			assert_non_null(strstr(text, ",123456789,...;"));
			assert_string_equal(text + strlen(text) - 14,
			    ",123456789,...");
		}
		free(text);
	}
	free(sent);
}

/* Append SSH_MSG_KEX_DH_GEX_GROUP with a modulus of BITS. */
static void
add_group(struct sent *sent, size_t bits)
{
	static struct sent payload;
	const size_t len = bits / 8 + 1;

	payload.len = 0;
	add(&payload, "\x1f", 1);
	add_u32(&payload, len);
	add(&payload, &(unsigned char){ (unsigned char)(1U << bits % 8 >> 1) },
	    1);
	for (size_t i = 1; i < len; i++)
		add(&payload, "\xff", 1);
	add(&payload, "\0\0\0\1\2", 5);
	add_packet(sent, &payload);
}

static void
a_group_has_as_many_bits_as_its_modulus(void **state)
{
	static const size_t sizes[] = { 8, 512, 1024, 2047, 2048, 8192 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct sent *sent = server("hello\n", plain);
		size_t whole;

		add_group(sent, sizes[i]);
		whole = sent->len;
		assert_int_equal(kexinit_group_bits(sent->bytes, whole),
		    sizes[i]);
		/* the first one counts */
		add_group(sent, 4096);
		assert_int_equal(kexinit_group_bits(sent->bytes, sent->len),
		    sizes[i]);
		/* one that is not whole is none */
		for (size_t cut = 1; cut < sizes[i] / 8; cut++)
			assert_int_equal(kexinit_group_bits(sent->bytes,
					     whole - cut),
			    0);
		free(sent);
	}
}

static void
where_there_is_no_group_it_has_no_bits(void **state)
{
	struct sent *sent = server("", plain);

	(void)state;
	assert_int_equal(kexinit_group_bits(sent->bytes, sent->len), 0);
	assert_int_equal(kexinit_group_bits(sent->bytes, 0), 0);
	free(sent);
}

static void
a_setting_is_cut_down_to_what_is_known(void **state)
{
	static const char *const known[] = { "ext-info-c", "a", "b", "c" };
	static const struct {
		const char *wanted, *selected;
	} cases[] = { { "", "a,b,c" }, { "c,a", "c,a" }, { "x,b,y", "b" },
		{ "x", "" }, { "aa,ab,a", "a" }, { ",,", "" },
		{ "ext-info-c,b", "b" } };
	char out[6];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		kexinit_select(cases[i].wanted, known, 4, out, sizeof(out));
		assert_string_equal(out, cases[i].selected);
	}
	kexinit_select("", known, 4, out, 5);
	assert_string_equal(out, "a,b");
	kexinit_select("", known, 4, out, 1);
	assert_string_equal(out, "");
	kexinit_select("", NULL, 0, out, sizeof(out));
	assert_string_equal(out, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_offer_has_a_list_of_each_kind),
		cmocka_unit_test(lines_may_come_before_the_version),
		cmocka_unit_test(packets_that_say_nothing_may_come_before_it),
		cmocka_unit_test(what_comes_behind_it_is_no_matter),
		cmocka_unit_test(an_offer_that_is_not_whole_is_none),
		cmocka_unit_test(an_offer_with_wrong_lengths_is_none),
		cmocka_unit_test(another_packet_is_none),
		cmocka_unit_test(
		    names_that_are_not_of_printable_ascii_make_no_offer),
		cmocka_unit_test(
		    nothing_is_missing_where_there_is_one_of_each_kind),
		cmocka_unit_test(
		    the_first_kind_that_is_missing_is_named_with_both_lists),
		cmocka_unit_test(a_part_of_a_name_is_not_the_name),
		cmocka_unit_test(an_empty_list_has_nothing),
		cmocka_unit_test(flags_among_the_names_are_no_algorithms),
		cmocka_unit_test(ciphers_with_a_mac_of_their_own_need_no_other),
		cmocka_unit_test(but_libssh2_wants_one_with_chacha20),
		cmocka_unit_test(lists_that_are_too_long_are_cut_behind_a_name),
		cmocka_unit_test(a_group_has_as_many_bits_as_its_modulus),
		cmocka_unit_test(where_there_is_no_group_it_has_no_bits),
		cmocka_unit_test(a_setting_is_cut_down_to_what_is_known),
	};

	return cmocka_run_group_tests_name("kexinit", tests, NULL, NULL);
}
