#ifndef MOSHGATE_WORKER_H
#define MOSHGATE_WORKER_H

/*
 * A worker is the helper executed anew, without the gateway's key: it makes
 * one connection to the remote as one user, parses all that the remote says,
 * and does the jobs of job.h.
 */

/* What a worker does, from FRAME_START on; returns its exit status. */
int worker_main(void);

#endif
