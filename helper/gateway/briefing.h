#ifndef MOSHGATE_BRIEFING_H
#define MOSHGATE_BRIEFING_H

#include <sys/types.h>

#include <stdbool.h>

#include "../../shim/lib/fields.h"
#include "../config.h"
#include "../job.h"
#include "queue.h"

/* What a worker is told. */

/* Whose agent a worker logs in with: UID's, at the other end of FD. */
struct briefing_agent {
	int fd;
	uid_t uid;
	bool or_key; /* if it does not do, then with the gateway's key */
};

/* What it begins with: FRAME_START. */
struct briefing {
	enum job job;
	const struct frame
	    *asked;       /* a shim's request of which fields go along */
	bool unknown;     /* for a check: the user has no account here */
	bool spare;       /* for a relay at a terminal that is yet to come */
	const char *mark; /* of a trial of UDP, or NULL */
	int connect_timeout_max_s; /* not longer than this; 0: as configured */
	/*
	 * With what it logs in: the user's password, the agent of whoever is
	 * at the other end of a socket, or, with neither, the gateway's key.
	 */
	const char *password;               /* or NULL */
	const struct briefing_agent *agent; /* or NULL */
};

/*
 * Add to FIELDS all that the worker of USER needs to know for BRIEFING: with
 * what of CONFIG it is told, and BLOB, the public half of the gateway's key, or
 * NULL.
 */
void briefing_add(struct fields *fields, const struct briefing *briefing,
    const char *user, const struct config *config, const unsigned char *blob);

/*
 * If ENTRY of QUEUE is a relay, add how much may be on its way: the more of them
 * there are, the less.
 */
void briefing_add_window(struct fields *fields, const struct queue *queue,
    const struct queue_entry *entry);

/*
 * Add to FIELDS those fields of a shim's request, ASKED, that a worker may know:
 * each once, so that they stay as short as a worker takes them.
 */
void briefing_add_request(struct fields *fields, const struct frame *asked);

#endif
