#ifndef MOSHGATE_STANDBY_H
#define MOSHGATE_STANDBY_H

#include <stdbool.h>

#include "means.h"

/*
 * Without settings that can be used the helper stays, so that nobody has to wait
 * for systemd to start it again and again: it tells all who come to the
 * socket of MEANS that it isn't ready.  When somebody comes, and at SIGHUP, READY
 * is asked with CONTEXT whether the settings can be read now.
 * Returns true once they can; false if the helper is to end.
 */
bool standby(const struct means *means, bool (*ready)(void *context),
    void *context);

#endif
