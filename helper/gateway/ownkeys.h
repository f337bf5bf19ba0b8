#ifndef MOSHGATE_OWNKEYS_H
#define MOSHGATE_OWNKEYS_H

#include "peer.h"

/*
 * Answer PEER, which is moshgate-keys and whose user may come, with the keys that
 * the gateway itself has for its clients: with keys = file or any in [clients].
 */
void ownkeys_answer(struct peer *peer);

#endif
