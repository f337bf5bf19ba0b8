#ifndef MOSHGATE_CLOSERS_H
#define MOSHGATE_CLOSERS_H

#include <sys/types.h>

#include <stdbool.h>

#include "../loop.h"
#include "dying.h"

/*
 * The processes that close sockets for the helper (../closer/closer.h), a batch
 * each, so that it never releases a descriptor that somebody has sent.
 */
struct closers;

/* LOOP must outlive the closers.  Returns NULL for want of memory. */
struct closers *closers_new(struct loop *loop);

/* Those that are left end, as soon as they can. */
void closers_free(struct closers *closers);

/* Who has how many processes that have not ended. */
struct dying *closers_dying(struct closers *closers);

/*
 * The processes and what each holds are bounded, and so is what waits for one of
 * them.  Whoever can have more descriptors than all of them together, under 73
 * uids or so, brings it so far that others are taken more slowly, and in the end
 * not before some process has ended.
 */
enum closers_room {
	CLOSERS_ROOM,
	CLOSERS_LITTLE_ROOM, /* take others one at a time */
	CLOSERS_NO_ROOM,     /* take nobody */
};

/* What room there is for what others may send. */
enum closers_room closers_room(const struct closers *closers);

/* Have the socket FD closed, which UID is at the other end of. */
void closers_take(struct closers *closers, uid_t uid, int fd);

/* The process PID has ended; false if it was none of these. */
bool closers_reap(struct closers *closers, pid_t pid);

#endif
