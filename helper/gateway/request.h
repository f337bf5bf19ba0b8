#ifndef MOSHGATE_REQUEST_H
#define MOSHGATE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "../../shim/lib/frame.h"
#include "../../shim/lib/usermap.h"
#include "../job.h"
#include "../refusal.h"

/*
 * What somebody wants of a user's connection to the remote: kept by whoever asks
 * until it is answered or forgotten.
 */
struct request {
	enum job want; /* JOB_LOOKUP, JOB_KEYS or JOB_SESSION */
	char user[USERNAME_MAX_CHARS + 1];
	/* the shim's request, of which a session passes fields on */
	const struct frame *asked;
	bool at_once; /* a session: it waits for no verdict on UDP */
	/*
	 * Called with the answer: FRAME_TEXT, FRAME_OK or FRAME_REFUSED, before
	 * which the request is forgotten; or, for a lookup, FRAME_ACCEPTED,
	 * after which another answer comes.  REACHED goes with FRAME_REFUSED:
	 * the remote was there, and it was the right one.
	 */
	void (*answer)(struct request *request, const struct frame *answer,
	    bool reached);
	void *asker;
	/* the list's own */
	struct request *next;
	enum request_state {
		REQUEST_NEW, /* in no list */
		REQUEST_WAITING,
		REQUEST_AT_WORK, /* the connection works for it */
	} state;
	unsigned tries; /* how many kept connections have failed it */
};

/* Those that wait for one connection, in the order in which they came. */
struct requests {
	struct request *first;
};

void requests_add(struct requests *requests, struct request *request);

/* Take REQUEST out; false if it isn't there. */
bool requests_remove(struct requests *requests, struct request *request);

/* The first that wants WANT and that is not worked for yet, or NULL. */
struct request *requests_first(const struct requests *requests, enum job want);

/*
 * The first session that is not worked for yet, or NULL; while the verdict on
 * UDP is awaited (WAITING), only one that goes at once.
 */
struct request *requests_ready_session(const struct requests *requests,
    bool waiting);

/* Answer REQUEST, which is forgotten before. */
void requests_answer(struct requests *requests, struct request *request,
    const struct frame *answer, bool reached);

/* Answer all that want WANT in this way. */
void requests_answer_all(struct requests *requests, enum job want,
    const struct frame *answer);

/* Tell all lookups that the remote lets the user in. */
void requests_accept(struct requests *requests);

/* Refuse all, for WHY; the remote was not reached. */
void requests_refuse_all(struct requests *requests, const struct refusal *why);

/*
 * The connection is over.  With RETRY, those that have not been failed by
 * another yet wait again; the others get REFUSAL, and REACHED.
 */
void requests_fail(struct requests *requests, bool retry,
    const struct frame *refusal, bool reached);

/* None is worked for any more: all wait. */
void requests_restart(struct requests *requests);

/* Refuse one REQUEST that is in no list, for WHY. */
void request_refuse(struct request *request, const struct refusal *why);

/* Why there is no answer for want of memory. */
extern const struct refusal request_no_memory;

#endif
