#ifndef MOSHGATE_SERVER_H
#define MOSHGATE_SERVER_H

#include "../config.h"
#include "signer.h"

enum server_end {
	SERVER_ENDED,
	SERVER_FAILED, /* it could not even begin */
};

/*
 * Serve the listening Unix socket LISTEN_FD until SIGTERM or SIGINT comes by
 * SIGNAL_FD (signals.h).  CONFIG was read from CONFIG_PATH, and SIGHUP has it
 * read again, with the key.  CONFIG and SIGNER are the server's from now on.
 */
enum server_end server_run(int listen_fd, int signal_fd,
    const char *config_path, struct config *config, struct signer *signer);

#endif
