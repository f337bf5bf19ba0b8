#ifndef MOSHGATE_PASSWDFILE_H
#define MOSHGATE_PASSWDFILE_H

#include <sys/types.h>

#include <stdbool.h>

/*
 * The accounts in passwd(5), as libnss_moshgate reads them: itself, since it is
 * what the C library asks.
 */
#define PASSWDFILE_PATH "/etc/passwd"
#define PASSWDFILE_MAX_BYTES ((size_t)16 * 1024 * 1024)

/*
 * True if no account in the file PATH is called NAME or has UID, whatever order
 * the name service asks in.  False also if the file can't be read, or is longer
 * than PASSWDFILE_MAX_BYTES: then nobody knows.
 */
bool passwdfile_lacks(const char *path, const char *name, uid_t uid);

#endif
