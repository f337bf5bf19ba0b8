#ifndef MOSHGATE_SSHD_H
#define MOSHGATE_SSHD_H

#include <stdbool.h>
#include <stddef.h>

/*
 * True if this process is sshd(8), as root.  This keeps other programs of
 * root's from making connections to the remote for names that they happen to
 * ask for; who may ask is for the helper to say.
 */
bool sshd_is_this(void);

/*
 * True if PATH, what /proc/self/exe of a process says, is one of sshd's
 * programs.  What marks a file that is deleted is cut off from PATH.
 */
bool sshd_is_path(char *path);

/*
 * Store in TEXT, of SIZE bytes, the address of the client that this sshd serves,
 * in numbers; "" if nobody can tell.  The longest takes INET6_ADDRSTRLEN.
 */
void sshd_client(char *text, size_t size);

#endif
