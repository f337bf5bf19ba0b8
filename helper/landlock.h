#ifndef MOSHGATE_LANDLOCK_H
#define MOSHGATE_LANDLOCK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What a process may do to files, and what newer kernels can take away along
 * with that: landlock(7).
 */

/* What the process keeps: landlock(7), of a file or of all below a directory. */
#define LANDLOCK_READ_FILE ((uint64_t)1 << 2)
#define LANDLOCK_READ_DIR (LANDLOCK_READ_FILE | (uint64_t)1 << 3)
#define LANDLOCK_RUN (LANDLOCK_READ_FILE | (uint64_t)1 << 0)
#define LANDLOCK_RUN_DIR (LANDLOCK_READ_DIR | LANDLOCK_RUN)

/*
 * Begin with rules that take away all rights to files and TCP ports to listen
 * at, and from Linux 6.12 on signals to, and abstract sockets of, all processes
 * but those that the rules hold for; without CONNECTS also TCP altogether.
 * Returns a descriptor; or -1, and in *LACKS why, in a few words.
 */
int landlock_begin(bool connects, const char **lacks);

/*
 * In the rules FD, leave RIGHTS to what is at PATH, if there is anything.
 * Returns false if the kernel does not take that.
 */
bool landlock_leave(int fd, const char *path, uint64_t rights);

/*
 * From now on the rules FD hold, unless GOOD says that they are not complete;
 * FD is closed.  Returns NULL, or why they don't, in a few words.
 */
const char *landlock_end(int fd, bool good);

#endif
