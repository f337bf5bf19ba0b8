#ifndef MOSHGATE_INQUIRY_H
#define MOSHGATE_INQUIRY_H

#include "../directory.h"
#include "dispatch.h"

/*
 * A question, all zero in the beginning, kept by whoever asks until it is
 * answered or forgotten.
 */
struct directory_question {
	/*
	 * Called with the answer, which is the directory's.  The question is
	 * forgotten before, and may be asked again.
	 */
	void (*answer)(struct directory_question *question,
	    const struct directory_answer *answer);
	void *asker;
	/* it is about somebody who has come before: they go first */
	bool known;
	/* the directory's own */
	struct inquiry *of;
	struct directory_question *next;
};

/* What the directory is asked at a time, by however many questions. */
struct inquiry {
	struct inquiry *next; /* the one that came after it */
	struct directory_asked asked;
	char whom[USERNAME_MAX_CHARS + 1]; /* in words */
	enum dispatch_class class;
	int place; /* of the process that is at work for it; -1: it waits */
	unsigned tries; /* so many processes have had it, and are over */
	int64_t began_ms;
	struct directory_question *questions;
};

/* The one in the list from FIRST that asks for ASKED; NULL if there is none. */
struct inquiry *inquiry_find(struct inquiry *first,
    const struct directory_asked *asked);

/*
 * Add one for ASKED to the list *FIRST; KNOWN as in struct directory_question.
 * Returns NULL for want of memory, or if too many wait.
 */
struct inquiry *inquiry_new(struct inquiry **first,
    const struct dispatch *dispatch, const struct directory_asked *asked,
    bool known, int64_t now_ms);

/* The one of CLASS that has waited for longest; NULL if there is none. */
struct inquiry *inquiry_next(struct inquiry *first, enum dispatch_class class);

/* QUESTION waits for INQUIRY; or for nothing any more. */
void inquiry_attach(struct inquiry *inquiry,
    struct directory_question *question);
void inquiry_detach(struct directory_question *question);

/* Take INQUIRY out of the list *FIRST, give its questions ANSWER, and free it. */
void inquiry_end(struct inquiry **first, struct inquiry *inquiry,
    const struct directory_answer *answer);

/* Free all in the list *FIRST, for which nobody waits. */
void inquiry_free_all(struct inquiry **first);

#endif
