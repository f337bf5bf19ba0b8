#ifndef MOSHGATE_CHANNEL_H
#define MOSHGATE_CHANNEL_H

#include <libssh2.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "failure.h"
#include "session.h"

/* The most that libssh2 takes of a terminal's name and modes together. */
#define CHANNEL_MODES_BYTES 256

/* A terminal's size, in characters and, if that is known, pixels. */
struct channel_size {
	int columns, rows, xpixels, ypixels;
};

/* What is to run on the remote, and how: RFC 4254, sections 6.2 to 6.5. */
struct channel_start {
	/*
	 * "exec" and WHAT, a line for the user's login shell; "subsystem" and
	 * its name; "shell" and NULL.
	 */
	const char *request, *what;
	/* the name of the terminal that it gets, or NULL for none */
	const char *term;
	struct channel_size size;
	unsigned char modes[CHANNEL_MODES_BYTES]; /* encoded */
	size_t modes_len;
	/* a variable of its environment, or NULL; the remote may ignore it */
	const char *name, *value;
};

/* What a channel is for: how much may be on its way, and where errors go. */
enum channel_use {
	CHANNEL_SHELL,    /* the loop of shell.h */
	CHANNEL_COMMAND,  /* a relay without a terminal */
	CHANNEL_TERMINAL, /* a relay with one, which also shows the errors */
};

#define CHANNEL_WINDOW_USUAL UINT_MAX

/*
 * Open a channel for USE, which is stored in *CHANNEL and lives as long as
 * SESSION.  Not more than MOST_BYTES may be on their way, nor more than is usual
 * for USE.  That costs one round trip.
 */
enum failure channel_open(struct session *session, enum channel_use use,
    unsigned most_bytes, LIBSSH2_CHANNEL **channel);

/*
 * Start in CHANNEL, which is open, what START says.  That costs one round trip.
 * *REFUSED is whether the remote has started it, but without the terminal.
 */
enum failure channel_start(struct session *session, LIBSSH2_CHANNEL *channel,
    const struct channel_start *start, bool *refused);

/* Write LEN bytes at TEXT. */
enum failure channel_write(struct session *session, LIBSSH2_CHANNEL *channel,
    const char *text, size_t len);

/* There is no more input. */
enum failure channel_end_input(struct session *session,
    LIBSSH2_CHANNEL *channel);

/*
 * Answer what the remote asks while there is nothing to do; FAILURE_LOST if it
 * has closed the connection, or CHANNEL is NULL.
 */
enum failure channel_idle(struct session *session, LIBSSH2_CHANNEL *channel);

/*
 * Find out whether the remote gives this user a terminal: false in *GIVES if it
 * says no.
 */
enum failure channel_try_terminal(struct session *session, bool *gives);

#endif
