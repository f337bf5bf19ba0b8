#ifndef MOSHGATE_JOB_H
#define MOSHGATE_JOB_H

#include <stdbool.h>

#include "../shim/lib/frame.h"

/*
 * What a worker can be asked to do.  Worker and helper speak frames:
 *
 *	helper to worker	FRAME_START	who, where, and the first job
 *				FRAME_KEYS, FRAME_SESSION,
 *				FRAME_LOOKUP, FRAME_UDP,
 *				FRAME_PING	another job
 *				FRAME_HOLD	the last job: to be ready for the
 *						relay that this is about
 *				FRAME_GO	what the relay is, for which the
 *						worker was held, and descriptors:
 *						JOB_GO_SHIM, JOB_GO_LOG
 *				FRAME_SIGNED	the answer to FRAME_SIGN
 *				FRAME_SHIM	after FRAME_REACHED, if it logs in
 *						with somebody's agent: JOB_SHIM,
 *						which it has until it is logged in
 *	worker to helper	FRAME_SIGN	the bytes to be signed
 *				FRAME_NOTE	something for the log
 *				FRAME_STEP	a line of `moshgate check`
 *				FRAME_REACHED	it is there, its host key right;
 *						address, where mosh would go
 *				FRAME_ACCEPTED	it lets the user in; and once
 *						more for a relay, for which there
 *						is a channel: ready for FRAME_GO
 *				FRAME_TEXT	the authorized_keys, filtered
 *				FRAME_RUNNING	the command of a relay runs;
 *						"no_terminal" if without one;
 *						"told", as in what ends a relay: the
 *						shim has been told by the worker
 *				FRAME_OK	host, port, key of a mosh-server;
 *						status, signal of a relay's end;
 *						or that the job is done
 *				FRAME_REFUSED	a refusal, with "ends" if the
 *						worker is over; "counted" if the
 *						remote has refused something
 */
enum job {
	JOB_LOOKUP,  /* is the user called the same there?  with the keys */
	JOB_KEYS,    /* read and filter authorized_keys */
	JOB_SESSION, /* start a mosh-server */
	JOB_UDP,     /* start a mosh-server that shows a mark */
	JOB_OPEN,    /* answer, once there is a shell for the jobs to come */
	JOB_RELAY,   /* the last job: carry a command or a session over SSH */
	JOB_CHECK,   /* the only job: tell each step of a login */
	JOB_PROBE,   /* the only job: reach the remote, and don't log in */
};

/* The job's name: in FRAME_START's field "first", and in the log. */
const char *job_name(enum job job);

/*
 * The job that is called NAME, or that FRAME_TYPE asks a worker for that is
 * connected already, in *JOB.  Returns false if there is none.
 */
bool job_by_name(const char *name, enum job *job);
bool job_by_frame(enum frame_type type, enum job *job);

/* The frame that asks a connected worker for JOB; 0 if it can't be asked for. */
enum frame_type job_frame(enum job job);

/* The descriptors with FRAME_GO. */
enum {
	JOB_GO_SHIM, /* the socket to the shim: the worker is the shim's now */
	JOB_GO_LOG,  /* for log_take(), if the helper is gone at the end */
	JOB_GO_FDS
};

/* The descriptors with FRAME_SHIM. */
enum {
	JOB_SHIM, /* the socket to the shim, which is asked for its agent */
	JOB_SHIM_FDS
};

/*
 * How long a person may take to let the agent sign, in all, in milliseconds: a
 * remote usually waits for 120 s (sshd_config(5), LoginGraceTime).
 */
#define JOB_AGENT_MS 60000

/* What FRAME_NOTE is about when the kernel lacks something for the sandbox. */
#define JOB_NOTE_SANDBOX "sandbox"

#endif
