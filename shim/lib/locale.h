#ifndef MOSHGATE_LOCALE_H
#define MOSHGATE_LOCALE_H

#include <stdbool.h>
#include <stddef.h>

#define LOCALE_VALUE_MAX_CHARS 64
#define LOCALE_NAMES 15

/* The environment variables that make a locale, as mosh(1) passes them. */
extern const char *const locale_names[LOCALE_NAMES];

/*
 * True if VALUE, which a client sent for its environment, may go into a
 * command line and an environment of ours: [A-Za-z0-9_.@-]{1,64}.
 */
bool locale_value_valid(const char *value);

/*
 * Make sure that the locale of this process, from its environment, is one in
 * UTF-8; if it is not, LC_ALL in the environment is set to one that is.
 * Returns false if there is none on this machine.
 */
bool locale_make_utf8(void);

#endif
