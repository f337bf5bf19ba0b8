#ifndef MOSHGATE_SHARE_H
#define MOSHGATE_SHARE_H

#include <sys/types.h>

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../shim/lib/frame.h"
#include "../config.h"
#include "../job.h"
#include "reach.h"
#include "signer.h"

/*
 * A user's share of the remote: the one worker that serves all of the user's
 * logins, the keys it has read, and the requests that wait for it.
 */
struct shares;

/*
 * A request, kept by whoever asks until it is answered or forgotten.  ASKED is
 * the shim's request, whose fields a session passes on.  FDS, for a relay, are
 * closed when its worker has them.
 */
struct share_request {
	enum job want;
	char user[65];
	const struct frame *asked;
	void *asker;
	struct frame_fds fds;
	bool unknown; /* for a check: the user has no account on the gateway */
	char mark[MOSH_MARK_CHARS + 1]; /* for one that tries UDP; else "" */
	bool at_once; /* a session: it waits for no verdict on UDP */
	/* the share's own */
	struct share_request *next;
	bool retried, started;
	int64_t end_ms;
	/* with a refusal: the remote was there, and it was the right one */
	bool reached;
};

/*
 * Called with the answer to REQUEST: FRAME_TEXT, FRAME_OK, FRAME_REFUSED; or
 * FRAME_STEP, FRAME_RUNNING or, for a lookup, FRAME_ACCEPTED, after which
 * another comes.  After any other the request is forgotten already.
 */
typedef void share_answer(struct share_request *request, enum frame_type type,
    const char *body, size_t len);

/*
 * Called with CONTEXT when a connection, for whatever purpose, has REACHED the
 * remote, and found its host key right; or has not, for the REASON, and with
 * the particulars in DETAIL if it is not NULL.
 */
typedef void share_reached(void *context, bool reached, const char *reason,
    const char *detail);

/*
 * CONFIG and SIGNER must outlive the shares, or the next shares_configure().
 * Workers start what UDP needs, and sessions wait for its verdict, unless they
 * are to go AT_ONCE.
 */
struct shares *shares_new(const struct config *config,
    const struct signer *signer, struct reach *udp, share_answer *answer,
    share_reached *reached, void *context);
void shares_free(struct shares *shares);

/* From now on CONFIG and SIGNER hold; what was kept is let go. */
void shares_configure(struct shares *shares, const struct config *config,
    const struct signer *signer);

/*
 * Before this process is divided in two: end all workers but those of relays that
 * run, which are nobody's children from then on.
 */
void shares_keep_relays(struct shares *shares);

/* In the one of the two that ends: the relays are the other's. */
void shares_leave_relays(struct shares *shares);

/* Ask; the answer may come before this returns. */
void shares_ask(struct shares *shares, struct share_request *request);

/* REQUEST is not waited for any more. */
void shares_forget(struct shares *shares, struct share_request *request);

/* There may be a verdict on UDP: see to the sessions that wait for it. */
void shares_resume(struct shares *shares);

/* How many descriptors shares_poll() needs at most. */
size_t shares_poll_count(const struct shares *shares);

/* Fill FDS with what to poll for; returns how many. */
size_t shares_poll(struct shares *shares, struct pollfd *fds);

/* Do what the COUNT polled FDS call for. */
void shares_polled(struct shares *shares, const struct pollfd *fds,
    size_t count);

/*
 * Do what the time calls for.  Returns when to call again at the latest, in
 * milliseconds on the monotonic clock, or INT64_MAX.
 */
int64_t shares_tick(struct shares *shares, int64_t now_ms);

/* The child PID has ended; false if it was no worker. */
bool shares_reap(struct shares *shares, pid_t pid);

/* What `moshgate status` says of the shares. */
struct share_status {
	const char *user;
	const char *state;
	int64_t age_ms; /* of the connection; -1 if there is none */
};

/* Call EACH with CONTEXT for every user. */
void shares_each(const struct shares *shares, int64_t now_ms,
    void (*each)(void *context, const struct share_status *status),
    void *context);

#endif
