#ifndef MOSHGATE_LEASH_H
#define MOSHGATE_LEASH_H

#include <stdbool.h>

/*
 * What ends a process when the one that holds it does, unless that has let it go:
 * a pipe, whose reading end sends its owner SIGKILL once nobody has the other one
 * (fcntl(2), F_SETSIG).  The process has the reading end, too, so that it stays,
 * but needs have no say: prctl(PR_SET_PDEATHSIG) could be taken back by it.
 */
struct leash {
	int held_fd; /* whose end is its holder's end */
	int worn_fd;
};

/* There is no leash. */
#define LEASH_NONE ((struct leash){ -1, -1 })

/* Make *LEASH, both ends close-on-exec.  False, with errno set, if it fails. */
bool leash_make(struct leash *leash);

/*
 * In the process that is to wear it, which has no other copy of its ends: have it
 * end with its holder.  Returns false if that can't be, or the holder is gone.
 */
bool leash_put_on(const struct leash *leash);

/* In its holder: from now on the process ends with the holder, or does not. */
void leash_hold(const struct leash *leash, bool held);

/* In its holder: close it; a process that is held ends. */
void leash_drop(struct leash *leash);

#endif
