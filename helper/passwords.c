#include "passwords.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../shim/lib/usermap.h"

/* What crypto_pwhash_str() writes: 16 bytes of salt and 32 of hash. */
#define PASSWORDS_PREFIX "$argon2id$v=19$m="
#define PASSWORDS_SALT_CHARS 22
#define PASSWORDS_HASH_CHARS 43
/* The characters that either can end with. */
#define PASSWORDS_SALT_LAST "AQgw"
#define PASSWORDS_HASH_LAST "AEIMQUYcgkosw048"
/* No line that is good has less than this. */
#define PASSWORDS_LINE_MIN_CHARS \
	(sizeof(PASSWORDS_PREFIX) + PASSWORDS_SALT_CHARS + PASSWORDS_HASH_CHARS)

/* Nobody's, of the usual cost. */
static const char passwords_nobody[] = PASSWORDS_PREFIX
    "65536,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

static const char passwords_base64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/*
 * Hashes
 */

/* Move *AT behind TEXT, if that is there. */
static bool
passwords_skip(const char **at, const char *text)
{
	const size_t len = strlen(text);

	if (strncmp(*at, text, len) != 0)
		return false;
	*at += len;
	return true;
}

/* The same with a number from MIN to MAX, without zeros in front. */
static bool
passwords_skip_number(const char **at, long min, long max)
{
	long number = 0;

	if (**at == '0')
		return false;
	while (**at >= '0' && **at <= '9' && number <= max) {
		number = number * 10 + (**at - '0');
		(*at)++;
	}
	return number >= min && number <= max;
}

/*
 * The same with COUNT characters of base64, of which the last is one of LAST: the
 * bits that belong to no byte are zero (RFC 4648, section 3.5).
 */
static bool
passwords_skip_base64(const char **at, size_t count, const char *last)
{
	if (strspn(*at, passwords_base64) != count ||
	    strchr(last, (*at)[count - 1]) == NULL)
		return false;
	*at += count;
	return true;
}

bool
passwords_hash_valid(const char *hash)
{
	const char *at = hash;

	return passwords_skip(&at, PASSWORDS_PREFIX) &&
	    passwords_skip_number(&at, PASSWORDS_MEMORY_MIN_KIB,
		PASSWORDS_MEMORY_MAX_KIB) &&
	    passwords_skip(&at, ",t=") &&
	    passwords_skip_number(&at, 1, PASSWORDS_PASSES_MAX) &&
	    passwords_skip(&at, ",p=1$") &&
	    passwords_skip_base64(&at, PASSWORDS_SALT_CHARS,
		PASSWORDS_SALT_LAST) &&
	    passwords_skip(&at, "$") &&
	    passwords_skip_base64(&at, PASSWORDS_HASH_CHARS,
		PASSWORDS_HASH_LAST) &&
	    *at == '\0';
}

/*
 * Lines
 */

/* Take LINE, which is not empty, into ENTRY.  Returns what is wrong, or NULL. */
static const char *
passwords_take_line(char *line, struct passwords_entry *entry)
{
	char *colon = strchr(line, ':');

	if (colon == NULL)
		return "no colon: a line is a user's name, a colon and a hash";
	*colon = '\0';
	entry->name = line;
	entry->hash = colon + 1;
	if (!username_valid(entry->name))
		return "no user can have that name";
	if (!passwords_hash_valid(entry->hash))
		return "not a hash that the gateway takes: Argon2id as moshgate "
		       "passwd writes it, m=7168 to 65536, t=1 to 10, p=1";
	return NULL;
}

static int
passwords_compare(const void *one, const void *other)
{
	const struct passwords_entry *a = one, *b = other;
	const int names = strcmp(a->name, b->name);

	if (names != 0)
		return names;
	return a->line < b->line ? -1 : a->line > b->line;
}

/* The line of the first user who is there twice, or 0. */
static unsigned
passwords_find_double(const struct passwords *passwords)
{
	const struct passwords_entry *entries = passwords->entries;
	unsigned line = 0;

	for (size_t i = 1; i < passwords->count; i++) {
		if (strcmp(entries[i - 1].name, entries[i].name) == 0 &&
		    (line == 0 || entries[i].line < line))
			line = entries[i].line;
	}
	return line;
}

/*
 * Make room for all users: for as many good lines as can be, and one that is bad.
 * Returns false for want of memory.
 */
static bool
passwords_make_room(struct passwords *passwords)
{
	const size_t most = passwords->file.len / PASSWORDS_LINE_MIN_CHARS + 2;

	passwords->entries = calloc(most, sizeof(*passwords->entries));
	return passwords->entries != NULL;
}

/*
 * Take all lines.  Returns what is wrong, or NULL; *LINE is where.
 */
static const char *
passwords_take_lines(struct passwords *passwords, unsigned *line)
{
	char *at = passwords->file.text;
	const char *fault = NULL;

	*line = 0;
	while (at != NULL && fault == NULL) {
		struct passwords_entry *entry =
		    &passwords->entries[passwords->count];
		char *end = strchr(at, '\n');

		if (end != NULL)
			*end++ = '\0';
		++*line;
		if (*at != '\0' && *at != '#') {
			entry->line = *line;
			fault = passwords_take_line(at, entry);
			passwords->count++;
		}
		at = end;
	}
	return fault;
}

/* The same of everything that there is to be said about the text. */
static const char *
passwords_find_fault(struct passwords *passwords, unsigned *line)
{
	const struct file *file = &passwords->file;
	const char *fault;

	*line = 0;
	if (file->text == NULL)
		return NULL;
	if (strlen(file->text) != file->len)
		return "has a NUL byte";
	if (!passwords_make_room(passwords))
		return "no memory for it";
	fault = passwords_take_lines(passwords, line);
	if (fault != NULL)
		return fault;
	qsort(passwords->entries, passwords->count, sizeof(*passwords->entries),
	    passwords_compare);
	*line = passwords_find_double(passwords);
	return *line > 0 ? "this user has a line before" : NULL;
}

bool
passwords_parse(const char *path, struct passwords *passwords,
    char fault[PASSWORDS_FAULT_BYTES])
{
	unsigned line;
	const char *found = passwords_find_fault(passwords, &line);

	if (found == NULL)
		return true;
	if (line > 0)
		snprintf(fault, PASSWORDS_FAULT_BYTES, "%s:%u: %s", path, line,
		    found);
	else
		snprintf(fault, PASSWORDS_FAULT_BYTES, "%s: %s", path, found);
	return false;
}

/*
 * Files
 */

bool
passwords_read(const char *path, struct passwords *passwords,
    char fault[PASSWORDS_FAULT_BYTES])
{
	char found[FILE_FAULT_BYTES];

	*passwords = (struct passwords){ 0 };
	if (!file_read_public(path, 0, PASSWORDS_MAX_BYTES, &passwords->file,
		found)) {
		snprintf(fault, PASSWORDS_FAULT_BYTES, "%s: %s", path, found);
		return false;
	}
	if (file_is_open_to_others(&passwords->file.st)) {
		snprintf(fault, PASSWORDS_FAULT_BYTES,
		    "%s: others can read it (chown root:_moshgate, chmod 640)",
		    path);
		return false;
	}
	return true;
}

void
passwords_free(struct passwords *passwords)
{
	if (passwords->file.text != NULL)
		explicit_bzero(passwords->file.text, passwords->file.len);
	file_free(&passwords->file);
	free(passwords->entries);
	*passwords = (struct passwords){ 0 };
}

/*
 * Users
 */

/* FNV-1a: which one it is doesn't matter, only that it is the same each time. */
static size_t
passwords_pick(const char *name, size_t count)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *name != '\0'; name++) {
		hash ^= (unsigned char)*name;
		hash *= UINT64_C(0x100000001b3);
	}
	return (size_t)(hash % count);
}

const char *
passwords_hash(const struct passwords *passwords, const char *name, bool *there)
{
	const struct passwords_entry *entries = passwords->entries;

	*there = false;
	for (size_t i = 0; i < passwords->count; i++) {
		if (strcmp(entries[i].name, name) == 0) {
			*there = true;
			return entries[i].hash;
		}
	}
	return passwords->count == 0
	    ? passwords_nobody
	    : entries[passwords_pick(name, passwords->count)].hash;
}
