#ifndef MOSHGATE_PROBER_H
#define MOSHGATE_PROBER_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "../../shim/lib/frame.h"
#include "../mosh.h"

/*
 * The prober is the helper executed anew, to find out whether mosh gets through
 * to a mosh-server that runs on the remote and shows a mark.  It runs
 * mosh-client on a terminal that nobody sees, and looks for the mark there.
 * Its frames:
 *
 *	helper to prober	FRAME_START	host, port, key, mark
 *	prober to helper	FRAME_OK	the mark has come
 *				FRAME_REFUSED	reason: "udp-blocked", or
 *						"internal" with a detail
 *
 * It ends without a word when the helper closes the socket.
 */

/* How to reach the mosh-server, and the mark that it shows. */
struct prober_target {
	char host[MOSH_ADDRESS_BYTES], port[6];
	char key[MOSH_KEY_CHARS + 1];
	char mark[MOSH_MARK_CHARS + 1];
};

/* What mosh-client has written last. */
struct prober_written {
	size_t len;
	char text[4096];
};

/* Be a prober.  Returns the exit status. */
int prober_main(void);

/*
 * Store in *TARGET what FRAME, which has passed fields_wellformed(), has in its
 * fields.  Returns false if a field is missing, or not what it has to be.
 */
bool prober_understand(const struct frame *frame, struct prober_target *target);

/*
 * Make room in WRITTEN for more of what mosh-client writes.  Returns where to
 * put it, and stores in *ROOM how many bytes of it there may be.
 */
char *prober_room(struct prober_written *written, size_t *room);

/*
 * Take the LEN bytes that have been put where prober_room() said.  Returns true
 * if MARK is in what has been written by now, in however many pieces.
 */
bool prober_has_mark(struct prober_written *written, size_t len,
    const char *mark);

#endif
