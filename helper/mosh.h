#ifndef MOSHGATE_MOSH_H
#define MOSHGATE_MOSH_H

#include <stdbool.h>
#include <stddef.h>

#include "../shim/frame.h"
#include "../shim/locale.h"
#include "command.h"
#include "config.h"

#define MOSH_ADDRESS_BYTES ((size_t)64) /* with its interface, maybe */
#define MOSH_KEY_CHARS 22 /* 128 bits in base64, without its padding */
/* With the words of a command twice. */
#define MOSH_COMMAND_BYTES (4096 + 2 * COMMAND_SCRIPT_BYTES)

/* The settings of the client's side that mosh-server is told. */
struct mosh_client {
	int colors;
	const char *bind;      /* its option for where to listen; NULL: -s */
	const char *colorterm; /* COLORTERM, or NULL */
	const char *script; /* words of sh to run, or NULL: the login shell */
	size_t locales;
	struct {
		const char *name, *value; /* LANG, LC_ALL, ... */
	} locale[LOCALE_NAMES];
};

/* How to reach a mosh-server. */
struct mosh_reply {
	int port;
	char key[MOSH_KEY_CHARS + 1];
};

enum mosh_result {
	MOSH_STARTED,
	MOSH_NOT_FOUND, /* no such program on the remote */
	MOSH_NO_LOCALE, /* no UTF-8 locale on the remote */
	MOSH_NO_PORT,   /* none of the ports is free */
	MOSH_FAILED,    /* anything else */
};

/*
 * Write to COMMAND the line of sh that starts mosh-server(1) on the remote for
 * CLIENT, whose values must have passed locale_value_valid().  It holds neither
 * quotes nor backslashes but those of the script.
 * Returns false if it would be longer than SIZE, which is enough at
 * MOSH_COMMAND_BYTES unless the settings are out of hand.
 */
bool mosh_command(const struct config *config, const struct mosh_client *client,
    char *command, size_t size);

/* True if the LEN bytes at KEY are a session's key. */
bool mosh_key_valid(const char *key, size_t len);

/*
 * Read what that command wrote: LEN bytes at TEXT, and its exit STATUS.
 * On MOSH_STARTED, *REPLY is how to reach the server.
 */
enum mosh_result mosh_parse(const char *text, size_t len, int status,
    struct mosh_reply *reply);

/*
 * True if HOST is an address in numbers, for IPv6 perhaps with an interface, of
 * less than MOSH_ADDRESS_BYTES.
 */
bool mosh_address_valid(const char *host);

/* True if PORT, a number, is one of those that CONFIG lets a mosh-server have. */
bool mosh_port_wanted(const struct config *config, const char *port);

/* True if ANSWER is how to reach a mosh-server: host, port and key are right. */
bool mosh_answer_valid(const struct frame *answer);

/*
 * Put asterisks over all in LEN bytes at TEXT that could be a session's key: a
 * mosh-server whose answer nobody understands may run all the same, and who
 * has its key can type into the session.
 */
void mosh_redact(char *text, size_t len);

/*
 * RESULT in one word, for the log; in one sentence, for the person at the
 * terminal; and what the administrator can do about it.
 */
const char *mosh_reason(enum mosh_result result);
const char *mosh_sentence(enum mosh_result result);
const char *mosh_remedy(enum mosh_result result);

/*
 * Find of which failure REASON is mosh_reason(), and store it in *RESULT; false
 * if it is none of these, but of something else.
 */
bool mosh_find_reason(const char *reason, enum mosh_result *result);

#endif
