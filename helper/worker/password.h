#ifndef MOSHGATE_PASSWORD_H
#define MOSHGATE_PASSWORD_H

#include "session.h"

/*
 * Be authenticated over SESSION as USER by PASSWORD, which the caller wipes: by
 * the method "password" (RFC 4252, section 8), or where there is none by
 * "keyboard-interactive" (RFC 4256), if that asks for one thing, once, and hides
 * what is typed.  Any other question, such as for a new password, is not
 * answered.  The remote gets one guess.
 */
enum failure password_authenticate(struct session *session, const char *user,
    const char *password);

#endif
