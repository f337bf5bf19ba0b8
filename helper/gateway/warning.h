#ifndef MOSHGATE_WARNING_H
#define MOSHGATE_WARNING_H

#include "../config.h"

/*
 * What is to be said on the terminal of whoever has a session: that anybody could
 * be where it goes, since CONFIG has the remote's host key not checked; that
 * anybody could be whoever has it, since the gateway's key serves all who come; but for those
 * whom their OWN agent has let in.
 * NULL if there is nothing; a line for each, if there is more.
 */
const char *warning_text(const struct config *config, bool own);

/* The same for the log: a session of USER begins. */
void warning_log(const struct config *config, bool own, const char *user);

#endif
