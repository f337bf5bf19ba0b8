#include "session.h"

#include <sys/socket.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../shim/lib/clock.h"
#include "algorithms.h"
#include "budget.h"
#include "connect.h"
#include "hostcheck.h"

#define SESSION_SAID_CHARS 200

struct session {
	LIBSSH2_SESSION *ssh;
	int fd; /* -1: not connected */
	struct deadline *deadline;
	struct failure_facts *facts;
	struct budget budget;
	uint64_t received;    /* how many times there was something to read */
	enum failure gave_up; /* why no more is read, or FAILURE_NONE */
	bool closed;          /* by the remote */
	char said[SESSION_SAID_CHARS + 1]; /* by the remote, as it closed */
	/* of the handshake */
	struct algorithms algorithms;
	unsigned char *first; /* what the remote sent first; malloc'ed */
	size_t first_len;
	/* of the authentication */
	session_signer *sign;
	void *sign_context;
	void *secret;
	bool has_signed; /* the remote has had what proves who comes */
};

LIBSSH2_SESSION *
session_ssh(const struct session *s)
{
	return s->ssh;
}

struct failure_facts *
session_facts(const struct session *s)
{
	return s->facts;
}

int
session_fd(const struct session *s)
{
	return s->fd;
}

uint64_t
session_received(const struct session *s)
{
	return s->received;
}

void
session_allow(struct session *s, size_t bytes)
{
	s->budget.left_bytes = bytes;
}

const char *
session_said(const struct session *s)
{
	return s->said;
}

void
session_keep_secret(struct session *s, void *secret)
{
	s->secret = secret;
	s->budget.wipes = true;
}

void *
session_secret(void **abstract)
{
	return ((const struct session *)*abstract)->secret;
}

void
session_break(struct session *s)
{
	shutdown(s->fd, SHUT_RDWR);
}

void
session_begin_step(struct session *s, const char *step)
{
	deadline_begin(s->deadline, step, clock_now_ms());
}

void
session_end_login(struct session *s)
{
	deadline_end_login(s->deadline);
	s->budget.wipes = false;
}

void
session_lift_limits(struct session *s)
{
	connect_outlast(s->fd);
	deadline_lift(s->deadline, "relay");
	session_allow(s, BUDGET_UNLIMITED);
}

/*
 * Read no more, because of FAILURE.  The detail says that what the remote sends
 * WHY, for instance "is too much".
 */
static void
session_give_up(struct session *s, enum failure failure, const char *why)
{
	if (s->gave_up != FAILURE_NONE)
		return;
	s->gave_up = failure;
	failure_set_detail(s->facts, "%s: what the remote sends %s",
	    s->deadline->step, why);
}

bool
session_is_late(struct session *s)
{
	if (clock_now_ms() < s->deadline->end_ms)
		return false;
	session_give_up(s, FAILURE_TIMEOUT, "takes too long");
	return true;
}

/* The detail is what libssh2 says of its last error. */
static void
session_tell_error(struct session *s)
{
	char *message = NULL;
	const int error = libssh2_session_last_error(s->ssh, &message, NULL, 0);

	failure_set_detail(s->facts, "%s: %s (%d)%s%s", s->deadline->step,
	    message != NULL ? message : "", error,
	    s->said[0] != '\0' ? "; the remote said: " : "", s->said);
}

/* True if the peer has closed its end of the connection. */
static bool
session_is_closed(const struct session *s)
{
	char byte;
	ssize_t got;

	if (s->closed)
		return true;
	got = recv(s->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

enum failure
session_why(struct session *s, enum failure otherwise)
{
	if (s->gave_up != FAILURE_NONE)
		return s->gave_up;
	session_tell_error(s);
	return session_is_closed(s) ? FAILURE_LOST : otherwise;
}

enum failure
session_wait(struct session *s)
{
	const int directions = libssh2_session_block_directions(s->ssh);
	struct pollfd fds[2] = { { .fd = s->fd } };
	enum failure failure;

	if ((directions & LIBSSH2_SESSION_BLOCK_OUTBOUND) != 0)
		fds[0].events |= POLLOUT;
	if ((directions & LIBSSH2_SESSION_BLOCK_INBOUND) != 0 ||
	    fds[0].events == 0)
		fds[0].events |= POLLIN;
	failure = deadline_wait(s->deadline, fds, 2, s->deadline->end_ms);
	if (failure == FAILURE_TIMEOUT)
		failure_set_detail(s->facts, "%s: the remote does not answer",
		    s->deadline->step);
	return failure;
}

/* libssh2 gets its memory by these three: no more than BUDGET_MEMORY_BYTES. */

void *
session_alloc(size_t count, void **abstract)
{
	struct session *s = *abstract;
	void *memory = budget_alloc(&s->budget, count);

	if (memory == NULL)
		session_give_up(s, FAILURE_TOO_BIG, "takes too much memory");
	return memory;
}

static void *
session_realloc(void *memory, size_t count, void **abstract)
{
	struct session *s = *abstract;
	void *more = budget_realloc(&s->budget, memory, count);

	if (more == NULL)
		session_give_up(s, FAILURE_TOO_BIG, "takes too much memory");
	return more;
}

static void
session_release(void *memory, void **abstract)
{
	struct session *s = *abstract;

	budget_free(&s->budget, memory);
}

/* Keep what the remote sends first, as long as the handshake wants it. */
static void
session_keep_first(struct session *s, const void *bytes, size_t len)
{
	if (s->first == NULL)
		return;
	if (len > KEXINIT_MAX_BYTES - s->first_len)
		len = KEXINIT_MAX_BYTES - s->first_len;
	memcpy(s->first + s->first_len, bytes, len);
	s->first_len += len;
}

/*
 * libssh2 reads by this, and in one of its calls it reads as long as there is
 * something: so this is the place to keep the limits of a step.  Acknowledges
 * at once, since the remote's Nagle algorithm would wait for that.
 */
static ssize_t
session_receive(libssh2_socket_t fd, void *buffer, size_t len, int flags,
    void **abstract)
{
	struct session *s = *abstract;
	const int on = 1;
	size_t allowed;
	ssize_t got;

	session_is_late(s);
	allowed = budget_read(&s->budget, len);
	if (allowed == 0)
		session_give_up(s, FAILURE_TOO_BIG, "is too much");
	if (s->gave_up != FAILURE_NONE)
		return -ECONNABORTED;
	got = recv(fd, buffer, allowed, flags);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return -EAGAIN;
	if (got <= 0) {
		s->closed = true;
		return got < 0 ? -errno : 0;
	}
	budget_was_read(&s->budget, (size_t)got);
	s->received++;
	session_keep_first(s, buffer, (size_t)got);
	setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
	return got;
}

/* libssh2 tells by this why the remote disconnects. */
static void
session_disconnected(LIBSSH2_SESSION *ssh, int reason, const char *message,
    int message_len, const char *language, int language_len, void **abstract)
{
	struct session *s = *abstract;

	(void)ssh;
	(void)reason;
	(void)language;
	(void)language_len;
	s->closed = true;
	if (message != NULL)
		snprintf(s->said, sizeof(s->said), "%.*s", message_len,
		    message);
}

struct session *
session_new(struct deadline *deadline, struct failure_facts *facts)
{
	struct session *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->fd = -1;
	s->deadline = deadline;
	s->facts = facts;
	return s;
}

void
session_free(struct session *s)
{
	if (s == NULL)
		return;
	if (s->ssh != NULL) {
		/* The remote is told, not asked: this must not wait. */
		if (s->gave_up == FAILURE_NONE)
			s->gave_up = FAILURE_ABANDONED;
		libssh2_session_disconnect(s->ssh, "done");
		/* which frees its channels, too */
		libssh2_session_free(s->ssh);
	}
	if (s->fd >= 0)
		close(s->fd);
	algorithms_free(&s->algorithms);
	free(s->first);
	free(s);
}

/* Have libssh2 make its part of the session. */
static bool
session_begin(struct session *s)
{
	session_allow(s, BUDGET_LOGIN_BYTES);
	s->first = malloc(KEXINIT_MAX_BYTES);
	s->ssh = libssh2_session_init_ex(session_alloc, session_release,
	    session_realloc, s);
	if (s->first == NULL || s->ssh == NULL)
		return false;
	libssh2_session_set_blocking(s->ssh, 0);
#if LIBSSH2_VERSION_NUM >= 0x010b01
	libssh2_session_callback_set2(s->ssh, LIBSSH2_CALLBACK_RECV,
	    (libssh2_cb_generic *)session_receive);
	libssh2_session_callback_set2(s->ssh, LIBSSH2_CALLBACK_DISCONNECT,
	    (libssh2_cb_generic *)session_disconnected);
#else
	libssh2_session_callback_set(s->ssh, LIBSSH2_CALLBACK_RECV,
	    (void *)session_receive);
	libssh2_session_callback_set(s->ssh, LIBSSH2_CALLBACK_DISCONNECT,
	    (void *)session_disconnected);
#endif
	return true;
}

/* The host key that the remote has shown, or NULL; its length in *LEN. */
static const unsigned char *
session_host_key(const struct session *s, size_t *len)
{
	int type;

	return (
	    const unsigned char *)libssh2_session_hostkey(s->ssh, len, &type);
}

/*
 * True if the remote has said that it speaks SSH.  Anything else that it has
 * said may be why it closes, and is kept for the detail.
 */
static bool
session_has_version(struct session *s)
{
	const char *line = libssh2_session_banner_get(s->ssh);

	if (line == NULL)
		return false;
	if (strncmp(line, "SSH-", 4) == 0)
		return true;
	snprintf(s->said, sizeof(s->said), "%s", line);
	return false;
}

/* Why the handshake failed, from libssh2's ERROR. */
static enum failure
session_why_no_handshake(struct session *s, int error)
{
	const unsigned char *blob;
	bool version;
	size_t len;

	if (s->gave_up != FAILURE_NONE)
		return s->gave_up;
	if (algorithms_missing(&s->algorithms, s->ssh, s->first, s->first_len,
		s->facts))
		return FAILURE_NO_COMMON;
	version = session_has_version(s);
	session_tell_error(s);
	if (session_is_closed(s))
		return version ? FAILURE_LOST : FAILURE_UNREACHABLE;
	switch (error) {
	case LIBSSH2_ERROR_METHOD_NONE:
	case LIBSSH2_ERROR_METHOD_NOT_SUPPORTED:
		return FAILURE_NO_COMMON;
	case LIBSSH2_ERROR_HOSTKEY_INIT:
	case LIBSSH2_ERROR_HOSTKEY_SIGN:
	case LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE:
		/* libssh2 doesn't tell what else may have gone wrong */
		blob = session_host_key(s, &len);
		return blob == NULL ? FAILURE_LOST
				    : hostcheck_not_proven(blob, len, s->facts);
	default:
		return FAILURE_LOST;
	}
}

enum failure
session_handshake(struct session *s, int fd, const struct config *config,
    const struct hostkeys *keys)
{
	const unsigned char *blob;
	enum failure failure;
	size_t len = 0;
	int error;

	s->fd = fd;
	session_begin_step(s, "handshake");
	if (!session_begin(s))
		return FAILURE_INTERNAL;
	failure = algorithms_ask(&s->algorithms, s->ssh, config, keys,
	    s->facts);
	if (failure != FAILURE_NONE)
		return failure;
	while ((error = libssh2_session_handshake(s->ssh, s->fd)) ==
	    LIBSSH2_ERROR_EAGAIN) {
		failure = session_wait(s);
		if (failure != FAILURE_NONE)
			return failure;
	}
	if (error != 0)
		return session_why_no_handshake(s, error);
	failure = algorithms_check_group(s->ssh, s->first, s->first_len,
	    s->facts);
	free(s->first);
	s->first = NULL;
	if (failure != FAILURE_NONE)
		return failure;
	blob = session_host_key(s, &len);
	return hostcheck_verify(config, keys, blob, len, s->facts);
}

/* libssh2 has the login signed by this. */
static int
session_sign(LIBSSH2_SESSION *ssh, unsigned char **signature,
    size_t *signature_len, const unsigned char *data, size_t len,
    void **abstract)
{
	struct session *s = *abstract;
	void *memory_of = s;
	unsigned char *made = session_alloc(SESSION_SIGNATURE_MAX_BYTES,
	    &memory_of);

	(void)ssh;
	*signature = made;
	*signature_len = made != NULL
	    ? s->sign(s->sign_context, data, len, made)
	    : 0;
	s->has_signed = *signature_len > 0;
	if (made != NULL && !s->has_signed)
		session_release(made, &memory_of);
	return s->has_signed ? 0 : -1;
}

/* Why the remote does not let the user in, from libssh2's ERROR. */
static enum failure
session_why_not_in(struct session *s, int error)
{
	const bool refused = error == LIBSSH2_ERROR_AUTHENTICATION_FAILED ||
	    error == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED;
	const enum failure failure = session_why(s,
	    refused ? FAILURE_REFUSED : FAILURE_LOST);

	/* where PAM does not let the account in sshd hangs up silently */
	if (failure == FAILURE_LOST && s->has_signed && s->said[0] == '\0')
		return FAILURE_REFUSED;
	return failure;
}

enum failure
session_authenticate(struct session *s, const char *user,
    const unsigned char *blob, size_t len, session_signer *sign, void *context)
{
	void *abstract = s;
	int error;

	s->sign = sign;
	s->sign_context = context;
	s->has_signed = false;
	session_begin_step(s, "publickey");
	while ((error = libssh2_userauth_publickey(s->ssh, user, blob, len,
		    session_sign, &abstract)) == LIBSSH2_ERROR_EAGAIN) {
		const enum failure failure = session_wait(s);

		if (failure != FAILURE_NONE)
			return failure;
	}
	return error == 0 ? FAILURE_NONE : session_why_not_in(s, error);
}
