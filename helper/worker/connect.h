#ifndef MOSHGATE_CONNECT_H
#define MOSHGATE_CONNECT_H

#include <sys/socket.h>

#include <netdb.h>
#include <stddef.h>

#include "../config.h"
#include "deadline.h"
#include "failure.h"

#define CONNECT_ADDRESSES_MAX ((size_t)16)
#define CONNECT_ADDRESS_BYTES 64 /* a numeric address, with a scope */

/* Where the remote is, and at which address it was reached; zero at first. */
struct connect {
	int port;
	struct connect_address {
		struct sockaddr_storage sockaddr;
		socklen_t len;
	} addresses[CONNECT_ADDRESSES_MAX];
	size_t count;
	char reached[CONNECT_ADDRESS_BYTES];
	char mosh_host[CONNECT_ADDRESS_BYTES]; /* [mosh] host; "": not set */
};

/*
 * Find the addresses of the remote that CONFIG names, and of [mosh] host if
 * that is set.
 */
enum failure connect_resolve(struct connect *connect,
    const struct config *config, struct failure_facts *facts);

/*
 * Add to the addresses those in FOUND, in an order that changes its family each
 * time: RFC 8305, section 4.
 */
void connect_interleave(struct connect *connect, const struct addrinfo *found);

/*
 * Connect to the first address that answers: RFC 8305, section 5.  Stores in
 * *FD the socket, which is the caller's to close.
 */
enum failure connect_race(struct connect *connect, struct deadline *deadline,
    struct failure_facts *facts, int *fd);

/* The address where mosh-client is to go. */
const char *connect_mosh_address(const struct connect *connect);

/* From now on the connection FD outlasts two minutes of a link that is down. */
void connect_outlast(int fd);

#endif
