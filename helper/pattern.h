#ifndef MOSHGATE_PATTERN_H
#define MOSHGATE_PATTERN_H

#include <stdbool.h>

/*
 * On some remotes several spellings of a name are one user.  So these patterns
 * fit whatever the case is; the others to the letter.
 */
enum pattern_fold {
	PATTERN_FOLD_NONE,
	PATTERN_FOLD_TAKEN, /* those that take a name */
	PATTERN_FOLD_NOT,   /* those with a "!" in front */
};

/*
 * True if LIST takes NAME.  LIST has patterns, glob(7), separated by blanks.
 * NAME has to fit one of them, and none that has a "!" in front.
 */
bool pattern_list_takes(const char *list, const char *name,
    enum pattern_fold fold);

#endif
