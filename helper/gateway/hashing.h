#ifndef MOSHGATE_HASHING_H
#define MOSHGATE_HASHING_H

#include <stdbool.h>
#include <stdint.h>

#include "../../shim/lib/usermap.h"
#include "../refusal.h"
#include "address.h"
#include "child.h"
#include "guesses.h"

/*
 * The processes that see whether a password is the one in the file of passwords
 * (../hasher/hasher.h): one for each, which takes 64 MiB, and two at a time.
 * Others wait, but few, and not for long: sshd waits with them.
 */
struct hashing;

#define HASHING_AT_ONCE 2
#define HASHING_WAITING_MAX 8
/* While one takes longer than this, as with a disk that hangs, fewer wait. */
#define HASHING_SLOW_MS 2000
#define HASHING_WAITING_SLOW_MAX 2
/* While so many that were killed have not ended, none is started. */
#define HASHING_ENDING_MAX 8
/* So long one may wait for a process, and have it. */
#define HASHING_TURN_MS 5000
#define HASHING_LATE_MS 10000

/* A password to be looked at, kept by whoever asks until it is answered. */
struct hashing_question {
	const char *name; /* the asker's, as the next */
	const char *password;
	struct address address;       /* of the client */
	enum guess_standing standing; /* who may be the user goes first */
	/*
	 * Called when it is known whether it is RIGHT; if WHY is not NULL nobody
	 * can tell, and that is why.  The question is forgotten before.
	 */
	void (*answer)(struct hashing_question *question, bool right,
	    const struct refusal *why);
	void *asker;
	/* the hashing's own */
	enum hashing_state {
		HASHING_NOT,
		HASHING_WAITS,
		HASHING_GOES,
	} state;
	struct hashing *of;
	struct hashing_question *next;
	struct child *child;
	int64_t end_ms; /* of its wait, or of its process */
};

/* LOOP and CHILDREN must outlive it.  Returns NULL for want of memory. */
struct hashing *hashing_new(struct loop *loop, struct children *children);
void hashing_free(struct hashing *hashing);

/* The file is at PATH from now on.  Returns false for want of memory. */
bool hashing_configure(struct hashing *hashing, const char *path);

/* Ask; the answer may come before this returns. */
void hashing_ask(struct hashing *hashing, struct hashing_question *question);

/* QUESTION, all zero or asked, is not waited for any more. */
void hashing_forget(struct hashing_question *question);

#endif
