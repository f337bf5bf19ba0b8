#ifndef MOSHGATE_WORK_H
#define MOSHGATE_WORK_H

#include "../../shim/lib/frame.h"
#include "../config.h"
#include "../job.h"
#include "../sshkey.h"
#include "connect.h"
#include "deadline.h"
#include "failure.h"
#include "hostkey.h"
#include "orders.h"
#include "report.h"
#include "session.h"
#include "shell.h"

/* All that a worker has.  Its jobs are given it, and one connection. */
struct work {
	struct orders orders;
	struct report report;
	struct frame
	    start; /* FRAME_START: has USER and what the job is about */
	struct config *config;
	const char *user;
	/* what it logs in with */
	unsigned char blob[SSHKEY_ED25519_BLOB_BYTES]; /* the gateway's key */
	enum work_login {
		WORK_WITHOUT, /* with nothing, for jobs that can do without */
		WORK_BY_KEY,
		WORK_BY_PASSWORD,
		WORK_BY_AGENT,
		WORK_BY_AGENT_OR_KEY,
	} login;
	enum job first;
	struct deadline deadline;
	struct failure_facts facts;
	struct hostkeys known;
	struct connect connect;
	struct session *session;
	struct shell shell;
};

#endif
