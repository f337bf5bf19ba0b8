#ifndef MOSHGATE_GATEWAY_KEEPER_H
#define MOSHGATE_GATEWAY_KEEPER_H

#include <sys/types.h>

#include <stdbool.h>

#include "../usertable.h"
#include "child.h"

/*
 * The process that has the file of the user map (accounts/keeper.h), and what
 * the file says, which is kept here.  One that hangs or dies is replaced when it
 * has ended, so that there are never two; the other goes on with what is here.
 */
struct keeper;

/* So long the keeper may take for anything. */
#define KEEPER_ANSWER_MS 4000

/* What the keeper's owner is told, with the context that it gave. */
struct keeper_events {
	/* There is a table for the first time; or another one. */
	void (*table)(void *context);
	/* It can do something more. */
	void (*idle)(void *context);
	/* The looks up to number LOOK are done. */
	void (*looked)(void *context, unsigned look);
	/* keeper_add() has come to RESULT: the uid is UID; or FAULT is why not. */
	void (*added)(void *context, enum users_result result, uid_t uid,
	    const char *fault);
};

/*
 * LOOP and CHILDREN must outlive it; PATH is of the file, for the log.  Returns
 * NULL for want of memory.
 */
struct keeper *keeper_new(struct loop *loop, struct children *children,
    const char *path, const struct keeper_events *events, void *context);
void keeper_free(struct keeper *keeper);

/* NULL before the file has been read. */
const struct usertable *keeper_table(const struct keeper *keeper);

/*
 * Have the file looked at, and mended, as soon as can be.  Returns the number of
 * the look, which begins after this is called.
 */
unsigned keeper_look(struct keeper *keeper);

/* True if what it is at takes so long that nobody should wait for it. */
bool keeper_is_slow(const struct keeper *keeper);

/*
 * True if there has been no such process for a while, since the last one hangs:
 * there is nothing to wait for.
 */
bool keeper_is_gone(const struct keeper *keeper);

/*
 * Have NAME added with UID, which takes KEEPER_ANSWER_MS at most.  Returns false
 * if that can't begin now.
 */
bool keeper_add(struct keeper *keeper, const char *name, uid_t uid);

#endif
