#include "authkeys.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* sshd reads no longer key. */
#define BLOB_MAX_BYTES ((size_t)16 * 1024)

static const char *const key_types[] = {
	"ssh-ed25519",
	"ssh-rsa",
	"ecdsa-sha2-nistp256",
	"ecdsa-sha2-nistp384",
	"ecdsa-sha2-nistp521",
	"sk-ssh-ed25519@openssh.com",
	"sk-ecdsa-sha2-nistp256@openssh.com",
};

enum fate {
	KEEP,     /* the gateway's sshd enforces it */
	REMOVE,   /* the line is kept without it */
	LEAVE_OUT /* the line is left out */
};

static const struct option {
	const char *name;
	bool has_value;
	enum fate fate;
} options[] = {
	{ "from", true, KEEP },
	{ "expiry-time", true, KEEP },
	{ "restrict", false, KEEP },
	{ "pty", false, KEEP },
	{ "no-pty", false, KEEP },
	{ "verify-required", false, KEEP },
	{ "no-touch-required", false, KEEP },
	{ "agent-forwarding", false, KEEP },
	{ "no-agent-forwarding", false, KEEP },
	{ "port-forwarding", false, KEEP },
	{ "no-port-forwarding", false, KEEP },
	{ "x11-forwarding", false, KEEP },
	{ "no-x11-forwarding", false, KEEP },
	{ "permitopen", true, KEEP },
	{ "permitlisten", true, KEEP },
	{ "user-rc", false, KEEP },
	{ "no-user-rc", false, KEEP },
	{ "environment", true, REMOVE },
	{ "tunnel", true, REMOVE },
	{ "command", true, LEAVE_OUT },
	{ "cert-authority", false, LEAVE_OUT },
	{ "principals", true, LEAVE_OUT },
};

/* A run of characters in the file. */
struct run {
	const char *at;
	size_t len;
};

/* The file that is being made; it never grows past the one that is read. */
struct output {
	char *text;
	size_t len, size;
};

static void
put(struct output *out, const char *text, size_t len)
{
	if (out->len + len <= out->size) {
		memcpy(out->text + out->len, text, len);
		out->len += len;
	}
}

static bool
run_is(struct run run, const char *word)
{
	return run.len == strlen(word) && memcmp(run.at, word, run.len) == 0;
}

static void __attribute__((format(printf, 3, 4)))
note(struct authkeys_report *report, size_t line, const char *format, ...)
{
	char text[AUTHKEYS_NOTE_BYTES - 32];
	va_list args;

	if (report->note[0] != '\0')
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(report->note, sizeof(report->note), "line %zu: %s", line,
	    text);
}

/* The next run without blanks; REST goes on behind it. */
static struct run
next_word(struct run *rest)
{
	struct run word;

	while (rest->len > 0 && (*rest->at == ' ' || *rest->at == '\t')) {
		rest->at++;
		rest->len--;
	}
	word.at = rest->at;
	word.len = 0;
	while (word.len < rest->len && word.at[word.len] != ' ' &&
	    word.at[word.len] != '\t')
		word.len++;
	rest->at += word.len;
	rest->len -= word.len;
	return word;
}

/*
 * The options at the start of REST: up to the first blank outside quotes.  A
 * quote is escaped by a backslash, and nothing else is.
 */
static bool
next_options(struct run *rest, struct run *found)
{
	bool quoted = false;
	size_t i = 0;

	for (; i < rest->len; i++) {
		if (rest->at[i] == '\\' && i + 1 < rest->len &&
		    rest->at[i + 1] == '"')
			i++;
		else if (rest->at[i] == '"')
			quoted = !quoted;
		else if (!quoted && (rest->at[i] == ' ' || rest->at[i] == '\t'))
			break;
	}
	if (quoted)
		return false;
	found->at = rest->at;
	found->len = i;
	rest->at += i;
	rest->len -= i;
	return true;
}

static const char *
known_type(struct run word)
{
	for (size_t i = 0; i < sizeof(key_types) / sizeof(key_types[0]); i++) {
		if (run_is(word, key_types[i]))
			return key_types[i];
	}
	return NULL;
}

/*
 * Decode the base64 in WORD into BLOB (BLOB_MAX_BYTES), and its length into
 * *LEN, if it is a key of TYPE.
 */
static bool
decode_key(const char *type, struct run word, unsigned char *blob, size_t *len)
{
	const size_t type_len = strlen(type);
	const char *end;

	if (sodium_base642bin(blob, BLOB_MAX_BYTES, word.at, word.len, "\v\f\r",
		len, &end, sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    end != word.at + word.len)
		return false;
	return *len > 4 + type_len && blob[0] == 0 && blob[1] == 0 &&
	    blob[2] == 0 && blob[3] == type_len &&
	    memcmp(blob + 4, type, type_len) == 0;
}

/*
 * Take one option off the front of REST.  Returns false if there is none that
 * has the form of one; else its name in *NAME and all of it in *WHOLE.
 */
static bool
next_option(struct run *rest, struct run *name, struct run *whole, bool *value)
{
	size_t i = 0;

	while (i < rest->len && rest->at[i] != '=' && rest->at[i] != ',')
		i++;
	*name = (struct run){ .at = rest->at, .len = i };
	*value = i < rest->len && rest->at[i] == '=';
	if (*value) {
		if (++i >= rest->len || rest->at[i] != '"')
			return false;
		for (i++; i < rest->len && rest->at[i] != '"'; i++) {
			if (rest->at[i] == '\\' && i + 1 < rest->len &&
			    rest->at[i + 1] == '"')
				i++;
		}
		if (i >= rest->len)
			return false;
		i++;
	}
	*whole = (struct run){ .at = rest->at, .len = i };
	if (i < rest->len) {
		/* a comma comes next, and behind it another option */
		if (rest->at[i] != ',' || i + 1 == rest->len)
			return false;
		i++;
	}
	rest->at += i;
	rest->len -= i;
	return name->len > 0;
}

/*
 * True if WHOLE, an option that is about to be removed, is one that sshd can
 * read: for one that it cannot, it refuses the line.
 */
static bool
removable(struct run name, struct run whole)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	static const char digits[] = "0123456789";
	struct run value = { .at = whole.at + name.len + 2,
		.len = whole.len - name.len - 3 };
	size_t n = 0;

	if (strncasecmp(name.at, "environment", name.len) == 0) {
		while (n < value.len &&
		    (strchr(letters, value.at[n]) != NULL ||
			strchr(digits, value.at[n]) != NULL))
			n++;
		return n > 0 && n < value.len && value.at[n] == '=';
	}
	if (value.len == 3 && strncasecmp(value.at, "any", 3) == 0)
		return true;
	while (n < value.len && strchr(digits, value.at[n]) != NULL)
		n++;
	return n > 0 && n == value.len && n <= 9;
}

static const struct option *
find_option(struct run name, bool has_value)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (options[i].has_value == has_value &&
		    strlen(options[i].name) == name.len &&
		    strncasecmp(options[i].name, name.at, name.len) == 0)
			return &options[i];
	}
	return NULL;
}

/*
 * Put those of the options in ALL that are kept, and a blank, into OUT.
 * Returns false, with a note, if the line must be left out.
 */
static bool
filter_options(struct run all, size_t line, struct output *out,
    struct authkeys_report *report)
{
	size_t kept = 0, removed = 0;

	while (all.len > 0) {
		const struct option *option;
		struct run name, whole;
		bool value;
		int show;

		if (!next_option(&all, &name, &whole, &value)) {
			note(report, line, "its options cannot be understood");
			return false;
		}
		option = find_option(name, value);
		show = (int)(name.len < 32 ? name.len : 32);
		if (option == NULL || option->fate == LEAVE_OUT) {
			note(report, line, "left out for its option %.*s", show,
			    name.at);
			return false;
		}
		if (option->fate == REMOVE) {
			if (!removable(name, whole)) {
				note(report, line,
				    "left out for its option %.*s", show,
				    name.at);
				return false;
			}
			note(report, line, "kept without its option %.*s", show,
			    name.at);
			removed++;
			continue;
		}
		if (kept++ > 0)
			put(out, ",", 1);
		put(out, whole.at, whole.len);
	}
	if (kept > 0)
		put(out, " ", 1);
	report->changed += removed > 0;
	return true;
}

/* What a line says: options (empty if there are none) and a key. */
struct line {
	struct run options;
	const char *type;
	unsigned char blob[BLOB_MAX_BYTES];
	size_t blob_len;
};

/*
 * Read a line as sshd does: first as a key, then as options and a key.
 */
static bool
parse_line(struct run text, struct line *line)
{
	struct run rest = text;

	line->options = (struct run){ .at = text.at, .len = 0 };
	line->type = known_type(next_word(&rest));
	if (line->type == NULL) {
		rest = text;
		if (!next_options(&rest, &line->options))
			return false;
		line->type = known_type(next_word(&rest));
		if (line->type == NULL)
			return false;
	}
	return decode_key(line->type, next_word(&rest), line->blob,
	    &line->blob_len);
}

static void
put_key(struct output *out, const struct line *line)
{
	char text[BLOB_MAX_BYTES * 4 / 3 + 8];

	put(out, line->type, strlen(line->type));
	put(out, " ", 1);
	sodium_bin2base64(text, sizeof(text), line->blob, line->blob_len,
	    sodium_base64_VARIANT_ORIGINAL);
	put(out, text, strlen(text));
	put(out, "\n", 1);
}

/*
 * The keys of the lines left out.  sshd goes by the first line that has the
 * key it was shown, so that a later one must not open what that one closed.
 */
struct closed {
	uint64_t *hashes; /* 0 is "free" */
	size_t size;      /* a power of two, more than there are lines */
	unsigned char key[crypto_shorthash_KEYBYTES];
};

static bool
closed_init(struct closed *closed, size_t file_len)
{
	/* a line with a key in it is longer than this */
	const size_t shortest = 16;

	closed->size = 16;
	while (closed->size < 2 * (file_len / shortest + 1))
		closed->size *= 2;
	closed->hashes = calloc(closed->size, sizeof(*closed->hashes));
	crypto_shorthash_keygen(closed->key);
	return closed->hashes != NULL;
}

/* The place of LINE's key among the closed: it is there, or free for it. */
static uint64_t *
closed_place(struct closed *closed, const struct line *line, uint64_t *hash)
{
	size_t i;

	crypto_shorthash((unsigned char *)hash, line->blob, line->blob_len,
	    closed->key);
	*hash |= 1;
	for (i = (size_t)(*hash >> 1);; i++) {
		uint64_t *place = &closed->hashes[i & (closed->size - 1)];

		if (*place == 0 || *place == *hash)
			return place;
	}
}

static void
filter_line(struct run text, size_t number, const unsigned char *own,
    size_t own_len, struct closed *closed, struct output *out,
    struct authkeys_report *report)
{
	const size_t begin = out->len;
	uint64_t *place, hash;
	struct line line;

	if (memchr(text.at, '\0', text.len) != NULL) {
		note(report, number, "left out for a NUL byte");
		report->left_out++;
	} else if (!parse_line(text, &line)) {
		note(report, number, "left out: not a key sshd would know");
		report->left_out++;
	} else if (own != NULL && line.blob_len == own_len &&
	    memcmp(line.blob, own, own_len) == 0) {
		/* there on purpose, but nobody's way in */
	} else if (place = closed_place(closed, &line, &hash), *place != 0) {
		note(report, number, "left out: an earlier line has its key");
		report->left_out++;
	} else if (!filter_options(line.options, number, out, report)) {
		*place = hash;
		out->len = begin;
		report->left_out++;
	} else {
		put_key(out, &line);
		report->kept++;
	}
}

char *
authkeys_filter(const char *text, size_t len, const unsigned char *own,
    size_t own_len, size_t *out_len, struct authkeys_report *report)
{
	struct output out = { .size = len + 2 };
	struct run rest = { .at = text, .len = len };
	struct closed closed;

	*report = (struct authkeys_report){ 0 };
	out.text = malloc(out.size + 1);
	if (out.text == NULL || !closed_init(&closed, len)) {
		free(out.text);
		return NULL;
	}
	for (size_t number = 1; rest.len > 0; number++) {
		const char *end = memchr(rest.at, '\n', rest.len);
		struct run line = { .at = rest.at,
			.len = end != NULL ? (size_t)(end - rest.at)
					   : rest.len };
		const size_t took = line.len + (end != NULL);

		rest.at += took;
		rest.len -= took;
		while (line.len > 0 && line.at[line.len - 1] == '\r')
			line.len--;
		while (line.len > 0 && (*line.at == ' ' || *line.at == '\t')) {
			line.at++;
			line.len--;
		}
		if (line.len > 0 && *line.at != '#')
			filter_line(line, number, own, own_len, &closed, &out,
			    report);
	}
	free(closed.hashes);
	out.text[out.len] = '\0';
	*out_len = out.len;
	return out.text;
}

bool
authkeys_offered(const char *type, const char *blob, char *out, size_t size)
{
	struct output line_out = { .text = out, .size = size - 1 };
	struct line line;

	line.type = known_type((struct run){ .at = type, .len = strlen(type) });
	if (line.type == NULL ||
	    strlen(blob) > (size - strlen(line.type) - 4) ||
	    !decode_key(line.type,
		(struct run){ .at = blob, .len = strlen(blob) }, line.blob,
		&line.blob_len))
		return false;
	put_key(&line_out, &line);
	out[line_out.len] = '\0';
	return true;
}
