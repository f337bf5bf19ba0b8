#ifndef MOSHGATE_ORDERS_H
#define MOSHGATE_ORDERS_H

#include <libssh2.h>
#include <stdbool.h>
#include <stddef.h>

#include "../../shim/lib/frame.h"
#include "session.h"

/*
 * What a worker waits for from the helper.  While a job runs it waits for
 * nothing: the helper says no more before it has the answer.
 */
enum orders_state {
	ORDERS_NEW,     /* to be told who, where, and the first job */
	ORDERS_SIGNING, /* for the signature that it has asked for */
	ORDERS_SHIM,    /* for the shim whose agent it is to log in with */
	ORDERS_FREE,    /* for the next job */
	ORDERS_HELD,    /* for what the relay is that it is ready for */
};

/* The frames that come from the helper. */
struct orders {
	int fd; /* the helper's socket */
	struct frame_in in;
	struct frame_fds passed; /* with the last frame */
};

/*
 * True if a frame of TYPE, with a number of DESCRIPTORS, is one that the helper
 * may send in STATE.
 */
bool orders_legal(enum orders_state state, enum frame_type type,
    size_t descriptors);

/* Begin to read from the helper's socket FD. */
void orders_begin(struct orders *orders, int fd);

/*
 * Wait for the helper's word in STATE, for a few seconds.  On true it is one
 * that is legal then, its fields are whole if it is made of fields, and *FRAME
 * is for frame_free().
 */
bool orders_wait(struct orders *orders, enum orders_state state,
    struct frame *frame);

/*
 * The same, for as long as it takes, while the remote is answered what it asks
 * over CHANNEL.  False also when the remote has closed the connection.
 */
bool orders_wait_idle(struct orders *orders, enum orders_state state,
    struct session *session, LIBSSH2_CHANNEL *channel, struct frame *frame);

void orders_end(struct orders *orders);

#endif
