#ifndef MOSHGATE_QUEUE_H
#define MOSHGATE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Which of the workers may connect to the remote, and which of the connections
 * that are kept has to go: policy, without a process or a clock.
 *
 * The remote's sshd begins to drop connections when 10 have not logged in yet
 * (MaxStartups), so few connect at a time.
 */

#define QUEUE_CONNECTING_MAX 8
/* With those that somebody's agent keeps from logging in. */
#define QUEUE_ENTERING_MAX 10
#define QUEUE_RELAYS_CONNECTING_MAX 4
#define QUEUE_USER_RELAYS_CONNECTING_MAX 2
#define QUEUE_UNCLAIMED_MAX 32

/* What a worker is for. */
enum queue_class {
	QUEUE_LOGIN,   /* somebody waits for it */
	QUEUE_RELAY,   /* for one command, of which a user may want many */
	QUEUE_UNASKED, /* nobody waits for it: it is for the next login */
};

/* Where a worker stands. */
enum queue_state {
	QUEUE_WAITING,    /* for its turn to connect */
	QUEUE_CONNECTING, /* the remote has not let it in yet */
	QUEUE_ASKING,     /* nor that, since somebody's agent is asked */
	QUEUE_AT_WORK,
	QUEUE_IDLE,
};

/* Whose connection it is. */
enum queue_claim {
	QUEUE_ALONE,     /* nobody's but of whoever has asked for it */
	QUEUE_UNCLAIMED, /* a user's who has had no session yet */
	QUEUE_CLAIMED,   /* a user's who has had one */
};

/* A worker; whoever has put it into the queue changes what it says. */
struct queue_entry {
	const char *user;
	enum queue_class class;
	enum queue_state state;
	enum queue_claim claim;
	int64_t used_ms; /* when it was of use last */
	/* the queue's own */
	struct queue_entry *next;
};

struct queue {
	struct queue_entry *first; /* the one that came last */
};

void queue_add(struct queue *queue, struct queue_entry *entry);
void queue_remove(struct queue *queue, struct queue_entry *entry);

/*
 * The worker that may connect now: the one that waits for longest.  But relays
 * leave room for logins and for those of other users, and what nobody has asked
 * for comes last.  NULL if none may.
 */
struct queue_entry *queue_next(const struct queue *queue);

/*
 * The connection that has to go when MOST claimed ones are kept at the most: the
 * one that is idle for longest.  NULL if none has to, or all are at work.
 */
struct queue_entry *queue_excess(const struct queue *queue, size_t most);

/*
 * True if there is room for another unclaimed connection, which strangers can
 * cause.  *GOES is the one that has to go for it first, or NULL.
 */
bool queue_has_room(const struct queue *queue, struct queue_entry **goes);

/* How many relays there are, or wait to connect. */
struct queue_relays {
	size_t of_user, of_all;
};

/* Count those of USER, and all, but for the entry BUT, which may be NULL. */
void queue_count_relays(const struct queue *queue, const char *user,
    const struct queue_entry *but, struct queue_relays *relays);

/* True if a relay of USER connects, or waits to. */
bool queue_has_relay(const struct queue *queue, const char *user);

#endif
