#ifndef MOSHGATE_PHASE_H
#define MOSHGATE_PHASE_H

#include <stdbool.h>

#include "../../shim/lib/frame.h"
#include "../job.h"
#include "queue.h"

/*
 * The phases of a connection to the remote, from the queue to its end, and what
 * its worker may say in each of them: policy.
 */
enum phase {
	PHASE_QUEUED,   /* it has no process yet */
	PHASE_REACHING, /* until the remote has shown the right host key */
	PHASE_ENTERING, /* it may ask for a signature, once */
	PHASE_ASKING,   /* the same, once somebody's agent has answered */
	PHASE_PROVING,  /* it has had that */
	PHASE_AT_WORK,  /* logged in, with a job */
	PHASE_IDLE,     /* it waits for the next job */
	PHASE_CLEARING, /* it makes a channel for a relay */
	PHASE_HELD,     /* it waits for the relay */
	PHASE_STARTING, /* it starts the relay's command */
	PHASE_RUNNING,  /* it carries it */
};

/* True if a worker in PHASE, with JOB, may send a frame of TYPE: job.h. */
bool phase_allows(enum phase phase, enum job job, enum frame_type type);

/* True if JOB can't be done without a login; else it is told that there is none. */
bool phase_logs_in(enum job job);

/* True if JOB is a worker's last. */
bool phase_ends_with(enum job job);

/* True if a worker in PHASE is a relay's, and may outlive the helper. */
bool phase_outlives(enum phase phase);

/* The phase after the FRAME_ACCEPTED of a worker in PHASE, with JOB. */
enum phase phase_accepted(enum phase phase, enum job job);

/* What the queue takes PHASE for. */
enum queue_state phase_in_queue(enum phase phase);

#endif
