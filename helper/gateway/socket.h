#ifndef MOSHGATE_SOCKET_H
#define MOSHGATE_SOCKET_H

#include <sys/types.h>

#include "closers.h"

/*
 * Unix sockets to those who are not trusted.
 *
 * What they send along, descriptors, may take for ever to be released: the file
 * of a file system that does not answer, a TCP socket with SO_LINGER.  So none is
 * ever read here, and a socket that has some is not closed here but by another
 * process.
 */

/*
 * Have no byte of the socket FD come out of turn (MSG_OOB), past what looks
 * for descriptors.
 */
void socket_guard(int fd);

/*
 * Close the socket FD, which UID is at the other end of, with whatever has not
 * been read from it.
 */
void socket_close(struct closers *closers, uid_t uid, int fd);

#endif
