#ifndef MOSHGATE_SERVER_H
#define MOSHGATE_SERVER_H

#include "../config.h"
#include "means.h"
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
};

/*
 * Serve those who come until SIGTERM or SIGINT comes.  CONFIG was read from
 * where MEANS says.  CONFIG and SIGNER are the server's from now on.
 */
enum server_end server_run(const struct means *means, struct config *config,
    struct signer *signer);

#endif
