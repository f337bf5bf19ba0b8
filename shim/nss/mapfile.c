#include "mapfile.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/*
 * So open(2) waits neither for a FIFO's other end nor for the holder of a
 * lease.
 */
#define FILE_FLAGS (O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)

static bool
mapfile_others_may_write(const struct stat *st)
{
	return (st->st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

enum mapfile_result
mapfile_open(struct mapfile *map, const char *dir,
    bool (*is_service)(uid_t owner))
{
	const int dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat above, st;
	bool missing;

	*map = (struct mapfile){ .fd = -1 };
	if (dir_fd < 0)
		return errno == ENOENT ? MAPFILE_MISSING : MAPFILE_REFUSED;
	if (fstat(dir_fd, &above) < 0 || mapfile_others_may_write(&above) ||
	    (above.st_uid != 0 && !is_service(above.st_uid))) {
		close(dir_fd);
		return MAPFILE_REFUSED;
	}
	map->fd = openat(dir_fd, USERMAP_NAME, FILE_FLAGS);
	missing = map->fd < 0 && errno == ENOENT;
	close(dir_fd);
	if (missing)
		return MAPFILE_MISSING;
	if (map->fd < 0)
		return MAPFILE_REFUSED;
	if (fstat(map->fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    mapfile_others_may_write(&st) ||
	    st.st_size > (off_t)USERMAP_MAX_BYTES ||
	    (st.st_uid != 0 && st.st_uid != above.st_uid &&
		!is_service(st.st_uid))) {
		mapfile_close(map);
		return MAPFILE_REFUSED;
	}
	return MAPFILE_OPEN;
}

void
mapfile_close(struct mapfile *map)
{
	close(map->fd);
	map->fd = -1;
}

/* Read more of the file into the piece; false if there is no more. */
static bool
mapfile_read_more(struct mapfile *map)
{
	size_t left = map->len - map->at, want;
	ssize_t got;

	/* this much of a line is enough to see that it is too long */
	if (left > USERMAP_LINE_MAX_CHARS + 1)
		left = USERMAP_LINE_MAX_CHARS + 1;
	memmove(map->piece, map->piece + map->len - left, left);
	map->start += map->len - left;
	map->at = 0;
	map->len = left;
	want = sizeof(map->piece) - left;
	/* it may grow, but not for ever */
	if (map->start + left >= USERMAP_MAX_BYTES)
		return false;
	if (want > USERMAP_MAX_BYTES - (map->start + left))
		want = USERMAP_MAX_BYTES - (map->start + left);
	do {
		got = pread(map->fd, map->piece + left, want,
		    (off_t)(map->start + left));
	} while (got < 0 && errno == EINTR);
	if (got <= 0)
		return false;
	map->len += (size_t)got;
	return true;
}

/* The next whole line of the file, and what it is; USERMAP_END without one. */
static enum usermap_kind
mapfile_next_line(struct mapfile *map, struct usermap_next *next)
{
	for (;;) {
		struct usermap_rest rest = { .at = map->piece + map->at,
			.left = map->len - map->at };
		const enum usermap_kind kind = usermap_next(&rest, next);

		if (kind != USERMAP_CUT && kind != USERMAP_END) {
			map->at = map->len - rest.left;
			return kind;
		}
		if (!mapfile_read_more(map))
			return USERMAP_END;
	}
}

bool
mapfile_next(struct mapfile *map, struct usermap_entry *entry)
{
	struct usermap_next next;
	enum usermap_kind kind;

	while ((kind = mapfile_next_line(map, &next)) != USERMAP_END) {
		if (kind == USERMAP_ENTRY) {
			*entry = next.entry;
			return true;
		}
	}
	return false;
}

size_t
mapfile_tell(const struct mapfile *map)
{
	return map->start + map->at;
}

void
mapfile_seek(struct mapfile *map, size_t offset)
{
	struct usermap_next next;

	map->at = map->len = 0;
	map->start = 0;
	if (offset == 0)
		return;
	/* if the byte before it is a newline, this line has nothing else */
	map->start = offset - 1;
	mapfile_next_line(map, &next);
}
