#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../helper/gateway/address.h"

static bool
same(const char *one, const char *other)
{
	const struct address a = address_read(one), b = address_read(other);

	return address_same(&a, &b);
}

static enum address_kind
kind(const char *text)
{
	return address_read(text).kind;
}

static void
an_ipv4_address_is_itself(void **state)
{
	(void)state;
	assert_int_equal(kind("192.0.2.1"), ADDRESS_IPV4);
	assert_true(same("192.0.2.1", "192.0.2.1"));
	assert_false(same("192.0.2.1", "192.0.2.2"));
	assert_false(same("192.0.2.1", "193.0.2.1"));
}

static void
an_ipv6_address_is_its_network(void **state)
{
	(void)state;
	assert_int_equal(kind("2001:db8::1"), ADDRESS_IPV6);
	assert_true(same("2001:db8::1", "2001:db8:0:0:ffff:ffff:ffff:ffff"));
	assert_false(same("2001:db8:0:1::1", "2001:db8:0:2::1"));
	assert_false(same("2001:db8::1", "2001:db9::1"));
}

static void
the_zone_of_one_does_not_count(void **state)
{
	(void)state;
	assert_int_equal(kind("fe80::1%eth0"), ADDRESS_IPV6);
	assert_true(same("fe80::1%eth0", "fe80::1"));
	assert_false(same("fe80::1%eth0", "::"));
}

static void
a_network_is_the_first_bits(void **state)
{
	const struct address one = address_read("2001:db8:1:2304::1"),
			     other = address_read("2001:db8:1:23ff::1"),
			     third = address_read("2001:db8:1:ff::1"),
			     ipv4 = address_read("192.0.2.1");
	struct address a = address_network(&one, 56),
		       b = address_network(&other, 56),
		       c = address_network(&third, 56);

	(void)state;
	assert_false(address_same(&one, &other));
	assert_true(address_same(&a, &b));
	assert_false(address_same(&a, &c));
	a = address_network(&one, 48);
	c = address_network(&third, 48);
	assert_true(address_same(&a, &c));
	b = address_network(&one, 64);
	assert_true(address_same(&one, &b));
	a = address_network(&ipv4, 48);
	assert_true(address_same(&a, &ipv4));
}

static void
ipv4_in_ipv6_is_ipv4(void **state)
{
	(void)state;
	assert_int_equal(kind("::ffff:192.0.2.1"), ADDRESS_IPV4);
	assert_true(same("::ffff:192.0.2.1", "192.0.2.1"));
	assert_true(same("::ffff:c000:201", "192.0.2.1"));
	assert_false(same("::ffff:192.0.2.1", "::ffff:192.0.2.2"));
	/* which these are not */
	assert_int_equal(kind("::192.0.2.1"), ADDRESS_IPV6);
	assert_false(same("192.0.2.1", "c000:201::"));
}

static void
all_else_is_unknown(void **state)
{
	static const char *const texts[] = { NULL, "", "alice", "192.0.2",
		"192.0.2.256", "192.0.2.1 ", " 192.0.2.1", "192.0.2.1/32",
		"::g", "192.0.2.1%eth0", "%eth0", "1", "UNKNOWN" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(kind(texts[i]), ADDRESS_UNKNOWN);
		assert_true(same(texts[i], NULL));
		assert_false(same(texts[i], "0.0.0.0"));
		assert_false(same(texts[i], "::"));
	}
}

static void
a_name_is_no_address(void **state)
{
	const struct address alice = address_of_name("alice"),
			     bob = address_of_name("bob"),
			     nobody = address_read(NULL);
	const struct address again = address_of_name("alice");

	(void)state;
	assert_true(address_same(&alice, &again));
	assert_false(address_same(&alice, &bob));
	assert_false(address_same(&alice, &nobody));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ipv4_address_is_itself),
		cmocka_unit_test(an_ipv6_address_is_its_network),
		cmocka_unit_test(the_zone_of_one_does_not_count),
		cmocka_unit_test(a_network_is_the_first_bits),
		cmocka_unit_test(ipv4_in_ipv6_is_ipv4),
		cmocka_unit_test(all_else_is_unknown),
		cmocka_unit_test(a_name_is_no_address),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
