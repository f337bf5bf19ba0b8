#include "authoption.h"

#include <string.h>
#include <strings.h>

static const struct authoption_known {
	const char *name;
	bool has_value;
	enum authoption_fate fate;
} authoption_table[] = {
	{ "from", true, AUTHOPTION_KEEP },
	{ "expiry-time", true, AUTHOPTION_KEEP },
	{ "restrict", false, AUTHOPTION_KEEP },
	{ "pty", false, AUTHOPTION_KEEP },
	{ "no-pty", false, AUTHOPTION_KEEP },
	{ "verify-required", false, AUTHOPTION_KEEP },
	{ "no-touch-required", false, AUTHOPTION_KEEP },
	{ "agent-forwarding", false, AUTHOPTION_KEEP },
	{ "no-agent-forwarding", false, AUTHOPTION_KEEP },
	{ "port-forwarding", false, AUTHOPTION_KEEP },
	{ "no-port-forwarding", false, AUTHOPTION_KEEP },
	{ "x11-forwarding", false, AUTHOPTION_KEEP },
	{ "no-x11-forwarding", false, AUTHOPTION_KEEP },
	{ "permitopen", true, AUTHOPTION_KEEP },
	{ "permitlisten", true, AUTHOPTION_KEEP },
	{ "user-rc", false, AUTHOPTION_KEEP },
	{ "no-user-rc", false, AUTHOPTION_KEEP },
	{ "environment", true, AUTHOPTION_REMOVE },
	{ "tunnel", true, AUTHOPTION_REMOVE },
	{ "command", true, AUTHOPTION_FORCE },
	{ "cert-authority", false, AUTHOPTION_LEAVE_OUT },
	{ "principals", true, AUTHOPTION_LEAVE_OUT },
};

bool
authoption_more(struct authline_run *rest)
{
	while (rest->len > 0 && *rest->at == ',') {
		rest->at++;
		rest->len--;
	}
	return rest->len > 0;
}

bool
authoption_next(struct authline_run *rest, struct authoption *option)
{
	size_t i = 0;

	while (i < rest->len && rest->at[i] != '=' && rest->at[i] != ',')
		i++;
	option->name = (struct authline_run){ .at = rest->at, .len = i };
	option->has_value = i < rest->len && rest->at[i] == '=';
	if (option->has_value) {
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
	option->whole = (struct authline_run){ .at = rest->at, .len = i };
	/* a comma comes next */
	if (i < rest->len && rest->at[i] != ',')
		return false;
	rest->at += i;
	rest->len -= i;
	return option->name.len > 0;
}

struct authline_run
authoption_value(const struct authoption *option)
{
	const size_t before = option->name.len + strlen("=\"");

	return (struct authline_run){ .at = option->whole.at + before,
		.len = option->whole.len - before - strlen("\"") };
}

static bool
authoption_is(const struct authoption *option, const char *name)
{
	return strlen(name) == option->name.len &&
	    strncasecmp(name, option->name.at, option->name.len) == 0;
}

bool
authoption_sets(const struct authoption *option, const char *name)
{
	return option->has_value && authoption_is(option, name);
}

/* True if sshd can read VALUE as the number of a tunnel, or any. */
static bool
authoption_is_tunnel(struct authline_run value)
{
	size_t begin = 0, end;

	if (value.len == 3 && strncasecmp(value.at, "any", 3) == 0)
		return true;
	/* as strtoll(3) */
	while (
	    begin < value.len && strchr(" \t\v\f\r", value.at[begin]) != NULL)
		begin++;
	if (begin < value.len && value.at[begin] == '+')
		begin++;
	end = begin;
	while (end < value.len && value.at[end] >= '0' && value.at[end] <= '9')
		end++;
	return end > begin && end == value.len && end - begin <= 9;
}

/*
 * True if sshd can read OPTION, which is about to be removed and has this NAME:
 * for one that it cannot read, sshd refuses the line.
 */
static bool
authoption_is_read(const struct authoption *option, const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	static const char digits[] = "0123456789";
	const struct authline_run value = authoption_value(option);
	size_t n = 0;

	if (strcmp(name, "environment") == 0) {
		while (n < value.len &&
		    (strchr(letters, value.at[n]) != NULL ||
			strchr(digits, value.at[n]) != NULL))
			n++;
		return n > 0 && n < value.len && value.at[n] == '=';
	}
	return authoption_is_tunnel(value);
}

static bool
authoption_begins(struct authline_run run, const char *word)
{
	return run.len >= strlen(word) &&
	    memcmp(run.at, word, strlen(word)) == 0;
}

/*
 * True if the gateway's sshd and moshgate-session can carry out the command in
 * OPTION on the remote.
 */
static bool
authoption_is_forceable(const struct authoption *option)
{
	const struct authline_run command = authoption_value(option);

	/* sshd serves that itself, on the gateway; the others mean us */
	return !authoption_begins(command, "internal-sftp") &&
	    !authoption_begins(command,
		LIBEXECDIR "/moshgate/moshgate-session");
}

enum authoption_fate
authoption_fate(const struct authoption *option)
{
	const size_t count = sizeof(authoption_table) /
	    sizeof(authoption_table[0]);

	for (size_t i = 0; i < count; i++) {
		const struct authoption_known *known = &authoption_table[i];

		if (known->has_value != option->has_value ||
		    !authoption_is(option, known->name))
			continue;
		if ((known->fate == AUTHOPTION_REMOVE &&
			!authoption_is_read(option, known->name)) ||
		    (known->fate == AUTHOPTION_FORCE &&
			!authoption_is_forceable(option)))
			break;
		return known->fate;
	}
	return AUTHOPTION_LEAVE_OUT;
}
