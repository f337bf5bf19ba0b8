#ifndef MOSHGATE_AGENTLOGIN_H
#define MOSHGATE_AGENTLOGIN_H

#include "work.h"

/*
 * Log in with the keys in the agent of the person who has asked for it, one after
 * another, MAX at most (AGENTWIRE_KEYS_MAX): wait for the helper to say whose it
 * is, and let go of it before this returns.
 * After FAILURE_AGENT_REFUSED, and what the agent itself is to blame for, the
 * connection is still there unless the remote has closed it.
 */
enum failure agentlogin_run(struct work *work, size_t max);

#endif
