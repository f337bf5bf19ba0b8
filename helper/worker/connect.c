#include "connect.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../shim/lib/clock.h"

/* Between the starts of two attempts to connect: RFC 8305, section 5. */
#define CONNECT_ATTEMPT_DELAY_MS 250
/* A peer that says nothing for so long is asked whether it is there. */
#define CONNECT_KEEPALIVE_IDLE_S 15

/* Resolve HOST; *FOUND is for freeaddrinfo(). */
static enum failure
connect_look_up(const struct connect *c, const char *host,
    struct failure_facts *facts, struct addrinfo **found)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM };
	char port[8];
	int error;

	snprintf(port, sizeof(port), "%d", c->port);
	error = getaddrinfo(host, port, &hints, found);
	if (error == 0)
		return FAILURE_NONE;
	failure_set_detail(facts, "%s: %s", host,
	    error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
	return FAILURE_UNRESOLVED;
}

/* Append the address A, unless it is none that a socket can have. */
static void
connect_add(struct connect *c, const struct addrinfo *a)
{
	struct connect_address *to = &c->addresses[c->count];

	if (a->ai_addrlen > sizeof(to->sockaddr))
		return;
	memcpy(&to->sockaddr, a->ai_addr, a->ai_addrlen);
	to->len = a->ai_addrlen;
	c->count++;
}

void
connect_interleave(struct connect *c, const struct addrinfo *found)
{
	const int first = found->ai_family;
	/* the next one of the first one's family, and of others */
	const struct addrinfo *next[2] = { found, found };
	int which = 0;

	while (c->count < CONNECT_ADDRESSES_MAX) {
		const struct addrinfo *a;

		for (int i = 0; i < 2; i++) {
			while (next[i] != NULL &&
			    (next[i]->ai_family == first) != (i == 0))
				next[i] = next[i]->ai_next;
		}
		if (next[which] == NULL)
			which = !which;
		a = next[which];
		if (a == NULL)
			break;
		next[which] = a->ai_next;
		which = !which;
		connect_add(c, a);
	}
}

/* Write to OUT the address in numbers. */
static bool
connect_print(const void *sockaddr, socklen_t len,
    char out[CONNECT_ADDRESS_BYTES])
{
	return getnameinfo(sockaddr, len, out, CONNECT_ADDRESS_BYTES, NULL, 0,
		   NI_NUMERICHOST) == 0;
}

enum failure
connect_resolve(struct connect *c, const struct config *config,
    struct failure_facts *facts)
{
	struct addrinfo *found = NULL;
	enum failure failure;

	c->port = config->port;
	failure = connect_look_up(c, config->host, facts, &found);
	if (failure != FAILURE_NONE)
		return failure;
	connect_interleave(c, found);
	freeaddrinfo(found);
	if (config->mosh_host[0] == '\0')
		return FAILURE_NONE;
	failure = connect_look_up(c, config->mosh_host, facts, &found);
	if (failure != FAILURE_NONE)
		return failure;
	if (!connect_print(found->ai_addr, found->ai_addrlen, c->mosh_host))
		failure = FAILURE_UNRESOLVED;
	freeaddrinfo(found);
	return failure;
}

/*
 * Have the kernel ask a silent peer, after CONNECT_KEEPALIVE_IDLE_S, each
 * INTERVAL_S seconds whether it is there; after PROBES without an answer the
 * connection is broken.
 */
static void
connect_set_keepalive(int fd, int interval_s, int probes)
{
	const int on = 1, idle_s = CONNECT_KEEPALIVE_IDLE_S;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s,
	    sizeof(interval_s));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
}

void
connect_outlast(int fd)
{
	const int interval_s = 10, probes = 12;

	connect_set_keepalive(fd, interval_s, probes);
}

/*
 * Keep the connection FD.  A peer that went silent is noticed in half a
 * minute, so that a login does not wait for it.
 */
static enum failure
connect_keep(struct connect *c, int fd)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);
	const int interval_s = 5, probes = 3;

	connect_set_keepalive(fd, interval_s, probes);
	if (getpeername(fd, (struct sockaddr *)&peer, &len) < 0 ||
	    !connect_print(&peer, len, c->reached))
		return FAILURE_UNREACHABLE;
	return FAILURE_NONE;
}

/* Begin to connect to ADDRESS.  Returns the socket; or -1, see errno. */
static int
connect_begin(const struct connect_address *address)
{
	const int on = 1;
	int fd, error;

	fd = socket(address->sockaddr.ss_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (const struct sockaddr *)&address->sockaddr,
		address->len) < 0 &&
	    errno != EINPROGRESS) {
		error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

/* What has become of the attempts to connect: one for each address. */
struct connect_attempts {
	struct connect *connect;
	struct failure_facts *facts;
	int fds[CONNECT_ADDRESSES_MAX]; /* -1: not under way */
	size_t started, failed;
	int winner; /* the socket that connected, or -1 */
};

/* Tell the administrator why the address of index I was not reached. */
static void
connect_add_fault(struct connect_attempts *attempts, size_t i, int error)
{
	const struct connect_address *to = &attempts->connect->addresses[i];
	char address[CONNECT_ADDRESS_BYTES];

	if (!connect_print(&to->sockaddr, to->len, address))
		return;
	failure_add_detail(attempts->facts, "%s%s port %d: %s",
	    attempts->facts->detail[0] != '\0' ? "; " : "", address,
	    attempts->connect->port, strerror(error));
}

static void
connect_begin_next(struct connect_attempts *attempts)
{
	const size_t i = attempts->started++;

	attempts->fds[i] = connect_begin(&attempts->connect->addresses[i]);
	if (attempts->fds[i] < 0) {
		connect_add_fault(attempts, i, errno);
		attempts->failed++;
	}
}

/* Find out what has become of the attempt of index I, whose socket is ready. */
static void
connect_settle(struct connect_attempts *attempts, size_t i)
{
	const int fd = attempts->fds[i];
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	attempts->fds[i] = -1;
	if (error == 0) {
		attempts->winner = fd;
		return;
	}
	connect_add_fault(attempts, i, error);
	close(fd);
	attempts->failed++;
}

/* Wait until UNTIL_MS, or until an attempt succeeds or fails. */
static enum failure
connect_wait(struct connect_attempts *attempts, const struct deadline *deadline,
    int64_t until_ms)
{
	struct pollfd fds[CONNECT_ADDRESSES_MAX + 1];
	enum failure failure;

	for (size_t i = 0; i < attempts->started; i++)
		fds[i] = (struct pollfd){ .fd = attempts->fds[i],
			.events = POLLOUT };
	failure = deadline_wait(deadline, fds, (nfds_t)(attempts->started + 1),
	    until_ms);
	if (failure != FAILURE_NONE)
		return failure;
	for (size_t i = 0; i < attempts->started && attempts->winner < 0; i++) {
		if (attempts->fds[i] >= 0 && fds[i].revents != 0)
			connect_settle(attempts, i);
	}
	return FAILURE_NONE;
}

/*
 * Begin the attempts, each when its time has come or when no other is left,
 * until one wins, all have failed, or the time is over.
 */
static enum failure
connect_run(struct connect_attempts *attempts, const struct deadline *deadline)
{
	const size_t count = attempts->connect->count;
	int64_t next_ms = clock_now_ms();

	while (attempts->winner < 0 && attempts->failed < count) {
		const bool more = attempts->started < count;
		enum failure failure;
		int64_t until_ms;

		if (more &&
		    (clock_now_ms() >= next_ms ||
			attempts->failed == attempts->started)) {
			connect_begin_next(attempts);
			next_ms = clock_now_ms() + CONNECT_ATTEMPT_DELAY_MS;
			continue;
		}
		until_ms = more && next_ms < deadline->end_ms
		    ? next_ms
		    : deadline->end_ms;
		failure = connect_wait(attempts, deadline, until_ms);
		if (failure == FAILURE_TIMEOUT && until_ms < deadline->end_ms)
			continue;
		if (failure != FAILURE_NONE)
			return failure;
	}
	return FAILURE_UNREACHABLE;
}

enum failure
connect_race(struct connect *c, struct deadline *deadline,
    struct failure_facts *facts, int *fd)
{
	struct connect_attempts attempts = { .connect = c,
		.facts = facts,
		.winner = -1 };
	enum failure failure;

	deadline_begin(deadline, "connect", clock_now_ms());
	failure = connect_run(&attempts, deadline);
	for (size_t i = 0; i < attempts.started; i++) {
		if (attempts.fds[i] >= 0) {
			if (failure == FAILURE_TIMEOUT)
				connect_add_fault(&attempts, i, ETIMEDOUT);
			close(attempts.fds[i]);
		}
	}
	if (attempts.winner < 0)
		return failure == FAILURE_ABANDONED ? failure
						    : FAILURE_UNREACHABLE;
	/* why others were not reached is no matter any more */
	failure_clear(facts);
	failure = connect_keep(c, attempts.winner);
	if (failure == FAILURE_NONE)
		*fd = attempts.winner;
	else
		close(attempts.winner);
	return failure;
}

const char *
connect_mosh_address(const struct connect *c)
{
	return c->mosh_host[0] != '\0' ? c->mosh_host : c->reached;
}
