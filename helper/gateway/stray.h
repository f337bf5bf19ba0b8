#ifndef MOSHGATE_STRAY_H
#define MOSHGATE_STRAY_H

#include "connection.h"
#include "patience.h"

/*
 * Logins by an agent whose person has left: only the worker knows what the remote
 * has refused by then, and is heard to the end.
 */
struct stray;

struct strays {
	struct patience *patience;
	struct stray *first;
};

/*
 * CONNECTION, which asks an agent, is the strays' from now on.  What the remote
 * refuses it is what was CLAIM's, which is over.
 */
void strays_add(struct strays *strays, struct connection *connection,
    const struct patience_claim *claim);

/* End them all. */
void strays_end(struct strays *strays);

#endif
