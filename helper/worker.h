#ifndef MOSHGATE_WORKER_H
#define MOSHGATE_WORKER_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "../shim/frame.h"
#include "config.h"
#include "relay.h"

/*
 * A worker is the helper executed anew, without the gateway's key: it makes
 * one connection to the remote as one user and parses all that the remote
 * says.  It speaks frames with the helper:
 *
 *	helper to worker	FRAME_START	who, where, and the first job
 *				FRAME_KEYS, FRAME_SESSION,
 *				FRAME_LOOKUP, FRAME_UDP,
 *				FRAME_PING	another job
 *				FRAME_HOLD	the last job: to be ready for the
 *						relay that this is about
 *				FRAME_GO	what the relay is, for which the
 *						worker was held, and its descriptors
 *				FRAME_SIGNED	the answer to FRAME_SIGN
 *	worker to helper	FRAME_SIGN	the bytes to be signed
 *				FRAME_NOTE	something for the log
 *				FRAME_STEP	a line of `moshgate check`
 *				FRAME_REACHED	it is there, its host key right;
 *						address, where mosh would go
 *				FRAME_ACCEPTED	it lets the user in; after
 *						FRAME_HOLD, ready for FRAME_GO
 *				FRAME_TEXT	the authorized_keys, filtered
 *				FRAME_RUNNING	the command of a relay runs;
 *						"no_terminal" if without one
 *				FRAME_OK	host, port, key of a mosh-server;
 *						status, signal of a relay's end;
 *						or that the job is done
 *				FRAME_REFUSED	reason, sentence, remedy,
 *						detail; "ends" if it is over
 */
#define WORKER_OPTION "--worker"

/* What FRAME_NOTE is about when the kernel lacks something: told once. */
#define WORKER_NOTE_SANDBOX "sandbox"

/*
 * Start a worker for USER.  RELAY are the descriptors that it is to carry, or
 * NULL; they stay the caller's.  If it OUTLIVES the helper, it is not killed
 * when that ends; from FRAME_HOLD on none is.  Stores the helper's end of its
 * socket (close-on-exec) in *FD.  Returns its process, or -1 with errno set.
 */
pid_t worker_start(const char *user, const int relay[RELAY_FDS], bool outlives,
    int *fd);

/* Add to FIELDS what of CONFIG a worker needs: never a secret. */
void worker_describe(struct fields *fields, const struct config *config);

/* What a worker does, from FRAME_START on; returns its exit status. */
int worker_main(void);

#endif
