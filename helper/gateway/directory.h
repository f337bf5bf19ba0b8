#ifndef MOSHGATE_GATEWAY_DIRECTORY_H
#define MOSHGATE_GATEWAY_DIRECTORY_H

#include <sys/types.h>

#include "../directory.h"

/*
 * Asks the name service, which may be a directory service that is slow, or that
 * hangs: nobody but who has asked waits for the answer.
 */
struct directory;

/* A question, kept by whoever asks until it is answered or forgotten. */
struct directory_question {
	/*
	 * Called with the answer, which is the directory's.  The question is
	 * forgotten before.
	 */
	void (*answer)(struct directory_question *question,
	    const struct directory_answer *answer);
	void *asker;
};

/* Returns NULL for want of memory. */
struct directory *directory_new(void);
void directory_free(struct directory *directory);

/*
 * Ask for the account called NAME, a valid name, or for the one with UID.  The
 * answer may come before this returns.
 */
void directory_ask_name(struct directory *directory,
    struct directory_question *question, const char *name);
void directory_ask_uid(struct directory *directory,
    struct directory_question *question, uid_t uid);

/* QUESTION, which may have been answered, is not waited for any more. */
void directory_forget(struct directory_question *question);

#endif
