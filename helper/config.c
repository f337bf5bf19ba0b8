#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <ini.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../shim/lib/usermap.h"
#include "file.h"

/* inih cuts longer lines, so they are refused before it sees them. */
#define LINE_MAX_BYTES 198 /* a newline and a NUL come on top */
/* What inih takes for blanks. */
#define BLANKS " \t\v\f\r"
/* key_content and authorized_keys_content are read here, not by inih. */
#define CONTENT_MAX_BYTES ((size_t)64 * 1024)

typedef bool parser(void *to, const char *value);

struct setting {
	struct config_setting named;
	parser *parse;
	size_t offset; /* of the member of struct config */
	const char *expected;
};

/*
 * One parser for each kind of value.  Each stores the value at TO and returns
 * true, or returns false.
 */

static bool
store_string(void *to, const char *value)
{
	char **string = to;
	char *copy = strdup(value);

	if (copy == NULL)
		return false;
	free(*string);
	*string = copy;
	return true;
}

static bool
parse_number(int *to, const char *value, int min, int max)
{
	char *end;
	long n;

	if (!isdigit((unsigned char)*value))
		return false;
	errno = 0;
	n = strtol(value, &end, 10);
	if (errno != 0 || *end != '\0' || n < min || n > max)
		return false;
	*to = (int)n;
	return true;
}

static bool
parse_port(void *to, const char *value)
{
	return parse_number(to, value, 1, 65535);
}

static bool
parse_connect_timeout(void *to, const char *value)
{
	return parse_number(to, value, 1, 20);
}

static bool
parse_day(void *to, const char *value)
{
	return parse_number(to, value, 0, 86400);
}

static bool
parse_max_age(void *to, const char *value)
{
	return parse_number(to, value, 10, 86400);
}

static bool
parse_network_timeout(void *to, const char *value)
{
	return parse_number(to, value, 60, 31536000);
}

static bool
parse_count(void *to, const char *value)
{
	return parse_number(to, value, 1, 10000);
}

static bool
parse_uid(void *to, const char *value)
{
	return parse_number(to, value, 1000, 2000000000);
}

static bool
parse_yes_no(void *to, const char *value)
{
	bool *yes = to;

	*yes = strcmp(value, "yes") == 0;
	return *yes || strcmp(value, "no") == 0;
}

/* True if VALUE is made of letters, digits and the characters in OTHERS. */
static bool
made_of(const char *value, const char *others)
{
	for (; *value != '\0'; value++) {
		if (!(isascii((unsigned char)*value) &&
			isalnum((unsigned char)*value)) &&
		    strchr(others, *value) == NULL)
			return false;
	}
	return true;
}

static bool
parse_host(void *to, const char *value)
{
	return *value != '-' && strlen(value) <= 253 &&
	    made_of(value, ".-_:%") && store_string(to, value);
}

static bool
parse_path(void *to, const char *value)
{
	return *value == '/' && store_string(to, value);
}

static bool
parse_path_or_none(void *to, const char *value)
{
	return *value == '\0' ? store_string(to, value) : parse_path(to, value);
}

/* True if each % in VALUE is that of %u. */
static bool
percent_u_only(const char *value)
{
	while ((value = strchr(value, '%')) != NULL) {
		if (*++value != 'u')
			return false;
	}
	return true;
}

/* Blanks and commas both separate; blanks are what is kept. */
static bool
parse_list(void *to, const char *value)
{
	char **list = to;

	if (!store_string(to, value))
		return false;
	for (char *c = *list; *c != '\0'; c++) {
		if (*c == ',' || *c == '\t')
			*c = ' ';
	}
	return true;
}

static bool
parse_paths(void *to, const char *value)
{
	char **list = to;

	if (!parse_list(to, value))
		return false;
	for (const char *at = *list; *(at += strspn(at, " ")) != '\0';
	     at += strcspn(at, " ")) {
		if (*at != '/')
			return false;
	}
	return true;
}

/* They become words of a shell command on the remote. */
static bool
parse_remote_keys(void *to, const char *value)
{
	char **list = to;

	return parse_list(to, value) && made_of(*list, " ./_-+@%") &&
	    percent_u_only(value) && (*list)[strspn(*list, " ")] != '\0';
}

static bool
parse_mosh_server(void *to, const char *value)
{
	return *value != '\0' && made_of(value, " ./_-+@%=:,") &&
	    store_string(to, value);
}

/* PORT or PORT:PORT, as mosh-server(1) takes it. */
static bool
parse_ports(void *to, const char *value)
{
	const char *colon = strchr(value, ':');
	char first[8];
	int low, high;

	if (colon == NULL)
		return parse_number(&low, value, 1, 65535) &&
		    store_string(to, value);
	if ((size_t)(colon - value) >= sizeof(first))
		return false;
	memcpy(first, value, (size_t)(colon - value));
	first[colon - value] = '\0';
	return parse_number(&low, first, 1, 65535) &&
	    parse_number(&high, colon + 1, 1, 65535) && low <= high &&
	    store_string(to, value);
}

/* Algorithm names, RFC 4251 section 6, separated by commas. */
static bool
parse_algorithms(void *to, const char *value)
{
	return made_of(value, "-@.,") && store_string(to, value);
}

static bool
parse_patterns(void *to, const char *value)
{
	char **list = to;

	return parse_list(to, value) && made_of(*list, " ._-*?![]");
}

static bool
parse_names(void *to, const char *value)
{
	char **list = to;

	if (!parse_list(to, value) || !made_of(*list, " ._-"))
		return false;
	for (const char *at = *list; *(at += strspn(at, " ")) != '\0';) {
		const size_t len = strcspn(at, " ");
		char name[USERNAME_MAX_CHARS + 1];

		if (len >= sizeof(name))
			return false;
		memcpy(name, at, len);
		name[len] = '\0';
		if (!username_valid(name))
			return false;
		at += len;
	}
	return true;
}

static bool
parse_predict(void *to, const char *value)
{
	return (strcmp(value, "adaptive") == 0 ||
		   strcmp(value, "always") == 0 ||
		   strcmp(value, "never") == 0 ||
		   strcmp(value, "experimental") == 0) &&
	    store_string(to, value);
}

/* MOSH_ESCAPE_KEY of mosh(1): "none", a character, or ^ and a character. */
static bool
parse_escape_key(void *to, const char *value)
{
	const size_t len = strlen(value);

	if (strcmp(value, "none") != 0 && len != 1 &&
	    !(len == 2 && value[0] == '^'))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!isascii((unsigned char)value[i]) ||
		    !isgraph((unsigned char)value[i]))
			return false;
	}
	return store_string(to, value);
}

/* The place of VALUE among the COUNT words at WORDS. */
static bool
parse_word(void *to, const char *value, const char *const words[], int count)
{
	int *place = to;

	for (int i = 0; i < count; i++) {
		if (strcmp(value, words[i]) == 0) {
			*place = i;
			return true;
		}
	}
	return false;
}

static bool
parse_keys(void *to, const char *value)
{
	static const char *const words[] = { "remote", "file", "any" };

	return parse_word(to, value, words, 3);
}

static bool
parse_forced_commands(void *to, const char *value)
{
	static const char *const words[] = { "refuse", "honor" };

	return parse_word(to, value, words, 2);
}

/*
 * Settings that so far have one value each: any other would promise what is
 * not there.
 */
static bool
parse_auth(void *to, const char *value)
{
	(void)to;
	return strcmp(value, "key") == 0;
}

static bool
parse_only_no(void *to, const char *value)
{
	return strcmp(value, "no") == 0 && store_string(to, value);
}

static bool
parse_fallback(void *to, const char *value)
{
	bool *fallback = to;

	*fallback = strcmp(value, "ssh") == 0;
	return *fallback || strcmp(value, "no") == 0;
}

static bool
parse_remote_log(void *to, const char *value)
{
	bool *log = to;

	*log = false;
	return strcmp(value, "no") == 0;
}

/* It becomes one word, whatever it is, for the login shell on the remote. */
static bool
parse_command(void *to, const char *value)
{
	for (const char *at = value; *at != '\0'; at++) {
		if (iscntrl((unsigned char)*at))
			return false;
	}
	return store_string(to, value);
}

/* The two *_content settings, which config_parse() takes before inih. */
static bool
parse_content(void *to, const char *value)
{
	(void)to;
	return *value == '\0';
}

#define OF(member) offsetof(struct config, member)
#define PORTS "PORT or PORT:PORT"
#define ALGORITHMS "names of algorithms, separated by commas"
#define DAY "a number of seconds from 0 to 86400"

static const struct setting settings[] = {
	{ { "remote", "host", "" }, parse_host, OF(host),
	    "a host name or address" },
	{ { "remote", "port", "22" }, parse_port, OF(port),
	    "a number from 1 to 65535" },
	{ { "remote", "known_hosts",
	      "/etc/moshgate/known_hosts, /etc/ssh/ssh_known_hosts" },
	    parse_paths, OF(known_hosts), "absolute paths" },
	{ { "remote", "verify_host_key", "yes" }, parse_yes_no,
	    OF(verify_host_key), "yes or no" },
	{ { "remote", "connect_timeout", "10" }, parse_connect_timeout,
	    OF(connect_timeout_s), "a number of seconds from 1 to 20" },
	{ { "remote", "ciphers", "" }, parse_algorithms, OF(ciphers),
	    ALGORITHMS },
	{ { "remote", "macs", "" }, parse_algorithms, OF(macs), ALGORITHMS },
	{ { "remote", "kex", "" }, parse_algorithms, OF(kex), ALGORITHMS },
	{ { "remote", "host_key_algorithms", "" }, parse_algorithms,
	    OF(host_key_algorithms), ALGORITHMS },
	{ { "gateway", "key", "/etc/moshgate/id_ed25519" }, parse_path, OF(key),
	    "an absolute path" },
	{ { "gateway", "key_content", "" }, parse_content, OF(key_content),
	    "the key file, in base64" },
	{ { "gateway", "auth", "key" }, parse_auth, OF(auth),
	    "key (this version has no other)" },
	{ { "clients", "keys", "remote" }, parse_keys, OF(keys),
	    "remote, file or any" },
	{ { "clients", "remote_keys",
	      ".ssh/authorized_keys .ssh/authorized_keys2" },
	    parse_remote_keys, OF(remote_keys),
	    "paths, of letters, digits, ./_-+@ and %u" },
	{ { "clients", "cache_ttl", "60" }, parse_day, OF(cache_ttl_s), DAY },
	{ { "clients", "authorized_keys", "" }, parse_path_or_none,
	    OF(authorized_keys), "an absolute path" },
	{ { "clients", "authorized_keys_content", "" }, parse_content,
	    OF(authorized_keys_content), "an authorized_keys file, in base64" },
	{ { "clients", "passwords", "no" }, parse_only_no, OF(passwords),
	    "no (this version has no other)" },
	{ { "clients", "forced_commands", "refuse" }, parse_forced_commands,
	    OF(forced_commands), "refuse or honor" },
	{ { "clients", "users", "*" }, parse_patterns, OF(users),
	    "patterns of user names" },
	{ { "users", "uid_min", "65536" }, parse_uid, OF(uid_min),
	    "a number from 1000 to 2000000000" },
	{ { "users", "uid_max", "99999" }, parse_uid, OF(uid_max),
	    "a number from 1000 to 2000000000" },
	{ { "users", "names", "" }, parse_names, OF(names), "user names" },
	{ { "users", "reserved", "" }, parse_patterns, OF(reserved),
	    "patterns of user names" },
	{ { "users", "negative_ttl", "60" }, parse_day, OF(negative_ttl_s),
	    DAY },
	{ { "users", "lookups_per_minute", "6" }, parse_count,
	    OF(lookups_per_minute), "a number from 1 to 10000" },
	{ { "mosh", "server", "mosh-server" }, parse_mosh_server,
	    OF(mosh_server), "a command, of letters, digits and ./_-+@%=:," },
	{ { "mosh", "ports", "60000:61000" }, parse_ports, OF(mosh_ports),
	    PORTS },
	{ { "mosh", "host", "" }, parse_host, OF(mosh_host),
	    "a host name or address" },
	{ { "mosh", "network_timeout", "604800" }, parse_network_timeout,
	    OF(network_timeout_s), "a number of seconds from 60 to 31536000" },
	{ { "mosh", "predict", "adaptive" }, parse_predict, OF(predict),
	    "adaptive, always, never or experimental" },
	{ { "mosh", "escape_key", "none" }, parse_escape_key, OF(escape_key),
	    "none, a character, or ^ and a character" },
	{ { "mosh", "title_prefix", "yes" }, parse_yes_no, OF(title_prefix),
	    "yes or no" },
	{ { "mosh", "fallback", "ssh" }, parse_fallback, OF(fallback),
	    "ssh or no" },
	{ { "session", "command", "" }, parse_command, OF(command),
	    "a command, without control characters" },
	{ { "session", "share_idle", "600" }, parse_day, OF(share_idle_s),
	    DAY },
	{ { "session", "share_max_age", "300" }, parse_max_age,
	    OF(share_max_age_s), "a number of seconds from 10 to 86400" },
	{ { "session", "share_max", "256" }, parse_count, OF(share_max),
	    "a number from 1 to 10000" },
	{ { "session", "remote_log", "no" }, parse_remote_log, OF(remote_log),
	    "no (this version has no other)" },
};

#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

const struct config_setting *
config_settings(size_t *count)
{
	static struct config_setting named[SETTINGS];

	for (size_t i = 0; i < SETTINGS; i++)
		named[i] = settings[i].named;
	*count = SETTINGS;
	return named;
}

/* A configuration being read. */
struct reading {
	struct config *config;
	const char *name;
	char *next, *end; /* what inih has not had yet */
	unsigned line, error_line;
	char section[32]; /* the one the line is in, "" before the first */
	bool seen[SETTINGS];
	char *error;
};

/* Say what is wrong in the line that is being read; the first one counts. */
static void __attribute__((format(printf, 2, 3)))
complain(struct reading *r, const char *format, ...)
{
	char text[CONFIG_ERROR_BYTES];
	va_list args;

	if (r->error[0] != '\0')
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	r->error_line = r->line;
	if (r->line > 0)
		snprintf(r->error, CONFIG_ERROR_BYTES, "%s:%u: %.440s", r->name,
		    r->line, text);
	else
		snprintf(r->error, CONFIG_ERROR_BYTES, "%s: %.440s", r->name,
		    text);
}

static const struct setting *
find(const char *section, const char *key)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		if (strcmp(settings[i].named.section, section) == 0 &&
		    strcmp(settings[i].named.key, key) == 0)
			return &settings[i];
	}
	return NULL;
}

static bool
section_known(const char *section)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		if (strcmp(settings[i].named.section, section) == 0)
			return true;
	}
	return false;
}

/* Mark SETTING as set; false if it was already. */
static bool
set_once(struct reading *r, const struct setting *setting)
{
	const size_t i = (size_t)(setting - settings);

	if (r->seen[i])
		complain(r, "%s in [%s] is set a second time",
		    setting->named.key, setting->named.section);
	else
		r->seen[i] = true;
	return r->error[0] == '\0';
}

/* inih's handler: returns 0 for an error. */
static int
handle(void *user, const char *section, const char *key, const char *value)
{
	struct reading *r = user;
	const struct setting *setting = find(section, key);

	if (setting == NULL) {
		/* In [gateway] it may be a piece of a key in several lines. */
		if (strcmp(section, "gateway") == 0 &&
		    key[strspn(key, "abcdefghijklmnopqrstuvwxyz_")] != '\0')
			complain(r, "there is no such setting in [gateway]");
		else
			complain(r, "there is no setting \"%s\" in [%s]", key,
			    section);
		return 0;
	}
	if (!set_once(r, setting))
		return 0;
	if (setting->parse == parse_content && *value != '\0') {
		complain(r, "%s: expected %s, in one line", key,
		    setting->expected);
		return 0;
	}
	if (!setting->parse((char *)r->config + setting->offset, value)) {
		complain(r, "%s: expected %s, not \"%s\"", key,
		    setting->expected, value);
		return 0;
	}
	return 1;
}

/*
 * If LINE gives the setting KEY, return where its value begins, else NULL.
 */
static char *
value_of(char *line, const char *key)
{
	const size_t len = strlen(key);

	line += strspn(line, BLANKS);
	if (strncmp(line, key, len) != 0)
		return NULL;
	line += len;
	line += strspn(line, BLANKS);
	if (*line != '=' && *line != ':')
		return NULL;
	line++;
	return line + strspn(line, BLANKS);
}

/*
 * Decode base64 at TEXT into new secret memory at *CONTENT, with a NUL behind
 * it, and its size with that in *SIZE.
 */
static bool
decode_content(const char *text, char **content, size_t *size)
{
	const size_t len = strlen(text);
	size_t decoded_len;
	char *decoded;

	if (len == 0 || len > CONTENT_MAX_BYTES)
		return false;
	decoded = sodium_malloc(len + 1);
	if (decoded == NULL)
		return false;
	if (sodium_base642bin((unsigned char *)decoded, len, text, len, " \t",
		&decoded_len, NULL, sodium_base64_VARIANT_ORIGINAL) != 0) {
		sodium_free(decoded);
		return false;
	}
	decoded[decoded_len] = '\0';
	*content = decoded;
	*size = decoded_len + 1;
	return true;
}

/*
 * If LINE is one of the *_content settings, take it and return true: these
 * are longer than inih's lines, and one is secret.
 */
static bool
take_content(struct reading *r, char *line)
{
	const struct setting *setting;
	char *content = NULL, *value = NULL;
	const char *key = "key_content";
	size_t size;

	if (strcmp(r->section, "gateway") == 0) {
		value = value_of(line, key);
	} else if (strcmp(r->section, "clients") == 0) {
		key = "authorized_keys_content";
		value = value_of(line, key);
	}
	if (value == NULL || *value == '\0')
		return false;
	setting = find(r->section, key);
	if (!set_once(r, setting))
		return true;
	if (!decode_content(value, &content, &size)) {
		complain(r, "%s: expected %s, in one line of at most %zu bytes",
		    key, setting->expected, CONTENT_MAX_BYTES);
	} else if (*key == 'k') {
		r->config->key_content = content;
		r->config->key_content_size = size;
	} else {
		if (strlen(content) + 1 != size ||
		    !store_string(&r->config->authorized_keys_content, content))
			complain(r, "%s: expected %s", key, setting->expected);
		sodium_free(content);
	}
	return true;
}

/* Keep track of the section, and refuse one that does not exist. */
static void
follow_section(struct reading *r, const char *line)
{
	const char *close;
	size_t len;

	line += strspn(line, BLANKS);
	if (*line != '[')
		return;
	close = strchr(line, ']');
	len = close != NULL ? (size_t)(close - line - 1) : 0;
	if (close == NULL || len >= sizeof(r->section)) {
		complain(r, "expected [section], not \"%s\"", line);
		return;
	}
	close += 1 + strspn(close + 1, BLANKS);
	if (*close != '\0' && *close != ';' && *close != '#') {
		complain(r, "expected nothing behind [section]");
		return;
	}
	memcpy(r->section, line + 1, len);
	r->section[len] = '\0';
	if (!section_known(r->section))
		complain(r, "there is no section [%s]", r->section);
}

/* True if inih would take LINE for more of the one before. */
static bool
is_indented(const char *line)
{
	const char *text = line + strspn(line, BLANKS);

	return text != line && *text != '\0' && *text != '#' && *text != ';';
}

/*
 * inih's reader, like fgets(): gives it the next line, checked, or an empty
 * one in place of what it must not see; NULL at the end or after an error.
 */
static char *
next_line(char *buffer, int size, void *stream)
{
	struct reading *r = stream;
	char *line = r->next, *end;
	size_t len;

	if (r->next >= r->end || r->error[0] != '\0')
		return NULL;
	r->line++;
	end = memchr(line, '\n', (size_t)(r->end - line));
	if (end == NULL)
		end = r->end;
	r->next = end + 1;
	len = (size_t)(end - line);
	if (memchr(line, '\0', len) != NULL) {
		complain(r, "there is a NUL byte in this line");
		return NULL;
	}
	if (len > 0 && line[len - 1] == '\r')
		len--;
	line[len] = '\0';
	if (r->line == 1 && strncmp(line, "\xef\xbb\xbf", 3) == 0)
		complain(r, "expected no byte order mark");
	follow_section(r, line);
	if (take_content(r, line)) {
		sodium_memzero(line, len);
		len = 0;
	}
	if (len > 0 && is_indented(line))
		complain(r, "expected no blank at the start of the line");
	if (len > LINE_MAX_BYTES || len + 2 > (size_t)size)
		complain(r, "the line is longer than %d bytes", LINE_MAX_BYTES);
	if (r->error[0] != '\0')
		return NULL;
	memcpy(buffer, line, len);
	buffer[len] = '\n';
	buffer[len + 1] = '\0';
	return buffer;
}

static struct config *
config_new(void)
{
	struct config *config = calloc(1, sizeof(*config));

	if (config == NULL)
		return NULL;
	for (size_t i = 0; i < SETTINGS; i++) {
		const struct setting *s = &settings[i];

		if (s->parse == parse_content)
			continue;
		if (!s->parse((char *)config + s->offset, s->named.initial)) {
			config_free(config);
			return NULL;
		}
	}
	if (!store_string(&config->authorized_keys_content, "")) {
		config_free(config);
		return NULL;
	}
	return config;
}

/* What no single line can be blamed for. */
static void
check_whole(struct reading *r)
{
	const struct config *c = r->config;

	r->line = 0;
	if (c->host[0] == '\0')
		complain(r,
		    "[remote] host is not set: expected the name or "
		    "address of the far server");
	else if (c->uid_min > c->uid_max)
		complain(r, "[users] uid_min is above uid_max");
	else if (c->keys == CONFIG_KEYS_FILE && c->authorized_keys[0] == '\0' &&
	    c->authorized_keys_content[0] == '\0')
		complain(r,
		    "[clients] keys = file needs authorized_keys or "
		    "authorized_keys_content");
	else if (c->remote_keys[0] == '\0')
		complain(r, "[clients] remote_keys is empty");
}

struct config *
config_parse(const char *name, char *text, size_t len,
    char error[CONFIG_ERROR_BYTES])
{
	struct reading r = { .name = name,
		.next = text,
		.end = text + len,
		.error = error };
	int wrong;

	error[0] = '\0';
	r.config = config_new();
	if (r.config == NULL) {
		snprintf(error, CONFIG_ERROR_BYTES, "%s: out of memory", name);
		return NULL;
	}
	wrong = ini_parse_stream(next_line, &r, handle, &r);
	/* inih goes on after a line it cannot read, and tells at the end. */
	if (wrong > 0 && (error[0] == '\0' || (unsigned)wrong < r.error_line)) {
		error[0] = '\0';
		r.line = (unsigned)wrong;
		complain(&r, "expected [section] or key = value");
	} else if (wrong != 0) {
		complain(&r, "cannot be read");
	}
	if (error[0] == '\0')
		check_whole(&r);
	if (error[0] != '\0') {
		config_free(r.config);
		return NULL;
	}
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
	if (config == NULL)
		return;
	sodium_free(config->key_content);
	free(config->host);
	free(config->known_hosts);
	free(config->ciphers);
	free(config->macs);
	free(config->kex);
	free(config->host_key_algorithms);
	free(config->key);
	free(config->remote_keys);
	free(config->authorized_keys);
	free(config->authorized_keys_content);
	free(config->passwords);
	free(config->users);
	free(config->names);
	free(config->reserved);
	free(config->mosh_server);
	free(config->mosh_ports);
	free(config->mosh_host);
	free(config->predict);
	free(config->escape_key);
	free(config->command);
	free(config);
}

/* True if LIST, patterns separated by blanks, takes NAME. */
static bool
list_takes(const char *list, const char *name)
{
	bool wanted = false;
	char pattern[256];

	for (const char *at = list; *(at += strspn(at, " ")) != '\0';
	     at += strcspn(at, " ")) {
		const bool exclude = *at == '!';
		const char *begin = at + exclude;
		const size_t len = strcspn(begin, " ");

		if (len >= sizeof(pattern))
			return false;
		memcpy(pattern, begin, len);
		pattern[len] = '\0';
		if (fnmatch(pattern, name, 0) != 0)
			continue;
		if (exclude)
			return false;
		wanted = true;
	}
	return wanted;
}

bool
config_wants_user(const struct config *config, const char *name)
{
	return list_takes(config->users, name);
}

bool
config_reserves_user(const struct config *config, const char *name)
{
	return list_takes(config->reserved, name);
}

bool
config_names_user(const struct config *config, const char *name)
{
	/* there are no patterns in it */
	return list_takes(config->names, name);
}

/* The settings that a worker is told; each is a string or a number. */
static const struct {
	const char *name;
	size_t offset;
	enum {
		STRING,
		NUMBER,
		YES_NO
	} kind;
} told[] = {
	{ "host", offsetof(struct config, host), STRING },
	{ "port", offsetof(struct config, port), NUMBER },
	{ "known_hosts", offsetof(struct config, known_hosts), STRING },
	{ "verify_host_key", offsetof(struct config, verify_host_key), YES_NO },
	{ "connect_timeout", offsetof(struct config, connect_timeout_s),
	    NUMBER },
	{ "ciphers", offsetof(struct config, ciphers), STRING },
	{ "macs", offsetof(struct config, macs), STRING },
	{ "kex", offsetof(struct config, kex), STRING },
	{ "host_key_algorithms", offsetof(struct config, host_key_algorithms),
	    STRING },
	{ "keys", offsetof(struct config, keys), NUMBER },
	{ "remote_keys", offsetof(struct config, remote_keys), STRING },
	{ "forced_commands", offsetof(struct config, forced_commands), NUMBER },
	{ "mosh_server", offsetof(struct config, mosh_server), STRING },
	{ "mosh_ports", offsetof(struct config, mosh_ports), STRING },
	{ "mosh_host", offsetof(struct config, mosh_host), STRING },
	{ "network_timeout", offsetof(struct config, network_timeout_s),
	    NUMBER },
	{ "session_command", offsetof(struct config, command), STRING },
};

#define TOLD (sizeof(told) / sizeof(told[0]))

void
config_tell(struct fields *fields, const struct config *config)
{
	for (size_t i = 0; i < TOLD; i++) {
		const char *member = (const char *)config + told[i].offset;

		if (told[i].kind == STRING)
			fields_add(fields, told[i].name,
			    *(char *const *)(const void *)member);
		else if (told[i].kind == NUMBER)
			fields_add_number(fields, told[i].name,
			    *(const int *)(const void *)member);
		else
			fields_add_number(fields, told[i].name,
			    *(const bool *)(const void *)member);
	}
}

bool
config_understand(const struct frame *frame, struct config *config)
{
	for (size_t i = 0; i < TOLD; i++) {
		char *member = (char *)config + told[i].offset;
		const char *value = fields_get(frame, told[i].name);
		long long n;

		if (value == NULL)
			return false;
		if (told[i].kind == STRING) {
			char *copy = strdup(value);

			if (copy == NULL)
				return false;
			*(char **)(void *)member = copy;
			continue;
		}
		if (!fields_get_number(frame, told[i].name, 0, 1LL << 30, &n))
			return false;
		if (told[i].kind == NUMBER)
			*(int *)(void *)member = (int)n;
		else
			*(bool *)(void *)member = n != 0;
	}
	return true;
}
