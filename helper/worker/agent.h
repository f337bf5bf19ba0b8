#ifndef MOSHGATE_AGENT_H
#define MOSHGATE_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../shim/lib/frame.h"
#include "agentwire.h"
#include "deadline.h"
#include "failure.h"

/*
 * The SSH agent of the person who logs in, which may be anything and say
 * anything: each of its answers has a deadline, and all of them together.
 */
struct agent {
	int shim_fd; /* whose agent it is; -1: none */
	int fd;      /* the socket to it; -1: none */
	struct deadline *deadline;
	int64_t left_ms; /* how long it may be waited for yet */
	/* the last message, malloc'ed */
	unsigned char *answer;
	size_t answer_len;
	unsigned char *keys; /* the one that has the keys, malloc'ed */
};

/*
 * Ask the shim at the socket SHIM_FD, which is the agent's from now on, for its
 * agent.  DEADLINE must outlive it, and is extended by what the agent takes.
 * Returns FAILURE_NONE, FAILURE_AGENT_NONE, FAILURE_ABANDONED if the shim is
 * gone, or FAILURE_TIMEOUT.
 */
enum failure agent_open(struct agent *agent, int shim_fd,
    struct deadline *deadline);

/*
 * Store in *KEYS the agent's keys that are to be tried, MAX at most, which are
 * there until agent_close().  NEWER is as in agentwire_read_keys().  Returns
 * FAILURE_NONE, FAILURE_AGENT_SILENT, FAILURE_AGENT_BROKEN, or
 * FAILURE_ABANDONED.
 */
enum failure agent_list(struct agent *agent, bool newer, size_t max,
    struct agentwire_keys *keys);

/*
 * Have the LEN bytes at DATA, which libssh2 is to log in with, signed with KEY.
 * On FAILURE_NONE *SIGNATURE is what libssh2 wants, there until the next answer.
 * Else returns what agent_list() does, or FAILURE_AGENT_DENIED: the next key may
 * do.
 */
enum failure agent_sign(struct agent *agent, const struct agentwire_key *key,
    const unsigned char *data, size_t len, struct sshwire *signature);

/* Let go of the agent, and of the shim. */
void agent_close(struct agent *agent);

#endif
