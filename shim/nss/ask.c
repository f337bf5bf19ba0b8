#include "ask.h"

#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <unistd.h>

#include "../client.h"
#include "../lib/clock.h"
#include "../lib/fields.h"
#include "../lib/usermap.h"
#include "account.h"

/* The times are since the call began: until the helper ... */
static const int64_t connected_timeout_ms = 300; /* takes the connection, */
static const int64_t taken_timeout_ms = 2000;    /* says FRAME_TAKEN, */
static const int64_t answer_timeout_ms = 10000;  /* and answers. */
/* From one try to connect to the next. */
static const int connect_pause_ms = 10;

#define ANSWER_MAX_BYTES ((size_t)1024)

/* The helper has not answered in time. */
static atomic_bool ask_stuck;

/*
 * True if the socket FD leads to root or the helper's user.  Nobody else can
 * make a socket where this one is, unless somebody has loosened the directory;
 * then anyone's answer would decide who logs in as which uid.
 */
static bool
ask_is_helper(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	    (peer.uid == 0 || account_is_service(peer.uid));
}

/*
 * Connect to the helper.  A helper that is at work makes room in no time, so
 * this waits for that no longer than until END_MS: one that is stuck would hold
 * up many here.  Returns the socket, or -1.
 */
static int
ask_connect(int64_t end_ms)
{
	int fd;

	while ((fd = client_connect_now()) < 0 && errno == EAGAIN) {
		if (clock_now_ms() >= end_ms) {
			atomic_store(&ask_stuck, true);
			break;
		}
		poll(NULL, 0, connect_pause_ms);
	}
	return fd;
}

/* Send the request, which has to be taken until TAKEN_TIMEOUT_MS is over. */
static bool
ask_send(int fd, const char *name)
{
	struct fields fields = { 0 };
	bool sent;

	fields_add(&fields, "name", name);
	fields_add_number(&fields, "sshd_pid", getpid());
	sent = !fields.failed &&
	    frame_send(fd, FRAME_LOOKUP, fields.text, fields.len,
		taken_timeout_ms);
	fields_free(&fields);
	return sent;
}

/* Store the uid that the helper's FRAME tells in *UID; false if it has none. */
static bool
ask_take_uid(const struct frame *frame, uid_t *uid)
{
	long long number;

	if (frame->type != FRAME_OK || !fields_wellformed(frame) ||
	    !fields_get_number(frame, "uid", USERMAP_UID_MIN, USERMAP_UID_MAX,
		&number) ||
	    !usermap_uid_valid((unsigned long)number))
		return false;
	*uid = (uid_t)number;
	return true;
}

/*
 * Wait for the helper's answer, on FD, to a call that began at BEGIN_MS.  A
 * helper that doesn't even say that it is at work is stuck.
 */
static bool
ask_wait(int fd, int64_t begin_ms, uid_t *uid)
{
	struct frame_in in = { .limit_bytes = ANSWER_MAX_BYTES };
	struct frame frame = { 0 };
	enum frame_result result;
	bool known;

	result = frame_wait(fd, &in, &frame,
	    begin_ms + taken_timeout_ms - clock_now_ms());
	if (result == FRAME_COMPLETE && frame.type == FRAME_TAKEN &&
	    frame.len == 0) {
		frame_free(&frame);
		result = frame_wait(fd, &in, &frame,
		    begin_ms + answer_timeout_ms - clock_now_ms());
	}
	frame_in_reset(&in);
	if (result == FRAME_AGAIN)
		atomic_store(&ask_stuck, true);
	known = result == FRAME_COMPLETE && ask_take_uid(&frame, uid);
	frame_free(&frame);
	return known;
}

bool
ask_uid(const char *name, uid_t *uid)
{
	const int64_t begin_ms = clock_now_ms();
	bool known;
	int fd;

	if (atomic_load(&ask_stuck))
		return false;
	fd = ask_connect(begin_ms + connected_timeout_ms);
	if (fd < 0)
		return false;
	known = ask_is_helper(fd) && ask_send(fd, name) &&
	    ask_wait(fd, begin_ms, uid);
	close(fd);
	return known;
}
