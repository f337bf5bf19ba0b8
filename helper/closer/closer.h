#ifndef MOSHGATE_CLOSER_H
#define MOSHGATE_CLOSER_H

/*
 * A process that closes, by ending, the sockets that the helper sends it over
 * REEXEC_FD.  There may be descriptors of local users in them that take for ever
 * to be released: files of a file system that does not answer, for one.  Nobody
 * waits for this process.
 */

/* Take sockets until the helper has closed its end; returns the exit status. */
int closer_main(void);

#endif
