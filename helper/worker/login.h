#ifndef MOSHGATE_LOGIN_H
#define MOSHGATE_LOGIN_H

#include "work.h"

/*
 * Log in to the remote with what FRAME_START says: the agent of the person who
 * has asked for it, or the gateway's key.
 */
enum failure login_run(struct work *work);

#endif
