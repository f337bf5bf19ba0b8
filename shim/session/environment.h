#ifndef MOSHGATE_ENVIRONMENT_H
#define MOSHGATE_ENVIRONMENT_H

#include <stdbool.h>

#include "../lib/frame.h"
#include "request.h"

/*
 * The environment of mosh-client(1).  What sshd has put into that of a session
 * is the client's; this one is made anew.
 */

/*
 * Make the environment of this process anew: PATH, the client's locale and its
 * terminal, as REQUEST has them.  Stores in REQUEST the number of colours, and
 * what of the terminal mosh can't use.
 * Returns false if it can't be made, for want of memory.
 */
bool environment_make(struct request *request);

/*
 * Add the session's key and the settings of mosh-client, which ANSWER, the
 * helper's, has in its fields.  Its "escape_key" is as in moshgate.ini(5):
 * "none", a character, or ^ and one.
 * Returns false if one of them is missing, or for want of memory.
 */
bool environment_add_mosh(const struct frame *answer);

#endif
