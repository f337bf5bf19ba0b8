#ifndef MOSHGATE_KEYS_H
#define MOSHGATE_KEYS_H

#include "peer.h"

struct gateway;

/* The request of moshgate-keys: which keys may log in as this user? */
extern const struct peer_kind keys_kind;

/*
 * While the remote is silent, no more than a few wait for its keys: those that
 * have done so for longest.  keys_init() comes first; keys_touch() has it seen
 * to, since there may be an outage.
 */
void keys_init(struct gateway *gateway);
void keys_touch(struct gateway *gateway);

#endif
