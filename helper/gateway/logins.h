#ifndef MOSHGATE_LOGINS_H
#define MOSHGATE_LOGINS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "../../shim/lib/usermap.h"
#include "address.h"
#include "admission.h"
#include "directory.h"
#include "outage.h"
#include "patience.h"
#include "provisional.h"
#include "shares.h"

/*
 * Logins to the remote, to ask for keys, as users for whom no connection is
 * kept: patience.h says who goes when.  A name that has no uid of its own yet
 * gets one if the remote says that it is a user's.
 */
struct logins;

enum logins_kind {
	LOGINS_KNOWN,   /* a user who has an account, or a uid in the map */
	LOGINS_NEW,     /* a name that the remote has to be asked for */
	LOGINS_VOUCHED, /* one that it needn't be */
};

/* A question, kept by whoever asks until it is answered or forgotten. */
struct logins_question {
	char name[USERNAME_MAX_CHARS + 1];
	enum logins_kind kind;
	uid_t uid;              /* that a name without one is to have */
	struct address address; /* of the client */
	/*
	 * Called when the remote can be asked for NAME's keys now; the name has
	 * a uid for good then.  If WHY is not NULL it can't, and that is why.
	 * The question is forgotten before.
	 */
	void (*answer)(struct logins_question *question,
	    const struct refusal *why);
	void *asker;
	/* the logins' own */
	struct login *of; /* NULL: it is not waited for */
	struct logins_question *next;
	int64_t end_ms;
};

/* What logins have to do with; all of it must outlive them. */
struct logins_parts {
	struct loop *loop;
	struct shares *shares;
	struct patience *patience;
	struct provisional *provisional;
	struct outage *outage;
	struct directory *directory;
	const struct admission *admission;
};

/* Returns NULL for want of memory. */
struct logins *logins_new(const struct logins_parts *parts);
void logins_free(struct logins *logins);

/* Ask; the answer may come before this returns. */
void logins_ask(struct logins *logins, struct logins_question *question);

/* QUESTION, all zero or asked, is not waited for any more. */
void logins_forget(struct logins_question *question);

/*
 * There may be an outage, or a turn for somebody: see to those that wait, soon.
 * All claims of the patience have their turns by this.
 */
void logins_touch(struct logins *logins);

/* Why a claim that waits can't go. */
const struct refusal *logins_why_crowded(const struct logins *logins,
    int64_t now_ms);

/*
 * Why the remote can't be asked for a name that is new, for a client at ADDRESS;
 * NULL if it can.
 */
const struct refusal *logins_why_not_new(const struct logins *logins,
    const struct address *address, int64_t now_ms);

#endif
