#ifndef MOSHGATE_NEWPASSWORD_H
#define MOSHGATE_NEWPASSWORD_H

#include <stdbool.h>
#include <stddef.h>

/* So long a password may be: pam_exec(8) hands over no more of it. */
#define NEWPASSWORD_MAX_BYTES ((size_t)511)

/* With a NUL, and a byte that tells that it is too long. */
#define NEWPASSWORD_BYTES (NEWPASSWORD_MAX_BYTES + 2)

/*
 * Ask for a new password for USER: twice, and without showing it, if standard
 * input is a terminal; else it is all of that, one line.  Stores it in TEXT, which the
 * caller wipes.
 * Returns false if there is none that can be one, after a sentence on standard
 * error.
 */
bool newpassword_ask(const char *user, char text[NEWPASSWORD_BYTES]);

#endif
