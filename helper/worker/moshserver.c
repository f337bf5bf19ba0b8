#include "moshserver.h"

#include <stdio.h>
#include <string.h>

/* How the line begins that tells port and key. */
static const char moshserver_connect[] = "MOSH CONNECT ";

bool
moshserver_command(const struct config *config,
    const struct moshserver_client *client, char *command, size_t size)
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
	/*
	 * The second try costs no round trip, and C.UTF-8 is nearly always
	 * there when the client's locale is not.
	 */
	len = snprintf(command, size,
	    "%s %s new %s -c %d -p %s%s%s%s 2>&1||"
	    "LC_ALL=C.UTF-8 %s %s new %s -c %d -p %s%s%s 2>&1",
	    set, config->mosh_server, bind, client->colors, config->mosh_ports,
	    locale, run, script, set, config->mosh_server, bind, client->colors,
	    config->mosh_ports, run, script);
	return len > 0 && (size_t)len < size;
}

/* Read "MOSH CONNECT port key" from LEN bytes at LINE. */
static bool
moshserver_read_connect(const char *line, size_t len,
    struct moshserver_reply *reply)
{
	const char *end = line + len;
	int port = 0, digits = 0;

	line += sizeof(moshserver_connect) - 1;
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

/*
 * Read the lines that begin as one with port and key.  Returns how many there
 * are; *GOOD is whether the last one was right, and in *REPLY.
 */
static size_t
moshserver_find_connect(const char *text, size_t len, bool *good,
    struct moshserver_reply *reply)
{
	static const size_t before_len = sizeof(moshserver_connect) - 1;
	size_t found = 0;

	*good = false;
	for (size_t at = 0; at < len;) {
		const char *line = text + at;
		const char *end = memchr(line, '\n', len - at);
		size_t line_len = end != NULL ? (size_t)(end - line) : len - at;

		at += line_len + 1;
		if (line_len > 0 && line[line_len - 1] == '\r')
			line_len--;
		if (line_len < before_len ||
		    memcmp(line, moshserver_connect, before_len) != 0)
			continue;
		found++;
		*good = moshserver_read_connect(line, line_len, reply);
	}
	return found;
}

static bool
moshserver_says(const char *text, size_t len, const char *phrase)
{
	return memmem(text, len, phrase, strlen(phrase)) != NULL;
}

/* Why there is no server, from the LEN bytes at TEXT and the exit STATUS. */
static enum mosh_result
moshserver_why_none(const char *text, size_t len, int status)
{
	if (status == 127 || status == 126)
		return MOSH_NOT_FOUND;
	/* a try that got to its ports had its locale; not so the other */
	if (moshserver_says(text, len, "Address already in use") ||
	    moshserver_says(text, len, "Failed binding"))
		return MOSH_NO_PORT;
	if (moshserver_says(text, len, "UTF-8 native locale"))
		return MOSH_NO_LOCALE;
	return MOSH_FAILED;
}

enum mosh_result
moshserver_parse(const struct config *config, const char *text, size_t len,
    int status, struct moshserver_reply *reply)
{
	enum mosh_result result = MOSH_FAILED;
	size_t found;
	bool good;

	found = moshserver_find_connect(text, len, &good, reply);
	/*
	 * The server took an address of the other family, where mosh-client
	 * does not look for it: the ports of this family are taken.
	 */
	if (found > 0 && moshserver_says(text, len, "Error binding to IP"))
		result = MOSH_NO_PORT;
	/* with two such lines somebody else is talking as well */
	else if (found == 1 && good && status == 0) {
		if (mosh_port_allowed(config, reply->port))
			return MOSH_STARTED;
		explicit_bzero(reply->key, sizeof(reply->key));
		return MOSH_OTHER_PORT;
	} else if (found == 0 || status == 127 || status == 126)
		result = moshserver_why_none(text, len, status);
	explicit_bzero(reply, sizeof(*reply));
	return result;
}
