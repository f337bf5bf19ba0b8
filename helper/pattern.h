#ifndef MOSHGATE_PATTERN_H
#define MOSHGATE_PATTERN_H

#include <stdbool.h>

/*
 * True if LIST takes NAME.  LIST has patterns, glob(7), separated by blanks.
 * NAME has to fit one of them, and none that has a "!" in front.
 */
bool pattern_list_takes(const char *list, const char *name);

#endif
