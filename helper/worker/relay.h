#ifndef MOSHGATE_RELAY_H
#define MOSHGATE_RELAY_H

#include <stdbool.h>

#include "../../shim/lib/frame.h"
#include "remote.h"

#define RELAY_SIGNAL_CHARS 32

/* How the command on the remote ended: RFC 4254, section 6.10. */
struct relay_end {
	int status;
	char signal[RELAY_SIGNAL_CHARS]; /* without "SIG"; "" if it exited */
};

/*
 * Carry what goes between the channel that remote_open() has opened on REMOTE
 * and FDS, until the command has ended and all it wrote is delivered.  With a
 * TERMINAL the last of FDS is a socket on which FRAME_RESIZE comes.  FDS keep
 * their flags, which others may share, and are closed on return.
 * Returns REMOTE_OK, and how it ended in *END; REMOTE_ABANDONED when whoever
 * asked is gone, or PARENT_FD has come to its end; or why the connection broke.
 */
enum remote_result relay_run(struct remote *remote, int parent_fd,
    int fds[FRAME_FDS], bool terminal, struct relay_end *end);

/* Read the size that FRAME, or a request, tells; false if it has none. */
bool relay_read_size(const struct frame *frame, struct remote_size *size);

#endif
