/*
 * Whatever is in the user map: who is in it can be a user, and it doesn't
 * matter in what pieces it is read.
 */
#include "fuzz.h"

#include <sys/mman.h>

#include <stdio.h>
#include <unistd.h>

#include "../../shim/nss/mapfile.h"

#define INPUT_MAX_BYTES ((size_t)64 * 1024)

static void
check_entry(const struct usermap_entry *entry, const char *line, size_t len)
{
	char again[USERMAP_LINE_MAX_CHARS + 1];
	const int printed = snprintf(again, sizeof(again), "%s:%lu",
	    entry->name, (unsigned long)entry->uid);

	must(username_valid(entry->name) && usermap_uid_valid(entry->uid));
	must(len <= USERMAP_LINE_MAX_CHARS && printed == (int)len);
	must(memcmp(again, line, len) == 0);
}

/* Line by line, from memory: what mapfile_next() must come to as well. */
static void
check_map(struct mapfile *map, const char *text, size_t size)
{
	struct usermap_entry entry, expected;

	for (size_t at = 0; at < size;) {
		const char *end = memchr(text + at, '\n', size - at);
		char *line;
		size_t len;
		bool taken;

		if (end == NULL)
			break;
		len = (size_t)(end - (text + at));
		/* where a byte too many is noticed */
		line = copy_of((const uint8_t *)text + at, len, 0);
		taken = usermap_line(line, len, &expected);
		if (taken)
			check_entry(&expected, line, len);
		free(line);
		at += len + 1;
		if (!taken)
			continue;
		must(mapfile_next(map, &entry));
		must(strcmp(entry.name, expected.name) == 0);
		must(entry.uid == expected.uid);
		must(mapfile_tell(map) == at);
		/* where one call of getpwent() ends, the next begins */
		if (entry.uid % 2 == 0)
			mapfile_seek(map, at);
	}
	must(!mapfile_next(map, &entry));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mapfile map = { .fd = memfd_create("users", MFD_CLOEXEC) };
	struct usermap_entry entry;
	char *text;

	if (size > INPUT_MAX_BYTES)
		size = INPUT_MAX_BYTES;
	must(map.fd >= 0);
	must(write(map.fd, data, size) == (ssize_t)size);
	text = copy_of(data, size, 1);
	check_map(&map, text, size);
	if (size > 0) {
		mapfile_seek(&map, data[0]);
		while (mapfile_next(&map, &entry))
			must(text[mapfile_tell(&map) - 1] == '\n');
	}
	mapfile_close(&map);
	free(text);
	return 0;
}
