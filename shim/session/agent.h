#ifndef MOSHGATE_AGENT_H
#define MOSHGATE_AGENT_H

/* The SSH agent that sshd forwards: ssh(1), -A. */

/* The path of its socket, malloc'ed, or NULL: there is none. */
char *agent_path(void);

/*
 * Connect to the agent at PATH, as whoever runs this, without waiting for long.
 * Returns a socket, or -1.
 */
int agent_connect(const char *path);

#endif
