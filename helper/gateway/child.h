#ifndef MOSHGATE_CHILD_H
#define MOSHGATE_CHILD_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../shim/lib/fields.h"
#include "../../shim/lib/frame.h"
#include "../loop.h"
#include "../reexec.h"
#include "closers.h"

/*
 * The processes that the helper has started, and the frames that go between
 * them and it.  What a child is for only its owner knows.
 */
struct child;

/* The table of all children. */
struct children;

/* Why a child is over without its owner having closed it. */
enum child_end {
	CHILD_CLOSED,   /* it has closed its socket, or died */
	CHILD_NONSENSE, /* it has sent what is no frame */
	CHILD_LATE,     /* its deadline has come: it has been killed */
};

/* What a child's owner is told. */
struct child_owner {
	/*
	 * A frame has come, which is freed afterwards.  Returns false if it
	 * makes no sense; on_end() follows then.
	 */
	bool (*on_frame)(void *context, const struct frame *frame);
	/* It is over; the owner must forget the child. */
	void (*on_end)(void *context, enum child_end end);
};

/*
 * Returns NULL for want of memory.  LOOP and CLOSERS must outlive the table.
 */
struct children *children_new(struct loop *loop, struct closers *closers);

/* Kill those that are left. */
void children_free(struct children *children);

/* The process PID has ended; false if it was none of the table's. */
bool children_reap(struct children *children, pid_t pid);

/* How many processes of KIND have been let go of, and have not ended yet. */
size_t children_ending(const struct children *children, enum reexec_kind kind);

/*
 * Start a process as WHAT says, whose frames have at most FRAME_ANSWER_MAX_BYTES;
 * OWNER is told of it, with CONTEXT.
 * Returns NULL with errno set if it can't be started.
 */
struct child *child_start(struct children *children, const struct reexec *what,
    const struct child_owner *owner, void *context);

/*
 * Send the child a frame of TYPE with the LEN bytes at BODY, or with FIELDS, as
 * soon as it takes it.  If that fails, on_end() follows soon; child_send() returns
 * false then.
 */
bool child_send(struct child *child, enum frame_type type, const char *body,
    size_t len);
void child_tell(struct child *child, enum frame_type type,
    const struct fields *fields);

/*
 * Send FIELDS at once and the COUNT descriptors at FDS along, which stay the
 * caller's.  Returns false if that can't be done.
 */
bool child_tell_fds(struct child *child, enum frame_type type,
    const struct fields *fields, const int *fds, size_t count);

/* True if all that was sent to the child has been taken. */
bool child_has_taken_all(const struct child *child);

/*
 * From now on the child has what UID has given it: should it never end, that is
 * on UID's account (dying.h).
 */
void child_blame(struct child *child, uid_t uid);

/* Until AT_MS the child has time; INT64_MAX: for ever. */
void child_deadline(struct child *child, int64_t at_ms);

/*
 * Let go of the child: it sees the end of its socket and ends, or is killed a
 * little later.  Its owner is told no more.
 */
void child_close(struct child *child);

/* The same, but it is killed at once. */
void child_kill(struct child *child);

/*
 * From now on a child that is a worker ends with this process, as in the
 * beginning, or does not.
 */
void child_hold(struct child *child, bool held);

/* As child_close(), but it may take as long as it likes, and outlive this process. */
void child_leave(struct child *child);

#endif
