#ifndef MOSHGATE_SHELL_H
#define MOSHGATE_SHELL_H

#include <libssh2.h>
#include <stddef.h>

#include "failure.h"
#include "session.h"

/*
 * A small loop of sh on the remote, in one channel, that runs the commands it
 * is told.
 */
struct shell {
	struct session *session;
	LIBSSH2_CHANNEL *channel; /* NULL: the loop does not run */
};

/* What a command of the loop has written to standard output. */
struct shell_answer {
	char *text; /* malloc'ed, NUL-terminated */
	size_t len;
	int status; /* the command's exit status */
};

/*
 * Run COMMAND, a line of sh.  The first one opens the channel and costs no
 * round trip of its own, unless there are quotes or backslashes in it.
 * Stores in *ANSWER what it wrote, at most LIMIT_BYTES: more is
 * FAILURE_TOO_BIG.
 */
enum failure shell_run(struct shell *shell, const char *command,
    size_t limit_bytes, struct shell_answer *answer);

/* There are no more commands for the loop: it ends. */
enum failure shell_end(struct shell *shell);

#endif
