#ifndef MOSHGATE_PROBE_H
#define MOSHGATE_PROBE_H

#include "outage.h"
#include "pool.h"

/* Sees, from time to time, whether a remote that was out of reach is back. */
struct probe;

/*
 * LOOP, POOL and OUTAGE must outlive it.  LAPSED is called with CONTEXT when
 * there are no more probes, so that the remote counts as in reach.
 * Returns NULL for want of memory.
 */
struct probe *probe_new(struct loop *loop, struct pool *pool,
    struct outage *outage, void (*lapsed)(void *context), void *context);
void probe_free(struct probe *probe);

/* The outage has begun, or somebody wants the remote. */
void probe_touch(struct probe *probe);

#endif
