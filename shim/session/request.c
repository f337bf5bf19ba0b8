#include "request.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/fields.h"
#include "agent.h"
#include "terminal.h"

#define SELF LIBEXECDIR "/moshgate/moshgate-session"
/* The forced command of keys that have none of their own: see authkeys.h. */
#define ANY_COMMAND SELF " -"
/* What a request has room for, beside the client's settings. */
#define COMMAND_MAX_BYTES (FRAME_REQUEST_MAX_BYTES - 3072)
#define LOGIN_MAX_CHARS 64
#define TERM_MAX_CHARS 64
#define CONNECTION_MAX_CHARS 128

/* Store in *TO a copy of TEXT, NULL if that is; false for want of memory. */
static bool
request_copy(char **to, const char *text)
{
	*to = text != NULL ? strdup(text) : NULL;
	return text == NULL || *to != NULL;
}

/* A copy of the client's variable NAME, if it has at most MAX characters. */
static char *
request_copy_variable(const char *name, size_t max)
{
	const char *value = getenv(name);

	if (value == NULL || *value == '\0' || strlen(value) > max)
		return NULL;
	return strdup(value);
}

/* The same, if it may go on to the remote. */
static char *
request_copy_for_remote(const char *name)
{
	const char *value = getenv(name);

	if (value == NULL || !locale_value_valid(value))
		return NULL;
	return strdup(value);
}

/*
 * True if COMMAND is what a gateway's sshd_config(5) may have for the subsystem
 * sftp: a path of sftp-server, maybe with arguments, or internal-sftp.
 */
static bool
request_is_sftp(const char *command)
{
	static const char *const names[] = { "sftp-server", "internal-sftp" };
	const char *name = command;
	size_t len;

	if (command == NULL)
		return false;
	for (const char *at = command; *at != '\0' && *at != ' ' && *at != '\t';
	     at++) {
		if (*at == '/')
			name = at + 1;
	}
	len = strcspn(name, " \t");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strlen(names[i]) == len &&
		    strncmp(name, names[i], len) == 0)
			return true;
	}
	return false;
}

/*
 * Take what sshd was asked to run.  It runs all commands by "SHELL -c COMMAND":
 * a ForceCommand, then a key's own, then the client's, the first that there is;
 * and says in SSH_ORIGINAL_COMMAND what the client's was if it is another.
 * Without any, it calls the login shell with a "-" before its name.
 */
static bool
request_read_command(struct request *r, int argc, char **argv)
{
	const char *original = getenv("SSH_ORIGINAL_COMMAND");
	const char *command = argc == 3 && strcmp(argv[1], "-c") == 0 ? argv[2]
								      : NULL;

	r->by_shell = (argc == 1 && argv[0][0] == '-') ||
	    (command != NULL && strcmp(command, SELF) != 0);
	if (r->by_shell &&
	    (command == NULL || strcmp(command, ANY_COMMAND) != 0))
		return request_copy(&r->command, command) &&
		    request_copy(&r->original, original);
	r->sftp = request_is_sftp(original);
	return request_copy(&r->command, original);
}

/* Which of the two ways the client asks for in MOSHGATE; NULL if for none. */
static const char *
request_read_way(void)
{
	static const char *const ways[] = { "ssh", "mosh" };
	const char *value = getenv("MOSHGATE");

	for (size_t i = 0; value != NULL && i < sizeof(ways) / sizeof(ways[0]);
	     i++) {
		if (strcmp(value, ways[i]) == 0)
			return ways[i];
	}
	return NULL;
}

bool
request_read(struct request *r, int argc, char **argv)
{
	if (!request_read_command(r, argc, argv))
		return false;
	r->terminal = tty_take(&r->tty, STDIN_FILENO) && isatty(STDOUT_FILENO);
	r->way = request_read_way();
	r->login = request_copy_variable("LOGNAME", LOGIN_MAX_CHARS);
	r->term = request_copy_variable("TERM", TERM_MAX_CHARS);
	r->client = request_copy_variable("SSH_CONNECTION",
	    CONNECTION_MAX_CHARS);
	if (r->client != NULL)
		r->client[strcspn(r->client, " ")] = '\0';
	r->agent = agent_path();
	r->colorterm = request_copy_for_remote("COLORTERM");
	for (size_t i = 0; i < LOCALE_NAMES; i++)
		r->locale[i] = request_copy_for_remote(locale_names[i]);
	return true;
}

void
request_free(struct request *r)
{
	free(r->command);
	free(r->original);
	free(r->login);
	free(r->term);
	free(r->colorterm);
	free(r->client);
	free(r->agent);
	for (size_t i = 0; i < LOCALE_NAMES; i++)
		free(r->locale[i]);
	*r = (struct request){ 0 };
}

static size_t
request_length(const char *text)
{
	return text != NULL ? strlen(text) : 0;
}

bool
request_is_too_long(const struct request *r)
{
	return request_length(r->command) + request_length(r->original) >
	    COMMAND_MAX_BYTES;
}

/* Add the field NAME, unless its VALUE is NULL. */
static void
request_add(struct fields *fields, const char *name, const char *value)
{
	if (value != NULL)
		fields_add(fields, name, value);
}

/* Add to FIELDS what a session over SSH tells of the terminal. */
static void
request_add_terminal(struct fields *fields, const struct request *r)
{
	char hex[TTY_MODES_CHARS];

	fields_add(fields, "terminal", "1");
	request_add(fields, "way", r->way);
	request_add(fields, "unfit", r->unfit);
	if (r->term != NULL && terminal_name_valid(r->term))
		fields_add(fields, "term", r->term);
	terminal_add_size(fields, r->tty.fd);
	tty_modes(&r->tty, hex);
	fields_add(fields, "modes", hex);
}

bool
request_send(const struct request *r, const struct client *client)
{
	struct fields fields = { 0 };
	bool sent;

	fields_add(&fields, "via", r->by_shell ? "shell" : "force-command");
	fields_add(&fields, "streams", "1");
	request_add(&fields, "login", r->login);
	request_add(&fields, "command", r->command);
	request_add(&fields, "original", r->original);
	if (r->sftp)
		fields_add(&fields, "subsystem", "sftp");
	if (r->terminal)
		request_add_terminal(&fields, r);
	if (r->agent != NULL)
		fields_add(&fields, "agent", "1");
	fields_add_number(&fields, "colors", r->colors);
	request_add(&fields, "COLORTERM", r->colorterm);
	request_add(&fields, "client", r->client);
	for (size_t i = 0; i < LOCALE_NAMES; i++)
		request_add(&fields, locale_names[i], r->locale[i]);
	sent = client_ask(client, FRAME_SESSION, &fields);
	fields_free(&fields);
	return sent;
}

bool
request_send_streams(struct client *client, const int streams[FRAME_FDS])
{
	const struct fields none = { 0 };

	client_given(client);
	return client_ask_fds(client, FRAME_STREAMS, &none, streams, FRAME_FDS);
}

bool
request_send_agent(const struct request *r, struct client *client)
{
	const struct fields none = { 0 };
	const int fd = r->agent != NULL ? agent_connect(r->agent) : -1;
	bool sent;

	client_given(client);
	sent = fd < 0 ? client_ask(client, FRAME_AGENT, &none)
		      : client_ask_fds(client, FRAME_AGENT, &none, &fd, 1);
	if (fd >= 0)
		close(fd);
	return sent;
}
