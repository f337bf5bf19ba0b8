#ifndef MOSHGATE_SETTINGS_H
#define MOSHGATE_SETTINGS_H

#include <stdbool.h>

#include "../lib/fields.h"

/*
 * What of moshgate.ini(5) sshd's settings have to agree with, as the helper has
 * it in force: nothing here reads the file.
 */
struct settings {
	bool known;     /* the helper has told; else all of it is false */
	bool key;       /* [gateway] auth has the gateway's key */
	bool agent;     /* and the client's agent */
	bool any_key;   /* [clients] keys is any */
	bool passwords; /* [clients] passwords isn't no */
};

/* Ask the helper. */
void settings_ask(struct settings *settings);

/* Take what FRAME, which has passed fields_wellformed(), tells. */
void settings_read(struct settings *settings, const struct frame *frame);

#endif
