#include "check_uids.h"

#include <stdio.h>

#include "../lib/uidrange.h"
#include "../lib/usermap.h"
#include "report.h"

bool
check_uids(const struct check_map *map)
{
	struct report_list outside = { 0 };
	char text[sizeof(outside.text) + 128], more[32];
	struct uidrange range;

	if (!uidrange_read(UIDRANGE_DIR, &range))
		return report(false, "uids", UIDRANGE_WANTED,
		    "chown root:root " UIDRANGE_DIR " " UIDRANGE_PATH
		    "; chmod 755 " UIDRANGE_DIR "; chmod 644 " UIDRANGE_PATH);
	for (size_t i = 0; i < map->count; i++) {
		if (!uidrange_has(&range, map->entries[i].uid))
			report_list_add(&outside, map->entries[i].name);
	}
	if (outside.count == 0)
		return true;
	snprintf(text, sizeof(text),
	    "in the user map, but not known to anybody, since the uid is not "
	    "in %lu-%lu: %s%s",
	    (unsigned long)range.min, (unsigned long)range.max, outside.text,
	    report_list_more(&outside, more));
	return report(false, "uids", text,
	    "see who has written " USERMAP_PATH "; if the uids are right, let "
	    "root say so in " UIDRANGE_PATH ", and uid_min and uid_max in "
	    "[users]");
}
