#ifndef MOSHGATE_CLIENT_H
#define MOSHGATE_CLIENT_H

#include "lib/fields.h"
#include "lib/frame.h"

/*
 * The shims' side of the helper's socket.
 */

/*
 * Connect to the helper.  Returns the socket, which is closed on exec, or -1
 * with errno set: EAGAIN if the helper has taken nobody for 10 seconds.
 */
int client_connect(void);

/*
 * The same without waiting: errno is EAGAIN if as many wait for the helper as
 * may.  The socket does not block either.
 */
int client_connect_now(void);

/*
 * Send the request TYPE with FIELDS on the socket FD.
 * Returns false when the helper did not take it.
 */
bool client_ask(int fd, enum frame_type type, const struct fields *fields);

/*
 * Say in one sentence, for a person, why the helper could not be asked.  ERROR
 * is the errno of client_connect().  Returns a static string.
 */
const char *client_problem(int error);

#endif
