#ifndef MOSHGATE_DIRECTORY_H
#define MOSHGATE_DIRECTORY_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "../shim/lib/fields.h"
#include "../shim/lib/usermap.h"

/*
 * What the name service (nsswitch.conf(5)) is asked, and what it answers: by a
 * process of the helper's that has nothing else to do (accounts/).  Its frames:
 *
 *	helper to accounts	FRAME_ACCOUNT	name, or uid, or first
 *	accounts to helper	FRAME_OK	an answer, to the one question
 */

/* The group of those who go to the remote. */
#define DIRECTORY_GROUP "moshgate"

#define DIRECTORY_SHELL_CHARS 255
#define DIRECTORY_FAULT_CHARS 127
#define DIRECTORY_UIDS 64 /* as many are asked for at a time */

enum directory_key {
	DIRECTORY_BY_NAME,
	DIRECTORY_BY_UID,
	DIRECTORY_UIDS_FROM, /* which of the DIRECTORY_UIDS from UID on are free */
};

struct directory_asked {
	enum directory_key key;
	char name[USERNAME_MAX_CHARS + 1];
	uid_t uid;
};

enum directory_verdict {
	DIRECTORY_NONE,    /* there is no such account */
	DIRECTORY_THERE,   /* there is */
	DIRECTORY_UNKNOWN, /* a source did not answer: FAULT says why */
};

/*
 * An account, as the name service has it.  All but the verdict is of one that is
 * there, if nothing else is said.
 */
struct directory_answer {
	enum directory_verdict verdict;
	/* what it is called; "" if nobody can be called so on the remote */
	char name[USERNAME_MAX_CHARS + 1];
	uid_t uid;
	char shell[DIRECTORY_SHELL_CHARS + 1]; /* "": it is longer */
	bool shares_uid; /* its uid is called by another name */
	bool in_group;   /* it is in DIRECTORY_GROUP */
	bool like;       /* there is none, but one that differs in case alone */
	/*
	 * DIRECTORY_UIDS_FROM: a bit for each uid, the lowest for the first,
	 * that is set if it is no account's.  With DIRECTORY_UNKNOWN some have
	 * not been asked for.
	 */
	uint64_t free;
	char fault[DIRECTORY_FAULT_CHARS + 1]; /* with DIRECTORY_UNKNOWN */
};

void directory_asked_add(struct fields *fields,
    const struct directory_asked *asked);
void directory_answer_add(struct fields *fields,
    const struct directory_answer *answer);

/*
 * Read them from FRAME, which has passed fields_wellformed().  Returns false if
 * it makes no sense.
 */
bool directory_asked_read(const struct frame *frame,
    struct directory_asked *asked);
bool directory_answer_read(const struct frame *frame,
    struct directory_answer *answer);

/* ANSWER is that nobody can tell, since FAULT. */
void directory_answer_unknown(struct directory_answer *answer,
    const char *fault);

#endif
