#ifndef MOSHGATE_ENROLL_H
#define MOSHGATE_ENROLL_H

#include "admission.h"
#include "directory.h"
#include "provisional.h"
#include "users.h"

/*
 * A name of which the remote has just said that it is a user's gets a uid, for
 * good, unless it has one.
 */
struct enroll {
	/* Called when it has UID; or, if WHY is not NULL, why it has none. */
	void (
	    *done)(struct enroll *enroll, uid_t uid, const struct refusal *why);
	void *asker;
	uid_t from; /* if UID is any: one from here on, which no name has */
	bool taken; /* then: the uid is or was somebody else's */
	/* its own */
	const struct admission *admission;
	char name[USERNAME_MAX_CHARS + 1];
	uid_t uid; /* that it is to have; 0: any */
	struct directory_question question;
	struct users_adding adding;
};

/*
 * Begin, with ENROLL all zero but for DONE, ASKER and FROM: it may be done before
 * this returns.  The uid is to be UID, or any if that is 0; for whom sshd was
 * told USERMAP_UID_DEAD_END there is none.
 */
void enroll_begin(struct enroll *enroll, const struct admission *admission,
    struct directory *directory, const char *name, uid_t uid);

/*
 * ENROLL is done, for WHY or well: its provisional uid is not provisional any
 * more, for a client at ADDRESS (NULL: it does not count), or may be nobody's.
 */
void enroll_settle(const struct enroll *enroll, struct provisional *provisional,
    const struct address *address, const struct refusal *why, int64_t now_ms);

/* ENROLL, which may be done, is not waited for any more. */
void enroll_forget(struct enroll *enroll);

#endif
