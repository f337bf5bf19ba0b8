#ifndef MOSHGATE_CALLFILTER_H
#define MOSHGATE_CALLFILTER_H

#include <sys/types.h>

#include <seccomp.h>
#include <stdbool.h>

/*
 * The system calls, and their arguments, that are left to a process of the
 * helper's once it has its connections: seccomp(2).  Whatever can reach another
 * process is not among them, and neither is whatever it has no need of.
 */

/*
 * Returns a filter that allows what reads, writes and counts, and to wait for
 * CHILD, if it is not 0; or NULL if it can't be made.
 */
scmp_filter_ctx callfilter_new(pid_t child);

/*
 * Returns a filter that allows everything but to close the descriptor FD, or to
 * change its mode or its owner; NULL as above.
 */
scmp_filter_ctx callfilter_keep(int fd);

#endif
