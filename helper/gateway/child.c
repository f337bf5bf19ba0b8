#include "child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../shim/lib/clock.h"
#include "socket.h"

/* So long a child may take to end that has been let go of. */
#define CHILD_ENDING_MS 2000

enum child_state {
	CHILD_RUNNING,
	CHILD_ENDING,        /* let go of: what is left is to reap it */
	CHILD_ENDING_BLAMED, /* the same, but it hangs, and counts as dying */
};

struct child {
	struct child *next;
	struct children *children;
	enum child_state state;
	enum reexec_kind kind;
	pid_t pid; /* -1: it has been reaped, or is nobody's to kill */
	uid_t uid; /* on whose account it may hang, or DYING_NOBODY */
	struct leash leash;
	struct frame_in in;
	struct frame_out out;
	struct loop_watch watch;
	struct loop_timer timer; /* the deadline, or when to kill it */
	const struct child_owner *owner;
	void *context;
};

struct children {
	struct loop *loop;
	struct closers *closers;
	struct child *first;
};

struct children *
children_new(struct loop *loop, struct closers *closers)
{
	struct children *children = calloc(1, sizeof(*children));

	if (children == NULL)
		return NULL;
	children->loop = loop;
	children->closers = closers;
	return children;
}

/* Take CHILD out of the table, and free it. */
static void
child_free(struct child *child)
{
	struct children *children = child->children;
	struct child **at = &children->first;

	while (*at != child)
		at = &(*at)->next;
	*at = child->next;
	if (child->state == CHILD_ENDING_BLAMED)
		dying_remove(closers_dying(children->closers), child->uid);
	loop_at(child->children->loop, &child->timer, INT64_MAX);
	leash_drop(&child->leash);
	free(child);
}

void
children_free(struct children *children)
{
	if (children == NULL)
		return;
	while (children->first != NULL) {
		struct child *child = children->first;

		child_kill(child);
		child_free(child);
	}
	free(children);
}

bool
children_reap(struct children *children, pid_t pid)
{
	struct child *child = children->first;

	while (child != NULL && child->pid != pid)
		child = child->next;
	if (child == NULL)
		return false;
	child->pid = -1;
	/* what it has said last may still be there to read */
	if (child->state != CHILD_RUNNING)
		child_free(child);
	return true;
}

size_t
children_ending(const struct children *children, enum reexec_kind kind)
{
	size_t count = 0;

	for (const struct child *c = children->first; c != NULL; c = c->next)
		count += c->state != CHILD_RUNNING && c->kind == kind &&
		    c->pid > 0;
	return count;
}

/* CHILD is over by itself: let go of it, and tell its owner. */
static void
child_over(struct child *child, enum child_end end)
{
	const struct child_owner *owner = child->owner;
	void *context = child->context;

	child_close(child);
	owner->on_end(context, end);
}

/* Write what waits to be written, and wait for room if there is more. */
static void
child_flush(struct child *child)
{
	if (!frame_flush(child->watch.fd, &child->out))
		frame_out_reset(&child->out); /* its end is there to be read */
	child->watch.events = (short)(child->out.len > 0 ? POLLIN | POLLOUT
							 : POLLIN);
}

/* Read one frame, so that all children get their turn. */
static void
child_read(struct child *child)
{
	struct frame frame = { 0 };
	bool sense;

	switch (frame_read(child->watch.fd, &child->in, &frame)) {
	case FRAME_AGAIN:
		return;
	case FRAME_COMPLETE:
		sense = child->owner->on_frame(child->context, &frame);
		frame_free(&frame);
		if (!sense && child->state == CHILD_RUNNING)
			child_over(child, CHILD_NONSENSE);
		return;
	case FRAME_CLOSED:
	case FRAME_CUT:
	case FRAME_FAILED:
		child_over(child, CHILD_CLOSED);
		return;
	default:
		child_over(child, CHILD_NONSENSE);
		return;
	}
}

static void
child_ready(void *context, short revents)
{
	struct child *child = context;

	if ((revents & POLLOUT) != 0)
		child_flush(child);
	if ((revents & (POLLIN | POLLHUP | POLLERR)) != 0)
		child_read(child);
}

/* CHILD has not ended in time: that is on account of whose it was. */
static void
child_hangs(struct child *child)
{
	if (child->uid == DYING_NOBODY)
		return;
	child->state = CHILD_ENDING_BLAMED;
	dying_add(closers_dying(child->children->closers), child->uid);
}

static void
child_fire(void *context, int64_t now_ms)
{
	struct child *child = context;

	(void)now_ms;
	if (child->pid > 0)
		kill(child->pid, SIGKILL);
	if (child->state == CHILD_RUNNING)
		child_over(child, CHILD_LATE);
	else if (child->pid < 0)
		child_free(child);
	else if (child->state == CHILD_ENDING)
		child_hangs(child);
}

struct child *
child_start(struct children *children, const struct reexec *what,
    const struct child_owner *owner, void *context)
{
	struct child *child = calloc(1, sizeof(*child));
	int error;

	if (child == NULL)
		return NULL;
	child->children = children;
	child->kind = what->kind;
	child->owner = owner;
	child->context = context;
	child->in.limit_bytes = FRAME_ANSWER_MAX_BYTES;
	child->timer.fire = child_fire;
	child->watch.ready = child_ready;
	child->timer.context = child->watch.context = child;
	child->watch.events = POLLIN;
	child->leash = LEASH_NONE;
	child->pid = reexec_start(what, &child->watch.fd, &child->leash);
	if (child->pid < 0)
		goto fail;
	child->uid = DYING_NOBODY;
	socket_guard(child->watch.fd);
	if (!loop_watch(children->loop, &child->watch)) {
		kill(child->pid, SIGKILL);
		close(child->watch.fd);
		errno = ENOMEM;
		goto fail;
	}
	child->next = children->first;
	children->first = child;
	return child;
fail:
	error = errno;
	leash_drop(&child->leash);
	free(child);
	errno = error;
	return NULL;
}

/* What was to be sent to CHILD can't be: it is over, as soon as can be told. */
static void
child_fail(struct child *child)
{
	loop_at(child->children->loop, &child->timer, clock_now_ms());
}

bool
child_send(struct child *child, enum frame_type type, const char *body,
    size_t len)
{
	if (!frame_queue(&child->out, type, body, len)) {
		child_fail(child);
		return false;
	}
	child_flush(child);
	return true;
}

void
child_tell(struct child *child, enum frame_type type,
    const struct fields *fields)
{
	if (fields->failed)
		child_fail(child);
	else
		child_send(child, type, fields->text, fields->len);
}

bool
child_tell_fds(struct child *child, enum frame_type type,
    const struct fields *fields, const int *fds, size_t count)
{
	return !fields->failed && child_has_taken_all(child) &&
	    frame_send_fds(child->watch.fd, type, fields->text, fields->len,
		fds, count, 0);
}

bool
child_has_taken_all(const struct child *child)
{
	return child->out.len == 0;
}

void
child_blame(struct child *child, uid_t uid)
{
	child->uid = uid;
}

void
child_deadline(struct child *child, int64_t at_ms)
{
	loop_at(child->children->loop, &child->timer, at_ms);
}

void
child_close(struct child *child)
{
	struct closers *closers = child->children->closers;

	if (child->state != CHILD_RUNNING)
		return;
	loop_unwatch(child->children->loop, &child->watch);
	frame_in_reset(&child->in);
	frame_out_reset(&child->out);
	socket_close(closers, child->uid, child->watch.fd);
	child_hold(child, child->pid > 0);
	child->state = CHILD_ENDING;
	/* it isn't freed here: whoever calls this may be one of its calls */
	loop_at(child->children->loop, &child->timer,
	    clock_now_ms() + (child->pid > 0 ? CHILD_ENDING_MS : 0));
}

void
child_kill(struct child *child)
{
	if (child->pid > 0)
		kill(child->pid, SIGKILL);
	child_close(child);
}

void
child_hold(struct child *child, bool held)
{
	leash_hold(&child->leash, held);
}

void
child_leave(struct child *child)
{
	/* nobody is to kill it */
	child->pid = -1;
	child_close(child);
}
