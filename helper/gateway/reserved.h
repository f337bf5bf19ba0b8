#ifndef MOSHGATE_RESERVED_H
#define MOSHGATE_RESERVED_H

#include <stdbool.h>

#include "../config.h"

#define RESERVED_PATH DATADIR "/moshgate/reserved-names"

/*
 * Names that packages give to services.  A user of the remote with such a name
 * would be in the way of a package that is installed later.
 */
struct reserved;

/*
 * Read the file at PATH, root's: a name in each line, or a comment behind "#".
 * Returns NULL, with the fault in ERROR, if it can't be read.
 */
struct reserved *reserved_read(const char *path,
    char error[CONFIG_ERROR_BYTES]);
void reserved_free(struct reserved *reserved);

bool reserved_has(const struct reserved *reserved, const char *name);

#endif
