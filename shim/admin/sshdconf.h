#ifndef MOSHGATE_SSHDCONF_H
#define MOSHGATE_SSHDCONF_H

#include <stdbool.h>

/*
 * sshd's settings, as `sshd -T` prints them: a line each, with the name, in
 * small letters, a blank, and the value.
 */
#define SSHDCONF_VALUE_BYTES 1024

/*
 * Find the setting NAME, in whatever letters, in DUMP.  Stores its value in
 * VALUE; what is longer is cut.
 * False if it is not there.
 */
bool sshdconf_get(const char *dump, const char *name,
    char value[SSHDCONF_VALUE_BYTES]);

/* True if sshd serves a subsystem in DUMP itself, as internal-sftp. */
bool sshdconf_has_internal_sftp(const char *dump);

#endif
