#ifndef MOSHGATE_CHECK_MAP_H
#define MOSHGATE_CHECK_MAP_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

/*
 * A part of `moshgate check`: the user map, as it is.
 */
struct check_entry {
	const char *name;
	uid_t uid;
};

struct check_map {
	char *text;                  /* what the names are in */
	struct check_entry *entries; /* in the order of their names */
	size_t count;
	size_t garbled, first_garbled; /* lines that are none, and which */
};

/*
 * See whether the user map is as it must be, print that, and read it into MAP,
 * which is for check_map_free() in any case.  Where there is no map it has no
 * entries, and nothing is printed unless MAPPED: the name service asks
 * moshgate.
 * False if it reported a failure.
 */
bool check_map_read(bool mapped, struct check_map *map);
void check_map_free(struct check_map *map);

/* True if NAME is in MAP, with UID. */
bool check_map_has(const struct check_map *map, const char *name, uid_t uid);

#endif
