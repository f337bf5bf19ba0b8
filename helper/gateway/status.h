#ifndef MOSHGATE_STATUS_H
#define MOSHGATE_STATUS_H

#include "peer.h"

/*
 * The request of `moshgate status': lines of "remote", "session" and
 * "connection", with tabs between their fields.
 */
extern const struct peer_kind status_kind;

#endif
