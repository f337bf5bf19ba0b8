#include "mosh.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../shim/lib/fields.h"

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
	[MOSH_OTHER_PORT] = { "other-port",
	    "mosh-server took a port that this gateway does not allow.",
	    "let ports in [mosh] be those that mosh-server takes there, or "
	    "take -p out of what starts it; or ask the user, whose mosh-server "
	    "may be another program" },
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
mosh_interface_valid(const char *text)
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
	    mosh_interface_valid(host + len + 1);
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
mosh_port_allowed(const struct config *config, long port)
{
	const char *colon = strchr(config->mosh_ports, ':');
	const long first = strtol(config->mosh_ports, NULL, 10);
	const long last = colon != NULL ? strtol(colon + 1, NULL, 10) : first;

	return port >= first && port <= last;
}

bool
mosh_answer_allowed(const struct config *config, const struct frame *answer)
{
	long long port;

	return fields_get_number(answer, "port", 1, 65535, &port) &&
	    mosh_port_allowed(config, (long)port);
}

void
mosh_add_client(struct fields *fields, const struct frame *answer,
    const struct config *config)
{
	static const char *const where[] = { "host", "port", "key" };

	for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++)
		fields_add(fields, where[i], fields_get(answer, where[i]));
	fields_add(fields, "predict", config->predict);
	fields_add(fields, "escape_key", config->escape_key);
	fields_add(fields, "title_prefix", config->title_prefix ? "1" : "0");
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
