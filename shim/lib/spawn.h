#ifndef MOSHGATE_SPAWN_H
#define MOSHGATE_SPAWN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Run the program ARGV[0], an absolute path, with ARGV and an environment of
 * nothing but PATH, and wait until it ends.  Stores at TEXT what it writes to
 * standard output and, with WITH_STDERR, to standard error: at most SIZE bytes,
 * and in *LEN their number.  A program that writes more gets SIGPIPE.
 * Returns its exit status, or -1 if it could not be run or died of a signal.
 */
int spawn_read(char *const argv[], bool with_stderr, char *text, size_t size,
    size_t *len);

#endif
