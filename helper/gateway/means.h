#ifndef MOSHGATE_MEANS_H
#define MOSHGATE_MEANS_H

#include "../loop.h"
#include "closers.h"

/* What the helper has from its beginning to its end. */
struct means {
	struct loop *loop;
	struct closers *closers;
	int listen_fd; /* the Unix socket that it serves */
	int signal_fd; /* signals.h */
	const char *config_path;
};

#endif
