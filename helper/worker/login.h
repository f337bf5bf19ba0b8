#ifndef MOSHGATE_LOGIN_H
#define MOSHGATE_LOGIN_H

#include "work.h"

/*
 * Log in to the remote with what FRAME_START says: the gateway's key, the user's
 * password, or the agent of the person who has asked for it.
 */
enum failure login_run(struct work *work);

#endif
