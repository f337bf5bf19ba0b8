#ifndef MOSHGATE_PASSWORDFILE_H
#define MOSHGATE_PASSWORDFILE_H

#include <stdbool.h>

#define PASSWORDFILE_FAULT_BYTES 256

/*
 * Change the file of passwords at PATH, which need not be there, so that USER's
 * line has HASH; or, with HASH NULL, that USER has none.  Other lines stay.  At
 * any moment there is either the old file or the new one, which is root's, and
 * for the service's group to read.
 * Returns false, with what is wrong in FAULT.
 */
bool passwordfile_set(const char *path, const char *user, const char *hash,
    char fault[PASSWORDFILE_FAULT_BYTES]);

#endif
