#ifndef MOSHGATE_SERVER_H
#define MOSHGATE_SERVER_H

#include "../config.h"
#include "means.h"
#include "signer.h"

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
