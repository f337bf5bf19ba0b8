#ifndef MOSHGATE_SANDBOX_H
#define MOSHGATE_SANDBOX_H

/*
 * What a worker gives up for good before it listens to the remote.  Both
 * functions return NULL, or what the kernel lacks for that, in a few words; the
 * process then goes on with what it has.
 */

/*
 * From now on no file can be opened, made, changed or run (landlock(7)); those
 * that are open stay so.
 */
const char *sandbox_files(void);

/*
 * From now on there are only the system calls (seccomp(2)) that a worker with
 * its connections needs: neither new sockets nor processes, nor memory that can
 * be executed.  Any other call fails with EPERM.
 */
const char *sandbox_calls(void);

#endif
