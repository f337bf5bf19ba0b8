#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <malloc.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../helper/passwords.h"

#define SALT "AAAAAAAAAAAAAAAAAAAAAA"
#define SUM "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define HASH "$argon2id$v=19$m=65536,t=2,p=1$" SALT "$" SUM
#define OTHER "$argon2id$v=19$m=7168,t=1,p=1$" SALT "$" SUM

/* The file TEXT of LEN bytes, for passwords_free(). */
static struct passwords
file_of_bytes(const char *text, size_t len)
{
	struct passwords all = { .file = { .text = malloc(len + 1),
				     .len = len } };

	assert_non_null(all.file.text);
	memcpy(all.file.text, text, len);
	all.file.text[len] = '\0';
	return all;
}

/* The file TEXT, understood. */
static struct passwords
file_of(const char *text)
{
	struct passwords all = file_of_bytes(text, strlen(text));
	char fault[PASSWORDS_FAULT_BYTES] = "";

	if (!passwords_parse("/p", &all, fault))
		fail_msg("%s", fault);
	return all;
}

/* TEXT of LEN bytes is refused with FAULT. */
static void
refused_bytes(const char *text, size_t len, const char *fault)
{
	struct passwords all = file_of_bytes(text, len);
	char found[PASSWORDS_FAULT_BYTES] = "";

	assert_false(passwords_parse("/p", &all, found));
	if (strncmp(found, fault, strlen(fault)) != 0)
		fail_msg("%s", found);
	passwords_free(&all);
}

static void
refused(const char *text, const char *fault)
{
	refused_bytes(text, strlen(text), fault);
}

/* NAME's hash is HASH in TEXT. */
static void
has(const char *text, const char *name, const char *hash)
{
	struct passwords all = file_of(text);
	bool there;

	assert_string_equal(passwords_hash(&all, name, &there), hash);
	assert_true(there);
	passwords_free(&all);
}

static void
each_line_is_a_users(void **state)
{
	(void)state;
	has("alice:" HASH "\nbob:" OTHER "\n", "alice", HASH);
	has("alice:" HASH "\nbob:" OTHER "\n", "bob", OTHER);
	has("bob:" HASH "\nalice:" OTHER, "alice", OTHER);
}

static void
comments_and_empty_lines_are_none(void **state)
{
	struct passwords all = file_of("# a:b\n\n");

	(void)state;
	assert_int_equal(all.count, 0);
	passwords_free(&all);
	has("\n#x\nalice:" HASH "\n\n", "alice", HASH);
}

static void
who_is_not_there_has_a_hash_that_takes_as_long(void **state)
{
	struct passwords all = file_of("alice:" OTHER "\n");
	bool there = true;

	(void)state;
	assert_string_equal(passwords_hash(&all, "bob", &there), OTHER);
	assert_false(there);
	assert_string_equal(passwords_hash(&all, "", &there), OTHER);
	assert_false(there);
	passwords_free(&all);
	all = file_of("");
	assert_true(passwords_hash_valid(passwords_hash(&all, "a", &there)));
	assert_false(there);
	passwords_free(&all);
}

static void
and_always_the_same(void **state)
{
	struct passwords all = file_of(
	    "a:" OTHER "\nb:" HASH "\nc:" OTHER "\nd:" HASH "\ne:" HASH "\n");
	bool there, differ = false;
	char name[16];

	(void)state;
	for (int i = 0; i < 32; i++) {
		const char *hash;

		snprintf(name, sizeof(name), "name%d", i);
		hash = passwords_hash(&all, name, &there);
		assert_ptr_equal(hash, passwords_hash(&all, name, &there));
		assert_false(there);
		differ = differ || hash != passwords_hash(&all, "x", &there);
	}
	assert_true(differ);
	passwords_free(&all);
}

static void
a_bad_line_spoils_the_file(void **state)
{
	(void)state;
	refused("alice:" HASH "\nbob\n", "/p:2: no colon");
	refused("alice:" HASH "\nbob:\n", "/p:2: not a hash");
	refused("#\n\n:" HASH "\n", "/p:3: no user");
	refused("-a:" HASH "\n", "/p:1: no user");
	refused(" a:" HASH "\n", "/p:1: no user");
	refused("alice:" HASH "\r\n", "/p:1: not a hash");
	refused("alice:" HASH ":\n", "/p:1: not a hash");
	refused("alice: " HASH "\n", "/p:1: not a hash");
}

static void
so_does_a_user_who_is_there_twice(void **state)
{
	(void)state;
	refused("alice:" HASH "\nbob:" HASH "\nalice:" HASH "\n",
	    "/p:3: this user has a line before");
	refused("b:" HASH "\nb:" HASH "\na:" HASH "\na:" HASH "\n", "/p:2: ");
}

static void
so_does_a_nul_byte(void **state)
{
	static const char text[] = "alice:" HASH "\n\0bob\n";

	(void)state;
	refused_bytes(text, sizeof(text) - 1, "/p: has a NUL byte");
}

static void
a_file_that_was_cut_off_is_refused(void **state)
{
	static const char text[] = "alice:" HASH;

	(void)state;
	for (size_t len = 1; len < sizeof(text) - 1; len++)
		refused_bytes(text, len, "/p:1: ");
}

static void
a_hash_is_argon2id_of_bounded_cost(void **state)
{
	static const char *const bad[] = {
		"",
		"x",
		"*",
		"$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/"
		"qDCfrDevf9YDtcDdKvEqHJLV8D",
		"$argon2i$v=19$m=65536,t=2,p=1$" SALT "$" SUM,
		"$argon2id$v=16$m=65536,t=2,p=1$" SALT "$" SUM,
		"$argon2id$m=65536,t=2,p=1$" SALT "$" SUM,
		"$argon2id$v=19$m=65537,t=2,p=1$" SALT "$" SUM,
		"$argon2id$v=19$m=4194304,t=2,p=1$" SALT "$" SUM,
		"$argon2id$v=19$m=99999999999999999999,t=2,p=1$" SALT "$" SUM,
		"$argon2id$v=19$m=18446744073709617152,t=2,p=1$" SALT "$" SUM,
		"$argon2id$v=19$m=7167,t=2,p=1$" SALT "$" SUM,
		"$argon2id$v=19$m=-65536,t=2,p=1$" SALT "$" SUM,
		"$argon2id$v=19$m=065536,t=2,p=1$" SALT "$" SUM,
		"$argon2id$v=19$m=65536,t=0,p=1$" SALT "$" SUM,
		"$argon2id$v=19$m=65536,t=11,p=1$" SALT "$" SUM,
		"$argon2id$v=19$m=65536,t=2,p=2$" SALT "$" SUM,
		"$argon2id$v=19$m=65536,t=2$" SALT "$" SUM,
		"$argon2id$v=19$m=65536,t=2,p=1$" SALT "A$" SUM,
		"$argon2id$v=19$m=65536,t=2,p=1$" SALT "$" SUM "A",
		"$argon2id$v=19$m=65536,t=2,p=1$" SALT "$" SUM "=",
		"$argon2id$v=19$m=65536,t=2,p=1$" SALT "$",
		"$argon2id$v=19$m=65536,t=2,p=1$$" SUM,
	};
	char hash[crypto_pwhash_STRBYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (passwords_hash_valid(bad[i]))
			fail_msg("%s", bad[i]);
	}
	assert_true(passwords_hash_valid(HASH));
	assert_true(passwords_hash_valid(OTHER));
	assert_int_equal(crypto_pwhash_str(hash, "x", 1,
			     crypto_pwhash_OPSLIMIT_INTERACTIVE,
			     crypto_pwhash_MEMLIMIT_INTERACTIVE),
	    0);
	assert_true(passwords_hash_valid(hash));
}

/* What stands in HASH at AT, from the end, is LAST now. */
static const char *
ending(char hash[crypto_pwhash_STRBYTES], size_t at, char last)
{
	snprintf(hash, crypto_pwhash_STRBYTES, "%s", OTHER);
	hash[strlen(hash) - at] = last;
	return hash;
}

static void
what_libsodium_does_not_take_is_no_hash(void **state)
{
	static const char all[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789+/";
	char hash[crypto_pwhash_STRBYTES];
	unsigned char bytes[64];
	const size_t ends[] = { 1, strlen(SUM) + 2 };

	(void)state;
	for (size_t i = 0; i < strlen(all); i++) {
		for (size_t end = 0; end < 2; end++) {
			const char *text = ending(hash, ends[end], all[i]);
			const char *from = end == 0
			    ? text + strlen(text) - strlen(SUM)
			    : text + strlen(text) - strlen(SALT "$" SUM);
			const size_t len = strlen(end == 0 ? SUM : SALT);
			const bool taken =
			    sodium_base642bin(bytes, sizeof(bytes), from, len,
				NULL, NULL, NULL,
				sodium_base64_VARIANT_ORIGINAL_NO_PADDING) == 0;

			if (passwords_hash_valid(text) != taken)
				fail_msg("%s", text);
		}
	}
}

static void
a_file_of_nothing_but_lines_takes_no_memory(void **state)
{
	char *text = malloc(PASSWORDS_MAX_BYTES + 1);
	struct passwords all;
	const char *line = "\nalice:" HASH;

	(void)state;
	assert_non_null(text);
	memset(text, '\n', PASSWORDS_MAX_BYTES);
	text[PASSWORDS_MAX_BYTES] = '\0';
	memcpy(text + PASSWORDS_MAX_BYTES - strlen(line), line, strlen(line));
	all = file_of(text);
	assert_int_equal(all.count, 1);
	assert_in_range(malloc_usable_size(all.entries), 1, 512 * 1024);
	passwords_free(&all);
	free(text);
}

static void
the_shortest_lines_fit(void **state)
{
	const size_t count = 5000;
	char *text = malloc(count * 256), *at = text;
	struct passwords all;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < count; i++)
		at += snprintf(at, 256, "%s%c%c%c:" OTHER, i > 0 ? "\n" : "",
		    (char)('a' + i % 26), (char)('a' + i / 26 % 26),
		    (char)('a' + i / 676));
	all = file_of(text);
	assert_int_equal(all.count, count);
	passwords_free(&all);
	free(text);
}

static int
start(void **state)
{
	(void)state;
	return sodium_init() < 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_is_a_users),
		cmocka_unit_test(comments_and_empty_lines_are_none),
		cmocka_unit_test(
		    who_is_not_there_has_a_hash_that_takes_as_long),
		cmocka_unit_test(and_always_the_same),
		cmocka_unit_test(a_bad_line_spoils_the_file),
		cmocka_unit_test(so_does_a_user_who_is_there_twice),
		cmocka_unit_test(so_does_a_nul_byte),
		cmocka_unit_test(a_file_that_was_cut_off_is_refused),
		cmocka_unit_test(a_hash_is_argon2id_of_bounded_cost),
		cmocka_unit_test(what_libsodium_does_not_take_is_no_hash),
		cmocka_unit_test(a_file_of_nothing_but_lines_takes_no_memory),
		cmocka_unit_test(the_shortest_lines_fit),
	};

	return cmocka_run_group_tests_name("passwords", tests, start, NULL);
}
