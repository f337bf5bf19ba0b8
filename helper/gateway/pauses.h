#ifndef MOSHGATE_PAUSES_H
#define MOSHGATE_PAUSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../shim/lib/usermap.h"

/*
 * The names that the remote has refused, each of which is not asked again for a
 * while: the second time, for twice as long, and so on.  They are remembered
 * until they are let in, or there are too many of them.  Policy: times are
 * milliseconds on the monotonic clock.
 */

/* The longest pause there is, unless the first one is longer. */
#define PAUSES_LONGEST_MS 600000
#define PAUSES_MAX ((size_t)1024) /* names that are remembered */

struct pauses {
	int64_t first_ms; /* how long a name's first pause is */
	struct pause {
		char name[USERNAME_MAX_CHARS + 1];
		bool known; /* it is forgotten after those that are not */
		int64_t took_ms, end_ms;
	} all[PAUSES_MAX];
	size_t count;
};

/*
 * NAME has been refused.  Returns until when it is not to be asked.
 */
int64_t pauses_begin(struct pauses *pauses, const char *name, bool known,
    int64_t now_ms);

/* True if NAME has been refused, however long ago. */
bool pauses_remember(const struct pauses *pauses, const char *name);

/* True if NAME is not to be asked now. */
bool pauses_hold(const struct pauses *pauses, const char *name, int64_t now_ms);

/* NAME has been let in. */
void pauses_forget(struct pauses *pauses, const char *name);

#endif
