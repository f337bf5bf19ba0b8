#include "reserved.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../../shim/lib/usermap.h"
#include "../file.h"

#define MAX_BYTES ((size_t)256 * 1024)

struct reserved {
	char (*names)[USERNAME_MAX_CHARS + 1];
	size_t count;
};

static int
reserved_compare(const void *a, const void *b)
{
	/* what is equal but for case is one name */
	return strcasecmp(a, b);
}

/*
 * Take the names in the LEN bytes at TEXT, which is changed, and in which a NUL
 * follows; returns the line that is wrong, or 0.
 */
static unsigned
reserved_take(struct reserved *reserved, char *text, size_t len)
{
	char *const end = text + len;
	unsigned number = 0;
	char *newline;

	for (char *line = text; line < end; line = newline + 1) {
		newline = memchr(line, '\n', (size_t)(end - line));
		if (newline == NULL)
			newline = end;
		*newline = '\0';
		number++;
		/* a NUL in it would hide the rest */
		if (strlen(line) != (size_t)(newline - line))
			return number;
		if (*line == '#' || *line == '\0')
			continue;
		if (!username_valid(line))
			return number;
		snprintf(reserved->names[reserved->count++],
		    sizeof(reserved->names[0]), "%s", line);
	}
	return 0;
}

struct reserved *
reserved_read(const char *path, char error[CONFIG_ERROR_BYTES])
{
	struct reserved *reserved = calloc(1, sizeof(*reserved));
	char fault[FILE_FAULT_BYTES] = "out of memory";
	size_t lines = 1;
	unsigned wrong;
	struct file file = { 0 };

	error[0] = '\0';
	if (reserved == NULL ||
	    !file_read_public(path, 0, MAX_BYTES, &file, fault)) {
		snprintf(error, CONFIG_ERROR_BYTES, "%s: %s", path, fault);
		file_free(&file);
		free(reserved);
		return NULL;
	}
	for (size_t i = 0; i < file.len; i++)
		lines += file.text[i] == '\n';
	reserved->names = calloc(lines, sizeof(reserved->names[0]));
	if (reserved->names == NULL)
		snprintf(error, CONFIG_ERROR_BYTES, "%s: out of memory", path);
	else if ((wrong = reserved_take(reserved, file.text, file.len)) > 0)
		snprintf(error, CONFIG_ERROR_BYTES, "%s:%u: not a user's name",
		    path, wrong);
	else
		qsort(reserved->names, reserved->count,
		    sizeof(reserved->names[0]), reserved_compare);
	file_free(&file);
	if (error[0] == '\0')
		return reserved;
	reserved_free(reserved);
	return NULL;
}

void
reserved_free(struct reserved *reserved)
{
	if (reserved == NULL)
		return;
	free(reserved->names);
	free(reserved);
}

bool
reserved_has(const struct reserved *reserved, const char *name)
{
	return reserved->count > 0 &&
	    bsearch(name, reserved->names, reserved->count,
		sizeof(reserved->names[0]), reserved_compare) != NULL;
}
