#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "../../shim/lib/fields.h"

#include "../../helper/prober/prober.h"

#define KEY "1jU9SBvfyvpiM1+ZE76QcQ"
#define MARK "abcdefghijklmnop"

/* What is asked for; NULL: that field is not there. */
struct asked {
	const char *host, *port, *key, *mark;
};

static bool
understands(const struct asked *asked, struct prober_target *target)
{
	struct fields fields = { 0 };
	struct frame frame;
	bool good;

	if (asked->host != NULL)
		fields_add(&fields, "host", asked->host);
	if (asked->port != NULL)
		fields_add(&fields, "port", asked->port);
	if (asked->key != NULL)
		fields_add(&fields, "key", asked->key);
	if (asked->mark != NULL)
		fields_add(&fields, "mark", asked->mark);
	assert_false(fields.failed);
	frame = (struct frame){ .type = FRAME_START,
		.body = fields.text,
		.len = fields.len };
	good = prober_understand(&frame, target);
	fields_free(&fields);
	return good;
}

static bool
takes_host(const char *host)
{
	const struct asked asked = { host, "60001", KEY, MARK };
	struct prober_target target;

	return understands(&asked, &target);
}

static bool
takes_port(const char *port)
{
	const struct asked asked = { "10.66.2.2", port, KEY, MARK };
	struct prober_target target;

	return understands(&asked, &target);
}

static bool
takes_key(const char *key)
{
	const struct asked asked = { "10.66.2.2", "60001", key, MARK };
	struct prober_target target;

	return understands(&asked, &target);
}

static bool
takes_mark(const char *mark)
{
	const struct asked asked = { "10.66.2.2", "60001", KEY, mark };
	struct prober_target target;

	return understands(&asked, &target);
}

static void
addresses_in_numbers_are_taken(void **state)
{
	(void)state;
	assert_true(takes_host("10.66.2.2"));
	assert_true(takes_host("fd66:2::2"));
	assert_true(takes_host("::ffff:10.66.2.2"));
	assert_true(takes_host("fe80::1%wan"));
	assert_true(takes_host("fe80::1%eth0.100"));
	assert_true(takes_host("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255"
			       "%abcdefghijklmno"));
}

static void
what_is_asked_for_is_taken_as_it_is(void **state)
{
	const struct asked asked = { "fe80::1%wan", "60001", KEY, MARK };
	struct prober_target target;

	(void)state;
	assert_true(understands(&asked, &target));
	assert_string_equal(target.host, "fe80::1%wan");
	assert_string_equal(target.port, "60001");
	assert_string_equal(target.key, KEY);
	assert_string_equal(target.mark, MARK);
}

static void
any_other_host_is_not(void **state)
{
	(void)state;
	assert_false(takes_host(NULL));
	assert_false(takes_host(""));
	assert_false(takes_host("remote"));
	assert_false(takes_host("10.66.2"));
	assert_false(takes_host("10.66.2.2 "));
	assert_false(takes_host(" 10.66.2.2"));
	assert_false(takes_host("10.66.2.256"));
	assert_false(takes_host("0x0a420202"));
	assert_false(takes_host("-c"));
	assert_false(takes_host("10.66.2.2%wan"));
	assert_false(takes_host("[fd66:2::2]"));
	assert_false(takes_host("fe80::1%"));
	assert_false(takes_host("fe80::1%a b"));
	assert_false(takes_host("fe80::1%wan%wan"));
	assert_false(takes_host("fe80::1%../wan"));
	assert_false(takes_host("fe80::1%abcdefghijklmnop"));
	assert_false(takes_host("%wan"));
	assert_false(takes_host("00000000000000000000000000000000000000000000"
				"0000000000000000000000000000::1"));
}

static void
a_port_is_from_1_to_65535(void **state)
{
	(void)state;
	assert_true(takes_port("1"));
	assert_true(takes_port("65535"));
	assert_false(takes_port(NULL));
	assert_false(takes_port(""));
	assert_false(takes_port("0"));
	assert_false(takes_port("65536"));
	assert_false(takes_port("-1"));
	assert_false(takes_port("60001 "));
	assert_false(takes_port("60001:60002"));
}

static void
a_key_is_one_of_mosh(void **state)
{
	(void)state;
	assert_true(takes_key(KEY));
	assert_false(takes_key(NULL));
	assert_false(takes_key(""));
	assert_false(takes_key("1jU9SBvfyvpiM1+ZE76Qc"));
	assert_false(takes_key("1jU9SBvfyvpiM1+ZE76QcQQ"));
	assert_false(takes_key("1jU9SBvfyvpiM1+ZE76QcR"));
	assert_false(takes_key("1jU9SBvfyvpiM1-ZE76QcQ"));
}

static void
a_mark_is_16_lower_case_letters(void **state)
{
	(void)state;
	assert_true(takes_mark(MARK));
	assert_false(takes_mark(NULL));
	assert_false(takes_mark(""));
	assert_false(takes_mark("abcdefghijklmno"));
	assert_false(takes_mark("abcdefghijklmnopq"));
	assert_false(takes_mark("abcdefghijklmnoP"));
	assert_false(takes_mark("abcdefghijklmno "));
	assert_false(takes_mark("abcdefghijklmno1"));
}

/* As if TEXT was read from mosh-client; is the mark there? */
static bool
has(struct prober_written *written, const char *text)
{
	const size_t len = strlen(text);
	size_t room;
	char *to = prober_room(written, &room);

	assert_true(len <= room);
	memcpy(to, text, len);
	return prober_has_mark(written, len, MARK);
}

static void
the_mark_is_found_amid_other_things(void **state)
{
	struct prober_written written = { 0 };

	(void)state;
	assert_false(has(&written, "\033[?1049h\033[1;24r\033[m"));
	assert_true(has(&written, "\033[H  " MARK "\033[K"));
}

static void
the_mark_is_found_in_pieces(void **state)
{
	(void)state;
	for (size_t cut = 1; cut < MOSH_MARK_CHARS; cut++) {
		struct prober_written written = { 0 };
		char before[MOSH_MARK_CHARS + 1] = { 0 };

		memcpy(before, MARK, cut);
		assert_false(has(&written, before));
		assert_true(has(&written, &MARK[cut]));
	}
}

static void
the_mark_is_found_letter_by_letter(void **state)
{
	struct prober_written written = { 0 };

	(void)state;
	for (size_t i = 0; i < MOSH_MARK_CHARS; i++) {
		const char letter[] = { MARK[i], '\0' };

		assert_int_equal(has(&written, letter),
		    i == MOSH_MARK_CHARS - 1);
	}
}

static void
the_mark_is_found_after_much_else(void **state)
{
	struct prober_written written = { 0 };
	char much[1000];

	(void)state;
	memset(much, 'a', sizeof(much) - 1);
	much[sizeof(much) - 1] = '\0';
	for (int i = 0; i < 100; i++)
		assert_false(has(&written, much));
	assert_false(has(&written, "abcdefgh"));
	assert_true(has(&written, "ijklmnop"));
}

static void
what_is_like_the_mark_is_not_it(void **state)
{
	struct prober_written written = { 0 };

	(void)state;
	assert_false(has(&written, "abcdefghijklmno"));
	assert_false(has(&written, "\rp"));
	assert_false(has(&written, "Abcdefghijklmnop"));
	assert_false(has(&written, "mosh: Nothing received from server"));
}

static void
there_is_always_room(void **state)
{
	struct prober_written written = { 0 };
	size_t room;

	(void)state;
	for (int i = 0; i < 3; i++) {
		char *to = prober_room(&written, &room);

		assert_true(room >= 1024);
		assert_ptr_equal(to + room,
		    written.text + sizeof(written.text));
		memset(to, 'x', room);
		assert_false(prober_has_mark(&written, room, MARK));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_asked_for_is_taken_as_it_is),
		cmocka_unit_test(addresses_in_numbers_are_taken),
		cmocka_unit_test(any_other_host_is_not),
		cmocka_unit_test(a_port_is_from_1_to_65535),
		cmocka_unit_test(a_key_is_one_of_mosh),
		cmocka_unit_test(a_mark_is_16_lower_case_letters),
		cmocka_unit_test(the_mark_is_found_amid_other_things),
		cmocka_unit_test(the_mark_is_found_in_pieces),
		cmocka_unit_test(the_mark_is_found_letter_by_letter),
		cmocka_unit_test(the_mark_is_found_after_much_else),
		cmocka_unit_test(what_is_like_the_mark_is_not_it),
		cmocka_unit_test(there_is_always_room),
	};

	return cmocka_run_group_tests_name("prober", tests, NULL, NULL);
}
