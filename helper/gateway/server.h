#ifndef MOSHGATE_SERVER_H
#define MOSHGATE_SERVER_H

#include "../config.h"
#include "signer.h"

/*
 * So many, and one more, wait until they are taken.  A helper that is stuck lets
 * no more of sshd's processes wait for it than leave room for others: sshd
 * begins to turn away whoever comes when 10 are under way (MaxStartups).
 */
#define SERVER_BACKLOG 4

enum server_end {
	SERVER_ENDED,
	SERVER_FAILED, /* it could not even begin */
	/*
	 * Relays run, with people's files on the way: a process of their own
	 * carries on with them.  What is left here is shared with it, and must
	 * not be closed but by the end of this process.
	 */
	SERVER_LEFT_RELAYS,
};

/*
 * Serve the Unix socket LISTEN_FD, which is bound, and may listen, until SIGTERM
 * or SIGINT comes by SIGNAL_FD (signals.h).  CONFIG was read from CONFIG_PATH, and SIGHUP has it
 * read again, with the key.  CONFIG and SIGNER are the server's from now on.
 */
enum server_end server_run(int listen_fd, int signal_fd,
    const char *config_path, struct config *config, struct signer *signer);

#endif
