#ifndef MOSHGATE_UIDS_H
#define MOSHGATE_UIDS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * True if libnss_moshgate takes the uids from MIN to MAX, which the settings in
 * the file NAME say; or else the ERROR, of SIZE bytes, says what to do.
 */
bool uids_are_taken(int min, int max, const char *name, char *error,
    size_t size);

#endif
