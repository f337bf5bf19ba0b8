#include "remote.h"

#include <sys/socket.h>

#include <errno.h>
#include <libssh2.h>
#include <limits.h>
#include <malloc.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../shim/lib/clock.h"
#include "../../shim/lib/frame.h"
#include "../mosh.h"
#include "../sshkey.h"
#include "kexinit.h"
#include "reply.h"

#define ADDRESSES_MAX 16
/* Less than what is kept of the noise, by "MOSH CONNECT 65535 " and a key. */
#define DETAIL_CHARS ((size_t)150)
/*
 * So many fingerprints of known host keys are told that the line still fits
 * into 1 KiB, where some syslogs cut it.
 */
#define KNOWN_TOLD_MAX 6
/* Between the starts of two attempts to connect: RFC 8305, section 5. */
#define ATTEMPT_DELAY_MS 250
/* All the steps together may take as long as this many of them. */
#define STEPS_PER_LOGIN 3
/*
 * What the remote may send: until it has let the gateway in, for one command,
 * and between two of them.  More than the longest answer, since it may say
 * what is no part of that.
 */
#define LINES_MAX_BYTES ((size_t)64 * 1024) /* before its version */
#define LOGIN_MAX_BYTES ((size_t)1024 * 1024)
#define COMMAND_ANSWER_MAX_BYTES ((size_t)16 * 1024 * 1024)
#define IDLE_MAX_BYTES ((size_t)1024 * 1024)
/* libssh2 keeps each packet that nobody asks for. */
#define MEMORY_MAX_BYTES ((size_t)32 * 1024 * 1024)
#define SAID_CHARS 200

struct address {
	struct sockaddr_storage sockaddr;
	socklen_t len;
};

struct remote {
	const struct config *config;
	const char *user;
	int parent_fd;
	int fd;
	int64_t end_ms; /* of all steps together; 0: not limited */
	struct address addresses[ADDRESSES_MAX];
	size_t addresses_count;
	char address[REMOTE_ADDRESS_BYTES];
	char mosh_address[REMOTE_ADDRESS_BYTES];
	LIBSSH2_SESSION *session;
	LIBSSH2_CHANNEL *channel;
	LIBSSH2_CHANNEL *ended; /* the loop's, after its last command */
	remote_signer *sign;
	void *sign_context;
	bool has_signed; /* the remote has had what proves who comes */
	const char *step;
	/* how long and how much may be read in this step; what is in use */
	int64_t step_end_ms;
	size_t left_bytes, lines_bytes, memory_bytes;
	uint64_t received; /* how many times there was something to read */
	enum remote_result gave_up; /* why no more is read, or REMOTE_OK */
	bool closed;                /* by the remote */
	unsigned char *first;       /* what it sent first, in the handshake */
	size_t first_len;
	char *asked[KEXINIT_KINDS]; /* for algorithms, where not for all */
	char said[SAID_CHARS + 1];  /* when it disconnected */
	char detail[REMOTE_DETAIL_BYTES];
	char remedy[REMOTE_REMEDY_BYTES]; /* "": the usual one */
};

/* The algorithms that libssh2 is asked for. */
static const struct {
	int method;
	const char *setting;
} algorithms[KEXINIT_KINDS] = {
	[KEXINIT_KEX] = { LIBSSH2_METHOD_KEX, "kex" },
	[KEXINIT_HOST_KEY] = { LIBSSH2_METHOD_HOSTKEY, "host_key_algorithms" },
	[KEXINIT_CIPHER_OUT] = { LIBSSH2_METHOD_CRYPT_CS, "ciphers" },
	[KEXINIT_CIPHER_IN] = { LIBSSH2_METHOD_CRYPT_SC, "ciphers" },
	[KEXINIT_MAC_OUT] = { LIBSSH2_METHOD_MAC_CS, "macs" },
	[KEXINIT_MAC_IN] = { LIBSSH2_METHOD_MAC_SC, "macs" },
	[KEXINIT_COMPRESSION_OUT] = { LIBSSH2_METHOD_COMP_CS, "" },
	[KEXINIT_COMPRESSION_IN] = { LIBSSH2_METHOD_COMP_SC, "" },
};

static const struct {
	const char *reason, *sentence, *remedy;
} words[] = {
	[REMOTE_OK] = { "ok", "Connected.", "" },
	[REMOTE_UNRESOLVED] = { "unresolved",
	    "The gateway cannot find the address of the remote server.",
	    "check [remote] host, and DNS on the gateway" },
	[REMOTE_UNREACHABLE] = { "unreachable",
	    "The remote server cannot be reached from the gateway.",
	    "check that the remote is up, its sshd runs, and it does not "
	    "block the gateway (PerSourcePenaltyExemptList, fail2ban "
	    "ignoreip)" },
	[REMOTE_NO_COMMON] = { "no-common-algorithm",
	    "The gateway and the remote server have no algorithm in common.",
	    "compare ciphers, macs, kex and host_key_algorithms with the "
	    "remote's \"sshd -T\"" },
	[REMOTE_HOST_KEY] = { "host-key",
	    "The remote server's host key is not the one the gateway knows; "
	    "the administrator must look into it.",
	    "see that it is the remote at all that answers there" },
	[REMOTE_HOST_KEY_UNKNOWN] = { "host-key",
	    "The gateway does not know the remote server's host key; the "
	    "administrator must look into it.",
	    "put the remote's host key into known_hosts" },
	[REMOTE_HOST_KEY_REVOKED] = { "host-key",
	    "The remote server's host key has been revoked; the administrator "
	    "must look into it.",
	    "give the remote a new host key" },
	[REMOTE_HOST_KEY_ONLY_CA] = { "host-key",
	    "The gateway knows no host key of the remote server, only who "
	    "certifies it, which is not enough; the administrator must look "
	    "into it.",
	    "put the remote's host key into known_hosts" },
	[REMOTE_REFUSED] = { "refused",
	    "The remote server does not let the gateway in as this user.",
	    "put the gateway's public key into this user's authorized_keys "
	    "on the remote, and check the remote's sshd log" },
	[REMOTE_NO_SHELL] = { "no-shell",
	    "The remote server does not run commands for this user.",
	    "run \"ssh USER@REMOTE true\" from elsewhere: the login shell or "
	    "its start-up files end the session" },
	[REMOTE_LOST] = { "lost",
	    "The connection between the gateway and the remote server broke.",
	    "try again; if it happens every time, see the remote's sshd log" },
	[REMOTE_TIMEOUT] = { "timeout",
	    "The remote server did not answer in time.",
	    "check the link to the remote; connect_timeout in [remote] is "
	    "what one step may take" },
	[REMOTE_TOO_BIG] = { "too-big",
	    "The remote server's answer was too long.",
	    "authorized_keys may have 1 MiB, what the login shell's "
	    "start-up files print 1 MiB" },
	[REMOTE_ABANDONED] = { "abandoned", "The login was given up.", "" },
	[REMOTE_INTERNAL] = { "internal",
	    "The gateway could not connect to the remote server.",
	    "see the detail" },
};

const char *
remote_reason(enum remote_result result)
{
	return words[result].reason;
}

const char *
remote_sentence(enum remote_result result)
{
	return words[result].sentence;
}

const char *
remote_remedy(const struct remote *r, enum remote_result result)
{
	return r->remedy[0] != '\0' ? r->remedy : words[result].remedy;
}

const char *
remote_detail(const struct remote *r)
{
	return r->detail;
}

const char *
remote_address(const struct remote *r)
{
	return r->address;
}

const char *
remote_mosh_address(const struct remote *r)
{
	return r->mosh_address[0] != '\0' ? r->mosh_address : r->address;
}

int
remote_fd(const struct remote *r)
{
	return r->fd;
}

static void __attribute__((format(printf, 2, 3)))
set_detail(struct remote *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->detail, sizeof(r->detail), format, args);
	va_end(args);
}

static void __attribute__((format(printf, 2, 3)))
add_detail(struct remote *r, const char *format, ...)
{
	const size_t used = strlen(r->detail);
	va_list args;

	va_start(args, format);
	vsnprintf(r->detail + used, sizeof(r->detail) - used, format, args);
	va_end(args);
}

/* The remedy is not the usual one of a result, but this. */
static void __attribute__((format(printf, 2, 3)))
add_remedy(struct remote *r, const char *format, ...)
{
	const size_t used = strlen(r->remedy);
	va_list args;

	va_start(args, format);
	vsnprintf(r->remedy + used, sizeof(r->remedy) - used, format, args);
	va_end(args);
}

/* Read no more, because of RESULT: what the remote sends, it does as WHY. */
static void
give_up(struct remote *r, enum remote_result result, const char *why)
{
	if (r->gave_up != REMOTE_OK)
		return;
	r->gave_up = result;
	set_detail(r, "%s: what the remote sends %s", r->step, why);
}

/* The detail is what libssh2 says of its last error. */
static void
set_detail_ssh(struct remote *r)
{
	char *message = NULL;
	int error = libssh2_session_last_error(r->session, &message, NULL, 0);

	set_detail(r, "%s: %s (%d)%s%s", r->step,
	    message != NULL ? message : "", error,
	    r->said[0] != '\0' ? "; the remote said: " : "", r->said);
}

/* True if the peer has closed its end of the connection. */
static bool
peer_closed(const struct remote *r)
{
	char byte;
	ssize_t got;

	if (r->closed)
		return true;
	got = recv(r->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

/*
 * Why libssh2 has failed in this step: OTHERWISE, if neither the remote nor this
 * side has ended the connection.
 */
static enum remote_result
why_failed(struct remote *r, enum remote_result otherwise)
{
	if (r->gave_up != REMOTE_OK)
		return r->gave_up;
	set_detail_ssh(r);
	return peer_closed(r) ? REMOTE_LOST : otherwise;
}

struct remote *
remote_new(const struct config *config, const char *user, int parent_fd)
{
	struct remote *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->config = config;
	r->user = user;
	r->parent_fd = parent_fd;
	r->fd = -1;
	r->end_ms = clock_now_ms() +
	    (int64_t)config->connect_timeout_s * 1000 * STEPS_PER_LOGIN;
	return r;
}

void
remote_free(struct remote *r)
{
	if (r == NULL)
		return;
	if (r->session != NULL) {
		/* Not asked but told: nothing here may wait, or read on. */
		if (r->gave_up == REMOTE_OK)
			r->gave_up = REMOTE_ABANDONED;
		if (r->fd >= 0)
			libssh2_session_disconnect(r->session, "done");
		if (r->channel != NULL)
			libssh2_channel_free(r->channel);
		if (r->ended != NULL)
			libssh2_channel_free(r->ended);
		libssh2_session_free(r->session);
	}
	if (r->fd >= 0)
		close(r->fd);
	for (size_t i = 0; i < KEXINIT_KINDS; i++)
		free(r->asked[i]);
	free(r->first);
	free(r);
}

/* STEP begins.  Returns when it must be over. */
static int64_t
begin_step(struct remote *r, const char *step)
{
	const int64_t end_ms = clock_now_ms() +
	    (int64_t)r->config->connect_timeout_s * 1000;

	r->step = step;
	r->step_end_ms = r->end_ms != 0 && r->end_ms < end_ms ? r->end_ms
							      : end_ms;
	return r->step_end_ms;
}

/*
 * Wait until one of the COUNT sockets at FDS is ready (whose last one must be
 * free for the parent's), or END_MS has come.
 */
static enum remote_result
wait_fds(struct remote *r, struct pollfd *fds, nfds_t count, int64_t end_ms)
{
	fds[count - 1] = (struct pollfd){ .fd = r->parent_fd };
	for (;;) {
		int64_t left_ms = end_ms - clock_now_ms();
		int ready;

		if (left_ms <= 0)
			return REMOTE_TIMEOUT;
		ready = poll(fds, count,
		    (int)(left_ms < INT_MAX ? left_ms : INT_MAX));
		if (ready < 0 && errno != EINTR)
			return REMOTE_INTERNAL;
		if (ready > 0)
			return fds[count - 1].revents != 0 ? REMOTE_ABANDONED
							   : REMOTE_OK;
	}
}

/* Wait for what libssh2 waits for. */
static enum remote_result
wait_session(struct remote *r, int64_t end_ms)
{
	const int directions = libssh2_session_block_directions(r->session);
	struct pollfd fds[2] = { { .fd = r->fd } };
	enum remote_result result;

	if ((directions & LIBSSH2_SESSION_BLOCK_OUTBOUND) != 0)
		fds[0].events |= POLLOUT;
	if ((directions & LIBSSH2_SESSION_BLOCK_INBOUND) != 0 ||
	    fds[0].events == 0)
		fds[0].events |= POLLIN;
	result = wait_fds(r, fds, 2, end_ms);
	if (result == REMOTE_TIMEOUT)
		set_detail(r, "%s: the remote does not answer", r->step);
	return result;
}

/* Resolve HOST; *FOUND is for freeaddrinfo(). */
static enum remote_result
resolve(struct remote *r, const char *host, struct addrinfo **found)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM };
	char port[8];
	int error;

	snprintf(port, sizeof(port), "%d", r->config->port);
	error = getaddrinfo(host, port, &hints, found);
	if (error == 0)
		return REMOTE_OK;
	set_detail(r, "%s: %s", host,
	    error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
	return REMOTE_UNRESOLVED;
}

/*
 * Add to the addresses, from FOUND, those that turn the order into one that
 * changes its family each time: RFC 8305, section 4.
 */
static void
interleave(struct remote *r, const struct addrinfo *found)
{
	const int first = found->ai_family;
	const struct addrinfo *next[2] = { found, found };
	int which = 0;

	while (r->addresses_count < ADDRESSES_MAX) {
		struct address *to = &r->addresses[r->addresses_count];
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
		if (a->ai_addrlen > sizeof(to->sockaddr))
			continue;
		memcpy(&to->sockaddr, a->ai_addr, a->ai_addrlen);
		to->len = a->ai_addrlen;
		r->addresses_count++;
	}
}

static bool
print_address(const void *sockaddr, socklen_t len, char *out)
{
	return getnameinfo(sockaddr, len, out, REMOTE_ADDRESS_BYTES, NULL, 0,
		   NI_NUMERICHOST) == 0;
}

enum remote_result
remote_resolve(struct remote *r)
{
	struct addrinfo *found = NULL;
	enum remote_result result;

	result = resolve(r, r->config->host, &found);
	if (result != REMOTE_OK)
		return result;
	interleave(r, found);
	freeaddrinfo(found);
	if (r->config->mosh_host[0] == '\0')
		return REMOTE_OK;
	result = resolve(r, r->config->mosh_host, &found);
	if (result != REMOTE_OK)
		return result;
	if (!print_address(found->ai_addr, found->ai_addrlen, r->mosh_address))
		result = REMOTE_UNRESOLVED;
	freeaddrinfo(found);
	return result;
}

static int
start_connect(const struct address *address)
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

/* Remember why the address of index I was not reached. */
static void
note_failed(struct remote *r, size_t i, int error)
{
	char address[REMOTE_ADDRESS_BYTES];
	const size_t used = strlen(r->detail);

	if (!print_address(&r->addresses[i].sockaddr, r->addresses[i].len,
		address))
		return;
	snprintf(r->detail + used, sizeof(r->detail) - used, "%s%s port %d: %s",
	    used > 0 ? "; " : "", address, r->config->port, strerror(error));
}

/*
 * Keep the connection FD.  A peer that went silent is noticed in half a
 * minute, so that a login does not wait for it.
 */
static enum remote_result
keep_connection(struct remote *r, int fd)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);
	const int on = 1, idle_s = 15, interval_s = 5, probes = 3;

	r->fd = fd;
	r->detail[0] = '\0';
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s,
	    sizeof(interval_s));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
	if (getpeername(fd, (struct sockaddr *)&peer, &len) < 0 ||
	    !print_address(&peer, len, r->address))
		return REMOTE_UNREACHABLE;
	return REMOTE_OK;
}

/* What has become of the attempts to connect: one for each address. */
struct race {
	int fds[ADDRESSES_MAX];
	size_t started, failed;
	int winner; /* the socket that connected, or -1 */
};

static void
race_start_next(struct remote *r, struct race *race)
{
	const size_t i = race->started++;

	race->fds[i] = start_connect(&r->addresses[i]);
	if (race->fds[i] < 0) {
		note_failed(r, i, errno);
		race->failed++;
	}
}

/* Wait until UNTIL_MS, or until an attempt succeeds or fails. */
static enum remote_result
race_wait(struct remote *r, struct race *race, int64_t until_ms)
{
	struct pollfd fds[ADDRESSES_MAX + 1];
	enum remote_result result;

	for (size_t i = 0; i < race->started; i++)
		fds[i] = (struct pollfd){ .fd = race->fds[i],
			.events = POLLOUT };
	result = wait_fds(r, fds, (nfds_t)(race->started + 1), until_ms);
	if (result != REMOTE_OK)
		return result;
	for (size_t i = 0; i < race->started && race->winner < 0; i++) {
		int error = 0;
		socklen_t len = sizeof(error);

		if (race->fds[i] < 0 || fds[i].revents == 0)
			continue;
		if (getsockopt(race->fds[i], SOL_SOCKET, SO_ERROR, &error,
			&len) < 0)
			error = errno;
		if (error == 0) {
			race->winner = race->fds[i];
			race->fds[i] = -1;
		} else {
			note_failed(r, i, error);
			close(race->fds[i]);
			race->fds[i] = -1;
			race->failed++;
		}
	}
	return REMOTE_OK;
}

enum remote_result
remote_connect(struct remote *r)
{
	const int64_t end_ms = begin_step(r, "connect");
	struct race race = { .winner = -1 };
	enum remote_result result = REMOTE_UNREACHABLE;
	int64_t next_ms = clock_now_ms();

	while (race.winner < 0 && race.failed < r->addresses_count) {
		const bool more = race.started < r->addresses_count;
		int64_t until_ms;

		/* the next starts when its time has come, or none is left */
		if (more &&
		    (clock_now_ms() >= next_ms ||
			race.failed == race.started)) {
			race_start_next(r, &race);
			next_ms = clock_now_ms() + ATTEMPT_DELAY_MS;
			continue;
		}
		until_ms = more && next_ms < end_ms ? next_ms : end_ms;
		result = race_wait(r, &race, until_ms);
		if (result == REMOTE_TIMEOUT && until_ms < end_ms)
			continue;
		if (result != REMOTE_OK)
			break;
	}
	for (size_t i = 0; i < race.started; i++) {
		if (race.fds[i] >= 0) {
			if (result == REMOTE_TIMEOUT)
				note_failed(r, i, ETIMEDOUT);
			close(race.fds[i]);
		}
	}
	if (race.winner >= 0)
		return keep_connection(r, race.winner);
	return result == REMOTE_ABANDONED ? result : REMOTE_UNREACHABLE;
}

/*
 * libssh2's ways to get memory: no more than it may have.
 */

static bool
may_take(const struct remote *r, size_t count)
{
	return r->memory_bytes < MEMORY_MAX_BYTES &&
	    count < MEMORY_MAX_BYTES - r->memory_bytes;
}

static void *
allocate(size_t count, void **abstract)
{
	struct remote *r = *abstract;
	void *memory = NULL;

	if (may_take(r, count))
		memory = malloc(count);
	if (memory != NULL)
		r->memory_bytes += malloc_usable_size(memory);
	else
		give_up(r, REMOTE_TOO_BIG, "takes too much memory");
	return memory;
}

static void
release(void *memory, void **abstract)
{
	struct remote *r = *abstract;

	r->memory_bytes -= malloc_usable_size(memory);
	free(memory);
}

static void *
reallocate(void *memory, size_t count, void **abstract)
{
	struct remote *r = *abstract;
	const size_t old = memory != NULL ? malloc_usable_size(memory) : 0;
	void *more = NULL;

	if (may_take(r, count))
		more = realloc(memory, count);
	if (more != NULL)
		r->memory_bytes += malloc_usable_size(more) - old;
	else
		give_up(r, REMOTE_TOO_BIG, "takes too much memory");
	return more;
}

/*
 * libssh2's way to read, over and over in one call while there is something:
 * so the limits of a step are kept here.  Acknowledges at once, since the
 * remote's Nagle algorithm would wait for that.
 */
static ssize_t
receive(libssh2_socket_t fd, void *buffer, size_t len, int flags,
    void **abstract)
{
	struct remote *r = *abstract;
	const int on = 1;
	ssize_t got;

	if (clock_now_ms() >= r->step_end_ms)
		give_up(r, REMOTE_TIMEOUT, "takes too long");
	/* only lines are read byte by byte, which is slow */
	if (r->left_bytes == 0 ||
	    (len == 1 && r->lines_bytes++ >= LINES_MAX_BYTES))
		give_up(r, REMOTE_TOO_BIG, "is too much");
	if (r->gave_up != REMOTE_OK)
		return -ECONNABORTED;
	got = recv(fd, buffer, len < r->left_bytes ? len : r->left_bytes,
	    flags);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return -EAGAIN;
	if (got <= 0) {
		r->closed = true;
		return got < 0 ? -errno : 0;
	}
	r->left_bytes -= (size_t)got;
	r->received++;
	if (r->first != NULL &&
	    (size_t)got <= KEXINIT_MAX_BYTES - r->first_len) {
		memcpy(r->first + r->first_len, buffer, (size_t)got);
		r->first_len += (size_t)got;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
	return got;
}

/* libssh2's way to tell why the remote disconnects. */
static void
disconnected(LIBSSH2_SESSION *session, int reason, const char *message,
    int message_len, const char *language, int language_len, void **abstract)
{
	struct remote *r = *abstract;

	(void)session;
	(void)reason;
	(void)language;
	(void)language_len;
	r->closed = true;
	if (message != NULL)
		snprintf(r->said, sizeof(r->said), "%.*s", message_len,
		    message);
}

static bool
new_session(struct remote *r)
{
	r->left_bytes = LOGIN_MAX_BYTES;
	r->first = malloc(KEXINIT_MAX_BYTES);
	r->session = libssh2_session_init_ex(allocate, release, reallocate, r);
	if (r->first == NULL || r->session == NULL)
		return false;
	libssh2_session_set_blocking(r->session, 0);
#if LIBSSH2_VERSION_NUM >= 0x010b01
	libssh2_session_callback_set2(r->session, LIBSSH2_CALLBACK_RECV,
	    (libssh2_cb_generic *)receive);
	libssh2_session_callback_set2(r->session, LIBSSH2_CALLBACK_DISCONNECT,
	    (libssh2_cb_generic *)disconnected);
#else
	libssh2_session_callback_set(r->session, LIBSSH2_CALLBACK_RECV,
	    (void *)receive);
	libssh2_session_callback_set(r->session, LIBSSH2_CALLBACK_DISCONNECT,
	    (void *)disconnected);
#endif
	return true;
}

/*
 * Write to OUT (SIZE bytes) which algorithms of KIND are asked for, and known
 * to libssh2; or with ALL, those that it knows.
 */
static void
our_algorithms(struct remote *r, enum kexinit_kind kind, bool all, char *out,
    size_t size)
{
	const char **known = NULL;
	const int count = libssh2_session_supported_algs(r->session,
	    algorithms[kind].method, &known);

	kexinit_select(all || r->asked[kind] == NULL ? "" : r->asked[kind],
	    known, count > 0 ? (size_t)count : 0, out, size);
	if (count > 0)
		libssh2_free(r->session, known);
}

/* Ask for NAMES alone; if there are any, one of them must be known. */
static bool
prefer(struct remote *r, int method, const char *names)
{
	enum kexinit_kind kind = KEXINIT_KEX;
	char known[1024];

	if (names[0] == '\0')
		return true;
	while (algorithms[kind].method != method)
		kind++;
	free(r->asked[kind]);
	r->asked[kind] = strdup(names);
	/* libssh2 1.10 garbles a list out of which it takes a name */
	our_algorithms(r, kind, false, known, sizeof(known));
	if (known[0] != '\0' &&
	    libssh2_session_method_pref(r->session, method, known) == 0)
		return true;
	our_algorithms(r, kind, true, known, sizeof(known));
	if (kind == KEXINIT_HOST_KEY &&
	    r->config->host_key_algorithms[0] == '\0')
		set_detail(r,
		    "known_hosts has keys for %.512s, none of which the "
		    "gateway's libssh2 knows; it has %s",
		    names, known);
	else
		set_detail(r,
		    "%s: the gateway's libssh2 knows none of %.512s; it has %s",
		    algorithms[kind].setting, names, known);
	return false;
}

/*
 * Which host key algorithms are asked for: those that host_key_algorithms has,
 * or else all, as far as there is a key on file that can answer.
 */
static enum remote_result
choose_host_keys(struct remote *r, const struct hostkeys *keys, char *names,
    size_t size)
{
	const struct config *c = r->config;
	char on_file[512], path[HOSTKEY_PATH_BYTES];

	if (!c->verify_host_key || !hostkey_any(keys)) {
		snprintf(names, size, "%s", c->host_key_algorithms);
		return REMOTE_OK;
	}
	hostkey_algorithms(keys, c->host_key_algorithms, names, size);
	if (names[0] != '\0')
		return REMOTE_OK;
	hostkey_algorithms(keys, "", on_file, sizeof(on_file));
	hostkey_path(c->known_hosts, 0, path, sizeof(path));
	set_detail(r,
	    "host_key_algorithms asks for %s alone, but the host keys on file "
	    "are for %s",
	    c->host_key_algorithms, on_file);
	add_remedy(r,
	    "change host_key_algorithms in [remote] or take it out, or put a "
	    "host key of the remote's that it asks for into %s",
	    path);
	return REMOTE_NO_COMMON;
}

/* Say which algorithms are asked for. */
static enum remote_result
set_algorithms(struct remote *r, const struct hostkeys *keys)
{
	const struct config *c = r->config;
	char host_keys[1024];
	enum remote_result result;

	result = choose_host_keys(r, keys, host_keys, sizeof(host_keys));
	if (result != REMOTE_OK)
		return result;
	if (prefer(r, LIBSSH2_METHOD_HOSTKEY, host_keys) &&
	    prefer(r, LIBSSH2_METHOD_KEX, c->kex) &&
	    prefer(r, LIBSSH2_METHOD_CRYPT_CS, c->ciphers) &&
	    prefer(r, LIBSSH2_METHOD_CRYPT_SC, c->ciphers) &&
	    prefer(r, LIBSSH2_METHOD_MAC_CS, c->macs) &&
	    prefer(r, LIBSSH2_METHOD_MAC_SC, c->macs))
		return REMOTE_OK;
	return REMOTE_NO_COMMON;
}

/*
 * Add to the detail the fingerprints of the keys on file: first those of KIND,
 * or, with OTHERS, those of all other kinds.  COUNT are there already.
 */
static size_t
add_known(struct remote *r, const struct hostkeys *keys, const char *kind,
    bool others, size_t count)
{
	for (size_t i = 0; i < keys->count; i++) {
		const struct hostkey *key = &keys->keys[i];
		const char *its_kind = sshkey_kind(key->blob, key->len);
		char known[SSHKEY_FINGERPRINT_BYTES];

		if (key->mark != HOSTKEY_PLAIN ||
		    (strcmp(its_kind, kind) == 0) == others)
			continue;
		if (count++ >= KNOWN_TOLD_MAX)
			continue;
		sshkey_fingerprint(key->blob, key->len, known);
		add_detail(r, "%s %s (%s)", count > 1 ? "," : "", known,
		    its_kind);
	}
	return count;
}

/*
 * Say which host key of KIND was SHOWN, what is wrong with it, and which are
 * known.
 */
static void
tell_host_keys(struct remote *r, const struct hostkeys *keys, const char *kind,
    const char *shown, enum hostkey_result result)
{
	static const char *const verdicts[] = {
		[HOSTKEY_UNKNOWN] = "is not in known_hosts",
		[HOSTKEY_CHANGED] = "is not the one in known_hosts",
		[HOSTKEY_IS_REVOKED] = "is marked as revoked in known_hosts",
		[HOSTKEY_ONLY_CA] = "cannot be checked: known_hosts has only a "
				    "certificate authority for this host",
	};
	size_t count;

	set_detail(r, "the host key %s (%s) %s; known:", shown, kind,
	    verdicts[result]);
	count = add_known(r, keys, kind, false, 0);
	count = add_known(r, keys, kind, true, count);
	if (count == 0)
		add_detail(r, " none");
	else if (count > KNOWN_TOLD_MAX)
		add_detail(r, " and %zu more", count - KNOWN_TOLD_MAX);
}

/* Say by which commands the host keys on file are taken out. */
static void
add_removal(struct remote *r, const struct hostkeys *keys)
{
	char path[HOSTKEY_PATH_BYTES], name[HOSTKEY_NAME_BYTES];

	hostkey_name(r->config->host, r->config->port, name);
	for (size_t file = 0;; file++) {
		bool is_there = false;

		hostkey_path(r->config->known_hosts, file, path, sizeof(path));
		if (path[0] == '\0')
			return;
		for (size_t i = 0; i < keys->count; i++)
			is_there |= keys->keys[i].file == file &&
			    keys->keys[i].mark == HOSTKEY_PLAIN;
		if (is_there)
			add_remedy(r,
			    name[0] == '[' /* a pattern, for a shell */
				? "\"ssh-keygen -R '%s' -f %s\", then "
				: "\"ssh-keygen -R %s -f %s\", then ",
			    name, path);
	}
}

/* Say how the administrator finds out about a host key of KIND, and pins it. */
static void
advise(struct remote *r, const struct hostkeys *keys, const char *kind,
    enum hostkey_result result)
{
	char path[HOSTKEY_PATH_BYTES], host[HOSTKEY_NAME_BYTES];

	add_remedy(r,
	    "compare its fingerprint with what \"ssh-keygen -lf "
	    "/etc/ssh/ssh_host_%s_key.pub\" says on the remote; ",
	    kind);
	if (result == HOSTKEY_IS_REVOKED) {
		add_remedy(r,
		    "if it is the same, give the remote a new host key, for "
		    "this one has been revoked: find out why");
		return;
	}
	hostkey_path(r->config->known_hosts, 0, path, sizeof(path));
	hostkey_name(r->config->host, 22, host);
	add_remedy(r, "only if it is the same, ");
	if (result == HOSTKEY_CHANGED)
		add_removal(r, keys);
	add_remedy(r, "\"ssh-keyscan -p %d -t %s %s >>%s\"", r->config->port,
	    kind, host, path);
	if (result == HOSTKEY_ONLY_CA)
		add_remedy(r,
		    ": the gateway checks host keys, not certificates");
}

static enum remote_result
check_host_key(struct remote *r, const struct hostkeys *keys)
{
	char shown[SSHKEY_FINGERPRINT_BYTES];
	enum hostkey_result result;
	const unsigned char *blob;
	const char *kind;
	size_t len;
	int type;

	blob = (const unsigned char *)libssh2_session_hostkey(r->session, &len,
	    &type);
	if (blob == NULL) {
		set_detail(r, "the remote shows no host key");
		return REMOTE_HOST_KEY;
	}
	result = hostkey_check(keys, blob, len);
	if (result == HOSTKEY_OK || !r->config->verify_host_key)
		return REMOTE_OK;
	sshkey_fingerprint(blob, len, shown);
	kind = sshkey_kind(blob, len);
	tell_host_keys(r, keys, kind, shown, result);
	advise(r, keys, kind, result);
	switch (result) {
	case HOSTKEY_UNKNOWN:
		return REMOTE_HOST_KEY_UNKNOWN;
	case HOSTKEY_IS_REVOKED:
		return REMOTE_HOST_KEY_REVOKED;
	case HOSTKEY_ONLY_CA:
		return REMOTE_HOST_KEY_ONLY_CA;
	default:
		return REMOTE_HOST_KEY;
	}
}

/* Did the handshake fail because there is no algorithm in common? */
static bool
nothing_in_common(struct remote *r)
{
	char names[KEXINIT_KINDS][1024];
	const char *ours[KEXINIT_KINDS];
	enum kexinit_kind kind;
	struct kexinit offer;

	if (!kexinit_find(r->first, r->first_len, &offer))
		return false;
	for (unsigned i = 0; i < KEXINIT_KINDS; i++) {
		our_algorithms(r, i, false, names[i], sizeof(names[i]));
		ours[i] = names[i];
	}
	kind = kexinit_missing(&offer, ours);
	if (kind == KEXINIT_KINDS)
		return false;
	kexinit_explain(&offer, kind, ours[kind], r->detail, sizeof(r->detail));
	return true;
}

/* Has it said that it speaks SSH?  If it said anything else, that may be why. */
static bool
said_version(struct remote *r)
{
	const char *line = libssh2_session_banner_get(r->session);

	if (line == NULL)
		return false;
	if (strncmp(line, "SSH-", 4) == 0)
		return true;
	snprintf(r->said, sizeof(r->said), "%s", line);
	return false;
}

/* Why the handshake failed, from libssh2's ERROR. */
static enum remote_result
handshake_result(struct remote *r, int error)
{
	char shown[SSHKEY_FINGERPRINT_BYTES];
	const unsigned char *blob;
	bool version;
	size_t len;
	int type;

	if (r->gave_up != REMOTE_OK)
		return r->gave_up;
	if (nothing_in_common(r))
		return REMOTE_NO_COMMON;
	version = said_version(r);
	set_detail_ssh(r);
	if (peer_closed(r))
		return version ? REMOTE_LOST : REMOTE_UNREACHABLE;
	switch (error) {
	case LIBSSH2_ERROR_METHOD_NONE:
	case LIBSSH2_ERROR_METHOD_NOT_SUPPORTED:
		return REMOTE_NO_COMMON;
	case LIBSSH2_ERROR_HOSTKEY_INIT:
	case LIBSSH2_ERROR_HOSTKEY_SIGN:
	case LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE:
		/* libssh2 doesn't tell what else may have gone wrong */
		blob = (const unsigned char *)
		    libssh2_session_hostkey(r->session, &len, &type);
		if (blob == NULL)
			return REMOTE_LOST;
		sshkey_fingerprint(blob, len, shown);
		set_detail(r,
		    "the remote shows the host key %s, but has not proven to "
		    "have it",
		    shown);
		return REMOTE_HOST_KEY;
	default:
		return REMOTE_LOST;
	}
}

enum remote_result
remote_handshake(struct remote *r, const struct hostkeys *keys)
{
	const int64_t end_ms = begin_step(r, "handshake");
	enum remote_result result;
	int error;

	if (!new_session(r))
		return REMOTE_INTERNAL;
	result = set_algorithms(r, keys);
	if (result != REMOTE_OK)
		return result;
	while ((error = libssh2_session_handshake(r->session, r->fd)) ==
	    LIBSSH2_ERROR_EAGAIN) {
		result = wait_session(r, end_ms);
		if (result != REMOTE_OK)
			return result;
	}
	if (error != 0)
		return handshake_result(r, error);
	free(r->first);
	r->first = NULL;
	return check_host_key(r, keys);
}

/* libssh2's way to sign. */
static int
sign_callback(LIBSSH2_SESSION *session, unsigned char **signature,
    size_t *signature_len, const unsigned char *data, size_t len,
    void **abstract)
{
	struct remote *r = *abstract;
	void *memory_of = r;
	unsigned char *made = allocate(crypto_sign_BYTES, &memory_of);

	(void)session;
	if (made == NULL)
		return -1;
	if (!r->sign(r->sign_context, data, len, made)) {
		release(made, &memory_of);
		return -1;
	}
	*signature = made;
	*signature_len = crypto_sign_BYTES;
	r->has_signed = true;
	return 0;
}

enum remote_result
remote_authenticate(struct remote *r, const unsigned char *blob, size_t len,
    remote_signer *sign, void *context)
{
	const int64_t end_ms = begin_step(r, "publickey");
	enum remote_result result;
	void *abstract = r;
	int error;

	r->sign = sign;
	r->sign_context = context;
	while ((error = libssh2_userauth_publickey(r->session, r->user, blob,
		    len, sign_callback, &abstract)) == LIBSSH2_ERROR_EAGAIN) {
		result = wait_session(r, end_ms);
		if (result != REMOTE_OK)
			return result;
	}
	switch (error) {
	case 0:
		return REMOTE_OK;
	case LIBSSH2_ERROR_AUTHENTICATION_FAILED:
	case LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED:
		result = why_failed(r, REMOTE_REFUSED);
		break;
	default:
		result = why_failed(r, REMOTE_LOST);
		break;
	}
	/* on an account that PAM does not let in sshd hangs up without a word */
	if (result == REMOTE_LOST && r->has_signed && r->said[0] == '\0')
		return REMOTE_REFUSED;
	return result;
}

/*
 * The loop.  IFS is empty so that a variable is one word without quotes.  A
 * reply stands between two lines with a mark that nobody can guess, since the
 * login shell's start-up files may print anything before.  hash -r, because
 * programs may have moved since the last command.
 */
static const char loop[] =
    "exec /bin/sh -c '"
    "IFS=;set -f;"
    "r(){ echo $n-begin;hash -r;eval $c </dev/null;s=$?;echo;echo $n-end $s;};"
    "f(){ %s;};"
    "n=%s;c=f;r;"
    "while read -r n&&read -r c;do r;done'";

/*
 * What may be on its way to a relay: at 200 ms, more than TCP has room for.  As
 * much is kept here at the most when nobody takes it.
 */
#define RELAY_WINDOW_BYTES (16 * 1024 * 1024)

/* The same for a terminal, at which somebody may press Ctrl-C meanwhile. */
#define TERMINAL_WINDOW_BYTES (1024 * 1024)

/* Open the channel, with what it writes to stderr as in STDERR_IS. */
static enum remote_result
open_channel(struct remote *r, unsigned window_bytes, int stderr_is)
{
	const int64_t end_ms = begin_step(r, "channel");
	enum remote_result result;

	while ((r->channel = libssh2_channel_open_ex(r->session, "session",
		    sizeof("session") - 1, window_bytes,
		    LIBSSH2_CHANNEL_PACKET_DEFAULT, NULL, 0)) == NULL) {
		if (libssh2_session_last_errno(r->session) !=
		    LIBSSH2_ERROR_EAGAIN)
			return why_failed(r, REMOTE_NO_SHELL);
		result = wait_session(r, end_ms);
		if (result != REMOTE_OK)
			return result;
	}
	libssh2_channel_handle_extended_data2(r->channel, stderr_is);
	return REMOTE_OK;
}

/*
 * Requests on a fresh channel
 */

typedef int channel_request(LIBSSH2_CHANNEL *channel,
    const struct remote_start *start);

static int
request_terminal(LIBSSH2_CHANNEL *channel, const struct remote_start *start)
{
	return libssh2_channel_request_pty_ex(channel, start->term,
	    (unsigned)strlen(start->term), (const char *)start->modes,
	    (unsigned)start->modes_len, start->size.columns, start->size.rows,
	    start->size.xpixels, start->size.ypixels);
}

static int
request_variable(LIBSSH2_CHANNEL *channel, const struct remote_start *start)
{
	return libssh2_channel_setenv_ex(channel, start->name,
	    (unsigned)strlen(start->name), start->value,
	    (unsigned)strlen(start->value));
}

static int
request_start(LIBSSH2_CHANNEL *channel, const struct remote_start *start)
{
	return libssh2_channel_process_startup(channel, start->request,
	    (unsigned)strlen(start->request), start->what,
	    start->what != NULL ? (unsigned)strlen(start->what) : 0);
}

#define REQUESTS_MAX 3

/* The requests that START calls for, in their order; returns how many. */
static size_t
list_requests(const struct remote_start *start,
    channel_request *requests[REQUESTS_MAX])
{
	size_t count = 0;

	if (start->term != NULL)
		requests[count++] = request_terminal;
	if (start->name != NULL)
		requests[count++] = request_variable;
	requests[count++] = request_start;
	return count;
}

/* True if ERROR of libssh2's is the remote's answer: yes or no. */
static bool
is_reply(int error)
{
	return error == 0 || error == LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED;
}

/*
 * Make the requests that START calls for, all at once: libssh2 would have each
 * wait for its reply, a round trip.  A reply doesn't say what it replies to, but
 * they come in the order of the requests (RFC 4254, section 5.4), and libssh2
 * gives the next one to whichever of its functions looks first.  So what counts
 * is not which function returns, but when: the first to do so has brought the
 * first request's reply, which is stored in REPLIES.
 */
static enum remote_result
make_requests(struct remote *r, const struct remote_start *start,
    int replies[REQUESTS_MAX])
{
	const int64_t end_ms = begin_step(r, "channel");
	channel_request *requests[REQUESTS_MAX];
	const size_t count = list_requests(start, requests);
	size_t replied = 0;

	for (;;) {
		const uint64_t received = r->received;
		enum remote_result result;

		for (size_t i = 0; i < count; i++) {
			int error;

			if (requests[i] == NULL)
				continue;
			error = requests[i](r->channel, start);
			if (error != LIBSSH2_ERROR_EAGAIN) {
				if (!is_reply(error))
					return why_failed(r, REMOTE_NO_SHELL);
				requests[i] = NULL;
				replies[replied++] = error;
			} else if ((libssh2_session_block_directions(
					r->session) &
				       LIBSSH2_SESSION_BLOCK_OUTBOUND) != 0) {
				break; /* the rest of it comes first */
			}
		}
		if (replied == count)
			return REMOTE_OK;
		/* one may have read what another has already asked for */
		if (r->received != received)
			continue;
		result = wait_session(r, end_ms);
		if (result != REMOTE_OK)
			return result;
	}
}

/* Start in the open channel what START says; see remote_start(). */
static enum remote_result
start_in_channel(struct remote *r, const struct remote_start *start,
    bool *refused)
{
	int replies[REQUESTS_MAX] = { 0 };
	channel_request *requests[REQUESTS_MAX];
	const size_t count = list_requests(start, requests);
	const enum remote_result result = make_requests(r, start, replies);

	if (result != REMOTE_OK)
		return result;
	if (replies[count - 1] != 0)
		return why_failed(r, REMOTE_NO_SHELL);
	*refused = start->term != NULL && replies[0] != 0;
	return REMOTE_OK;
}

/* Start the loop, with COMMAND as its first. */
static enum remote_result
start_loop(struct remote *r, const char *command, const char *mark)
{
	struct remote_start start = { .request = "exec" };
	bool refused;
	enum remote_result result;
	char *line;

	if (asprintf(&line, loop, command, mark) < 0)
		return REMOTE_INTERNAL;
	start.what = line;
	result = open_channel(r, LIBSSH2_CHANNEL_WINDOW_DEFAULT,
	    LIBSSH2_CHANNEL_EXTENDED_DATA_IGNORE);
	if (result == REMOTE_OK)
		result = start_in_channel(r, &start, &refused);
	free(line);
	return result;
}

static enum remote_result
write_all(struct remote *r, const char *text, size_t len)
{
	const int64_t end_ms = begin_step(r, "write");
	enum remote_result result;

	while (len > 0) {
		const ssize_t put = libssh2_channel_write(r->channel, text,
		    len);

		if (put > 0) {
			text += put;
			len -= (size_t)put;
			continue;
		}
		if (put != LIBSSH2_ERROR_EAGAIN && put != 0)
			return why_failed(r, REMOTE_LOST);
		result = wait_session(r, end_ms);
		if (result != REMOTE_OK)
			return result;
	}
	return REMOTE_OK;
}

/* Say with what the login shell ended, but no key of a mosh-server. */
static void
set_detail_noise(struct remote *r, const struct reply *reply)
{
	size_t len = reply->len;

	/* where the words are cut off in front, the key is left out too */
	if (len > DETAIL_CHARS)
		len = DETAIL_CHARS;
	if (memmem(reply->text, reply->len, "MOSH CONNECT", 12) != NULL)
		len = 0;
	set_detail(r, "the login shell ended: %.*s", (int)len,
	    reply->text + reply->len - len);
	mosh_redact(r->detail, strlen(r->detail));
}

static enum remote_result
read_reply(struct remote *r, struct reply *reply)
{
	const int64_t end_ms = begin_step(r, "read");

	for (;;) {
		enum remote_result result;
		size_t size;
		char *room = reply_room(reply, &size);
		ssize_t got;

		if (room == NULL)
			return REMOTE_INTERNAL;
		got = libssh2_channel_read(r->channel, room, size);
		if (got > 0) {
			switch (reply_add(reply, (size_t)got)) {
			case REPLY_MORE:
				if (clock_now_ms() < end_ms)
					continue;
				give_up(r, REMOTE_TIMEOUT, "takes too long");
				return REMOTE_TIMEOUT;
			case REPLY_WHOLE:
				return REMOTE_OK;
			default:
				set_detail(r, "read: %s",
				    reply->begun
					? "the answer is too long"
					: "too much comes before the answer");
				return REMOTE_TOO_BIG;
			}
		}
		if (got == 0 && libssh2_channel_eof(r->channel)) {
			set_detail_noise(r, reply);
			return REMOTE_NO_SHELL;
		}
		if (got < 0 && got != LIBSSH2_ERROR_EAGAIN)
			return why_failed(r, REMOTE_LOST);
		result = wait_session(r, end_ms);
		if (result != REMOTE_OK)
			return result;
	}
}

/* Have the loop run COMMAND; its reply is going to have MARK. */
static enum remote_result
ask_loop(struct remote *r, const char *command, const char *mark)
{
	enum remote_result result;
	char *line;
	int len;

	if (r->channel == NULL)
		return start_loop(r, command, mark);
	len = asprintf(&line, "%s\n%s\n", mark, command);
	if (len < 0)
		return REMOTE_INTERNAL;
	result = write_all(r, line, (size_t)len);
	free(line);
	return result;
}

/* Have the loop run COMMAND, and read its reply. */
static enum remote_result
run(struct remote *r, const char *command, struct reply *reply)
{
	const enum remote_result result = ask_loop(r, command, reply->mark);

	return result == REMOTE_OK ? read_reply(r, reply) : result;
}

enum remote_result
remote_run(struct remote *r, const char *command, size_t limit_bytes,
    char **text, size_t *len, int *status)
{
	enum remote_result result = REMOTE_OK;
	struct reply reply;

	r->detail[0] = '\0';
	r->remedy[0] = '\0';
	r->left_bytes = COMMAND_ANSWER_MAX_BYTES;
	reply_init(&reply, limit_bytes);
	if (r->channel == NULL && strpbrk(command, "'\"\\") != NULL) {
		/* the loop cannot begin with it */
		result = run(r, ":", &reply);
		reply_free(&reply);
		reply_init(&reply, limit_bytes);
	}
	if (result == REMOTE_OK)
		result = run(r, command, &reply);
	if (result != REMOTE_OK) {
		reply_free(&reply);
		return result;
	}
	r->end_ms = 0;
	r->left_bytes = IDLE_MAX_BYTES;
	*text = reply.text;
	*len = reply.len;
	*status = reply.status;
	return REMOTE_OK;
}

enum remote_result
remote_open(struct remote *r, bool terminal)
{
	enum remote_result result;

	r->detail[0] = '\0';
	r->remedy[0] = '\0';
	r->left_bytes = COMMAND_ANSWER_MAX_BYTES;
	if (r->channel != NULL)
		return REMOTE_OK;
	result = open_channel(r,
	    terminal ? TERMINAL_WINDOW_BYTES : RELAY_WINDOW_BYTES,
	    /* at a terminal they are one, also if it gets none */
	    terminal ? LIBSSH2_CHANNEL_EXTENDED_DATA_MERGE
		     : LIBSSH2_CHANNEL_EXTENDED_DATA_NORMAL);
	r->end_ms = 0;
	return result;
}

enum remote_result
remote_end_loop(struct remote *r)
{
	const int64_t end_ms = begin_step(r, "channel");
	int error;

	r->detail[0] = '\0';
	r->remedy[0] = '\0';
	if (r->channel == NULL)
		return REMOTE_OK;
	/* nothing waits for its end, which brings little */
	while ((error = libssh2_channel_send_eof(r->channel)) ==
	    LIBSSH2_ERROR_EAGAIN) {
		const enum remote_result result = wait_session(r, end_ms);

		if (result != REMOTE_OK)
			return result;
	}
	if (error < 0)
		return why_failed(r, REMOTE_LOST);
	r->ended = r->channel;
	r->channel = NULL;
	return REMOTE_OK;
}

enum remote_result
remote_start(struct remote *r, const struct remote_start *start, bool *refused)
{
	const int interval_s = 10, probes = 12;
	enum remote_result result;

	result = start_in_channel(r, start, refused);
	if (result != REMOTE_OK)
		return result;
	/* what runs outlasts a link that is down for two minutes */
	setsockopt(r->fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s,
	    sizeof(interval_s));
	setsockopt(r->fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
	/* from here on as much as it likes, for as long as it likes */
	r->step = "relay";
	r->step_end_ms = INT64_MAX;
	r->left_bytes = SIZE_MAX;
	return REMOTE_OK;
}

enum remote_result
remote_try_terminal(struct remote *r, bool *gives)
{
	const struct remote_start start = { .term = "" };
	LIBSSH2_CHANNEL *loop_channel = r->channel;
	const int64_t end_ms = begin_step(r, "terminal");
	enum remote_result result;
	int error;

	r->left_bytes = COMMAND_ANSWER_MAX_BYTES;
	result = open_channel(r, LIBSSH2_CHANNEL_WINDOW_DEFAULT,
	    LIBSSH2_CHANNEL_EXTENDED_DATA_IGNORE);
	while (result == REMOTE_OK &&
	    (error = request_terminal(r->channel, &start)) ==
		LIBSSH2_ERROR_EAGAIN)
		result = wait_session(r, end_ms);
	if (result == REMOTE_OK && !is_reply(error))
		result = why_failed(r, REMOTE_LOST);
	*gives = result == REMOTE_OK && error == 0;
	/* the end of the session closes it */
	r->channel = loop_channel;
	return result;
}

uint64_t
remote_received(const struct remote *r)
{
	return r->received;
}

LIBSSH2_SESSION *
remote_session(const struct remote *r)
{
	return r->session;
}

LIBSSH2_CHANNEL *
remote_channel(const struct remote *r)
{
	return r->channel;
}

enum remote_result
remote_idle(struct remote *r)
{
	char discarded[4096];
	ssize_t got;

	begin_step(r, "idle");
	do {
		got = libssh2_channel_read(r->channel, discarded,
		    sizeof(discarded));
	} while (got > 0);
	if (got == LIBSSH2_ERROR_EAGAIN)
		return REMOTE_OK;
	set_detail(r, "the remote closed the connection");
	return REMOTE_LOST;
}
