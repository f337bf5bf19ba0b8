#include "authkeys.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What a line may become longer by: a command, a comma, a blank, a newline. */
#define LINE_EXTRA_BYTES (sizeof("command=\"" AUTHKEYS_ANY_COMMAND "\"") + 4)
/* A key has more base64 than this, and a line more than its key. */
#define KEY_MIN_CHARS ((size_t)16)
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
	FORCE,    /* kept or left out, as enum authkeys_forced says */
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
	{ "command", true, FORCE },
	{ "cert-authority", false, LEAVE_OUT },
	{ "principals", true, LEAVE_OUT },
};

/* A run of characters in the file. */
struct run {
	const char *at;
	size_t len;
};

/*
 * The file that is being made.  A line of it is no longer than the one that was
 * read, but for the command that it may be given.
 */
struct output {
	char *text;
	size_t len, size;
	bool failed; /* it did not fit */
};

static void
put(struct output *out, const char *text, size_t len)
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
make_room(struct output *out, size_t len)
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

/* Take off the front of REST a string, RFC 4251 section 5. */
static bool
take_string(struct run *rest, struct run *string)
{
	const unsigned char *b = (const unsigned char *)rest->at;
	size_t len;

	if (rest->len < 4)
		return false;
	len = (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 |
	    b[3];
	if (len > rest->len - 4)
		return false;
	*string = (struct run){ .at = rest->at + 4, .len = len };
	rest->at += 4 + len;
	rest->len -= 4 + len;
	return true;
}

/*
 * The numbers of an RSA key may have zeros in front, and sshd takes it for the
 * same key: write it to BLOB, of *LEN bytes, as it ought to be, since it is
 * told from others by its bytes.  Returns false if it is no key at all.
 */
static bool
normalize_rsa(unsigned char *blob, size_t *len)
{
	struct run rest = { .at = (const char *)blob, .len = *len }, string;
	unsigned char *to;

	if (!take_string(&rest, &string))
		return false;
	to = blob + 4 + string.len;
	for (int i = 0; i < 2; i++) {
		size_t pad, size;

		/* sshd takes no negative number */
		if (!take_string(&rest, &string) ||
		    (string.len > 0 && (*string.at & 0x80) != 0))
			return false;
		while (string.len > 0 && *string.at == 0) {
			string.at++;
			string.len--;
		}
		pad = string.len > 0 && (*string.at & 0x80) != 0;
		size = string.len + pad;
		/* to the left, or where it is: a sign was there if it is here */
		if ((const char *)to + 4 + pad > string.at)
			return false;
		memmove(to + 4 + pad, string.at, string.len);
		for (int shift = 24; shift >= 0; shift -= 8)
			*to++ = (unsigned char)(size >> shift);
		if (pad > 0)
			*to = 0;
		to += size;
	}
	*len = (size_t)(to - blob);
	return rest.len == 0;
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
	    memcmp(blob + 4, type, type_len) == 0 &&
	    (strcmp(type, "ssh-rsa") != 0 || normalize_rsa(blob, len));
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
removable(const char *name, struct run whole)
{
	const size_t before = strlen(name) + 2; /* an equals sign, a quote */
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	static const char digits[] = "0123456789";
	struct run value = { .at = whole.at + before,
		.len = whole.len - before - 1 };
	size_t n = 0;

	if (strcmp(name, "environment") == 0) {
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

static bool
run_begins(struct run run, const char *word)
{
	return run.len >= strlen(word) &&
	    memcmp(run.at, word, strlen(word)) == 0;
}

/*
 * True if the gateway's sshd and moshgate-session can carry out WHOLE, an
 * option command=, on the remote.
 */
static bool
forceable(struct run whole)
{
	const size_t before = strlen("command=\"");
	struct run command = { .at = whole.at + before,
		.len = whole.len - before - 1 };

	/* sshd serves that itself, on the gateway; the others mean us */
	return !run_begins(command, "internal-sftp") &&
	    !run_begins(command, LIBEXECDIR "/moshgate/moshgate-session");
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

/* True, and *LEN bytes in BLOB, if WORD is the base64 of a key of any type. */
static bool
decode_any_key(struct run word, unsigned char *blob, size_t *len)
{
	for (size_t i = 0; i < sizeof(key_types) / sizeof(key_types[0]); i++) {
		if (decode_key(key_types[i], word, blob, len))
			return true;
	}
	return false;
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

/* What is made of the file. */
struct filter {
	const unsigned char *own; /* the gateway's own key */
	size_t own_len;
	enum authkeys_forced forced;
	struct closed closed;
	struct output out;
	struct authkeys_report *report;
};

/* What becomes of OPTION, whose text is WHOLE. */
static enum fate
option_fate(const struct filter *f, const struct option *option,
    struct run whole)
{
	if (option == NULL)
		return LEAVE_OUT;
	switch (option->fate) {
	case REMOVE:
		return removable(option->name, whole) ? REMOVE : LEAVE_OUT;
	case FORCE:
		return f->forced == AUTHKEYS_HONOR && forceable(whole)
		    ? FORCE
		    : LEAVE_OUT;
	default:
		return option->fate;
	}
}

/*
 * Put those of the options in ALL that are kept, and a blank, into the output.
 * Returns false, with a note, if the line must be left out.
 */
static bool
filter_options(struct filter *f, struct run all, size_t line)
{
	const char any[] = "command=\"" AUTHKEYS_ANY_COMMAND "\"";
	size_t kept = 0, removed = 0;
	bool forced = false;

	while (all.len > 0) {
		struct run name, whole;
		enum fate fate;
		bool value;
		int show;

		if (!next_option(&all, &name, &whole, &value)) {
			note(f->report, line,
			    "its options cannot be understood");
			return false;
		}
		fate = option_fate(f, find_option(name, value), whole);
		show = (int)(name.len < 32 ? name.len : 32);
		if (fate == LEAVE_OUT) {
			note(f->report, line, "left out for its option %.*s",
			    show, name.at);
			return false;
		}
		if (fate == REMOVE) {
			note(f->report, line, "kept without its option %.*s",
			    show, name.at);
			removed++;
			continue;
		}
		forced |= fate == FORCE;
		if (kept++ > 0)
			put(&f->out, ",", 1);
		put(&f->out, whole.at, whole.len);
	}
	if (f->forced == AUTHKEYS_HONOR && !forced) {
		if (kept++ > 0)
			put(&f->out, ",", 1);
		put(&f->out, any, strlen(any));
	}
	if (kept > 0)
		put(&f->out, " ", 1);
	f->report->changed += removed > 0;
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

static bool
closed_init(struct closed *closed, size_t file_len)
{
	const size_t shortest = KEY_MIN_CHARS;

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

/*
 * TEXT, a line, is left out since it is not understood; yet sshd may understand
 * it, by another name of a type, for one.  So none of the keys in it may come
 * in by a later line.
 */
static void
close_all_keys(struct filter *f, struct run text)
{
	struct line line;
	struct run word;

	while (word = next_word(&text), word.len > 0) {
		uint64_t *place, hash;

		if (word.len < KEY_MIN_CHARS ||
		    !decode_any_key(word, line.blob, &line.blob_len))
			continue;
		place = closed_place(&f->closed, &line, &hash);
		*place = hash;
	}
}

static void
leave_out(struct filter *f, size_t number, const char *why)
{
	note(f->report, number, "%s", why);
	f->report->left_out++;
}

static void
filter_line(struct filter *f, struct run text, size_t number)
{
	const char *nul = memchr(text.at, '\0', text.len);
	const size_t begin = f->out.len;
	uint64_t *place, hash;
	struct line line;

	/* for sshd a line ends at a NUL byte */
	if (nul != NULL)
		text.len = (size_t)(nul - text.at);
	if (!parse_line(text, &line)) {
		close_all_keys(f, text);
		leave_out(f, number, "left out: not a key sshd would know");
		return;
	}
	if (f->own != NULL && line.blob_len == f->own_len &&
	    memcmp(line.blob, f->own, f->own_len) == 0)
		return; /* there on purpose, but nobody's way in */
	place = closed_place(&f->closed, &line, &hash);
	if (*place != 0) {
		leave_out(f, number, "left out: an earlier line has its key");
		return;
	}
	make_room(&f->out, text.len + LINE_EXTRA_BYTES);
	if (nul != NULL) {
		*place = hash;
		leave_out(f, number, "left out for a NUL byte");
	} else if (!filter_options(f, line.options, number)) {
		*place = hash;
		f->out.len = begin;
		f->report->left_out++;
	} else {
		put_key(&f->out, &line);
		f->report->kept++;
	}
}

char *
authkeys_filter(const char *text, size_t len, const unsigned char *own,
    size_t own_len, enum authkeys_forced forced, size_t *out_len,
    struct authkeys_report *report)
{
	struct filter f = { .own = own,
		.own_len = own_len,
		.forced = forced,
		.out = { .size = len + 2 },
		.report = report };
	struct run rest = { .at = text, .len = len };

	*report = (struct authkeys_report){ 0 };
	f.out.text = malloc(f.out.size + 1);
	if (f.out.text == NULL || !closed_init(&f.closed, len)) {
		free(f.out.text);
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
			filter_line(&f, line, number);
	}
	free(f.closed.hashes);
	if (f.out.failed) {
		free(f.out.text);
		return NULL;
	}
	f.out.text[f.out.len] = '\0';
	*out_len = f.out.len;
	return f.out.text;
}

bool
authkeys_offered(const char *type, const char *blob,
    enum authkeys_forced forced, char *out, size_t size)
{
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/=";
	const size_t text_size = strlen(type) + strlen(blob) + 2;
	struct authkeys_report report = { 0 };
	char *text, *line = NULL;
	size_t len;
	bool fits;

	/* with nothing else in them, they can be nothing but a key */
	if (known_type((struct run){ .at = type, .len = strlen(type) }) ==
		NULL ||
	    blob[strspn(blob, base64)] != '\0')
		return false;
	text = malloc(text_size);
	if (text != NULL) {
		snprintf(text, text_size, "%s %s", type, blob);
		line = authkeys_filter(text, text_size - 1, NULL, 0, forced,
		    &len, &report);
	}
	fits = line != NULL && report.kept == 1 && len < size;
	if (fits)
		memcpy(out, line, len + 1);
	free(text);
	free(line);
	return fits;
}
