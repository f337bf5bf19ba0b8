#include "pamfile.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAMFILE_PROGRAM "moshgate-password"
#define PAMFILE_DEPTH 4
#define PAMFILE_PATH_BYTES 512
#define BLANKS " \t\n"

/* A look at a service's files, as far as it has come. */
struct pamfile {
	const char *dir;
	bool refuses; /* a line knows the passwords of all accounts, or none */
	enum pamfile_has has;
};

static void pamfile_read(struct pamfile *look, const char *name, int depth);

/* True if NAME is a file that all services include, in Debian or Fedora. */
static bool
pamfile_is_common(const char *name)
{
	return strncmp(name, "common-", 7) == 0 ||
	    strcmp(name, "system-auth") == 0 ||
	    strcmp(name, "password-auth") == 0;
}

/* Look at REST, of a line of the file NAME, behind its type, which is auth. */
static void
pamfile_take_auth(struct pamfile *look, const char *name, char *rest, int depth)
{
	char *next = NULL, *word;

	if (strstr(rest, PAMFILE_PROGRAM) != NULL) {
		look->has = pamfile_is_common(name) ? PAMFILE_COMMON
		    : look->refuses                 ? PAMFILE_LATE
						    : PAMFILE_FIRST;
		return;
	}
	look->refuses |= strstr(rest, "pam_unix") != NULL ||
	    strstr(rest, "pam_deny") != NULL;
	word = strtok_r(rest, BLANKS, &next);
	if (word == NULL ||
	    (strcmp(word, "include") != 0 && strcmp(word, "substack") != 0))
		return;
	word = strtok_r(NULL, BLANKS, &next);
	if (word != NULL)
		pamfile_read(look, word, depth + 1);
}

/* Look at LINE, of the file NAME. */
static void
pamfile_take(struct pamfile *look, const char *name, char *line, int depth)
{
	char *next = NULL, *type, *included;

	line[strcspn(line, "#")] = '\0';
	type = strtok_r(line, BLANKS, &next);
	if (type == NULL)
		return;
	if (strcmp(type, "@include") == 0) {
		included = strtok_r(NULL, BLANKS, &next);
		if (included != NULL)
			pamfile_read(look, included, depth + 1);
	} else if (strcmp(type, "auth") == 0 || strcmp(type, "-auth") == 0) {
		pamfile_take_auth(look, name, next, depth);
	}
}

/*
 * Read the next line of FILE into *LINE, of *SIZE bytes, with those that it goes
 * on in.  Returns false at the end.
 */
static bool
pamfile_next(FILE *file, char **line, size_t *size)
{
	char *more = NULL, *joined;
	size_t more_size = 0;
	ssize_t len = getline(line, size, file);
	bool whole = len >= 0;

	while (len >= 2 && strcmp(*line + len - 2, "\\\n") == 0 &&
	    getline(&more, &more_size, file) >= 0) {
		(*line)[len - 2] = '\0';
		if (asprintf(&joined, "%s %s", *line, more) < 0) {
			whole = false;
			break;
		}
		free(*line);
		*line = joined;
		*size = strlen(joined) + 1;
		len = (ssize_t)strlen(joined);
	}
	free(more);
	return whole;
}

/* Look at the file NAME, until it is known what there is. */
static void
pamfile_read(struct pamfile *look, const char *name, int depth)
{
	char path[PAMFILE_PATH_BYTES], *line = NULL;
	size_t size = 0;
	FILE *file;
	int n;

	n = snprintf(path, sizeof(path), "%s%s%s",
	    name[0] == '/' ? "" : look->dir, name[0] == '/' ? "" : "/", name);
	if (depth > PAMFILE_DEPTH || n < 0 || (size_t)n >= sizeof(path))
		return;
	file = fopen(path, "re");
	if (file == NULL)
		return;
	while (look->has == PAMFILE_NONE && pamfile_next(file, &line, &size))
		pamfile_take(look, name, line, depth);
	free(line);
	fclose(file);
}

enum pamfile_has
pamfile_look(const char *dir, const char *service)
{
	struct pamfile look = { .dir = dir };

	pamfile_read(&look, service, 0);
	return look.has;
}
