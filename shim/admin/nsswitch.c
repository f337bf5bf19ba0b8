#include "nsswitch.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define OURS "moshgate"

static const char blanks[] = " \t\v\f\r";

/* What is left of a text. */
struct rest {
	const char *at;
	size_t len;
};

/*
 * The next character, or a NUL at the end.  A NUL in the text is an end, too.
 */
static char
nsswitch_peek(const struct rest *rest)
{
	if (rest->len == 0)
		return '\0';
	return rest->at[0];
}

static void
nsswitch_advance(struct rest *rest, size_t n)
{
	rest->at += n;
	rest->len -= n;
}

static bool
nsswitch_is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static void
nsswitch_skip(struct rest *rest, const char *set)
{
	while (nsswitch_is_one_of(nsswitch_peek(rest), set))
		nsswitch_advance(rest, 1);
}

/* Take what comes before a blank or one of ENDS. */
static struct rest
nsswitch_take_word(struct rest *rest, const char *ends)
{
	struct rest word = { .at = rest->at };

	while (nsswitch_peek(rest) != '\0' &&
	    !nsswitch_is_one_of(nsswitch_peek(rest), blanks) &&
	    !nsswitch_is_one_of(nsswitch_peek(rest), ends)) {
		nsswitch_advance(rest, 1);
		word.len++;
	}
	return word;
}

static bool
nsswitch_word_is(struct rest word, const char *text)
{
	return word.len == strlen(text) &&
	    strncasecmp(word.at, text, word.len) == 0;
}

/* Take the next line. */
static struct rest
nsswitch_take_line(struct rest *rest)
{
	const char *newline = memchr(rest->at, '\n', rest->len);
	struct rest line = { .at = rest->at };

	line.len = newline != NULL ? (size_t)(newline - rest->at) : rest->len;
	nsswitch_advance(rest, line.len + (newline != NULL));
	return line;
}

static bool
nsswitch_status_of(struct rest word, enum nsswitch_status *status)
{
	static const char *const names[NSSWITCH_STATUSES] = {
		[NSSWITCH_SUCCESS] = "SUCCESS",
		[NSSWITCH_NOTFOUND] = "NOTFOUND",
		[NSSWITCH_UNAVAIL] = "UNAVAIL",
		[NSSWITCH_TRYAGAIN] = "TRYAGAIN",
	};

	for (int i = 0; i < NSSWITCH_STATUSES; i++) {
		if (nsswitch_word_is(word, names[i])) {
			*status = (enum nsswitch_status)i;
			return true;
		}
	}
	return false;
}

/* Take one [!]STATUS=ACTION and what blanks come behind it. */
static bool
nsswitch_take_criterion(struct rest *rest, struct nsswitch_source *source)
{
	const bool all_but = nsswitch_peek(rest) == '!';
	enum nsswitch_status status;
	struct rest action;
	bool ends;

	if (all_but)
		nsswitch_advance(rest, 1);
	if (!nsswitch_status_of(nsswitch_take_word(rest, "=]"), &status))
		return false;
	nsswitch_skip(rest, blanks);
	if (nsswitch_peek(rest) != '=')
		return false;
	nsswitch_advance(rest, 1);
	nsswitch_skip(rest, blanks);
	action = nsswitch_take_word(rest, "=]");
	ends = nsswitch_word_is(action, "return");
	if (!ends && !nsswitch_word_is(action, "continue") &&
	    !nsswitch_word_is(action, "merge"))
		return false;
	for (int i = 0; i < NSSWITCH_STATUSES; i++) {
		if (all_but != (i == (int)status))
			source->ends[i] = ends;
	}
	nsswitch_skip(rest, blanks);
	return true;
}

/*
 * Take a name, and what stands behind it in brackets, into *SOURCE.  At the end
 * of the line the name is "".  Returns false if that can't be read.
 */
static bool
nsswitch_take_source(struct rest *rest, struct nsswitch_source *source)
{
	struct rest name;

	*source = (struct nsswitch_source){ 0 };
	source->ends[NSSWITCH_SUCCESS] = true;
	nsswitch_skip(rest, blanks);
	name = nsswitch_take_word(rest, "[");
	if (name.len > NSSWITCH_NAME_MAX_CHARS)
		return false;
	memcpy(source->name, name.at, name.len);
	if (name.len == 0)
		return true;
	nsswitch_skip(rest, blanks);
	if (nsswitch_peek(rest) != '[')
		return true;
	nsswitch_advance(rest, 1);
	nsswitch_skip(rest, blanks);
	do {
		if (!nsswitch_take_criterion(rest, source))
			return false;
	} while (nsswitch_peek(rest) != ']');
	nsswitch_advance(rest, 1);
	return true;
}

static bool
nsswitch_take_sources(struct rest *rest, struct nsswitch *line)
{
	struct nsswitch_source source;

	line->count = 0;
	for (;;) {
		if (!nsswitch_take_source(rest, &source))
			return false;
		if (source.name[0] == '\0')
			return true;
		if (line->count == NSSWITCH_SOURCES_MAX)
			return false;
		line->sources[line->count++] = source;
	}
}

bool
nsswitch_parse(const char *text, size_t len, struct nsswitch *line)
{
	static const char files[] = "files";
	struct rest rest = { .at = files, .len = strlen(files) };

	if (!nsswitch_take_sources(&rest, line))
		return false;
	rest = (struct rest){ .at = text, .len = len };
	while (rest.len > 0) {
		struct rest one = nsswitch_take_line(&rest), name;

		nsswitch_skip(&one, blanks);
		name = nsswitch_take_word(&one, ":");
		if (name.len != strlen("passwd") ||
		    memcmp(name.at, "passwd", name.len) != 0)
			continue;
		nsswitch_skip(&one, " \t\v\f\r:");
		if (!nsswitch_take_sources(&one, line))
			return false;
	}
	return line->count > 0;
}

static bool
nsswitch_is_in(const char *name, const char *const *names)
{
	for (; *names != NULL; names++) {
		if (strcmp(name, *names) == 0)
			return true;
	}
	return false;
}

/* All sources but these are taken for directories on other machines. */
static bool
nsswitch_is_local(const struct nsswitch_source *source)
{
	static const char *const names[] = { "files", "compat", "systemd",
		"altfiles", "usrfiles", "extrausers", "db", "cache",
		"mymachines", OURS, NULL };

	return nsswitch_is_in(source->name, names);
}

/* True if root's account may be in SOURCE. */
static bool
nsswitch_is_file(const struct nsswitch_source *source)
{
	static const char *const names[] = { "files", "compat", NULL };

	return nsswitch_is_in(source->name, names);
}

static size_t
nsswitch_find(const struct nsswitch *line, const char *name)
{
	size_t i;

	for (i = 0; i < line->count; i++) {
		if (strcmp(line->sources[i].name, name) == 0)
			break;
	}
	return i;
}

bool
nsswitch_has_moshgate(const struct nsswitch *line)
{
	return nsswitch_find(line, OURS) < line->count;
}

/* What is wrong with source AT, which comes before moshgate. */
static enum nsswitch_fault
nsswitch_fault_of(const struct nsswitch *line, size_t at)
{
	const struct nsswitch_source *source = &line->sources[at];

	if (source->ends[NSSWITCH_NOTFOUND])
		return NSSWITCH_UNREACHABLE;
	if (!source->ends[NSSWITCH_SUCCESS])
		return NSSWITCH_OVERRULED;
	if (nsswitch_is_local(source))
		return NSSWITCH_WELL;
	if (!source->ends[NSSWITCH_UNAVAIL])
		return NSSWITCH_OUTAGE;
	for (size_t i = at + 1; i < line->count; i++) {
		if (nsswitch_is_file(&line->sources[i]))
			return NSSWITCH_LOCKOUT;
	}
	return NSSWITCH_WELL;
}

enum nsswitch_fault
nsswitch_judge(const struct nsswitch *line, const char **source)
{
	const size_t ours = nsswitch_find(line, OURS);

	*source = "";
	for (size_t i = 0; i < line->count; i++) {
		if (line->sources[i].name[0] == '#')
			return NSSWITCH_COMMENT;
	}
	if (ours == line->count)
		return NSSWITCH_ABSENT;
	if (ours + 1 < line->count) {
		*source = line->sources[ours + 1].name;
		return NSSWITCH_NOT_LAST;
	}
	for (size_t i = 0; i < ours; i++) {
		const enum nsswitch_fault fault = nsswitch_fault_of(line, i);

		if (fault != NSSWITCH_WELL) {
			*source = line->sources[i].name;
			return fault;
		}
	}
	return NSSWITCH_WELL;
}

/* Append TEXT to ADVICE; there is room. */
static void
nsswitch_append(char advice[NSSWITCH_ADVICE_BYTES], const char *text)
{
	const size_t len = strlen(advice);

	snprintf(advice + len, NSSWITCH_ADVICE_BYTES - len, "%s", text);
}

void
nsswitch_advise(const struct nsswitch *line, char advice[NSSWITCH_ADVICE_BYTES])
{
	advice[0] = '\0';
	nsswitch_append(advice, "passwd:");
	for (int local = 1; local >= 0; local--) {
		for (size_t i = 0; i < line->count; i++) {
			const struct nsswitch_source *source =
			    &line->sources[i];

			if (source->name[0] == '#')
				break;
			if (nsswitch_is_local(source) != (local == 1) ||
			    strcmp(source->name, OURS) == 0)
				continue;
			nsswitch_append(advice, " ");
			nsswitch_append(advice, source->name);
			if (local == 0)
				nsswitch_append(advice, " [UNAVAIL=return]");
		}
	}
	nsswitch_append(advice, " " OURS);
}
