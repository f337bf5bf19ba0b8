#ifndef MOSHGATE_CLIENT_H
#define MOSHGATE_CLIENT_H

#include "lib/fields.h"
#include "lib/frame.h"

/*
 * The shims' side of the helper's socket.
 */

/*
 * Connect to the helper.  Returns the socket (close-on-exec), or -1 with
 * errno set: EAGAIN if it takes nobody for 10 s.
 */
int client_connect(void);

/*
 * The same without waiting: EAGAIN if as many wait for the helper as may.  The
 * socket doesn't block either.
 */
int client_connect_now(void);

/*
 * Send the request TYPE with FIELDS on the socket FD.
 * Returns false when the helper did not take it.
 */
bool client_ask(int fd, enum frame_type type, const struct fields *fields);

/* The same, with the descriptors in FDS passed along. */
bool client_ask_fds(int fd, enum frame_type type, const struct fields *fields,
    const int fds[FRAME_FDS]);

/*
 * In one sentence, why the helper could not be asked: ERROR is the errno of
 * client_connect().  For a person; the string is static.
 */
const char *client_problem(int error);

#endif
