#ifndef MOSHGATE_UDP_H
#define MOSHGATE_UDP_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "../shim/frame.h"
#include "mosh.h"

/*
 * The prober is the helper executed anew, to find out whether mosh gets through
 * to a mosh-server that runs on the remote and shows a mark.  It has mosh-client
 * tell that, on a terminal that nobody sees.  Its frames:
 *
 *	helper to prober	FRAME_START	host, port, key, mark
 *	prober to helper	FRAME_OK	the mark has come
 *				FRAME_REFUSED	reason: "udp-blocked", or
 *						"internal" with a detail
 *
 * It ends without a word when the helper closes the socket.
 */
#define UDP_OPTION "--udp"

#define UDP_MARK_CHARS ((size_t)16) /* lower case letters */

/* How to reach the server, and what it shows. */
struct udp_target {
	char host[MOSH_ADDRESS_BYTES], port[6];
	char key[MOSH_KEY_CHARS + 1];
	char mark[UDP_MARK_CHARS + 1];
};

/* What mosh-client has written last. */
struct udp_written {
	size_t len;
	char text[4096];
};

/*
 * Start a prober.  Stores the helper's end of its socket (close-on-exec) in *FD.
 * Returns its process, or -1 with errno set.
 */
pid_t udp_start(int *fd);

/* What a prober does; returns its exit status. */
int udp_main(void);

/*
 * Take from FRAME, which passed fields_wellformed(), what is in *TARGET then.
 * Returns false if a field is missing, or not what it has to be.
 */
bool udp_understand(const struct frame *frame, struct udp_target *target);

/*
 * For another read(2) of what mosh-client writes: where it goes to, and in *ROOM
 * how many bytes there may be.
 */
char *udp_room(struct udp_written *written, size_t *room);

/*
 * LEN bytes have been put there.  Returns true if MARK is in what has been
 * written by now, in however many pieces.
 */
bool udp_has_mark(struct udp_written *written, size_t len, const char *mark);

#endif
