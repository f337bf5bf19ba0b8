#ifndef MOSHGATE_SANDBOX_H
#define MOSHGATE_SANDBOX_H

#include <sys/types.h>

/*
 * What a process gives up for good before it listens to the remote, or another
 * program in its place does.  All functions return NULL, or what the kernel
 * lacks for that, in a few words; the process then goes on with what it has.
 */

/*
 * From now on no file can be opened, made, changed or run (landlock(7)); those
 * that are open stay so.
 */
const char *sandbox_files(void);

/*
 * From now on there are only the system calls (seccomp(2)) that a worker with
 * its connections needs: neither new sockets nor processes, nor memory that can
 * be executed.  It can choose to outlive the process that has started it.  Any
 * other call fails with EPERM.
 */
const char *sandbox_calls(void);

/* The same, but the process CHILD can be killed and waited for. */
const char *sandbox_calls_and_kill(pid_t child);

/*
 * For the program at PATH, between fork(2) and its execve(2): it can read what
 * programs are made of, and run itself alone; it can send and receive UDP, but
 * connect to nothing and reach no other process, nor become two.  It has 64 MiB
 * of memory and two seconds of the processor.
 */
const char *sandbox_program(const char *path);

#endif
