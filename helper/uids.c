#include "uids.h"

#include <stdio.h>

#include "../shim/lib/uidrange.h"

bool
uids_are_taken(int min, int max, const char *name, char *error, size_t size)
{
	struct uidrange range;

	if (!uidrange_read(UIDRANGE_DIR, &range)) {
		snprintf(error, size, "%s", UIDRANGE_WANTED);
		return false;
	}
	if (uidrange_has(&range, (uid_t)min) &&
	    uidrange_has(&range, (uid_t)max))
		return true;
	snprintf(error, size,
	    "%s: [users] uid_min and uid_max say %d-%d, but the name service "
	    "takes %lu-%lu alone (echo %d-%d >%s, as root)",
	    name, min, max, (unsigned long)range.min, (unsigned long)range.max,
	    min, max, UIDRANGE_PATH);
	return false;
}
