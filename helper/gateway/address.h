#ifndef MOSHGATE_ADDRESS_H
#define MOSHGATE_ADDRESS_H

#include <stdbool.h>

/*
 * Where a client comes from, as far as that tells one from another: an IPv4
 * address, or the first 64 bits of an IPv6 one.  Whoever has one of the
 * addresses of such a network has them all (RFC 4291, section 2.5.1).
 */
enum address_kind {
	ADDRESS_UNKNOWN, /* all of these count as one */
	ADDRESS_IPV4,
	ADDRESS_IPV6,
	ADDRESS_NAME, /* of a user who is known, wherever they are */
};

#define ADDRESS_BYTES 8

struct address {
	enum address_kind kind;
	unsigned char bytes[ADDRESS_BYTES]; /* zero where there are none */
};

/*
 * The address in TEXT, in numbers as inet_pton(3) reads them.  An IPv4 one that
 * is written as IPv6 (RFC 4291, section 2.5.5.2) is IPv4.  The zone behind an
 * IPv6 one (RFC 4007, section 11) doesn't count.  Anything else, NULL among it,
 * is ADDRESS_UNKNOWN.
 */
struct address address_read(const char *text);

/*
 * The network of the first BITS of ADDRESS, if it is IPv6: a multiple of 8, up to
 * 64.  Any other is itself.
 */
struct address address_network(const struct address *address, unsigned bits);

/* One that stands for the user called NAME. */
struct address address_of_name(const char *name);

bool address_same(const struct address *one, const struct address *other);

#endif
