#include "peer.h"

#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../shim/lib/clock.h"
#include "../log.h"
#include "logpause.h"
#include "socket.h"

#define PEER_REQUEST_MS 5000 /* a request must be whole by then */
#define PEER_ANSWER_MS 5000  /* and its answer taken */
#define PEERS_PER_UID_MAX 64
#define PEERS_OF_SERVICE_MAX 256 /* sshd's requests for keys */
/* Local users who have not asked yet, whatever number of uids they have. */
#define PEERS_ASKING_MAX 512

struct peers {
	struct loop *loop;
	struct closers *closers;
	const struct peer_kind *const *kinds;
	size_t kinds_count;
	void *context;
	struct peer *first; /* the one that came last */
	struct quota strangers, service;
};

struct peers *
peers_new(struct loop *loop, struct closers *closers,
    const struct peer_kind *const *kinds, size_t count, void *context)
{
	struct peers *peers = calloc(1, sizeof(*peers));

	if (peers == NULL)
		return NULL;
	peers->loop = loop;
	peers->closers = closers;
	peers->kinds = kinds;
	peers->kinds_count = count;
	peers->context = context;
	return peers;
}

void
peers_free(struct peers *peers)
{
	struct peer *peer;

	if (peers == NULL)
		return;
	while ((peer = peers->first) != NULL) {
		if (peer->state == PEER_GIVEN) {
			/* its worker reads it, or has ended: not from here */
			closers_take(peers->closers, peer->uid, peer->watch.fd);
			peer->watch.fd = -1;
		}
		peer_close(peer);
	}
	free(peers);
}

void
peers_each(const struct peers *peers,
    void (*each)(void *context, struct peer *peer), void *context)
{
	struct peer *peer, *next;

	for (peer = peers->first; peer != NULL; peer = next) {
		next = peer->next;
		if (peer->kind != NULL)
			each(context, peer);
	}
}

bool
peer_is_trusted(const struct peer *peer)
{
	return peer->uid == 0 || peer->uid == geteuid();
}

/* True if what PEER did wrong may be logged: everybody can connect. */
static bool
peer_may_log(const struct peer *peer)
{
	struct peers *peers = peer->peers;

	if (peer->uid == 0)
		return true;
	return logpause_allows(peer_is_trusted(peer) ? &peers->service
						     : &peers->strangers,
	    NULL, "too many refusals of local users for the next seconds");
}

/*
 * Answers
 */

void
peer_cut(struct peer *peer)
{
	loop_at(peer->peers->loop, &peer->timer, clock_now_ms());
}

/* Write what waits to be written, and wait for room if there is more. */
static void
peer_flush(struct peer *peer)
{
	if (!frame_flush(peer->watch.fd, &peer->out)) {
		peer_cut(peer);
		return;
	}
	peer->watch.events = (short)(peer->out.len > 0 ? POLLIN | POLLOUT
						       : POLLIN);
	if (peer->state == PEER_ANSWERING && peer->out.len == 0)
		peer_cut(peer);
}

/* Send a frame, which leads to EVENT. */
static void
peer_send(struct peer *peer, enum peer_event event, enum frame_type type,
    const char *body, size_t len)
{
	const bool given = peer->state == PEER_GIVEN;

	if (!peer_next(&peer->state, event) ||
	    (given && !loop_watch(peer->peers->loop, &peer->watch)) ||
	    !frame_queue(&peer->out, type, body, len)) {
		peer_cut(peer);
		return;
	}
	loop_at(peer->peers->loop, &peer->timer,
	    peer->state == PEER_STAYING ? INT64_MAX
					: clock_now_ms() + PEER_ANSWER_MS);
	peer_flush(peer);
}

void
peer_answer(struct peer *peer, enum frame_type type, const char *body,
    size_t len)
{
	peer_send(peer, PEER_ANSWERED, type, body, len);
}

void
peer_settle(struct peer *peer, const struct fields *fields)
{
	if (fields->failed)
		peer_cut(peer);
	else
		peer_send(peer, PEER_SETTLED, FRAME_OK, fields->text,
		    fields->len);
}

void
peer_tell(struct peer *peer, enum frame_type type, const struct fields *fields)
{
	if (fields->failed ||
	    !frame_queue(&peer->out, type, fields->text, fields->len))
		peer_cut(peer);
	else
		peer_flush(peer);
}

void
peer_turn_away(struct peer *peer, const struct refusal *why)
{
	struct fields fields = { 0 };
	const struct frame refusal = refusal_frame(why, &fields);

	peer_answer(peer, FRAME_REFUSED, refusal.body, refusal.len);
	fields_free(&fields);
}

int
peer_socket(const struct peer *peer)
{
	return peer->watch.fd;
}

void
peer_given(struct peer *peer)
{
	if (peer_next(&peer->state, PEER_GIVES))
		loop_unwatch(peer->peers->loop, &peer->watch);
}

void
peer_returned(struct peer *peer)
{
	if (peer_next(&peer->state, PEER_RETURNS) &&
	    !loop_watch(peer->peers->loop, &peer->watch))
		peer_cut(peer);
}

/* TEXT, or NULL if there is none. */
static const char *
peer_some(const char *text)
{
	return text != NULL && text[0] != '\0' ? text : NULL;
}

void
peer_refuse(struct peer *peer, const struct refusal *why)
{
	char uid[16];

	snprintf(uid, sizeof(uid), "%lu", (unsigned long)peer->uid);
	if (peer_may_log(peer))
		log_event(LOG_NOTICE, "refused", "uid", uid, "user",
		    peer_some(peer->user), "reason", why->reason, "remedy",
		    peer_some(why->remedy), "sshd_pid",
		    peer_some(peer->sshd_pid), NULL);
	peer_turn_away(peer, why);
}

/*
 * Requests
 */

void
peer_read_word(const struct peer *peer, const char *name, char *out,
    size_t size)
{
	static const char allowed[] = "0123456789abcdefABCDEF.:%-"
				      "ghijklmnopqrstuvwxyz";
	const char *value = fields_get(&peer->asked, name);

	out[0] = '\0';
	if (value != NULL && strlen(value) < size &&
	    value[strspn(value, allowed)] == '\0')
		memcpy(out, value, strlen(value) + 1);
}

/* The kind of PEER's request, or NULL. */
static const struct peer_kind *
peer_find_kind(const struct peer *peer)
{
	const struct peers *peers = peer->peers;

	for (size_t i = 0; i < peers->kinds_count; i++) {
		if (peers->kinds[i]->type == peer->asked.type)
			return peers->kinds[i];
	}
	return NULL;
}

/* Why nothing is done for PEER's request, of KIND or NULL; NULL if it may be. */
static const struct refusal *
peer_find_fault(const struct peer *peer, const struct peer_kind *kind)
{
	static const struct refusal malformed = { .reason = "malformed",
		.sentence = "That is no request." };
	static const struct refusal not_ended = { .reason = "not-ended",
		.sentence = "Earlier sessions of yours on this gateway have "
			    "not ended.",
		.remedy = "what this user has given the helper's processes "
			  "cannot be closed: see what serves the user's files "
			  "(FUSE, NFS)" };
	static const struct refusal unknown = { .reason = "unknown-request",
		.sentence = "The helper does not know this request.",
		.remedy = "restart the helper: it is of another version" };
	const struct dying *dying = closers_dying(peer->peers->closers);

	if (!fields_wellformed(&peer->asked))
		return &malformed;
	if (!peer_is_trusted(peer) && dying_refuses(dying, peer->uid))
		return &not_ended;
	return kind == NULL ? &unknown : NULL;
}

/* PEER's request is whole: have it answered. */
static void
peer_has_asked(struct peer *peer)
{
	static const struct refusal no_memory = { .reason = "internal",
		.sentence = "Out of memory." };
	const struct peer_kind *kind = peer_find_kind(peer);
	const struct refusal *why = peer_find_fault(peer, kind);

	peer_next(&peer->state, PEER_ASKS);
	loop_at(peer->peers->loop, &peer->timer, INT64_MAX);
	peer->asked_ms = clock_now_ms();
	if (why != NULL) {
		peer_refuse(peer, why);
		return;
	}
	peer->request = calloc(1, kind->request_bytes + 1);
	if (peer->request == NULL) {
		peer_refuse(peer, &no_memory);
		return;
	}
	peer->kind = kind;
	kind->ask(peer);
}

static void
peer_log_malformed(const struct peer *peer, const char *detail)
{
	char uid[16];

	if (!peer_may_log(peer))
		return;
	snprintf(uid, sizeof(uid), "%lu", (unsigned long)peer->uid);
	log_event(LOG_NOTICE, "malformed", "uid", uid, "detail", detail, NULL);
}

/* Read the request of PEER, as far as it is there. */
static void
peer_read_request(struct peer *peer)
{
	static const struct refusal version = { .reason = "version",
		.sentence = "The gateway is being upgraded; try again in a "
			    "minute.",
		.remedy = "restart the helper: it is of another version" };

	switch (frame_read(peer->watch.fd, &peer->in, &peer->asked)) {
	case FRAME_AGAIN:
		return;
	case FRAME_COMPLETE:
		peer_has_asked(peer);
		return;
	case FRAME_OTHER_VERSION:
		peer_refuse(peer, &version);
		return;
	case FRAME_CLOSED:
		break;
	case FRAME_DESCRIPTORS:
		peer_log_malformed(peer,
		    "a local process sent descriptors with its request");
		break;
	default:
		peer_log_malformed(peer,
		    "a local process sent what is no request");
		break;
	}
	peer_close(peer);
}

/* After its request PEER has nothing to say: it can only leave. */
static bool
peer_has_left(const struct peer *peer)
{
	char byte;

	return recv(peer->watch.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
	    (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

static void
peer_ready(void *context, short revents)
{
	struct peer *peer = context;

	if ((revents & POLLOUT) != 0)
		peer_flush(peer);
	if ((revents & (POLLIN | POLLHUP | POLLERR)) == 0)
		return;
	if (peer->state == PEER_ASKING)
		peer_read_request(peer);
	else if (peer_has_left(peer))
		peer_close(peer);
}

static void
peer_fire(void *context, int64_t now_ms)
{
	(void)now_ms;
	peer_close(context);
}

/*
 * Coming and going
 */

void
peer_close(struct peer *peer)
{
	struct peers *peers = peer->peers;
	struct peer **at = &peers->first;

	while (*at != peer)
		at = &(*at)->next;
	*at = peer->next;
	if (peer->kind != NULL && peer->kind->leave != NULL)
		peer->kind->leave(peer);
	loop_at(peers->loop, &peer->timer, INT64_MAX);
	loop_unwatch(peers->loop, &peer->watch);
	if (peer->watch.fd >= 0)
		socket_close(peers->closers, peer->uid, peer->watch.fd);
	frame_in_reset(&peer->in);
	frame_out_reset(&peer->out);
	frame_free(&peer->asked);
	free(peer->request);
	free(peer);
}

static size_t
peers_of_uid(const struct peers *peers, uid_t uid)
{
	size_t count = 0;

	for (const struct peer *p = peers->first; p != NULL; p = p->next)
		count += p->uid == uid;
	return count;
}

/*
 * Keep the number of local users who have not asked for anything yet within
 * bounds: the one who has been at it for longest is cut off.  A shim asks at
 * once.
 */
static void
peers_make_asking_room(struct peers *peers)
{
	struct peer *oldest = NULL;
	size_t count = 0;

	for (struct peer *p = peers->first; p != NULL; p = p->next) {
		if (p->state != PEER_ASKING || p->uid == 0)
			continue;
		count++;
		oldest = p; /* new ones are put in front */
	}
	if (count >= PEERS_ASKING_MAX)
		peer_close(oldest);
}

/* A peer on the socket FD; NULL if it can't be one. */
static struct peer *
peer_new(struct peers *peers, int fd)
{
	struct peer *peer = calloc(1, sizeof(*peer));
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (peer == NULL ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		goto fail;
	peer->peers = peers;
	peer->context = peers->context;
	peer->uid = cred.uid;
	peer->in.limit_bytes = FRAME_REQUEST_MAX_BYTES;
	peer->timer.fire = peer_fire;
	peer->watch.ready = peer_ready;
	peer->timer.context = peer->watch.context = peer;
	peer->watch.fd = fd;
	peer->watch.events = POLLIN;
	if (loop_watch(peers->loop, &peer->watch))
		return peer;
fail:
	free(peer);
	return NULL;
}

enum peers_accepted
peers_accept(struct peers *peers, int listen_fd)
{
	static const struct refusal too_many = { .reason = "too-many",
		.sentence = "You have too many sessions on this gateway." };
	/* what is taken may be there to be closed for ever */
	const enum closers_room room = closers_room(peers->closers);
	struct peer *peer;
	bool crowded;
	int fd;

	if (room == CLOSERS_NO_ROOM)
		return PEERS_NO_ROOM;
	fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return errno == EMFILE || errno == ENFILE || errno == ENOMEM
		    ? PEERS_NO_ROOM
		    : PEERS_NOBODY;
	socket_guard(fd);
	peer = peer_new(peers, fd);
	if (peer == NULL) {
		log_event(LOG_ERR, "out-of-memory", NULL);
		socket_close(peers->closers, DYING_NOBODY, fd);
		return PEERS_NO_ROOM;
	}
	crowded = peer->uid != 0 &&
	    peers_of_uid(peers, peer->uid) >= (peer_is_trusted(peer)
						      ? PEERS_OF_SERVICE_MAX
						      : PEERS_PER_UID_MAX);
	peers_make_asking_room(peers);
	peer->next = peers->first;
	peers->first = peer;
	loop_at(peers->loop, &peer->timer, clock_now_ms() + PEER_REQUEST_MS);
	if (crowded)
		peer_refuse(peer, &too_many);
	return room == CLOSERS_ROOM ? PEERS_ACCEPTED : PEERS_NO_ROOM;
}
