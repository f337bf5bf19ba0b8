#ifndef MOSHGATE_LOOKUPS_H
#define MOSHGATE_LOOKUPS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../shim/lib/usermap.h"
#include "../config.h"
#include "admission.h"
#include "directory.h"
#include "enroll.h"
#include "limits.h"
#include "outage.h"
#include "shares.h"

/*
 * The names that the remote is asked for, or is going to be: is that one of its
 * users?  One that is gets a uid, for good.  limits.h says which may be asked
 * when.
 */
struct lookups;

/* sshd waits for the answer, and others for sshd. */
#define LOOKUPS_MS 9000

/* A question, kept by whoever asks until it is answered or forgotten. */
struct lookups_question {
	char name[USERNAME_MAX_CHARS + 1];
	/*
	 * Called with the answer: the user's UID, or, if WHY is not NULL, why
	 * there is none.  The question is forgotten before.
	 */
	void (*answer)(struct lookups_question *question, uid_t uid,
	    const struct refusal *why);
	void *asker;
	/* the lookups' own */
	struct lookups *lookups;
	struct directory_question account;
	struct enroll enroll; /* of a name that needn't be asked for */
	struct lookups_name *of;
	struct lookups_question *next;
	int64_t end_ms;
};

/*
 * All of these must outlive the lookups.  Returns NULL for want of memory.
 */
struct lookups *lookups_new(struct loop *loop, struct shares *shares,
    struct limits *limits, struct outage *outage,
    const struct admission *admission, struct directory *directory);
void lookups_free(struct lookups *lookups);

/* Ask; the answer may come before this returns. */
void lookups_ask(struct lookups *lookups, struct lookups_question *question);

/* There may be an outage: see to the names that wait, soon. */
void lookups_touch(struct lookups *lookups);

/* QUESTION is not waited for any more. */
void lookups_forget(struct lookups_question *question);

#endif
