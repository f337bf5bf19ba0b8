#ifndef MOSHGATE_GATEWAY_DIRECTORY_H
#define MOSHGATE_GATEWAY_DIRECTORY_H

#include <sys/types.h>

#include "child.h"
#include "inquiry.h"

/*
 * Asks the name service, which may be a directory service that is slow, or that
 * hangs, by processes that wait for it: dispatch.h.  Nobody but who has asked
 * waits for an answer, and for no longer than DISPATCH_ANSWER_MS.
 */
struct directory;

/* LOOP and CHILDREN must outlive it.  Returns NULL for want of memory. */
struct directory *directory_new(struct loop *loop, struct children *children);
void directory_free(struct directory *directory);

/*
 * Ask for the account called NAME, a valid name, or for the one with UID; or
 * which of the DIRECTORY_UIDS uids from FIRST on are no account's.
 * DIRECTORY_UNKNOWN may come before this returns.
 */
void directory_ask_name(struct directory *directory,
    struct directory_question *question, const char *name);
void directory_ask_uid(struct directory *directory,
    struct directory_question *question, uid_t uid);
void directory_ask_free(struct directory *directory,
    struct directory_question *question, uid_t first);

/* QUESTION, which may have been answered, is not waited for any more. */
void directory_forget(struct directory_question *question);

#endif
