#ifndef MOSHGATE_LOOKUP_H
#define MOSHGATE_LOOKUP_H

#include "peer.h"

/*
 * The request of the name service inside sshd: who is this user?  It is answered
 * at once, out of memory: whatever the remote does, nobody waits.
 */
extern const struct peer_kind lookup_kind;

#endif
