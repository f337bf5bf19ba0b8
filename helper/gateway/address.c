#include "address.h"

#include <arpa/inet.h>

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "hash.h"

/* Read TEXT as inet_pton(3) does, without the zone. */
static bool
address_read_ipv6(const char *text, struct in6_addr *ipv6)
{
	const size_t len = strcspn(text, "%");
	char number[INET6_ADDRSTRLEN];

	if (len >= sizeof(number))
		return false;
	memcpy(number, text, len);
	number[len] = '\0';
	return inet_pton(AF_INET6, number, ipv6) == 1;
}

struct address
address_read(const char *text)
{
	struct address address = { .kind = ADDRESS_UNKNOWN };
	struct in6_addr ipv6;
	struct in_addr ipv4;

	if (text == NULL)
		return address;
	if (inet_pton(AF_INET, text, &ipv4) == 1) {
		address.kind = ADDRESS_IPV4;
		memcpy(address.bytes, &ipv4, sizeof(ipv4));
	} else if (address_read_ipv6(text, &ipv6)) {
		if (IN6_IS_ADDR_V4MAPPED(&ipv6)) {
			address.kind = ADDRESS_IPV4;
			memcpy(address.bytes, &ipv6.s6_addr[12], sizeof(ipv4));
		} else {
			address.kind = ADDRESS_IPV6;
			memcpy(address.bytes, &ipv6, ADDRESS_BYTES);
		}
	}
	return address;
}

struct address
address_network(const struct address *address, unsigned bits)
{
	struct address network = *address;

	if (address->kind == ADDRESS_IPV6)
		memset(network.bytes + bits / 8, 0, ADDRESS_BYTES - bits / 8);
	return network;
}

struct address
address_of_name(const char *name)
{
	struct address address = { .kind = ADDRESS_NAME };
	/* two users who have the same one share what they may */
	const uint64_t hash = hash_text(name);

	memcpy(address.bytes, &hash, sizeof(address.bytes));
	return address;
}

bool
address_same(const struct address *one, const struct address *other)
{
	return one->kind == other->kind &&
	    memcmp(one->bytes, other->bytes, ADDRESS_BYTES) == 0;
}
