#ifndef MOSHGATE_SSHDCONF_H
#define MOSHGATE_SSHDCONF_H

#include <stdbool.h>

/*
 * sshd's settings, as `sshd -T` prints them: each in a line of its name in
 * small letters, a blank, and the value.
 */

#define SSHDCONF_VALUE_BYTES 1024

/*
 * Find the setting NAME, in small or capital letters, in DUMP.  Stores its
 * value in VALUE; a value that is too long is cut.
 * Returns false if the setting is not there.
 */
bool sshdconf_get(const char *dump, const char *name,
    char value[SSHDCONF_VALUE_BYTES]);

/*
 * True if DUMP has a subsystem that is internal-sftp, which sshd itself serves.
 */
bool sshdconf_has_internal_sftp(const char *dump);

#endif
