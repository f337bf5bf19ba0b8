#ifndef MOSHGATE_REMOTE_H
#define MOSHGATE_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../config.h"
#include "hostkey.h"

#define REMOTE_ADDRESS_BYTES 64 /* a numeric address, with a scope */
#define REMOTE_DETAIL_BYTES 2048
#define REMOTE_REMEDY_BYTES 1024

/*
 * One SSH connection to the remote, as one user, with one channel on which a
 * small loop of sh runs what it is told.  Every function waits, but no longer
 * than its step's deadline, and none after the parent is gone.
 */
struct remote;

enum remote_result {
	REMOTE_OK,
	REMOTE_UNRESOLVED,
	REMOTE_UNREACHABLE, /* no connection, or closed before its banner */
	REMOTE_NO_COMMON,   /* no algorithm in common */
	REMOTE_HOST_KEY,    /* it is not the one on file */
	REMOTE_HOST_KEY_UNKNOWN,
	REMOTE_HOST_KEY_REVOKED,
	REMOTE_HOST_KEY_ONLY_CA,
	REMOTE_REFUSED, /* the gateway's key, for this user */
	REMOTE_NO_SHELL,
	REMOTE_LOST, /* the connection broke */
	REMOTE_TIMEOUT,
	REMOTE_TOO_BIG,
	REMOTE_ABANDONED, /* the parent went away */
	REMOTE_INTERNAL,
};

/* Signs LEN bytes at DATA into SIGNATURE (64 bytes); false if it cannot. */
typedef bool remote_signer(void *context, const unsigned char *data, size_t len,
    unsigned char *signature);

/*
 * Prepare a connection as USER to the remote that CONFIG names; both must
 * outlive it.  PARENT_FD is a socket at whose end everything is given up.
 * Returns NULL for want of memory.
 */
struct remote *remote_new(const struct config *config, const char *user,
    int parent_fd);
void remote_free(struct remote *remote);

/* Find the addresses of the remote, and of [mosh] host if that is set. */
enum remote_result remote_resolve(struct remote *remote);

/* Connect to the first address that answers (RFC 8305). */
enum remote_result remote_connect(struct remote *remote);

/* Agree on keys, then check the host key against those in KEYS. */
enum remote_result remote_handshake(struct remote *remote,
    const struct hostkeys *keys);

/*
 * Be authenticated by the ed25519 key whose public part is the LEN bytes at
 * BLOB, and which SIGN, given CONTEXT, signs with.
 */
enum remote_result remote_authenticate(struct remote *remote,
    const unsigned char *blob, size_t len, remote_signer *sign, void *context);

/*
 * Run COMMAND, a line of sh.  The first one opens the channel and costs no
 * round trip of its own, unless there are quotes or backslashes in it.
 * Stores a malloc'ed copy of what it wrote to standard output (at most
 * LIMIT_BYTES; more is REMOTE_TOO_BIG), NUL-terminated, in *TEXT, its length in
 * *LEN, and its exit status in *STATUS.
 */
enum remote_result remote_run(struct remote *remote, const char *command,
    size_t limit_bytes, char **text, size_t *len, int *status);

/* The most that libssh2 takes of a terminal's name and modes together. */
#define REMOTE_MODES_BYTES 256

/* A terminal's size, in characters and, if that is known, pixels. */
struct remote_size {
	int columns, rows, xpixels, ypixels;
};

/* What is to run on the remote, and with what: RFC 4254, sections 6.2 to 6.5. */
struct remote_start {
	/*
	 * "exec" and WHAT, a line for the user's login shell; "subsystem" and
	 * its name; "shell" and NULL.
	 */
	const char *request, *what;
	/* the name of the terminal that it gets, or NULL for none */
	const char *term;
	struct remote_size size;
	unsigned char modes[REMOTE_MODES_BYTES]; /* encoded */
	size_t modes_len;
	/* a variable of its environment, or NULL; the remote may ignore it */
	const char *name, *value;
};

/*
 * Open a channel for something else than that loop, with a TERMINAL or without,
 * if it is not open already; then start in it what START says, for relay_run()
 * to carry.  Each costs one round trip, and there may be any time in between.
 * *REFUSED is whether the remote has started it, but without the terminal.
 */
enum remote_result remote_open(struct remote *remote, bool terminal);
enum remote_result remote_start(struct remote *remote,
    const struct remote_start *start, bool *refused);

/*
 * After remote_run(): there are no more commands for that loop.  It ends, and
 * remote_open() opens another channel.
 */
enum remote_result remote_end_loop(struct remote *remote);

/*
 * Find out, after remote_run(), whether the remote gives this user a terminal:
 * false in *GIVES if it says no.
 */
enum remote_result remote_try_terminal(struct remote *remote, bool *gives);

/* The session and, after remote_open(), its channel, for libssh2's functions */
struct _LIBSSH2_SESSION *remote_session(const struct remote *remote);
struct _LIBSSH2_CHANNEL *remote_channel(const struct remote *remote);

/*
 * How often something has been read from the remote.  Each of libssh2's functions
 * may read what is for another: after that none is to be waited for before all
 * have been called once more.
 */
uint64_t remote_received(const struct remote *remote);

/* The connection's socket, to poll while there is nothing to do. */
int remote_fd(const struct remote *remote);

/* Answer what the remote asks while there is nothing to do. */
enum remote_result remote_idle(struct remote *remote);

/* The address the connection has reached, and the one mosh-client goes to. */
const char *remote_address(const struct remote *remote);
const char *remote_mosh_address(const struct remote *remote);

/* RESULT in one word, for the log and for programs. */
const char *remote_reason(enum remote_result result);

/* RESULT in one sentence for the person at the terminal. */
const char *remote_sentence(enum remote_result result);

/* What to do about RESULT, the last one, for the administrator. */
const char *remote_remedy(const struct remote *remote,
    enum remote_result result);

/*
 * Particulars of the last result for the administrator; "" if there are none.
 * It may hold what the remote said.
 */
const char *remote_detail(const struct remote *remote);

#endif
