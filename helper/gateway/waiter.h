#ifndef MOSHGATE_WAITER_H
#define MOSHGATE_WAITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../shim/lib/frame.h"
#include "../../shim/lib/usermap.h"
#include "../job.h"
#include "../refusal.h"

/*
 * Somebody who wants something of a user's connection to the remote, and waits
 * for it: kept by whoever asks until it is answered or forgotten.
 */
struct waiter {
	enum job want; /* JOB_LOOKUP, JOB_KEYS or JOB_SESSION */
	char user[USERNAME_MAX_CHARS + 1];
	uint64_t lane; /* shares.h */
	/* the shim's request, of which a session passes fields on */
	const struct frame *asked;
	bool at_once; /* a session: it waits for no verdict on UDP */
	/*
	 * Called with the answer: FRAME_TEXT, FRAME_OK or FRAME_REFUSED, before
	 * which the waiter is forgotten; or, for a lookup, FRAME_ACCEPTED,
	 * after which another answer comes.  REACHED goes with FRAME_REFUSED:
	 * the remote was there, and it was the right one.
	 */
	void (*answer)(struct waiter *waiter, const struct frame *answer,
	    bool reached);
	void *asker;
	/* the list's own */
	struct waiter *next;
	enum waiter_state {
		WAITER_NEW, /* in no list */
		WAITER_WAITING,
		WAITER_AT_WORK, /* the connection works for it */
	} state;
	unsigned tries; /* how many kept connections have failed it */
};

/* Those that wait for one connection, in the order in which they came. */
struct waiters {
	struct waiter *first;
};

void waiters_add(struct waiters *waiters, struct waiter *waiter);

/* Take WAITER out; false if it isn't there. */
bool waiters_remove(struct waiters *waiters, struct waiter *waiter);

/* The first that wants WANT and that is not worked for yet, or NULL. */
struct waiter *waiters_first(const struct waiters *waiters, enum job want);

/*
 * The first session that is not worked for yet, or NULL; while the verdict on
 * UDP is awaited (WAITING), only one that goes at once.
 */
struct waiter *waiters_ready_session(const struct waiters *waiters,
    bool waiting);

/* Answer WAITER, which is forgotten before. */
void waiters_answer(struct waiters *waiters, struct waiter *waiter,
    const struct frame *answer, bool reached);

/* Answer all that want WANT in this way. */
void waiters_answer_all(struct waiters *waiters, enum job want,
    const struct frame *answer);

/* Tell all lookups that the remote lets the user in. */
void waiters_accept(struct waiters *waiters);

/* Refuse all, for WHY; the remote was not reached. */
void waiters_refuse_all(struct waiters *waiters, const struct refusal *why);

/*
 * The connection is over.  With RETRY, those that have not been failed by
 * another yet wait again; the others get REFUSAL, and REACHED.
 */
void waiters_fail(struct waiters *waiters, bool retry,
    const struct frame *refusal, bool reached);

/* None is worked for any more: all wait. */
void waiters_restart(struct waiters *waiters);

/* Refuse one WAITER that is in no list, for WHY. */
void waiter_refuse(struct waiter *waiter, const struct refusal *why);

/* Why there is no answer for want of memory. */
extern const struct refusal waiter_no_memory;

/* Why there is none while too many who don't get in have connections. */
extern const struct refusal waiter_busy;

#endif
