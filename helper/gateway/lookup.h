#ifndef MOSHGATE_LOOKUP_H
#define MOSHGATE_LOOKUP_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../shim/lib/frame.h"
#include "../../shim/lib/usermap.h"
#include "../config.h"
#include "limits.h"
#include "share.h"
#include "users.h"

/*
 * What sshd asks, through the name service, when it meets a name that the
 * gateway doesn't know: is that a user of the remote?  One who is gets a uid,
 * for good.
 */
struct lookups;

/* sshd waits for the answer, and others for sshd. */
#define LOOKUP_MS 9000

/* A question, kept by whoever asks until it is answered or forgotten. */
struct lookup_request {
	char name[USERNAME_MAX_CHARS + 1];
	void *asker;
	/* the lookups' own */
	struct lookup *lookup;
	struct lookup_request *next;
	int64_t end_ms;
};

/* Why a name is nobody's. */
struct lookup_refusal {
	const char *reason; /* one word */
	const char *detail; /* or NULL */
	const char *remedy; /* or NULL */
};

/*
 * Called with the answer to REQUEST: the user's UID, or, if REFUSAL is not
 * NULL, why there is none.
 */
typedef void lookup_answer(struct lookup_request *request, uid_t uid,
    const struct lookup_refusal *refusal);

/*
 * CONFIG (until the next lookups_configure()), SHARES, USERS and LIMITS must
 * outlive the lookups.  Returns NULL for want of memory.
 */
struct lookups *lookups_new(const struct config *config, struct shares *shares,
    struct users *users, struct limits *limits, lookup_answer *answer);
void lookups_free(struct lookups *lookups);

/*
 * From now on CONFIG holds.  Returns false, with the fault in ERROR, if the
 * file of reserved names can't be read; then nobody new gets in.
 */
bool lookups_configure(struct lookups *lookups, const struct config *config,
    char error[CONFIG_ERROR_BYTES]);

/* Ask; the answer may come before this returns. */
void lookups_ask(struct lookups *lookups, struct lookup_request *request);

/*
 * May the name of REQUEST be one of a user, as far as the gateway has a say?  If
 * not, the answer comes before this returns.
 */
bool lookups_allow(struct lookups *lookups, struct lookup_request *request);

/*
 * Give NAME, of which the remote has just said that it is a user's, a uid,
 * unless it has one.  Returns false, and in *REFUSAL why, if that can't be.
 */
bool lookups_admit(struct lookups *lookups, const char *name, uid_t *uid,
    struct lookup_refusal *refusal);

/* REQUEST is not waited for any more. */
void lookups_forget(struct lookup_request *request);

/* The shares' ANSWER, of TYPE, to REQUEST, which is of a lookup. */
void lookups_answered(struct share_request *request, enum frame_type type,
    const struct frame *answer);

/* Do what the time calls for; returns when to call again at the latest. */
int64_t lookups_tick(struct lookups *lookups, int64_t now_ms);

#endif
