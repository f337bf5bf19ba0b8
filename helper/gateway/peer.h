#ifndef MOSHGATE_PEER_H
#define MOSHGATE_PEER_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../shim/lib/fields.h"
#include "../../shim/lib/frame.h"
#include "../../shim/lib/usermap.h"
#include "../loop.h"
#include "../refusal.h"
#include "closers.h"
#include "peerstate.h"
#include "quota.h"

/*
 * Somebody who is connected to the helper's socket: asks once, is answered, and
 * leaves; or stays, if that is a session, for as long as it lasts.
 */
struct peer;

/* All of them. */
struct peers;

/* A kind of request. */
struct peer_kind {
	enum frame_type type;
	size_t request_bytes; /* what it needs besides: peer->request, zero */
	/* Called with a whole one: answers it now or later. */
	void (*ask)(struct peer *peer);
	/*
	 * Called before PEER is freed, whatever its state, if it has asked:
	 * nobody waits for the request any more.  NULL if nobody ever does.
	 */
	void (*leave)(struct peer *peer);
};

struct peer {
	void *context; /* of peers_new() */
	const struct peer_kind *kind;
	void *request;
	enum peer_state state;
	uid_t uid;          /* by the kernel: unix(7), SO_PEERCRED */
	struct frame asked; /* its request */
	int64_t asked_ms;   /* when it was whole */
	bool beats;         /* it is told that the helper is at work */
	/* of whom it is about, whose sshd has asked, and from where: or "" */
	char user[USERNAME_MAX_CHARS + 1];
	char sshd_pid[16];
	char client[64];
	/* the peers' own */
	struct peer *next;
	struct peers *peers;
	struct frame_in in;
	struct frame_out out;
	struct loop_watch watch;
	struct loop_timer timer; /* when it is cut off */
};

/*
 * KINDS are pointers to the COUNT kinds of requests; LOOP and CLOSERS must
 * outlive the peers.  Returns NULL for want of memory.
 */
struct peers *peers_new(struct loop *loop, struct closers *closers,
    const struct peer_kind *const *kinds, size_t count, void *context);

/* Cut all off that are left. */
void peers_free(struct peers *peers);

enum peers_accepted {
	PEERS_ACCEPTED, /* one, of whom there may be more */
	PEERS_NOBODY,
	PEERS_NO_ROOM, /* for another, for now */
};

/* Take one who has connected to LISTEN_FD. */
enum peers_accepted peers_accept(struct peers *peers, int listen_fd);

/* Call EACH with CONTEXT for all who have asked; it may close the peer. */
void peers_each(const struct peers *peers,
    void (*each)(void *context, struct peer *peer), void *context);

/* Cut PEER off now. */
void peer_close(struct peer *peer);

/* Cut PEER off a little later, and not in the middle of what is done for it. */
void peer_cut(struct peer *peer);

/* Root, or the service itself. */
bool peer_is_trusted(const struct peer *peer);

/*
 * Take the field NAME of the request into OUT (SIZE bytes), if there is nothing
 * odd in it; else OUT is "".
 */
void peer_read_word(const struct peer *peer, const char *name, char *out,
    size_t size);

/* The last answer: a frame of TYPE with the LEN bytes at BODY. */
void peer_answer(struct peer *peer, enum frame_type type, const char *body,
    size_t len);

/* An answer of FIELDS of TYPE, after which another comes. */
void peer_tell(struct peer *peer, enum frame_type type,
    const struct fields *fields);

/* The last answer, FRAME_OK with FIELDS, after which the peer stays. */
void peer_settle(struct peer *peer, const struct fields *fields);

/* The socket to PEER, for peer_given(). */
int peer_socket(const struct peer *peer);

/*
 * A worker has got the socket to PEER, and speaks with it.  PEER stays until it
 * is answered, or closed, in the worker's place.
 */
void peer_given(struct peer *peer);

/* The worker that had it speaks with it no more.  Not to be called else. */
void peer_returned(struct peer *peer);

/* Refuse what PEER asks for, with a line in the log. */
void peer_refuse(struct peer *peer, const struct refusal *why);

/* The same without that line. */
void peer_turn_away(struct peer *peer, const struct refusal *why);

#endif
