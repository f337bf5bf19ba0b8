#ifndef MOSHGATE_SANDBOX_H
#define MOSHGATE_SANDBOX_H

#include <sys/types.h>

#include <stdbool.h>

/* Sanitizers write reports, and they and valgrind need calls of their own. */
#if defined(__SANITIZE_ADDRESS__) || defined(MOSHGATE_NO_SANDBOX)
#define SANDBOX_OFF true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_OFF true
#endif
#endif
#ifndef SANDBOX_OFF
#define SANDBOX_OFF false
#endif

/*
 * What a process gives up for good before it listens to the remote, or another
 * program in its place does.  All functions return NULL, or what the kernel
 * lacks for that, in a few words; the process then goes on with what it has.
 */

/*
 * From now on no file can be opened, made, changed or run, no port be listened
 * at, and, from Linux 6.12 on, no other process be sent a signal (landlock(7)).
 * Files that are open stay so.
 */
const char *sandbox_files(void);

/*
 * From now on the descriptor FD can be neither closed nor changed; to be called
 * before what follows.
 */
const char *sandbox_keep(int fd);

/*
 * From now on there are only the system calls, with the arguments (seccomp(2)),
 * that a worker with its connections needs: they make neither sockets nor
 * processes nor memory that can be executed, reach no other process, and pass no
 * descriptor on.  Any other call fails with EPERM.  And it has 64 MiB of memory.
 */
const char *sandbox_calls(void);

/* The same, but the process CHILD can be waited for. */
const char *sandbox_calls_and_wait(pid_t child);

/*
 * The same as the first, for a process that hashes one password: it has 80 MiB of
 * memory, and 20 seconds of the processor.
 */
const char *sandbox_calls_and_hash(void);

/*
 * For the program at PATH, between fork(2) and its execve(2): it can read what
 * programs are made of, and run itself alone; it can send and receive UDP, but
 * connect to nothing and reach no other process, nor become two.  It has 64 MiB
 * of memory and two seconds of the processor.
 */
const char *sandbox_program(const char *path);

#endif
