#ifndef MOSHGATE_WARNING_H
#define MOSHGATE_WARNING_H

#include "../config.h"

/*
 * That anybody could be where a session goes, since CONFIG has the remote's host
 * key not checked: what is to be said of that on the terminal, or NULL if it is
 * checked.
 */
const char *warning_text(const struct config *config);

/* The same for the log: a session of USER begins. */
void warning_log(const struct config *config, const char *user);

#endif
