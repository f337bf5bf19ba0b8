#ifndef MOSHGATE_CHECK_MAP_H
#define MOSHGATE_CHECK_MAP_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

/*
 * A part of `moshgate check`: the user map's file, whatever is in it.
 */

struct check_entry {
	const char *name;
	uid_t uid;
};

struct check_map {
	char *text;                  /* of the file; the names are in it */
	struct check_entry *entries; /* in the order of their names */
	size_t count;
	/* how many lines are no user, and the number of the first of them */
	size_t garbled, first_garbled;
};

/*
 * Read the user map into *MAP, see whether it is as it must be, and print that.
 * Where there is no map, *MAP has no entries, and nothing is printed unless
 * MAPPED, which says that the name service asks moshgate.  *MAP is to be given
 * to check_map_free() in any case.
 * Returns false if a failure was printed.
 */
bool check_map_read(bool mapped, struct check_map *map);

/* Free what MAP holds. */
void check_map_free(struct check_map *map);

/* True if NAME is in MAP, with the uid UID. */
bool check_map_has(const struct check_map *map, const char *name, uid_t uid);

#endif
