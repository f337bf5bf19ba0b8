#include "pattern.h"

#include <fnmatch.h>
#include <stddef.h>
#include <string.h>

#include "words.h"

/* More than a line of moshgate.ini has. */
#define PATTERN_MAX_BYTES 256

bool
pattern_list_takes(const char *list, const char *name, enum pattern_fold fold)
{
	bool wanted = false;
	char pattern[PATTERN_MAX_BYTES];

	for (const char *at = words_first(list); *at != '\0';
	     at = words_next(at)) {
		const bool exclude = *at == '!';
		const char *begin = at + exclude;
		const size_t len = words_len(begin);
		const enum pattern_fold kind = exclude ? PATTERN_FOLD_NOT
						       : PATTERN_FOLD_TAKEN;

		if (len >= sizeof(pattern))
			return false;
		memcpy(pattern, begin, len);
		pattern[len] = '\0';
		if (fnmatch(pattern, name, fold == kind ? FNM_CASEFOLD : 0) !=
		    0)
			continue;
		if (exclude)
			return false;
		wanted = true;
	}
	return wanted;
}
