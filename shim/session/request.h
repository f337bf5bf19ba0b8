#ifndef MOSHGATE_REQUEST_H
#define MOSHGATE_REQUEST_H

#include <stdbool.h>

#include "../client.h"
#include "../lib/frame.h"
#include "../lib/locale.h"
#include "tty.h"

/*
 * What a session asks the helper for: how sshd has called it, and what the
 * person's side of it is like.  Its strings are copies of its own, or NULL.
 */
struct request {
	/* sshd has called it as the login shell, not as its ForceCommand */
	bool by_shell;
	/* what is to run, NULL for the login shell; what was asked instead */
	char *command, *original;
	bool sftp; /* the command is the gateway's way to say "subsystem" */
	bool terminal;
	struct tty tty;
	const char *way;   /* how the person wants to go, NULL: as it fits */
	const char *unfit; /* what of the near end mosh can't use, or NULL */
	char *login, *term, *colorterm, *client;
	char *locale[LOCALE_NAMES];
	int colors;
	char *agent; /* where sshd forwards the person's SSH agent, or NULL */
};

/*
 * Take from this process's arguments, ARGC and ARGV, its environment and its
 * standard input and output what is wanted of them; REQUEST is {0}.
 * Returns false if there is no memory for the command.
 */
bool request_read(struct request *request, int argc, char **argv);

/* Free the strings of REQUEST. */
void request_free(struct request *request);

/* True if the command is so long that the request can't be sent. */
bool request_is_too_long(const struct request *request);

/* Send REQUEST to the helper.  Returns false when it did not take it. */
bool request_send(const struct request *request, const struct client *client);

/*
 * A worker that has the helper's end of CLIENT now has said FRAME_READY: give it
 * the STREAMS that it is to carry.  Returns false when it did not take them.
 */
bool request_send_streams(struct client *client, const int streams[FRAME_FDS]);

/*
 * A worker that has the helper's end of CLIENT for a while has said FRAME_NEEDED:
 * give it a socket to the SSH agent of REQUEST, or tell it that there is none.
 * Returns false when it did not take that.
 */
bool request_send_agent(const struct request *request, struct client *client);

#endif
