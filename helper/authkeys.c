#include "authkeys.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authline.h"
#include "authoption.h"

/*
 * What a line may become longer by: a command, a comma, a blank, a newline; and
 * as much as it is itself, if it has many times that are given a zone.
 */
#define LINE_EXTRA_BYTES (sizeof("command=\"" AUTHKEYS_ANY_COMMAND "\"") + 4)

/* The file that is being made. */
struct authkeys_output {
	char *text;
	size_t len, size;
	bool failed; /* it did not fit */
};

/*
 * The keys of the lines left out.  sshd goes by the first line that has the
 * key it was shown, so that a later one must not open what that one closed.
 */
struct authkeys_closed {
	uint64_t *hashes; /* 0 is "free" */
	size_t size;      /* a power of two, more than there are lines */
	unsigned char key[crypto_shorthash_KEYBYTES];
};

/* What is made of the file. */
struct authkeys {
	const struct authkeys_rules *rules;
	struct authkeys_closed closed;
	struct authkeys_output out;
	struct authkeys_report *report;
};

/*
 * The output
 */

static void
authkeys_put(struct authkeys_output *out, const char *text, size_t len)
{
	if (out->failed || len > out->size - out->len) {
		out->failed = true;
		return;
	}
	memcpy(out->text + out->len, text, len);
	out->len += len;
}

/* Make sure of room for LEN more bytes and a NUL. */
static void
authkeys_make_room(struct authkeys_output *out, size_t len)
{
	const size_t size = (out->len + len) * 2;
	char *text;

	if (out->failed || out->size - out->len >= len)
		return;
	text = realloc(out->text, size + 1);
	if (text == NULL) {
		out->failed = true;
		return;
	}
	out->text = text;
	out->size = size;
}

static void
authkeys_put_key(struct authkeys_output *out, const struct authline_key *key)
{
	char text[AUTHLINE_BLOB_MAX_BYTES * 4 / 3 + 8];

	authkeys_put(out, key->type->name, strlen(key->type->name));
	authkeys_put(out, " ", 1);
	sodium_bin2base64(text, sizeof(text), key->blob, key->len,
	    sodium_base64_VARIANT_ORIGINAL);
	authkeys_put(out, text, strlen(text));
	authkeys_put(out, "\n", 1);
}

/* Put into the report what is said of the line number LINE, if it's the first. */
static void __attribute__((format(printf, 3, 4)))
authkeys_note(struct authkeys_report *report, size_t line, const char *format,
    ...)
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

/*
 * The closed keys
 */

static bool
authkeys_closed_init(struct authkeys_closed *closed, size_t file_len)
{
	closed->size = 16;
	while (closed->size < 2 * (file_len / AUTHLINE_KEY_MIN_CHARS + 1))
		closed->size *= 2;
	closed->hashes = calloc(closed->size, sizeof(*closed->hashes));
	crypto_shorthash_keygen(closed->key);
	return closed->hashes != NULL;
}

/* The place of KEY among the closed: it is there, or free for its *HASH. */
static uint64_t *
authkeys_closed_place(struct authkeys_closed *closed,
    const struct authline_key *key, uint64_t *hash)
{
	size_t i;

	crypto_shorthash((unsigned char *)hash, key->blob, key->len,
	    closed->key);
	*hash |= 1;
	for (i = (size_t)(*hash >> 1);; i++) {
		uint64_t *place = &closed->hashes[i & (closed->size - 1)];

		if (*place == 0 || *place == *hash)
			return place;
	}
}

/*
 * TEXT, a line, is left out since it is not understood; yet sshd may understand
 * it, by another name of a type, for one.  So none of the keys in it may come
 * in by a later line.
 */
static void
authkeys_close_all(struct authkeys_closed *closed, struct authline_run text)
{
	struct authline_key key;
	struct authline_run word;

	while (word = authline_word(&text), word.len > 0) {
		uint64_t *place, hash;

		if (word.len < AUTHLINE_KEY_MIN_CHARS ||
		    !authline_decode(word, &key))
			continue;
		place = authkeys_closed_place(closed, &key, &hash);
		*place = hash;
	}
}

/*
 * The lines
 */

/* Put the text of an option into the output, behind KEPT others. */
static void
authkeys_put_option(struct authkeys_output *out, struct authline_run whole,
    size_t kept)
{
	if (kept > 0)
		authkeys_put(out, ",", 1);
	authkeys_put(out, whole.at, whole.len);
}

/*
 * The same for OPTION, an expiry-time of the line number LINE, which is given
 * the zone of the host that the file is from if it has none.  Returns what
 * becomes of it, as authkeys_option().
 */
static enum authoption_fate
authkeys_expiry(struct authkeys *keys, const struct authoption *option,
    size_t kept, size_t line)
{
	const struct authline_run value = authoption_value(option);
	char utc[EXPIRY_UTC_BYTES], text[EXPIRY_UTC_BYTES + 32];
	struct authline_run whole = option->whole;

	switch (expiry_read(value.at, value.len, keys->rules->zone, utc)) {
	case EXPIRY_UNKNOWN:
		authkeys_note(keys->report, line,
		    "left out: its expiry-time has no Z behind it, and the "
		    "remote's time zone is not known");
		return AUTHOPTION_LEAVE_OUT;
	case EXPIRY_LOCAL:
		whole.at = text;
		whole.len = (size_t)snprintf(text, sizeof(text),
		    "expiry-time=\"%s\"", utc);
		break;
	default:
		break;
	}
	authkeys_put_option(&keys->out, whole, kept);
	return AUTHOPTION_KEEP;
}

/*
 * Put OPTION, of the line number LINE, into the output if it is kept, behind
 * KEPT others.  Returns what becomes of it; the line is left out for
 * AUTHOPTION_LEAVE_OUT, with a note.
 */
static enum authoption_fate
authkeys_option(struct authkeys *keys, const struct authoption *option,
    size_t kept, size_t line)
{
	const int shown = (int)(option->name.len < 32 ? option->name.len : 32);
	enum authoption_fate fate = authoption_fate(option);

	if (fate == AUTHOPTION_FORCE && keys->rules->forced != AUTHKEYS_HONOR)
		fate = AUTHOPTION_LEAVE_OUT;
	if (fate == AUTHOPTION_KEEP && keys->rules->zone != NULL &&
	    authoption_sets(option, "expiry-time"))
		return authkeys_expiry(keys, option, kept, line);
	if (fate == AUTHOPTION_LEAVE_OUT) {
		authkeys_note(keys->report, line,
		    "left out for its option %.*s", shown, option->name.at);
	} else if (fate == AUTHOPTION_REMOVE) {
		authkeys_note(keys->report, line,
		    "kept without its option %.*s", shown, option->name.at);
	} else {
		authkeys_put_option(&keys->out, option->whole, kept);
	}
	return fate;
}

/*
 * Put those of the OPTIONS of the line number LINE that are kept, and a blank,
 * into the output.  Returns false, with a note, if the line must be left out.
 */
static bool
authkeys_options(struct authkeys *keys, struct authline_run options,
    size_t line)
{
	static const char any[] = "command=\"" AUTHKEYS_ANY_COMMAND "\"";
	size_t kept = 0, removed = 0;
	bool forced = false;

	while (authoption_more(&options)) {
		struct authoption option;
		enum authoption_fate fate;

		if (!authoption_next(&options, &option)) {
			authkeys_note(keys->report, line,
			    "its options cannot be understood");
			return false;
		}
		fate = authkeys_option(keys, &option, kept, line);
		if (fate == AUTHOPTION_LEAVE_OUT)
			return false;
		removed += fate == AUTHOPTION_REMOVE;
		kept += fate != AUTHOPTION_REMOVE;
		forced |= fate == AUTHOPTION_FORCE;
	}
	if (keys->rules->forced == AUTHKEYS_HONOR && !forced)
		authkeys_put_option(&keys->out,
		    (struct authline_run){ any, strlen(any) }, kept++);
	if (kept > 0)
		authkeys_put(&keys->out, " ", 1);
	keys->report->changed += removed > 0;
	return true;
}

static void
authkeys_leave_out(struct authkeys *keys, size_t number, const char *why)
{
	authkeys_note(keys->report, number, "%s", why);
	keys->report->left_out++;
}

/* Put the line TEXT, which has that NUMBER in the file, into the output or not. */
static void
authkeys_line(struct authkeys *keys, struct authline_run text, size_t number)
{
	const struct authkeys_rules *rules = keys->rules;
	const char *nul = memchr(text.at, '\0', text.len);
	const size_t begin = keys->out.len;
	struct authline_run options;
	struct authline_key key;
	uint64_t *place, hash;

	/* for sshd a line ends at a NUL byte */
	if (nul != NULL)
		text.len = (size_t)(nul - text.at);
	if (!authline_read(text, &options, &key)) {
		authkeys_close_all(&keys->closed, text);
		authkeys_leave_out(keys, number,
		    "left out: not a key sshd would know");
		return;
	}
	if (rules->own != NULL && key.len == rules->own_len &&
	    memcmp(key.blob, rules->own, rules->own_len) == 0)
		return; /* there on purpose, but nobody's way in */
	place = authkeys_closed_place(&keys->closed, &key, &hash);
	if (*place != 0) {
		authkeys_leave_out(keys, number,
		    "left out: an earlier line has its key");
		return;
	}
	authkeys_make_room(&keys->out, 2 * text.len + LINE_EXTRA_BYTES);
	if (nul != NULL) {
		*place = hash;
		authkeys_leave_out(keys, number, "left out for a NUL byte");
	} else if (!authkeys_options(keys, options, number)) {
		*place = hash;
		keys->out.len = begin;
		keys->report->left_out++;
	} else {
		authkeys_put_key(&keys->out, &key);
		keys->report->kept++;
	}
}

/* Take the next line off REST, without its end and the blanks in front. */
static struct authline_run
authkeys_next_line(struct authline_run *rest)
{
	const char *end = memchr(rest->at, '\n', rest->len);
	struct authline_run line = { .at = rest->at,
		.len = end != NULL ? (size_t)(end - rest->at) : rest->len };
	const size_t took = line.len + (end != NULL);

	rest->at += took;
	rest->len -= took;
	while (line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	while (line.len > 0 && (*line.at == ' ' || *line.at == '\t')) {
		line.at++;
		line.len--;
	}
	return line;
}

char *
authkeys_filter(const char *text, size_t len,
    const struct authkeys_rules *rules, size_t *out_len,
    struct authkeys_report *report)
{
	struct authkeys keys = { .rules = rules,
		.out = { .size = len + 2 },
		.report = report };
	struct authline_run rest = { .at = text, .len = len };

	*report = (struct authkeys_report){ 0 };
	keys.out.text = malloc(keys.out.size + 1);
	if (keys.out.text == NULL || !authkeys_closed_init(&keys.closed, len)) {
		free(keys.out.text);
		return NULL;
	}
	for (size_t number = 1; rest.len > 0; number++) {
		const struct authline_run line = authkeys_next_line(&rest);

		if (line.len > 0 && *line.at != '#')
			authkeys_line(&keys, line, number);
	}
	free(keys.closed.hashes);
	if (keys.out.failed) {
		free(keys.out.text);
		return NULL;
	}
	keys.out.text[keys.out.len] = '\0';
	*out_len = keys.out.len;
	return keys.out.text;
}

bool
authkeys_offered(const char *type, const char *blob,
    enum authkeys_forced forced, char *out, size_t size)
{
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/=";
	const struct authkeys_rules rules = { .forced = forced };
	const size_t text_size = strlen(type) + strlen(blob) + 2;
	struct authkeys_report report = { 0 };
	char *text, *line = NULL;
	size_t len = 0;
	bool fits;

	/* with nothing else in them, they can be nothing but a key */
	if (sshkey_type_named(type, strlen(type)) == NULL ||
	    blob[strspn(blob, base64)] != '\0')
		return false;
	text = malloc(text_size);
	if (text != NULL) {
		snprintf(text, text_size, "%s %s", type, blob);
		line = authkeys_filter(text, text_size - 1, &rules, &len,
		    &report);
	}
	fits = line != NULL && report.kept == 1 && len < size;
	if (fits)
		memcpy(out, line, len + 1);
	free(text);
	free(line);
	return fits;
}
