#ifndef MOSHGATE_PASSWORD_H
#define MOSHGATE_PASSWORD_H

#include <stdbool.h>

#include "peer.h"

struct gateway;
struct children;

/* The request of moshgate-password: is this the user's password? */
extern const struct peer_kind password_kind;

/* Make what passwords need.  Returns false for want of memory. */
bool password_init(struct gateway *gateway, struct children *children);
void password_end(struct gateway *gateway);

/* The gateway's settings are others.  Returns false for want of memory. */
bool password_configure(struct gateway *gateway);

#endif
