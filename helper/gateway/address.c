#include "address.h"

#include <arpa/inet.h>

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "hash.h"

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
	} else if (inet_pton(AF_INET6, text, &ipv6) == 1) {
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
