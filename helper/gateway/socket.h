#ifndef MOSHGATE_SOCKET_H
#define MOSHGATE_SOCKET_H

#include <stdbool.h>

#include "../../shim/lib/frame.h"

/*
 * Unix sockets to those who are not trusted.
 *
 * Descriptors that they send along can take as long to close as they like: a
 * TCP socket with SO_LINGER, for one, makes its last close() wait.  So none is
 * read where nobody has asked for it, and a child closes them: the end of a
 * process waits for nothing.
 */

/*
 * Have no byte of the socket FD come out of turn (MSG_OOB), past what looks
 * for descriptors.
 */
void socket_guard(int fd);

/* Close the socket FD, with whatever has not been read from it. */
void socket_close(int fd);

#endif
