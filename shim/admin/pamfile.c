#include "pamfile.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAMFILE_PROGRAM "moshgate-password"
#define PAMFILE_GROUP "moshgate"
#define PAMFILE_DEPTH 4
#define PAMFILE_PATH_BYTES 512
#define BLANKS " \t\n"

/* A look at a service's files, as far as it has come. */
struct pamfile {
	const char *dir;
	bool refuses; /* a line knows the passwords of all accounts, or none */
	bool guarded; /* the line before leaves the next out for accounts */
	enum pamfile_has has;
};

static void pamfile_read(struct pamfile *look, const char *name, int depth);

/* Look at the file NAME, "" for none, which a file at DEPTH includes. */
static void
pamfile_include(struct pamfile *look, const char *name, int depth)
{
	/* what is left out does not reach from one file into another */
	look->guarded = false;
	if (name[0] != '\0')
		pamfile_read(look, name, depth + 1);
	look->guarded = false;
}

/* True if NAME is a file that all services include, in Debian or Fedora. */
static bool
pamfile_is_common(const char *name)
{
	return strncmp(name, "common-", 7) == 0 ||
	    strcmp(name, "system-auth") == 0 ||
	    strcmp(name, "password-auth") == 0;
}

/* The next word of *AT, which goes behind it; "" if there is none. */
static char *
pamfile_word(char **at)
{
	char *word = *at + strspn(*at, BLANKS);

	*at = word + strcspn(word, BLANKS);
	if (**at != '\0')
		*(*at)++ = '\0';
	return word;
}

/*
 * Cut the control, pam.conf(5), from *AT, which goes behind it: a word, or what
 * is between brackets.  Returns it without those.
 */
static char *
pamfile_control(char **at)
{
	char *control, *end;

	*at += strspn(*at, BLANKS);
	if (**at != '[')
		return pamfile_word(at);
	control = *at + 1;
	end = control + strcspn(control, "]");
	*at = *end != '\0' ? end + 1 : end;
	*end = '\0';
	return control;
}

/* True if CONTROL, which is taken apart, says ONE and OTHER, and no more. */
static bool
pamfile_says(char *control, const char *one, const char *other)
{
	bool has_one = false, has_other = false;
	char *word;

	while (*(word = pamfile_word(&control)) != '\0') {
		if (strcmp(word, one) == 0)
			has_one = true;
		else if (strcmp(word, other) == 0)
			has_other = true;
		else
			return false;
	}
	return has_one && has_other;
}

/* True if MODULE, with or without a path, is the one called NAME. */
static bool
pamfile_is_module(const char *module, const char *name)
{
	const char *slash = strrchr(module, '/');

	return strcmp(slash != NULL ? slash + 1 : module, name) == 0;
}

/* True if WORD is one of OPTIONS, of which the last is NULL. */
static bool
pamfile_is_option(const char *word, const char *const *options)
{
	while (*options != NULL && strcmp(word, *options) != 0)
		options++;
	return *options != NULL;
}

/*
 * True if a line of CONTROL and what REST says has the next one left out for
 * everybody but the gateway's users.
 */
static bool
pamfile_is_guard(char *control, char *rest)
{
	static const char *const options[] = { "quiet", "quiet_fail",
		"quiet_success", "debug", "audit", NULL };
	static const char *const condition[] = { "user", "ingroup",
		PAMFILE_GROUP };
	size_t met = 0;
	char *word;

	if (!pamfile_says(control, "success=ignore", "default=1") ||
	    !pamfile_is_module(pamfile_word(&rest), "pam_succeed_if.so"))
		return false;
	while (*(word = pamfile_word(&rest)) != '\0') {
		if (pamfile_is_option(word, options))
			continue;
		if (met == 3 || strcmp(word, condition[met]) != 0)
			return false;
		met++;
	}
	return met == 3;
}

/*
 * What there is to say of a line that has moshgate-password, of CONTROL and with
 * REST: PAMFILE_FIRST if it is as it has to be.
 */
static enum pamfile_has
pamfile_program(char *control, char *rest)
{
	static const char *const options[] = { "quiet", "quiet_log", "debug",
		"seteuid", "stdout", "type=auth", "expose_authtok", NULL };
	bool exposed = false;
	struct stat st;
	char *word;

	if (!pamfile_says(control, "success=done", "default=die") ||
	    !pamfile_is_module(pamfile_word(&rest), "pam_exec.so"))
		return PAMFILE_MISSHAPEN;
	word = pamfile_word(&rest);
	while (
	    pamfile_is_option(word, options) || strncmp(word, "log=", 4) == 0) {
		exposed |= strcmp(word, "expose_authtok") == 0;
		word = pamfile_word(&rest);
	}
	if (!exposed || word[0] != '/' ||
	    !pamfile_is_module(word, PAMFILE_PROGRAM) ||
	    *pamfile_word(&rest) != '\0')
		return PAMFILE_MISSHAPEN;
	if (stat(word, &st) != 0 || !S_ISREG(st.st_mode) ||
	    access(word, X_OK) != 0)
		return PAMFILE_NOWHERE;
	return PAMFILE_FIRST;
}

/* The line of the file NAME, of CONTROL and with REST, has moshgate-password. */
static void
pamfile_take_program(struct pamfile *look, const char *name, char *control,
    char *rest)
{
	if (!look->guarded)
		look->has = PAMFILE_UNGUARDED;
	else if (pamfile_is_common(name))
		look->has = PAMFILE_COMMON;
	else if (look->refuses)
		look->has = PAMFILE_LATE;
	else
		look->has = pamfile_program(control, rest);
	look->guarded = false;
}

/*
 * Look at REST, of a line of the file NAME, behind its type, which is auth; a line
 * that MAY_BE_GONE is none if PAM doesn't find its module.
 */
static void
pamfile_take_auth(struct pamfile *look, const char *name, char *rest,
    bool may_be_gone, int depth)
{
	const bool program = strstr(rest, PAMFILE_PROGRAM) != NULL;
	char *control;

	look->refuses |= strstr(rest, "pam_unix") != NULL ||
	    strstr(rest, "pam_deny") != NULL;
	control = pamfile_control(&rest);
	if (program) {
		pamfile_take_program(look, name, control, rest);
	} else if (strcasecmp(control, "include") == 0 ||
	    strcasecmp(control, "substack") == 0) {
		pamfile_include(look, pamfile_word(&rest), depth);
	} else {
		look->guarded = !may_be_gone && pamfile_is_guard(control, rest);
	}
}

/* Look at LINE, of the file NAME. */
static void
pamfile_take(struct pamfile *look, const char *name, char *line, int depth)
{
	char *type;

	line[strcspn(line, "#")] = '\0';
	type = pamfile_word(&line);
	if (strcmp(type, "@include") == 0)
		pamfile_include(look, pamfile_word(&line), depth);
	else if (strcasecmp(type, "auth") == 0 ||
	    strcasecmp(type, "-auth") == 0)
		pamfile_take_auth(look, name, line, type[0] == '-', depth);
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
	while (look->has <= PAMFILE_FIRST && pamfile_next(file, &line, &size))
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
