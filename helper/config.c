#include "config.h"

#include <ini.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "pattern.h"
#include "setting.h"
#include "uids.h"

/* inih cuts longer lines, so they are refused before it sees them. */
#define LINE_MAX_BYTES 198 /* a newline and a NUL come on top */
#define SECTION_BYTES 32
/* What inih takes for blanks. */
#define BLANKS " \t\v\f\r"
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/*
 * The file is read by inih, which changes in silence what it doesn't like: it
 * cuts lines, takes a blank and ";" in a value for the begin of a comment, and
 * joins indented lines with the one before.  So each line is first read here,
 * and what inih makes of it has to be the same.
 */

/* What a line says; KEY and VALUE are parts of it, without blanks around. */
struct config_line {
	enum {
		LINE_EMPTY, /* or a comment */
		LINE_SECTION,
		LINE_SETTING, /* with KEY and VALUE */
		LINE_OTHER,
	} kind;
	const char *key, *value;
	size_t key_len, value_len;
};

/* A configuration that is being read. */
struct config_reading {
	struct config *config;
	const char *name;
	char *next, *end; /* what has not been read yet */
	unsigned line;    /* the number of the one that is being read, or 0 */
	char section[SECTION_BYTES]; /* that it is in, "" before the first */
	struct config_line said;     /* what it says */
	bool owed; /* it is a setting, which inih has not handed over yet */
	bool seen[SETTING_MAX];
	char *error;
};

/* Say what is wrong in the line that is being read; the first fault counts. */
static void __attribute__((format(printf, 2, 3)))
config_complain(struct config_reading *r, const char *format, ...)
{
	char text[CONFIG_ERROR_BYTES];
	va_list args;

	if (r->error[0] != '\0')
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (r->line > 0)
		snprintf(r->error, CONFIG_ERROR_BYTES, "%s:%u: %.800s", r->name,
		    r->line, text);
	else
		snprintf(r->error, CONFIG_ERROR_BYTES, "%s: %.800s", r->name,
		    text);
}

/* The length of the LEN bytes at TEXT without the blanks at their end. */
static size_t
config_trim(const char *text, size_t len)
{
	while (len > 0 && strchr(BLANKS, text[len - 1]) != NULL)
		len--;
	return len;
}

/* Take LINE, of LEN bytes, apart, as the administrator means it. */
static struct config_line
config_line_read(const char *line, size_t len)
{
	struct config_line said = { .kind = LINE_OTHER };
	const char *end = line + config_trim(line, len);
	size_t key_len;

	line += strspn(line, BLANKS);
	if (line >= end || *line == '#' || *line == ';') {
		said.kind = LINE_EMPTY;
		return said;
	}
	if (*line == '[') {
		said.kind = LINE_SECTION;
		return said;
	}
	key_len = strcspn(line, "=:");
	if (line[key_len] == '\0')
		return said;
	said.kind = LINE_SETTING;
	said.key = line;
	said.key_len = config_trim(line, key_len);
	said.value = line + key_len + 1;
	said.value += strspn(said.value, BLANKS);
	if (said.value < end)
		said.value_len = (size_t)(end - said.value);
	return said;
}

/* True if inih has handed over TEXT for the LEN bytes that stand in the line. */
static bool
config_same(const char *text, const char *stands, size_t len)
{
	return strlen(text) == len && memcmp(text, stands, len) == 0;
}

/* Complain of a line whose value inih hands over as VALUE. */
static void
config_complain_of_change(struct config_reading *r, const struct setting *s,
    const char *value)
{
	const size_t kept = strlen(value);
	const char *cut = r->said.value + kept;

	if (kept < r->said.value_len &&
	    memcmp(value, r->said.value, kept) == 0) {
		cut += strspn(cut, BLANKS);
		config_complain(r,
		    "%s: a blank and \"%c\" begin a comment here: take the "
		    "blank away, or give the comment a line of its own",
		    s->key, *cut);
	} else {
		config_complain(r, "%s: this value would be read as \"%s\"",
		    s->key, value);
	}
}

/* Complain of a setting that there is not. */
static void
config_complain_of_unknown(struct config_reading *r, const char *section,
    const char *key)
{
	/* In [gateway] it may be a piece of a key in several lines. */
	if (strcmp(section, "gateway") == 0 &&
	    key[strspn(key, "abcdefghijklmnopqrstuvwxyz_")] != '\0')
		config_complain(r, "there is no such setting in [gateway]");
	else
		config_complain(r, "there is no setting \"%s\" in [%s]", key,
		    section);
}

/* Note that S is set; false, and a complaint, if it was before. */
static bool
config_set_once(struct config_reading *r, const struct setting *s)
{
	size_t count;
	const size_t i = (size_t)(s - setting_all(&count));

	if (r->seen[i])
		config_complain(r, "%s in [%s] is set a second time", s->key,
		    s->section);
	else
		r->seen[i] = true;
	return r->error[0] == '\0';
}

/* inih's handler: what it makes of a line.  Returns 0 for an error. */
static int
config_take_setting(void *user, const char *section, const char *key,
    const char *value)
{
	struct config_reading *r = user;
	const struct setting *s = setting_find(section, key, strlen(key));
	char expected[VALUE_EXPECTED_BYTES];

	if (s == NULL) {
		config_complain_of_unknown(r, section, key);
	} else if (!r->owed || strcmp(section, r->section) != 0 ||
	    !config_same(key, r->said.key, r->said.key_len)) {
		config_complain(r, "expected [section] or key = value");
	} else if (!config_same(value, r->said.value, r->said.value_len)) {
		config_complain_of_change(r, s, value);
	} else if (config_set_once(r, s) && !setting_set(s, r->config, value)) {
		value_expected(&s->rule, expected);
		config_complain(r, "%s: expected %s, not \"%s\"", key, expected,
		    value);
	}
	r->owed = false;
	return r->error[0] == '\0';
}

/* inih has had the line, and has handed it over if it is a setting. */
static void
config_end_line(struct config_reading *r)
{
	if (r->owed)
		config_complain(r, "expected [section] or key = value");
	r->owed = false;
}

/*
 * If the line that is being read is a setting in base64, take it and return
 * true: it may be longer than inih's lines, and secret.
 */
static bool
config_take_content(struct config_reading *r)
{
	const struct config_line *said = &r->said;
	char expected[VALUE_EXPECTED_BYTES];
	const struct setting *s;

	if (said->kind != LINE_SETTING || said->value_len == 0)
		return false;
	s = setting_find(r->section, said->key, said->key_len);
	if (s == NULL || !value_is_content(s->rule.type))
		return false;
	if (config_set_once(r, s) && !setting_set(s, r->config, said->value)) {
		value_expected(&s->rule, expected);
		config_complain(r, "%s: expected %s", s->key, expected);
	}
	return true;
}

/* Note which section begins in LINE, and refuse one that does not exist. */
static void
config_take_section(struct config_reading *r, const char *line)
{
	const char *close = strchr(line, ']');
	const size_t len = close != NULL ? (size_t)(close - line - 1) : 0;

	if (close == NULL || len >= sizeof(r->section)) {
		config_complain(r, "expected [section], not \"%s\"", line);
		return;
	}
	close += 1 + strspn(close + 1, BLANKS);
	if (*close != '\0' && *close != ';' && *close != '#') {
		config_complain(r, "expected nothing behind [section]");
		return;
	}
	memcpy(r->section, line + 1, len);
	r->section[len] = '\0';
	if (!setting_section_known(r->section))
		config_complain(r, "there is no section [%s]", r->section);
}

/* Refuse LINE, of LEN bytes, if inih would read it otherwise, or not at all. */
static void
config_check_line(struct config_reading *r, const char *line, size_t len)
{
	const size_t mark = sizeof(BYTE_ORDER_MARK) - 1;

	if (r->line == 1 && strncmp(line, BYTE_ORDER_MARK, mark) == 0)
		config_complain(r, "expected no byte order mark");
	/* inih would take it for more of the line before */
	if (r->said.kind != LINE_EMPTY && strchr(BLANKS, *line) != NULL)
		config_complain(r,
		    "expected no blank at the start of the line");
	if (len > LINE_MAX_BYTES)
		config_complain(r, "the line is longer than %d bytes",
		    LINE_MAX_BYTES);
	if (r->said.kind == LINE_SECTION)
		config_take_section(r, line);
	if (r->said.kind == LINE_OTHER)
		config_complain(r, "expected [section] or key = value");
	r->owed = r->said.kind == LINE_SETTING;
}

/* Cut the next line off what has not been read.  Returns it, or NULL. */
static char *
config_cut_line(struct config_reading *r, size_t *len)
{
	char *line = r->next, *end;

	if (line >= r->end || r->error[0] != '\0')
		return NULL;
	r->line++;
	end = memchr(line, '\n', (size_t)(r->end - line));
	if (end == NULL)
		end = r->end;
	r->next = end + 1;
	*len = (size_t)(end - line);
	if (memchr(line, '\0', *len) != NULL) {
		config_complain(r, "there is a NUL byte in this line");
		return NULL;
	}
	if (*len > 0 && line[*len - 1] == '\r')
		--*len;
	line[*len] = '\0';
	return line;
}

/*
 * inih's reader, like fgets(3): gives it the next line, or an empty one in
 * place of one that it must not see; NULL at the end or after an error.
 */
static char *
config_next_line(char *buffer, int size, void *stream)
{
	struct config_reading *r = stream;
	char *line;
	size_t len;

	config_end_line(r);
	line = config_cut_line(r, &len);
	if (line == NULL)
		return NULL;
	r->said = config_line_read(line, len);
	if (config_take_content(r)) {
		sodium_memzero(line, len);
		len = 0;
	} else {
		config_check_line(r, line, len);
	}
	if (len + 2 > (size_t)size)
		config_complain(r, "the line is longer than %d bytes",
		    size - 2);
	if (r->error[0] != '\0')
		return NULL;
	memcpy(buffer, line, len);
	buffer[len] = '\n';
	buffer[len + 1] = '\0';
	return buffer;
}

/* The defaults, or NULL for want of memory. */
static struct config *
config_new(void)
{
	struct config *config = calloc(1, sizeof(*config));
	size_t count;
	const struct setting *settings = setting_all(&count);

	for (size_t i = 0; config != NULL && i < count; i++) {
		if (!setting_set(&settings[i], config, settings[i].initial)) {
			config_free(config);
			config = NULL;
		}
	}
	return config;
}

/* Check what no single line can be blamed for. */
static void
config_check_whole(struct config_reading *r)
{
	const struct config *c = r->config;

	r->line = 0;
	if (c->host[0] == '\0')
		config_complain(r,
		    "[remote] host is not set: expected the name or "
		    "address of the far server");
	else if (c->uid_min > c->uid_max)
		config_complain(r, "[users] uid_min is above uid_max");
	else if (c->keys == CONFIG_KEYS_ANY && config_has_key(c) && !c->any_key)
		config_complain(r,
		    "[clients] keys = any opens every account that the "
		    "gateway's key opens to whoever can connect: say auth = "
		    "agent in [gateway], or any_key = i-know beside it");
	else if (c->keys == CONFIG_KEYS_REMOTE && !config_has_key(c))
		config_complain(r,
		    "[clients] keys = remote needs the gateway's key: say keys "
		    "= file or keys = any, or auth = agent, key in [gateway]");
	else if (config_passwords(c) == CONFIG_PASSWORDS_REMOTE &&
	    c->keys != CONFIG_KEYS_REMOTE)
		config_complain(r,
		    "[clients] keys = any and keys = file would let others use "
		    "what a password has opened: not with passwords = remote");
	else if (config_passwords(c) == CONFIG_PASSWORDS_REMOTE &&
	    !c->verify_host_key)
		config_complain(r,
		    "[clients] passwords = remote would tell them to whoever "
		    "is there, with verify_host_key = no in [remote]");
	else if (c->keys == CONFIG_KEYS_FILE && c->authorized_keys[0] == '\0' &&
	    c->authorized_keys_content[0] == '\0')
		config_complain(r,
		    "[clients] keys = file needs authorized_keys or "
		    "authorized_keys_content");
}

struct config *
config_parse(const char *name, char *text, size_t len,
    char error[CONFIG_ERROR_BYTES])
{
	struct config_reading r = { .name = name,
		.next = text,
		.end = text + len,
		.error = error };
	int failed;

	error[0] = '\0';
	r.config = config_new();
	if (r.config == NULL) {
		snprintf(error, CONFIG_ERROR_BYTES, "%s: out of memory", name);
		return NULL;
	}
	failed = ini_parse_stream(config_next_line, &r, config_take_setting,
	    &r);
	config_end_line(&r);
	if (failed != 0)
		config_complain(&r, "cannot be read");
	if (error[0] == '\0')
		config_check_whole(&r);
	if (error[0] != '\0') {
		config_free(r.config);
		return NULL;
	}
	if (r.config->key_content != NULL)
		r.config->key_content_size = strlen(r.config->key_content) + 1;
	return r.config;
}

struct config *
config_read(const char *path, char error[CONFIG_ERROR_BYTES])
{
	struct config *config = NULL;
	char fault[FILE_FAULT_BYTES];
	struct file file;

	if (!file_read(path, 0, CONFIG_MAX_BYTES, &file, fault)) {
		snprintf(error, CONFIG_ERROR_BYTES, "%s: %s", path, fault);
		goto out;
	}
	config = config_parse(path, file.text, file.len, error);
	if (config != NULL &&
	    !uids_are_taken(config->uid_min, config->uid_max, path, error,
		CONFIG_ERROR_BYTES)) {
		config_free(config);
		config = NULL;
	}
	if (config != NULL && config->key_content != NULL &&
	    file_is_open_to_others(&file.st)) {
		snprintf(error, CONFIG_ERROR_BYTES,
		    "%s: readable by others, with a key in it "
		    "(chown root:_moshgate, chmod 0640)",
		    path);
		config_free(config);
		config = NULL;
	}
out:
	file_free(&file);
	return config;
}

void
config_free(struct config *config)
{
	size_t count;
	const struct setting *settings = setting_all(&count);

	if (config == NULL)
		return;
	for (size_t i = 0; i < count; i++)
		setting_free(&settings[i], config);
	free(config);
}

enum config_passwords
config_passwords(const struct config *config)
{
	if (strcmp(config->passwords, "no") == 0)
		return CONFIG_PASSWORDS_NO;
	return strcmp(config->passwords, "remote") == 0
	    ? CONFIG_PASSWORDS_REMOTE
	    : CONFIG_PASSWORDS_FILE;
}

bool
config_has_key(const struct config *config)
{
	return config->auth != CONFIG_AUTH_AGENT;
}

bool
config_wants_user(const struct config *config, const char *name)
{
	return pattern_list_takes(config->users, name, PATTERN_FOLD_NOT);
}

bool
config_reserves_user(const struct config *config, const char *name)
{
	return pattern_list_takes(config->reserved, name, PATTERN_FOLD_TAKEN);
}

bool
config_names_user(const struct config *config, const char *name)
{
	return pattern_list_takes(config->names, name, PATTERN_FOLD_NONE);
}

bool
config_names_like(const struct config *config, const char *name)
{
	return pattern_list_takes(config->names, name, PATTERN_FOLD_TAKEN);
}
