#ifndef MOSHGATE_PROGRAMFILTER_H
#define MOSHGATE_PROGRAMFILTER_H

#include <seccomp.h>

/*
 * Returns a filter of system calls (seccomp(2)) for this process, which is about
 * to become another program, or NULL if it can't be made.  It takes away what no
 * program for a terminal and UDP has need of, above all what can reach another
 * process.
 */
scmp_filter_ctx programfilter_new(void);

#endif
