#ifndef MOSHGATE_CHECK_UIDS_H
#define MOSHGATE_CHECK_UIDS_H

#include <stdbool.h>

#include "check_map.h"

/*
 * A part of `moshgate check`: see that the users of MAP have uids that the name
 * service takes, and print which do not.
 * Returns false if a failure was printed.
 */
bool check_uids(const struct check_map *map);

#endif
