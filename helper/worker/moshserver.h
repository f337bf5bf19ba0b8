#ifndef MOSHGATE_MOSHSERVER_H
#define MOSHGATE_MOSHSERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "../../shim/lib/locale.h"
#include "../config.h"
#include "../mosh.h"
#include "command.h"

/* How a mosh-server is started on the remote, and what it answers. */

/* With the words of a command twice. */
#define MOSHSERVER_COMMAND_BYTES (4096 + 2 * COMMAND_SCRIPT_BYTES)

/* The settings of the client's side that mosh-server is told. */
struct moshserver_client {
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
struct moshserver_reply {
	int port;
	char key[MOSH_KEY_CHARS + 1];
};

/*
 * Write to COMMAND the line of sh that starts mosh-server(1) on the remote for
 * CLIENT, whose values must have passed locale_value_valid().  It holds neither
 * quotes nor backslashes but those of the script.
 * Returns false if it would be longer than SIZE, which is enough at
 * MOSHSERVER_COMMAND_BYTES unless the settings are out of hand.
 */
bool moshserver_command(const struct config *config,
    const struct moshserver_client *client, char *command, size_t size);

/*
 * Read what that command wrote: LEN bytes at TEXT, and its exit STATUS.
 * On MOSH_STARTED, *REPLY is how to reach the server, at one of the ports of
 * CONFIG; on MOSH_OTHER_PORT it has the port alone.
 */
enum mosh_result moshserver_parse(const struct config *config, const char *text,
    size_t len, int status, struct moshserver_reply *reply);

#endif
