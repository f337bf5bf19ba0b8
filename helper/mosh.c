#include "mosh.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *reason, *sentence, *remedy;
} words[] = {
	[MOSH_STARTED] = { "ok", "mosh-server has started.", "" },
	[MOSH_NOT_FOUND] = { "no-mosh-server",
	    "The remote server has no mosh-server.",
	    "install mosh on the remote, or set server in [mosh] to its path" },
	[MOSH_NO_LOCALE] = { "no-utf8-locale",
	    "The remote server has no UTF-8 locale, which mosh needs.",
	    "install the locale C.UTF-8 or another one in UTF-8 on the "
	    "remote" },
	[MOSH_NO_PORT] = { "no-port",
	    "The remote server has no free port for mosh.",
	    "widen ports in [mosh], or look for forgotten mosh-servers on "
	    "the remote" },
	[MOSH_FAILED] = { "mosh-failed",
	    "mosh-server did not start on the remote server.",
	    "run mosh-server on the remote as this user" },
};

const char *
mosh_reason(enum mosh_result result)
{
	return words[result].reason;
}

const char *
mosh_sentence(enum mosh_result result)
{
	return words[result].sentence;
}

const char *
mosh_remedy(enum mosh_result result)
{
	return words[result].remedy;
}

bool
mosh_find_reason(const char *reason, enum mosh_result *result)
{
	for (size_t i = MOSH_STARTED + 1; i < sizeof(words) / sizeof(words[0]);
	     i++) {
		*result = (enum mosh_result)i;
		if (strcmp(words[i].reason, reason) == 0)
			return true;
	}
	return false;
}

bool
mosh_command(const struct config *config, const struct mosh_client *client,
    char *command, size_t size)
{
	char set[256], locale[2048] = "";
	size_t used = 0;
	const char *script = client->script != NULL ? client->script : "";
	const char *run = client->script != NULL ? " -- " : "";
	const char *bind = client->bind != NULL ? client->bind : "-s";
	int len;

	for (size_t i = 0; i < client->locales; i++) {
		len = snprintf(locale + used, sizeof(locale) - used,
		    " -l %s=%s", client->locale[i].name,
		    client->locale[i].value);
		if (len < 0 || (size_t)len >= sizeof(locale) - used)
			return false;
		used += (size_t)len;
	}
	len = snprintf(set, sizeof(set), "MOSH_SERVER_NETWORK_TMOUT=%d%s%s",
	    config->network_timeout_s,
	    client->colorterm != NULL ? " COLORTERM=" : "",
	    client->colorterm != NULL ? client->colorterm : "");
	if (len < 0 || (size_t)len >= sizeof(set))
		return false;
	/* The second try costs no round trip, and C.UTF-8 is nearly always
	 * there when the client's locale is not. */
	len = snprintf(command, size,
	    "%s %s new %s -c %d -p %s%s%s%s 2>&1||"
	    "LC_ALL=C.UTF-8 %s %s new %s -c %d -p %s%s%s 2>&1",
	    set, config->mosh_server, bind, client->colors, config->mosh_ports,
	    locale, run, script, set, config->mosh_server, bind, client->colors,
	    config->mosh_ports, run, script);
	return len > 0 && (size_t)len < size;
}

bool
mosh_key_valid(const char *key, size_t len)
{
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	/* 22 characters are 132 bits, of which a key has 128: the rest is 0 */
	static const char last[] = "AQgw";

	if (len != MOSH_KEY_CHARS)
		return false;
	for (size_t i = 0; i < len; i++) {
		const char *valid = i == len - 1 ? last : base64;

		if (key[i] == '\0' || strchr(valid, key[i]) == NULL)
			return false;
	}
	return true;
}

/* True if TEXT is the name of an interface, as far as names go. */
static bool
interface_valid(const char *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";
	const size_t len = strspn(text, allowed);

	return len > 0 && len < IF_NAMESIZE && text[len] == '\0';
}

bool
mosh_address_valid(const char *host)
{
	const size_t len = strcspn(host, "%");
	char address[INET6_ADDRSTRLEN];
	struct in6_addr in6;
	struct in_addr in;

	if (len >= sizeof(address) || strlen(host) >= MOSH_ADDRESS_BYTES)
		return false;
	memcpy(address, host, len);
	address[len] = '\0';
	if (host[len] == '\0')
		return inet_pton(AF_INET, address, &in) == 1 ||
		    inet_pton(AF_INET6, address, &in6) == 1;
	return inet_pton(AF_INET6, address, &in6) == 1 &&
	    interface_valid(host + len + 1);
}

bool
mosh_answer_valid(const struct frame *answer)
{
	const char *host = fields_get(answer, "host");
	const char *key = fields_get(answer, "key");
	long long port;

	return host != NULL && key != NULL && mosh_address_valid(host) &&
	    mosh_key_valid(key, strlen(key)) &&
	    fields_get_number(answer, "port", 1, 65535, &port);
}

bool
mosh_port_wanted(const struct config *config, const char *port)
{
	const char *colon = strchr(config->mosh_ports, ':');
	const long wanted = strtol(port, NULL, 10);
	const long first = strtol(config->mosh_ports, NULL, 10);
	const long last = colon != NULL ? strtol(colon + 1, NULL, 10) : first;

	return wanted >= first && wanted <= last;
}

/* Read "MOSH CONNECT port key" from LEN bytes at LINE. */
static bool
parse_connect(const char *line, size_t len, struct mosh_reply *reply)
{
	static const char before[] = "MOSH CONNECT ";
	const char *end = line + len;
	int port = 0, digits = 0;

	line += sizeof(before) - 1;
	if (line < end && *line == '0')
		return false;
	for (; line < end && *line >= '0' && *line <= '9'; line++) {
		if (++digits > 5)
			return false;
		port = port * 10 + (*line - '0');
	}
	if (port < 1 || port > 65535 || line >= end || *line++ != ' ')
		return false;
	if (!mosh_key_valid(line, (size_t)(end - line)))
		return false;
	reply->port = port;
	memcpy(reply->key, line, MOSH_KEY_CHARS);
	reply->key[MOSH_KEY_CHARS] = '\0';
	return true;
}

static bool
contains(const char *text, size_t len, const char *phrase)
{
	return memmem(text, len, phrase, strlen(phrase)) != NULL;
}

enum mosh_result
mosh_parse(const char *text, size_t len, int status, struct mosh_reply *reply)
{
	static const char before[] = "MOSH CONNECT ";
	size_t found = 0;
	bool good = false;

	for (size_t at = 0; at < len;) {
		const char *line = text + at;
		const char *end = memchr(line, '\n', len - at);
		size_t line_len = end != NULL ? (size_t)(end - line) : len - at;

		at += line_len + 1;
		if (line_len > 0 && line[line_len - 1] == '\r')
			line_len--;
		if (line_len < sizeof(before) - 1 ||
		    memcmp(line, before, sizeof(before) - 1) != 0)
			continue;
		found++;
		good = parse_connect(line, line_len, reply);
	}
	/* Then it took an address of the other family instead, where the
	 * client does not look for it: the ports of this one are taken. */
	if (found > 0 && contains(text, len, "Error binding to IP")) {
		explicit_bzero(reply, sizeof(*reply));
		return MOSH_NO_PORT;
	}
	/* Two of them: somebody else is talking as well. */
	if (found == 1 && good && status == 0)
		return MOSH_STARTED;
	explicit_bzero(reply, sizeof(*reply));
	if (status == 127 || status == 126)
		return MOSH_NOT_FOUND;
	if (found > 0)
		return MOSH_FAILED;
	/* A try that got to its ports had its locale; not so the other. */
	if (contains(text, len, "Address already in use") ||
	    contains(text, len, "Failed binding"))
		return MOSH_NO_PORT;
	if (contains(text, len, "UTF-8 native locale"))
		return MOSH_NO_LOCALE;
	return MOSH_FAILED;
}

void
mosh_redact(char *text, size_t len)
{
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t at = 0; at < len; at++) {
		const size_t begin = at;

		while (at < len && text[at] != '\0' &&
		    strchr(base64, text[at]) != NULL)
			at++;
		if (at - begin >= MOSH_KEY_CHARS)
			memset(text + begin, '*', at - begin);
	}
}
