#ifndef MOSHGATE_SERVER_H
#define MOSHGATE_SERVER_H

#include "../config.h"
#include "signer.h"

#define SERVER_GROUP "moshgate" /* who is a gateway user */

/*
 * Serve the listening Unix socket LISTEN_FD until SIGTERM or SIGINT comes.
 * CONFIG was read from CONFIG_PATH, and SIGHUP has it read again, with the
 * key; the server frees whichever it has at the end.
 * Returns the exit status.
 */
int server_run(int listen_fd, const char *config_path, struct config *config,
    struct signer *signer);

#endif
