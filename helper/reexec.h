#ifndef MOSHGATE_REEXEC_H
#define MOSHGATE_REEXEC_H

#include <sys/types.h>

#include <stdbool.h>

#include "leash.h"

/*
 * The helper has processes of other kinds: itself, executed anew, with nothing
 * of its memory.  Each has one end of a socket to it, REEXEC_FD.
 */
#define REEXEC_FD 3
#define REEXEC_LEASH_FD 4 /* a worker's: what ends it with the helper */

enum reexec_kind {
	REEXEC_WORKER,   /* speaks SSH with the remote: job.h */
	REEXEC_PROBER,   /* tries whether UDP gets through to it */
	REEXEC_CLOSER,   /* closes what may take for ever to be closed */
	REEXEC_ACCOUNTS, /* asks the name service: directory.h */
	REEXEC_USERS,    /* has the file of the user map: keeper.h */
	REEXEC_HASHER,   /* sees whether a password is right: hasher.h */
};

struct reexec {
	enum reexec_kind kind;
	const char *argument; /* shown by ps(1) behind the kind, or NULL */
};

/*
 * Start a process as WHAT says, which is killed when this one ends.  Stores the
 * helper's end of the socket (close-on-exec) in *FD, and in *LEASH what a worker
 * can be let go by, which is the caller's; LEASH_NONE for others, for which LEASH
 * may be NULL.
 * The process has none of the caller's other descriptors, not even for a moment
 * after this returns: it could be the last that closes one.
 * Returns the process, or -1 with errno set.
 */
pid_t reexec_start(const struct reexec *what, int *fd, struct leash *leash);

/* The kind that the arguments ask for; false if none: this is the helper. */
bool reexec_asked(int argc, char **argv, enum reexec_kind *kind);

/*
 * What such a process, of KIND, does first: it calls itself by its kind, and
 * guards its memory as the helper does.
 * Returns false after a sentence for whoever has started it by hand.
 */
bool reexec_begin(enum reexec_kind kind);

#endif
