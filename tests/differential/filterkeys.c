/*
 * filterkeys: filters files of keys as the helper does.
 *
 * Each line of standard input is "refuse FROM TO" or "honor FROM TO": the file
 * FROM is filtered, with what becomes of its commands, into the file TO.  The
 * argument is the remote's time zone, as TZ.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../helper/authkeys.h"
#include "../../helper/log.h"

#define PATH_CHARS 255
#define LINE_CHARS (2 * PATH_CHARS + 16)

/* Read the file PATH, of AUTHKEYS_MAX_BYTES at most, to TEXT. */
static bool
filterkeys_read(const char *path, char *text, size_t *len)
{
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return false;
	*len = fread(text, 1, AUTHKEYS_MAX_BYTES, file);
	return fclose(file) == 0;
}

static bool
filterkeys_write(const char *path, const char *text, size_t len)
{
	FILE *file = fopen(path, "we");
	bool written;

	if (file == NULL)
		return false;
	written = fwrite(text, 1, len, file) == len;
	return fclose(file) == 0 && written;
}

/* Do what LINE says, with room for a file at TEXT. */
static bool
filterkeys_line(const char *line, const struct expiry_zone *zone, char *text)
{
	struct authkeys_rules rules = { .zone = zone };
	char how[8], from[PATH_CHARS + 1], to[PATH_CHARS + 1], *filtered;
	struct authkeys_report report;
	size_t len, filtered_len;
	bool done;

	if (sscanf(line, "%7s %255s %255s", how, from, to) != 3 ||
	    !filterkeys_read(from, text, &len))
		return false;
	rules.forced = strcmp(how, "honor") == 0 ? AUTHKEYS_HONOR
						 : AUTHKEYS_REFUSE;
	filtered = authkeys_filter(text, len, &rules, &filtered_len, &report);
	if (filtered == NULL)
		return false;
	done = filterkeys_write(to, filtered, filtered_len);
	free(filtered);
	return done;
}

int
main(int argc, char **argv)
{
	char line[LINE_CHARS], *text = malloc(AUTHKEYS_MAX_BYTES);
	struct expiry_zone zone = { 0 };
	int status = text == NULL || argc != 2;

	if (argc == 2)
		expiry_read_zone(&zone, argv[1], strlen(argv[1]));

	while (status == 0 && fgets(line, sizeof(line), stdin) != NULL) {
		if (!filterkeys_line(line, &zone, text)) {
			fprintf(stderr, "filterkeys: failed: %s", line);
			status = 1;
		}
	}
	free(text);
	return status;
}
