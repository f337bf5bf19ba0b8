#ifndef MOSHGATE_HASHER_H
#define MOSHGATE_HASHER_H

/*
 * Be a process that sees for the helper whether a password is that of a user in
 * the file of passwords: it is asked once (FRAME_HASH), takes 64 MiB of memory
 * for a moment, answers and ends.
 * Returns the exit status.
 */
int hasher_main(void);

#endif
