#ifndef MOSHGATE_RELAY_H
#define MOSHGATE_RELAY_H

#include <libssh2.h>
#include <stdbool.h>

#include "../../shim/lib/frame.h"
#include "channel.h"
#include "failure.h"
#include "session.h"

#define RELAY_SIGNAL_CHARS 32

/* How the command on the remote ended: RFC 4254, section 6.10. */
struct relay_end {
	int status;
	char signal[RELAY_SIGNAL_CHARS]; /* without "SIG"; "" if it exited */
};

/*
 * Carry what goes between CHANNEL of SESSION, in which channel_start() has
 * started something, and FDS, until the command has ended and all it wrote is
 * delivered.  With a TERMINAL the last of FDS is a socket on which FRAME_RESIZE
 * comes.  FDS keep their flags, which others may share, and are closed on
 * return.
 * Returns FAILURE_NONE, and how it ended in *END; FAILURE_ABANDONED when
 * nobody takes the output, or the shim at the socket SHIM_FD is gone; or why
 * the connection broke.
 */
enum failure relay_run(struct session *session, LIBSSH2_CHANNEL *channel,
    int shim_fd, int fds[FRAME_FDS], bool terminal, struct relay_end *end);

/* Read the size that FRAME, or a request, tells; false if it has none. */
bool relay_read_size(const struct frame *frame, struct channel_size *size);

#endif
