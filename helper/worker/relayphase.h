#ifndef MOSHGATE_RELAYPHASE_H
#define MOSHGATE_RELAYPHASE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Where a relay stands, and what may be done with its channel then.  Input and
 * output end one by one: a command that has closed its output may still read.
 */
enum relayphase {
	RELAYPHASE_OPEN,
	RELAYPHASE_INPUT_OVER,  /* the remote knows that there is no more */
	RELAYPHASE_OUTPUT_OVER, /* all that the command wrote is delivered */
	RELAYPHASE_BOTH_OVER,
	RELAYPHASE_CLOSED, /* the command has ended, and how is known */
	RELAYPHASES
};

/* What a phase ends with. */
enum relayphase_event {
	RELAYPHASE_INPUT_TOLD,
	RELAYPHASE_OUTPUT_DELIVERED,
	RELAYPHASE_CHANNEL_CLOSED,
	RELAYPHASE_EVENTS
};

/* What may be done with the channel. */
enum relayphase_call {
	RELAYPHASE_READ_OUTPUT,
	RELAYPHASE_READ_ERRORS,
	RELAYPHASE_WRITE_INPUT,
	RELAYPHASE_WRITE_SIZE,
	RELAYPHASE_WAIT_CLOSED,
	RELAYPHASE_CALLS,
	RELAYPHASE_NO_CALL = RELAYPHASE_CALLS
};

/*
 * True if CALL may be made in PHASE.  BUSY is the call that has sent a part of
 * a packet, or RELAYPHASE_NO_CALL: libssh2 wants to be asked to send nothing
 * else until the rest of it is sent.
 */
bool relayphase_may(enum relayphase phase, enum relayphase_call busy,
    enum relayphase_call call);

/* The phase after EVENT in PHASE, which is PHASE if it has had that already. */
enum relayphase relayphase_after(enum relayphase phase,
    enum relayphase_event event);

/* What a relay holds that was read and not delivered yet, in bytes. */
struct relayphase_held {
	size_t output, errors, input;
	bool input_ended; /* there is no more to read from its source */
};

/*
 * True if what the remote may send now is of use.  It is not when all that may
 * come has to wait for a reader.
 */
bool relayphase_hears(enum relayphase phase,
    const struct relayphase_held *held);

#endif
