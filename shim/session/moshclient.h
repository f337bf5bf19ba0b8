#ifndef MOSHGATE_MOSHCLIENT_H
#define MOSHGATE_MOSHCLIENT_H

#include "../lib/frame.h"

/*
 * Become mosh-client(1), for the mosh-server that ANSWER, the helper's, tells
 * of.  The socket FD goes along: when mosh-client ends, it closes, and the
 * helper knows that the session is over.
 * Returns if that fails; the person has been told why then.
 */
void moshclient_become(int fd, const struct frame *answer);

#endif
