#ifndef MOSHGATE_CONFINE_H
#define MOSHGATE_CONFINE_H

/*
 * What the processes of this room give up for good, as far as the kernel has the
 * means (landlock(7), seccomp(2)): to run programs, to become two, and to reach
 * other processes.
 */

/*
 * For modules of the name service, which may read any file, speak to any server
 * and have threads: no file can be changed.
 */
void confine_names(void);

/*
 * For one who reads and writes what is in the directory DIR: no other file can
 * be opened, and no socket made.
 */
void confine_file(const char *dir);

#endif
