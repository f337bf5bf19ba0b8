#include "streams.h"

#include <sys/socket.h>

#include <fcntl.h>
#include <string.h>

#define STREAMS_TIMEOUT_MS 10000

/*
 * True if FDS are pipes and stream sockets, as sshd has them: what is written
 * to others, such as the log's, would be a message of this process.  fstat(2)
 * asks the file system, which may be the user's own; this asks the kernel alone.
 */
static bool
streams_are_right(const struct frame_fds *fds)
{
	for (size_t i = 0; i < fds->count; i++) {
		socklen_t len = sizeof(int);
		int type;

		if (fcntl(fds->fd[i], F_GETPIPE_SZ) > 0)
			continue;
		if (getsockopt(fds->fd[i], SOL_SOCKET, SO_TYPE, &type, &len) <
			0 ||
		    type != SOCK_STREAM)
			return false;
	}
	return true;
}

enum streams_result
streams_take(int fd, int fds[FRAME_FDS])
{
	struct frame_fds given = { 0 };
	struct frame_in in = { .limit_bytes = 0,
		.fds = &given,
		.fds_wanted = FRAME_FDS };
	struct frame frame = { 0 };
	enum frame_result result = FRAME_FAILED;

	if (frame_send(fd, FRAME_READY, NULL, 0, STREAMS_TIMEOUT_MS))
		result = frame_wait(fd, &in, &frame, STREAMS_TIMEOUT_MS);
	frame_in_reset(&in);
	/* whoever sends more is told that it can't */
	shutdown(fd, SHUT_RD);
	if (result != FRAME_COMPLETE)
		return result == FRAME_MALFORMED || result == FRAME_DESCRIPTORS
		    ? STREAMS_WRONG
		    : STREAMS_NONE;
	frame_free(&frame);
	if (frame.type != FRAME_STREAMS || given.count != FRAME_FDS ||
	    !streams_are_right(&given))
		return STREAMS_WRONG;
	memcpy(fds, given.fd, FRAME_FDS * sizeof(*fds));
	return STREAMS_TAKEN;
}
