#include "value.h"

#include <ctype.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../shim/lib/usermap.h"
#include "content.h"
#include "words.h"

#define HOST_MAX_CHARS 253 /* of a name in DNS */
#define PORT_MAX 65535
#define PORT_CHARS 5

/* True if TEXT is made of letters, digits and the characters in OTHERS. */
static bool
value_made_of(const char *text, const char *others)
{
	for (; *text != '\0'; text++) {
		if (!(isascii((unsigned char)*text) &&
			isalnum((unsigned char)*text)) &&
		    strchr(others, *text) == NULL)
			return false;
	}
	return true;
}

static bool
value_has_controls(const char *text)
{
	for (; *text != '\0'; text++) {
		if (iscntrl((unsigned char)*text))
			return true;
	}
	return false;
}

static bool
value_keep(const char *text, void *to)
{
	char **kept = to;
	char *copy = strdup(text);

	if (copy == NULL)
		return false;
	free(*kept);
	*kept = copy;
	return true;
}

/* Keep a list with nothing but blanks between its words. */
static bool
value_keep_list(const char *text, void *to)
{
	char **list = to;

	if (!value_keep(text, to))
		return false;
	for (char *c = *list; *c != '\0'; c++) {
		if (*c == ',' || *c == '\t')
			*c = ' ';
	}
	return true;
}

/* Read a number of nothing but digits, from MIN to MAX. */
static bool
value_read_number(const char *text, int min, int max, int *number)
{
	char *end;
	long n;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	n = strtol(text, &end, 10);
	if (errno != 0 || *end != '\0' || n < min || n > max)
		return false;
	*number = (int)n;
	return true;
}

/* One parser for each type of value: see value_parse(). */

static bool
value_parse_number(const struct value_rule *rule, const char *text, void *to)
{
	return value_read_number(text, rule->min, rule->max, to);
}

static bool
value_parse_switch(const struct value_rule *rule, const char *text, void *to)
{
	const int place = words_find(rule->words, text);
	bool *on = to;

	*on = place == 0;
	return place >= 0;
}

/* Write to CLOSED what TEXT is without the blanks behind its commas. */
static bool
value_close(const char *text, char closed[VALUE_TEXT_BYTES])
{
	size_t len = 0;

	while (*text != '\0') {
		if (len + 1 >= VALUE_TEXT_BYTES)
			return false;
		closed[len++] = *text;
		text += *text == ',' ? 1 + strspn(text + 1, " \t") : 1;
	}
	closed[len] = '\0';
	return true;
}

static bool
value_parse_enum(const struct value_rule *rule, const char *text, void *to)
{
	char closed[VALUE_TEXT_BYTES];
	int *chosen = to, place;

	if (!value_close(text, closed))
		return false;
	place = words_find(rule->words, closed);
	if (place < 0)
		return false;
	*chosen = place;
	return true;
}

static bool
value_parse_word(const struct value_rule *rule, const char *text, void *to)
{
	return words_find(rule->words, text) >= 0 && value_keep(text, to);
}

static bool
value_parse_only(const struct value_rule *rule, const char *text, void *to)
{
	(void)to;
	return strcmp(text, rule->words) == 0;
}

/* ssh-keygen(1) and mosh-client(1) would take what begins with "-" for options. */
static bool
value_parse_host(const struct value_rule *rule, const char *text, void *to)
{
	(void)rule;
	return *text != '-' && strlen(text) <= HOST_MAX_CHARS &&
	    value_made_of(text, ".-_:%") && value_keep(text, to);
}

/* A carriage return in the middle of a path is a line end gone wrong. */
static bool
value_parse_path(const struct value_rule *rule, const char *text, void *to)
{
	if (*text == '\0' && rule->type == VALUE_PATH_MAYBE)
		return value_keep(text, to);
	return *text == '/' && !value_has_controls(text) &&
	    value_keep(text, to);
}

static bool
value_parse_passwords(const struct value_rule *rule, const char *text, void *to)
{
	if (strcmp(text, "no") == 0 || strcmp(text, "remote") == 0)
		return value_keep(text, to);
	return value_parse_path(rule, text, to);
}

static bool
value_parse_paths(const struct value_rule *rule, const char *text, void *to)
{
	char **list = to;
	const char *at;

	(void)rule;
	if (!value_keep_list(text, to) || value_has_controls(*list))
		return false;
	for (at = words_first(*list); *at == '/';)
		at = words_next(at);
	return *at == '\0';
}

/* True if each % in TEXT is that of %u. */
static bool
value_percent_u_only(const char *text)
{
	while ((text = strchr(text, '%')) != NULL) {
		if (*++text != 'u')
			return false;
	}
	return true;
}

static bool
value_parse_keyfiles(const struct value_rule *rule, const char *text, void *to)
{
	char **list = to;

	(void)rule;
	return value_keep_list(text, to) && value_made_of(*list, " ./_-+@%") &&
	    value_percent_u_only(text) && *words_first(*list) != '\0';
}

static bool
value_parse_patterns(const struct value_rule *rule, const char *text, void *to)
{
	char **list = to;

	(void)rule;
	return value_keep_list(text, to) && value_made_of(*list, " ._-*?![]");
}

static bool
value_parse_names(const struct value_rule *rule, const char *text, void *to)
{
	char **list = to;
	char name[USERNAME_MAX_CHARS + 1];

	(void)rule;
	if (!value_keep_list(text, to))
		return false;
	for (const char *at = words_first(*list); *at != '\0';
	     at = words_next(at)) {
		const size_t len = words_len(at);

		if (len >= sizeof(name))
			return false;
		memcpy(name, at, len);
		name[len] = '\0';
		if (!username_valid(name))
			return false;
	}
	return true;
}

static bool
value_parse_algorithms(const struct value_rule *rule, const char *text,
    void *to)
{
	char names[PROPOSAL_BYTES];

	return proposal_make(rule->kind, text, names) && value_keep(text, to);
}

static bool
value_parse_program(const struct value_rule *rule, const char *text, void *to)
{
	(void)rule;
	return *text != '\0' && value_made_of(text, " ./_-+@%=:,") &&
	    value_keep(text, to);
}

static bool
value_parse_ports(const struct value_rule *rule, const char *text, void *to)
{
	const char *colon = strchr(text, ':');
	char first[PORT_CHARS + 1];
	int low, high;

	(void)rule;
	if (colon == NULL)
		return value_read_number(text, 1, PORT_MAX, &low) &&
		    value_keep(text, to);
	if ((size_t)(colon - text) >= sizeof(first))
		return false;
	memcpy(first, text, (size_t)(colon - text));
	first[colon - text] = '\0';
	return value_read_number(first, 1, PORT_MAX, &low) &&
	    value_read_number(colon + 1, 1, PORT_MAX, &high) && low <= high &&
	    value_keep(text, to);
}

static bool
value_parse_escape_key(const struct value_rule *rule, const char *text,
    void *to)
{
	const size_t len = strlen(text);

	(void)rule;
	if (strcmp(text, "none") != 0 && len != 1 &&
	    !(len == 2 && text[0] == '^'))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!isascii((unsigned char)text[i]) ||
		    !isgraph((unsigned char)text[i]))
			return false;
	}
	return value_keep(text, to);
}

static bool
value_parse_command(const struct value_rule *rule, const char *text, void *to)
{
	(void)rule;
	return !value_has_controls(text) && value_keep(text, to);
}

static bool
value_parse_secret(const struct value_rule *rule, const char *text, void *to)
{
	char **secret = to;
	char *decoded = NULL;

	(void)rule;
	if (*text != '\0' &&
	    (decoded = content_decode(text, VALUE_CONTENT_MAX_BYTES)) == NULL)
		return false;
	sodium_free(*secret);
	*secret = decoded;
	return true;
}

static bool
value_parse_content(const struct value_rule *rule, const char *text, void *to)
{
	char *decoded;
	bool kept;

	(void)rule;
	if (*text == '\0')
		return value_keep(text, to);
	decoded = content_decode(text, VALUE_CONTENT_MAX_BYTES);
	kept = decoded != NULL && value_keep(decoded, to);
	sodium_free(decoded);
	return kept;
}

/* By type: its form, its parser, and what it takes, if no rule says more. */
static const struct {
	enum value_form form;
	bool (
	    *parse)(const struct value_rule *rule, const char *text, void *to);
	const char *expected;
} value_types[] = {
	[VALUE_NUMBER] = { VALUE_AS_INT, value_parse_number, NULL },
	[VALUE_SECONDS] = { VALUE_AS_INT, value_parse_number, NULL },
	[VALUE_SWITCH] = { VALUE_AS_BOOL, value_parse_switch, NULL },
	[VALUE_ENUM] = { VALUE_AS_INT, value_parse_enum, NULL },
	[VALUE_WORD] = { VALUE_AS_TEXT, value_parse_word, NULL },
	[VALUE_ONLY] = { VALUE_AS_NOTHING, value_parse_only, NULL },
	[VALUE_HOST] = { VALUE_AS_TEXT, value_parse_host,
	    "a host name or address" },
	[VALUE_PATH] = { VALUE_AS_TEXT, value_parse_path, "an absolute path" },
	[VALUE_PATH_MAYBE] = { VALUE_AS_TEXT, value_parse_path,
	    "an absolute path" },
	[VALUE_PASSWORDS] = { VALUE_AS_TEXT, value_parse_passwords,
	    "no, remote or an absolute path" },
	[VALUE_PATHS] = { VALUE_AS_TEXT, value_parse_paths, "absolute paths" },
	[VALUE_KEYFILES] = { VALUE_AS_TEXT, value_parse_keyfiles,
	    "paths, of letters, digits, ./_-+@ and %u" },
	[VALUE_PATTERNS] = { VALUE_AS_TEXT, value_parse_patterns,
	    "patterns of user names" },
	[VALUE_NAMES] = { VALUE_AS_TEXT, value_parse_names, "user names" },
	[VALUE_ALGORITHMS] = { VALUE_AS_TEXT, value_parse_algorithms, NULL },
	[VALUE_PROGRAM] = { VALUE_AS_TEXT, value_parse_program,
	    "a command, of letters, digits and ./_-+@%=:," },
	[VALUE_PORTS] = { VALUE_AS_TEXT, value_parse_ports,
	    "PORT or PORT:PORT" },
	[VALUE_ESCAPE_KEY] = { VALUE_AS_TEXT, value_parse_escape_key,
	    "none, a character, or ^ and a character" },
	[VALUE_COMMAND] = { VALUE_AS_TEXT, value_parse_command,
	    "a command, without control characters" },
	[VALUE_SECRET] = { VALUE_AS_TEXT, value_parse_secret,
	    "the key file, in base64" },
	[VALUE_CONTENT] = { VALUE_AS_TEXT, value_parse_content,
	    "an authorized_keys file, in base64" },
};

enum value_form
value_form(enum value_type type)
{
	return value_types[type].form;
}

bool
value_is_content(enum value_type type)
{
	return type == VALUE_SECRET || type == VALUE_CONTENT;
}

bool
value_parse(const struct value_rule *rule, const char *text, void *to)
{
	return value_types[rule->type].parse(rule, text, to);
}

const char *
value_text(const struct value_rule *rule, const void *from,
    char buffer[VALUE_TEXT_BYTES])
{
	const char *word;
	int place;

	if (value_form(rule->type) == VALUE_AS_TEXT)
		return *(char *const *)from;
	if (rule->type == VALUE_NUMBER || rule->type == VALUE_SECONDS) {
		snprintf(buffer, VALUE_TEXT_BYTES, "%d", *(const int *)from);
		return buffer;
	}
	if (rule->type == VALUE_SWITCH)
		place = *(const bool *)from ? 0 : 1;
	else
		place = *(const int *)from;
	word = words_at(rule->words, place);
	snprintf(buffer, VALUE_TEXT_BYTES, "%.*s", (int)words_len(word), word);
	return buffer;
}

/* "one, two or three" */
static void
value_expected_words(const char *words, char expected[VALUE_EXPECTED_BYTES])
{
	const char *before = "";
	size_t used = 0;

	expected[0] = '\0';
	for (const char *at = words_first(words);
	     *at != '\0' && used < VALUE_EXPECTED_BYTES; at = words_next(at)) {
		const size_t len = words_len(at);

		if (used > 0)
			before = at[len] != '\0' ? ", " : " or ";
		used += (size_t)snprintf(expected + used,
		    VALUE_EXPECTED_BYTES - used, "%s%.*s", before, (int)len,
		    at);
	}
}

void
value_expected(const struct value_rule *rule,
    char expected[VALUE_EXPECTED_BYTES])
{
	char names[PROPOSAL_BYTES];

	switch (rule->type) {
	case VALUE_NUMBER:
	case VALUE_SECONDS:
		snprintf(expected, VALUE_EXPECTED_BYTES,
		    "a number%s from %d to %d",
		    rule->type == VALUE_SECONDS ? " of seconds" : "", rule->min,
		    rule->max);
		break;
	case VALUE_SWITCH:
	case VALUE_ENUM:
	case VALUE_WORD:
		value_expected_words(rule->words, expected);
		break;
	case VALUE_ONLY:
		snprintf(expected, VALUE_EXPECTED_BYTES,
		    "%s (this version has no other)", rule->words);
		break;
	case VALUE_ALGORITHMS:
		proposal_all(rule->kind, names);
		snprintf(expected, VALUE_EXPECTED_BYTES,
		    "a list, or one behind +, - or ^, of %s", names);
		break;
	case VALUE_SECRET:
	case VALUE_CONTENT:
		snprintf(expected, VALUE_EXPECTED_BYTES,
		    "%s, in one line of at most %zu bytes",
		    value_types[rule->type].expected, VALUE_CONTENT_MAX_BYTES);
		break;
	default:
		snprintf(expected, VALUE_EXPECTED_BYTES, "%s",
		    value_types[rule->type].expected);
	}
}

void
value_free(const struct value_rule *rule, void *at)
{
	char **text = at;

	if (value_form(rule->type) != VALUE_AS_TEXT)
		return;
	if (rule->type == VALUE_SECRET)
		sodium_free(*text);
	else
		free(*text);
	*text = NULL;
}
