#ifndef MOSHGATE_CHECK_H
#define MOSHGATE_CHECK_H

#include "peer.h"

/* The request of `moshgate check': the steps of a login, one by one. */
extern const struct peer_kind check_kind;

/* PEER may be a check that tries UDP: a trial is over. */
void check_verdict(struct peer *peer);

#endif
