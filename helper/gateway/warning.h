#ifndef MOSHGATE_WARNING_H
#define MOSHGATE_WARNING_H

#include "peer.h"

/*
 * Anybody could be where PEER's session goes, if the host key is not checked:
 * have that said on its terminal, by a field of the answer FIELDS, and in the
 * log.
 */
void warning_add(struct fields *fields, const struct peer *peer);

#endif
