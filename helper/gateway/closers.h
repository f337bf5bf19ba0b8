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

/* Have the socket FD closed, which UID is at the other end of. */
void closers_take(struct closers *closers, uid_t uid, int fd);

/* The process PID has ended; false if it was none of these. */
bool closers_reap(struct closers *closers, pid_t pid);

#endif
