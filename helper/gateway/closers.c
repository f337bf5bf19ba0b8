#include "closers.h"

#include <sys/resource.h>
#include <sys/socket.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../shim/lib/clock.h"
#include "../log.h"
#include "../reexec.h"

/* So long more sockets of the same user's go to the same process. */
#define CLOSERS_BATCH_MS 100
/* A process takes a socket within this time. */
#define CLOSERS_SEND_MS 1000
/*
 * So long no other process is started for a single user, as many as there are:
 * a start takes the helper a millisecond or two.
 */
#define CLOSERS_PAUSE_MS 20
/* So many sockets go to one process, unless it is the last that there may be. */
#define CLOSERS_SOCKETS_MAX 4096
/* A process has some descriptors besides. */
#define CLOSERS_FILES_OWN 16
/* One may have been killed since it was started. */
#define CLOSERS_TRIES 2
/* When no process could be started, none is for this time. */
#define CLOSERS_RETRY_MS 1000
/* What no process has taken is tried again after this time. */
#define CLOSERS_LATE_MS 10
/* With so many of those there is little room for more, or none. */
#define CLOSERS_LATE_FEW 512
#define CLOSERS_LATE_MAX 4096

enum closers_state {
	CLOSERS_TAKES,
	CLOSERS_ENDS, /* it has been told that no more comes */
};

struct closers_one {
	struct closers_one *next;
	enum closers_state state;
	uid_t uid;
	pid_t pid;
	int fd; /* the socket to it, while it takes */
	size_t sockets;
	int64_t began_ms;
};

/* A socket that no process has taken. */
struct closers_late {
	struct closers_late *next;
	uid_t uid;
	int fd;
};

struct closers {
	struct loop *loop;
	struct loop_timer timer;
	int64_t timer_ms; /* when it fires, or INT64_MAX */
	struct dying *dying;
	struct closers_one *first;
	struct closers_late *late;
	size_t late_count, late_max;
	size_t files;       /* that a process may have of others */
	int64_t started_ms; /* when the last one was */
	int64_t next_ms;    /* none is before */
};

/* Look after them at AT_MS, if that is not done before. */
static void
closers_wake(struct closers *closers, int64_t at_ms)
{
	if (at_ms >= closers->timer_ms)
		return;
	closers->timer_ms = at_ms;
	loop_at(closers->loop, &closers->timer, at_ms);
}

/* When what waits is tried again. */
static int64_t
closers_retry_ms(const struct closers *closers, int64_t now_ms)
{
	return closers->next_ms > now_ms ? closers->next_ms
					 : now_ms + CLOSERS_LATE_MS;
}

/* Tell ONE that no more comes: it ends, or hangs in that. */
static void
closers_end(struct closers_one *one)
{
	if (one->state == CLOSERS_TAKES)
		close(one->fd);
	one->state = CLOSERS_ENDS;
}

/* True if ONE is to take no more: the last that there may be is to take all. */
static bool
closers_is_full(const struct closers *closers, const struct closers_one *one)
{
	return one->sockets >= closers->files ||
	    (one->sockets >= CLOSERS_SOCKETS_MAX &&
		dying_may_end(closers->dying, one->uid));
}

/* The one that takes sockets on account of UID, or NULL. */
static struct closers_one *
closers_find(const struct closers *closers, uid_t uid)
{
	struct closers_one *one = closers->first;

	while (one != NULL &&
	    (one->uid != uid || one->state != CLOSERS_TAKES ||
		closers_is_full(closers, one)))
		one = one->next;
	return one;
}

/* Start one on account of UID; NULL if that fails, or there may not be one. */
static struct closers_one *
closers_start(struct closers *closers, uid_t uid)
{
	const struct reexec what = { .kind = REEXEC_CLOSER };
	const int64_t now_ms = clock_now_ms();
	struct closers_one *one;

	if (!dying_has_room(closers->dying, uid) || now_ms < closers->next_ms)
		return NULL;
	one = calloc(1, sizeof(*one));
	if (one == NULL)
		return NULL;
	one->uid = uid;
	one->began_ms = now_ms;
	one->pid = reexec_start(&what, &one->fd, NULL);
	if (one->pid < 0) {
		closers->next_ms = now_ms + CLOSERS_RETRY_MS;
		log_event(LOG_ERR, "worker-failed", "detail", strerror(errno),
		    "remedy", "raise the limit on processes", NULL);
		free(one);
		return NULL;
	}
	dying_add(closers->dying, uid);
	one->next = closers->first;
	closers->first = one;
	closers->started_ms = one->began_ms;
	closers_wake(closers, one->began_ms + CLOSERS_BATCH_MS);
	return one;
}

/* True if one may be started for UID alone. */
static bool
closers_may_start(const struct closers *closers, uid_t uid)
{
	return dying_has_room(closers->dying, uid) &&
	    clock_now_ms() - closers->started_ms >= CLOSERS_PAUSE_MS;
}

/*
 * The one that takes what UID has sent: the user's own; or, where there may not
 * be one, that of all such users.
 */
static struct closers_one *
closers_choose(struct closers *closers, uid_t uid)
{
	struct closers_one *one = closers_find(closers, uid);

	if (one != NULL)
		return one;
	if (closers_may_start(closers, uid))
		return closers_start(closers, uid);
	one = closers_find(closers, DYING_NOBODY);
	return one != NULL ? one : closers_start(closers, DYING_NOBODY);
}

enum closers_sent {
	CLOSERS_SENT,
	CLOSERS_BUSY, /* it does not take it now */
	CLOSERS_GONE, /* it has been killed, maybe */
};

/* Send ONE the socket FD. */
static enum closers_sent
closers_send(struct closers_one *one, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { { 0 } };
	char byte = 0;
	struct iovec part = { .iov_base = &byte, .iov_len = sizeof(byte) };
	struct msghdr message = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);
	struct pollfd room = { .fd = one->fd, .events = POLLOUT };

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	/* once it has had one it is to be ready for more */
	if (one->sockets == 0 && poll(&room, 1, CLOSERS_SEND_MS) <= 0)
		return CLOSERS_GONE;
	if (sendmsg(one->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return errno == EPIPE || errno == ECONNRESET ? CLOSERS_GONE
							     : CLOSERS_BUSY;
	one->sockets++;
	return CLOSERS_SENT;
}

/* Give FD of UID's to a process.  Returns false if none takes it. */
static bool
closers_give(struct closers *closers, uid_t uid, int fd)
{
	struct closers_one *one;

	for (int i = 0; i < CLOSERS_TRIES; i++) {
		one = closers_choose(closers, uid);
		if (one == NULL)
			return false;
		switch (closers_send(one, fd)) {
		case CLOSERS_BUSY:
			return false;
		case CLOSERS_GONE:
			/* the next try is another's */
			closers_end(one);
			continue;
		case CLOSERS_SENT:
			/* it has it, too: this is not the last release */
			close(fd);
			if (closers_is_full(closers, one) &&
			    dying_may_end(closers->dying, one->uid))
				closers_end(one);
			return true;
		}
	}
	return false;
}

enum closers_room
closers_room(const struct closers *closers)
{
	if (closers->late_count >= closers->late_max)
		return CLOSERS_NO_ROOM;
	return closers->late_count >= CLOSERS_LATE_FEW ? CLOSERS_LITTLE_ROOM
						       : CLOSERS_ROOM;
}

void
closers_take(struct closers *closers, uid_t uid, int fd)
{
	struct closers_late *late;

	if (closers_give(closers, uid, fd))
		return;
	/* without memory for it it stays open, and is never closed */
	late = calloc(1, sizeof(*late));
	if (late == NULL)
		return;
	late->uid = uid;
	late->fd = fd;
	late->next = closers->late;
	closers->late = late;
	closers->late_count++;
	closers_wake(closers, closers_retry_ms(closers, clock_now_ms()));
}

/* Try those again that no process has taken. */
static void
closers_retry(struct closers *closers)
{
	struct closers_late **at = &closers->late, *late;

	while ((late = *at) != NULL) {
		if (!closers_give(closers, late->uid, late->fd)) {
			at = &late->next;
			continue;
		}
		*at = late->next;
		closers->late_count--;
		free(late);
	}
}

/* Tell those to end whose batch is over, and that may. */
static void
closers_fire(void *context, int64_t now_ms)
{
	struct closers *closers = context;
	int64_t next_ms = INT64_MAX;

	closers->timer_ms = INT64_MAX;
	closers_retry(closers);
	for (struct closers_one *one = closers->first; one != NULL;
	     one = one->next) {
		const int64_t end_ms = one->began_ms + CLOSERS_BATCH_MS;

		if (one->state != CLOSERS_TAKES ||
		    !dying_may_end(closers->dying, one->uid))
			continue;
		if (now_ms >= end_ms)
			closers_end(one);
		else if (end_ms < next_ms)
			next_ms = end_ms;
	}
	closers_wake(closers, next_ms);
	if (closers->late != NULL)
		closers_wake(closers, closers_retry_ms(closers, now_ms));
}

bool
closers_reap(struct closers *closers, pid_t pid)
{
	struct closers_one **at = &closers->first, *one;

	while (*at != NULL && (*at)->pid != pid)
		at = &(*at)->next;
	one = *at;
	/* another may end now that could not */
	closers_wake(closers, clock_now_ms());
	if (one == NULL)
		return false;
	*at = one->next;
	closers_end(one);
	dying_remove(closers->dying, one->uid);
	free(one);
	return true;
}

struct dying *
closers_dying(struct closers *closers)
{
	return closers->dying;
}

/* Find out how much there may be of what is bounded by descriptors. */
static void
closers_limit(struct closers *closers)
{
	struct rlimit files = { .rlim_max = 0 };
	size_t max;

	getrlimit(RLIMIT_NOFILE, &files);
	max = files.rlim_max > INT_MAX ? INT_MAX : (size_t)files.rlim_max;
	closers->files = max > 2 * CLOSERS_FILES_OWN ? max - CLOSERS_FILES_OWN
						     : CLOSERS_FILES_OWN;
	closers->late_max = max / 4 < CLOSERS_LATE_MAX ? max / 4
						       : CLOSERS_LATE_MAX;
}

struct closers *
closers_new(struct loop *loop)
{
	struct closers *closers = calloc(1, sizeof(*closers));

	if (closers == NULL)
		return NULL;
	closers->loop = loop;
	closers_limit(closers);
	closers->timer_ms = INT64_MAX;
	closers->started_ms = -CLOSERS_PAUSE_MS;
	closers->timer.fire = closers_fire;
	closers->timer.context = closers;
	closers->dying = dying_new();
	if (closers->dying != NULL)
		return closers;
	free(closers);
	return NULL;
}

void
closers_free(struct closers *closers)
{
	struct closers_late *late;
	struct closers_one *one;

	if (closers == NULL)
		return;
	while ((one = closers->first) != NULL) {
		closers->first = one->next;
		closers_end(one);
		free(one);
	}
	while ((late = closers->late) != NULL) {
		closers->late = late->next;
		free(late);
	}
	loop_at(closers->loop, &closers->timer, INT64_MAX);
	dying_free(closers->dying);
	free(closers);
}
