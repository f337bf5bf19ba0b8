#ifndef MOSHGATE_STREAMS_H
#define MOSHGATE_STREAMS_H

#include "../../shim/lib/frame.h"

/*
 * What a relay carries, which a user's shim gives the worker: any descriptors
 * of a hostile user's, at worst, which can take as long as they like to be
 * looked at or to be closed.  So the worker alone has them ever.
 */

enum streams_result {
	STREAMS_TAKEN,
	STREAMS_NONE,  /* the shim is gone, or gives none in time */
	STREAMS_WRONG, /* what it gives is no relay's */
};

/*
 * Ask the shim at the socket FD for its streams, and wait for them.  They are in
 * FDS on STREAMS_TAKEN.  Nothing else is taken from the shim afterwards.
 */
enum streams_result streams_take(int fd, int fds[FRAME_FDS]);

#endif
