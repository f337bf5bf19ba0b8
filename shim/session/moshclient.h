#ifndef MOSHGATE_MOSHCLIENT_H
#define MOSHGATE_MOSHCLIENT_H

#include <stdbool.h>

#include "../lib/frame.h"
#include "tty.h"

/*
 * mosh-client(1), as a child of this process, which waits for its end and reads
 * and writes nothing of the session.
 */

/* How it has ended. */
struct moshclient_end {
	int status;          /* as by wait(2) */
	long peak_kib;       /* the most memory that it had resident */
	long long cells;     /* of the window, columns times rows */
	int memory_mib;      /* as much data as it might have */
	long long fit_cells; /* so many cells fit into that */
};

/* True if END is that of one that had no memory left. */
bool moshclient_lacked_memory(const struct moshclient_end *end);

/*
 * Run it on TERMINAL for the mosh-server that ANSWER, the helper's, tells of,
 * whose body is wiped.  It may have as much memory as ANSWER says.  The end of
 * this process is its end.
 * Returns the exit status; the person has been told if something went wrong.
 */
int moshclient_run(struct tty *terminal, struct frame *answer);

#endif
