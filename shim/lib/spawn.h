#ifndef MOSHGATE_SPAWN_H
#define MOSHGATE_SPAWN_H

#include <stddef.h>

/* What becomes of what a program writes to standard error. */
enum spawn_stderr {
	SPAWN_STDERR_DROPPED,
	SPAWN_STDERR_TAKEN, /* it is read as well */
	SPAWN_STDERR_KEPT,  /* it goes where that of this process goes */
};

/*
 * Run the program ARGV[0], an absolute path, with ARGV and an environment of
 * nothing but PATH, and wait until it ends.  Stores at TEXT what it writes to
 * standard output and, as STDERR_TO says, to standard error: at most SIZE bytes,
 * and in *LEN their number.  A program that writes more gets SIGPIPE.
 * Returns its exit status, or -1 if it could not be run or died of a signal.
 */
int spawn_read(char *const argv[], enum spawn_stderr stderr_to, char *text,
    size_t size, size_t *len);

#endif
