/* To which address of the remote a worker connects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../helper/worker/connect.h"
#include "../../shim/lib/clock.h"

#define FOUND_MAX ((size_t)40)

/* What getaddrinfo() would have found. */
struct found {
	struct addrinfo list[FOUND_MAX];
	struct sockaddr_storage addresses[FOUND_MAX];
	size_t count;
};

/* Append an address of FAMILY whose port is NUMBER, to tell it by. */
static void
found_add(struct found *found, int family, in_port_t number)
{
	const size_t i = found->count++;
	struct sockaddr_storage *to = &found->addresses[i];

	assert_true(i < FOUND_MAX);
	to->ss_family = (sa_family_t)family;
	/* it is at the same place in both families' addresses */
	((struct sockaddr_in *)to)->sin_port = number;
	found->list[i] = (struct addrinfo){ .ai_family = family,
		.ai_addr = (struct sockaddr *)to,
		.ai_addrlen = family == AF_INET ? sizeof(struct sockaddr_in)
						: sizeof(struct sockaddr_in6) };
	if (i > 0)
		found->list[i - 1].ai_next = &found->list[i];
}

/*
 * See that addresses of the families in FAMILIES, "6" or "4" each, are tried in
 * the ORDER of their indexes.
 */
static void
is_tried(const char *families, const char *order)
{
	struct connect connect = { 0 };
	struct found found = { 0 };

	for (size_t i = 0; families[i] != '\0'; i++)
		found_add(&found, families[i] == '6' ? AF_INET6 : AF_INET,
		    (in_port_t)i);
	connect_interleave(&connect, found.list);
	assert_int_equal(connect.count, strlen(order));
	for (size_t i = 0; i < connect.count; i++) {
		const struct sockaddr_in *address =
		    (struct sockaddr_in *)&connect.addresses[i].sockaddr;

		assert_int_equal(address->sin_port, order[i] - '0');
		assert_int_equal(connect.addresses[i].len,
		    address->sin_family == AF_INET
			? sizeof(struct sockaddr_in)
			: sizeof(struct sockaddr_in6));
	}
}

static void
the_families_take_turns(void **state)
{
	(void)state;
	is_tried("6644", "0213");
	is_tried("4466", "0213");
	is_tried("6464", "0123");
}

static void
the_family_that_comes_first_is_tried_first(void **state)
{
	(void)state;
	is_tried("64", "01");
	is_tried("46", "01");
	is_tried("6", "0");
}

static void
what_one_family_has_more_comes_last(void **state)
{
	(void)state;
	is_tried("666", "012");
	is_tried("66664", "04123");
	is_tried("64444", "01234");
}

static void
there_are_no_more_than_so_many(void **state)
{
	struct connect connect = { 0 };
	struct found found = { 0 };

	(void)state;
	for (size_t i = 0; i < FOUND_MAX; i++)
		found_add(&found, i % 3 == 0 ? AF_INET : AF_INET6, 1);
	connect_interleave(&connect, found.list);
	assert_int_equal(connect.count, CONNECT_ADDRESSES_MAX);
}

static void
an_address_that_no_socket_has_is_left_out(void **state)
{
	struct connect connect = { 0 };
	struct found found = { 0 };

	(void)state;
	found_add(&found, AF_INET, 1);
	found_add(&found, AF_INET, 2);
	found.list[0].ai_addrlen = sizeof(struct sockaddr_storage) + 1;
	connect_interleave(&connect, found.list);
	assert_int_equal(connect.count, 1);
}

/* A socket on 127.0.0.1; its port in *PORT. */
static int
open_local(int *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	const int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

/* Resolve and connect to 127.0.0.1 at PORT. */
static enum failure
reach(struct connect *connect, struct failure_facts *facts, int port, int *fd)
{
	char host[] = "127.0.0.1", mosh_host[] = "::1";
	const struct config config = { .host = host,
		.port = port,
		.mosh_host = mosh_host };
	struct deadline deadline;

	*connect = (struct connect){ 0 };
	deadline_start(&deadline, -1, 5, clock_now_ms());
	assert_int_equal(connect_resolve(connect, &config, facts),
	    FAILURE_NONE);
	return connect_race(connect, &deadline, facts, fd);
}

static void
what_listens_is_reached(void **state)
{
	struct failure_facts facts = { 0 };
	struct connect connect;
	int fd = -1, port, listening;

	(void)state;
	listening = open_local(&port);
	assert_int_equal(listen(listening, 1), 0);
	assert_int_equal(reach(&connect, &facts, port, &fd), FAILURE_NONE);
	assert_true(fd >= 0);
	assert_string_equal(connect.reached, "127.0.0.1");
	assert_string_equal(connect_mosh_address(&connect), "::1");
	assert_string_equal(facts.detail, "");
	close(fd);
	close(listening);
}

static void
what_does_not_listen_is_told(void **state)
{
	struct failure_facts facts = { 0 };
	struct connect connect;
	char expected[100];
	int fd = -1, port, bound;

	(void)state;
	bound = open_local(&port);
	assert_int_equal(reach(&connect, &facts, port, &fd),
	    FAILURE_UNREACHABLE);
	assert_int_equal(fd, -1);
	snprintf(expected, sizeof(expected),
	    "127.0.0.1 port %d: Connection refused", port);
	assert_string_equal(facts.detail, expected);
	close(bound);
}

static void
mosh_goes_where_ssh_got_to_unless_told_otherwise(void **state)
{
	struct connect connect = { .reached = "192.0.2.1" };

	(void)state;
	assert_string_equal(connect_mosh_address(&connect), "192.0.2.1");
	connect = (struct connect){ .reached = "192.0.2.1",
		.mosh_host = "192.0.2.2" };
	assert_string_equal(connect_mosh_address(&connect), "192.0.2.2");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_families_take_turns),
		cmocka_unit_test(the_family_that_comes_first_is_tried_first),
		cmocka_unit_test(what_one_family_has_more_comes_last),
		cmocka_unit_test(there_are_no_more_than_so_many),
		cmocka_unit_test(an_address_that_no_socket_has_is_left_out),
		cmocka_unit_test(what_listens_is_reached),
		cmocka_unit_test(what_does_not_listen_is_told),
		cmocka_unit_test(
		    mosh_goes_where_ssh_got_to_unless_told_otherwise),
	};

	return cmocka_run_group_tests_name("connect", tests, NULL, NULL);
}
