#ifndef MOSHGATE_READKEYS_H
#define MOSHGATE_READKEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "../authkeys.h"
#include "keyfiles.h"
#include "work.h"

/* The user's authorized_keys on the remote are read, filtered, and reported. */

/* The most that readkeys_command()'s line writes. */
#define READKEYS_ANSWER_MAX_BYTES \
	(AUTHKEYS_MAX_BYTES + KEYFILES_HEADER_MAX_BYTES)

/*
 * JOB_KEYS.  Returns false when the worker is over, and else whatever came of
 * the keys.
 */
bool readkeys_run(struct work *work, const struct frame *frame);

/* Write to COMMAND the line of sh that reads them; false if it is too long. */
bool readkeys_command(const struct work *work,
    char command[KEYFILES_COMMAND_BYTES]);

/*
 * Filter and report what keyfiles_parse() has FOUND.  Returns false when the
 * worker is over.
 */
bool readkeys_report(struct work *work, const struct keyfiles *found);

#endif
