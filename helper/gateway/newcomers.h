#ifndef MOSHGATE_NEWCOMERS_H
#define MOSHGATE_NEWCOMERS_H

#include <stdbool.h>

struct gateway;

/*
 * What the gateway has for names that are not known yet: the uids that they have
 * for a while, and how the remote is asked for them.
 */

/* Make all of it.  Returns false for want of memory. */
bool newcomers_init(struct gateway *gateway);
void newcomers_end(struct gateway *gateway);

/* The gateway's settings are others. */
void newcomers_configure(struct gateway *gateway);

#endif
