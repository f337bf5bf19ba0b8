/*
 * moshgate-session: what a gateway user's session runs, as sshd's ForceCommand
 * and as the login shell.  Has the helper start a mosh-server on the remote,
 * and becomes the mosh-client of it, on the session's own terminal.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "locale.h"
#include "terminal.h"
#include "visible.h"

#define SELF LIBEXECDIR "/moshgate/moshgate-session"
#define MOSH_CLIENT "/usr/bin/mosh-client"

static const int64_t answer_timeout_ms = 100000;
static const int64_t tick_ms = 1000;

extern char **environ;

/* What the person's side of the session is like; strings are copies. */
struct session {
	bool command; /* a command or a subsystem was asked for */
	char *term, *colorterm, *client;
	char *locale[LOCALE_NAMES];
	int colors;
};

/* Say SENTENCE, which may hold anything, to the person. */
static void
say(const char *sentence)
{
	char visible[512];

	fprintf(stderr, "moshgate: %s\n",
	    visible_copy(visible, sizeof(visible), sentence, strlen(sentence)));
}

static void
usage(void)
{
	fputs("usage: moshgate-session [-c command]\n"
	      "\n"
	      "What sshd runs for a user of this gateway; see "
	      "moshgate-session(8).\n",
	    stdout);
}

/*
 * True if sshd was asked to run something: as ForceCommand that is in
 * SSH_ORIGINAL_COMMAND; as the login shell it stands behind -c, unless that is
 * this very program, which is then the ForceCommand.
 */
static bool
asks_command(int argc, char **argv)
{
	const char *original = getenv("SSH_ORIGINAL_COMMAND");

	if (original != NULL)
		return true;
	return argc >= 3 && strcmp(argv[1], "-c") == 0 &&
	    strcmp(argv[2], SELF) != 0;
}

/* A copy of the client's variable NAME, if it has at most MAX characters. */
static char *
copy_value(const char *name, size_t max)
{
	const char *value = getenv(name);

	if (value == NULL || *value == '\0' || strlen(value) > max)
		return NULL;
	return strdup(value);
}

/* The same, if it may go on to the remote. */
static char *
copy_valid(const char *name)
{
	const char *value = getenv(name);

	if (value == NULL || !locale_value_valid(value))
		return NULL;
	return strdup(value);
}

/* Take from the environment, which is the client's, what is wanted of it. */
static void
read_session(struct session *s, int argc, char **argv)
{
	s->command = asks_command(argc, argv);
	s->term = copy_value("TERM", 64);
	s->client = copy_value("SSH_CONNECTION", 128);
	if (s->client != NULL)
		s->client[strcspn(s->client, " ")] = '\0';
	s->colorterm = copy_valid("COLORTERM");
	for (size_t i = 0; i < LOCALE_NAMES; i++)
		s->locale[i] = copy_valid(locale_names[i]);
}

/* From here on the environment is ours.  False if it cannot be made. */
static bool
build_environment(struct session *s)
{
	if (clearenv() != 0 || setenv("PATH", "/usr/bin:/bin", 1) < 0)
		return false;
	for (size_t i = 0; i < LOCALE_NAMES; i++) {
		if (s->locale[i] != NULL &&
		    setenv(locale_names[i], s->locale[i], 1) < 0)
			return false;
	}
	if (setenv("TERM", terminal_type(s->term, &s->colors), 1) < 0)
		return false;
	if (!terminal_make_utf8()) {
		say("This gateway has no UTF-8 locale, which mosh needs.");
		return false;
	}
	return true;
}

/* Ask the helper for a mosh-server. */
static bool
ask(int fd, const struct session *s)
{
	struct fields fields = { 0 };
	bool sent;

	fields_add_number(&fields, "colors", s->colors);
	if (s->colorterm != NULL)
		fields_add(&fields, "COLORTERM", s->colorterm);
	if (s->client != NULL)
		fields_add(&fields, "client", s->client);
	for (size_t i = 0; i < LOCALE_NAMES; i++) {
		if (s->locale[i] != NULL)
			fields_add(&fields, locale_names[i], s->locale[i]);
	}
	sent = client_ask(fd, FRAME_SESSION, &fields);
	fields_free(&fields);
	return sent;
}

/* Wait for the answer, and tell the person so. */
static bool
wait_answer(int fd, struct frame *answer)
{
	struct frame_in in = { .limit_bytes = FRAME_ANSWER_MAX_BYTES };
	const int64_t began_ms = frame_now_ms();
	enum frame_result result;

	do {
		const int64_t elapsed_ms = frame_now_ms() - began_ms;

		terminal_show_progress(STDOUT_FILENO, elapsed_ms);
		result = frame_wait(fd, &in, answer,
		    tick_ms - elapsed_ms % tick_ms);
	} while (result == FRAME_AGAIN &&
	    frame_now_ms() - began_ms < answer_timeout_ms);
	terminal_hide_progress(STDOUT_FILENO);
	frame_in_reset(&in);
	return result == FRAME_COMPLETE && fields_wellformed(answer);
}

/*
 * Set in mosh-client's environment (mosh-client(1)) what the helper says.
 * ESCAPE is as in moshgate.ini(5): "none", a character, or ^ and one.
 */
static bool
set_mosh_environment(const struct frame *answer)
{
	const char *key = fields_get(answer, "key");
	const char *predict = fields_get(answer, "predict");
	const char *escape = fields_get(answer, "escape_key");
	const char *prefix = fields_get(answer, "title_prefix");
	char escape_key[2] = "";

	if (key == NULL || predict == NULL || escape == NULL || prefix == NULL)
		return false;
	if (escape[0] == '^' && escape[1] != '\0')
		escape_key[0] = (char)(escape[1] & 0x1f);
	else if (strcmp(escape, "none") != 0)
		escape_key[0] = escape[0];
	return setenv("MOSH_KEY", key, 1) == 0 &&
	    setenv("MOSH_PREDICTION_DISPLAY", predict, 1) == 0 &&
	    setenv("MOSH_ESCAPE_KEY", escape_key, 1) == 0 &&
	    (strcmp(prefix, "0") != 0 ||
		setenv("MOSH_TITLE_NOPREFIX", "1", 1) == 0);
}

/*
 * Become mosh-client.  The socket FD goes along: when it closes, the helper
 * knows that the session is over.
 */
static void
become_mosh_client(int fd, const struct frame *answer)
{
	const char *host = fields_get(answer, "host");
	const char *port = fields_get(answer, "port");
	char name[] = "mosh-client", to_host[128], to_port[16];
	char *argv[] = { name, to_host, to_port, NULL };

	if (answer->type != FRAME_OK || host == NULL || port == NULL ||
	    strlen(host) >= sizeof(to_host) ||
	    strlen(port) >= sizeof(to_port) || !set_mosh_environment(answer)) {
		say("The gateway's answer makes no sense.");
		return;
	}
	memcpy(to_host, host, strlen(host) + 1);
	memcpy(to_port, port, strlen(port) + 1);
	if (fcntl(fd, F_SETFD, 0) == 0)
		execve(MOSH_CLIENT, argv, environ);
	say("mosh-client cannot be run on this gateway.");
}

int
main(int argc, char **argv)
{
	struct session session = { 0 };
	struct frame answer = { 0 };
	const char *sentence;
	int fd;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		usage();
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("moshgate-session %s\n", MOSHGATE_VERSION);
		return 0;
	}
	read_session(&session, argc, argv);
	if (session.command) {
		say("This gateway carries interactive sessions only; it does "
		    "not run commands or copy files.");
		return 1;
	}
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		say("This gateway carries interactive sessions only, and this "
		    "one has no terminal (ssh -t asks for one).");
		return 1;
	}
	if (!build_environment(&session))
		return 1;
	terminal_make_size(STDIN_FILENO);
	fd = client_connect();
	if (fd < 0) {
		say(client_problem(errno));
		return 1;
	}
	if (!ask(fd, &session) || !wait_answer(fd, &answer)) {
		say("The moshgate helper on this gateway does not answer.");
		return 1;
	}
	if (answer.type == FRAME_REFUSED) {
		sentence = fields_get(&answer, "sentence");
		say(sentence != NULL ? sentence
				     : "The gateway refused this session.");
		return 1;
	}
	become_mosh_client(fd, &answer);
	return 1;
}
