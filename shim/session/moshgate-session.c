/*
 * moshgate-session: what a gateway user's session runs, as sshd's ForceCommand
 * and as the login shell.  Has the helper start a mosh-server on the remote,
 * and becomes the mosh-client of it, on the session's own terminal.  Where mosh
 * can't go, or without a terminal, it has the helper carry a session or a
 * command over SSH, and ends as that does.
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../client.h"
#include "../lib/clock.h"
#include "../lib/fields.h"
#include "../lib/locale.h"
#include "../lib/visible.h"
#include "pump.h"
#include "terminal.h"
#include "tty.h"

#define SELF LIBEXECDIR "/moshgate/moshgate-session"
/* The forced command of keys that have none of their own: see authkeys.h. */
#define ANY_COMMAND SELF " -"
/* What a request has room for, beside the client's settings. */
#define COMMAND_MAX_BYTES (FRAME_REQUEST_MAX_BYTES - 3072)
/* ssh(1) ends so for what is not the command's. */
#define STATUS_FAILED 255
#define MOSH_CLIENT "/usr/bin/mosh-client"

static const int64_t answer_timeout_ms = 100000;
static const int64_t tick_ms = 1000;
static const unsigned warning_s = 2;
static const char no_answer[] =
    "The moshgate helper on this gateway does not answer.";

extern char **environ;

/* What the person's side of the session is like; strings are copies. */
struct session {
	/*
	 * How sshd has called: as its ForceCommand, or as the login shell, with
	 * the command that a key or certificate forces, if there is one.
	 */
	bool by_shell;
	/* what is to run, NULL for the login shell; what was asked instead */
	char *command, *original;
	bool sftp; /* the command is the gateway's way to say "subsystem" */
	bool terminal;
	struct tty tty;
	const char *way;   /* how the person wants to go, NULL: as it fits */
	const char *unfit; /* what of the near end mosh can't use, or NULL */
	char *login, *term, *colorterm, *client;
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

static size_t
length(const char *text)
{
	return text != NULL ? strlen(text) : 0;
}

/* A copy of TEXT, NULL if that is; there must be memory for it. */
static char *
copy(const char *text)
{
	char *made = text != NULL ? strdup(text) : NULL;

	if (text != NULL && made == NULL) {
		say("This gateway is out of memory.");
		exit(STATUS_FAILED);
	}
	return made;
}

/*
 * True if COMMAND is what a gateway's sshd_config(5) may have for the subsystem
 * sftp: a path of sftp-server, maybe with arguments, or internal-sftp.
 */
static bool
is_sftp(const char *command)
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
 * What sshd was asked to run.  It runs all commands by "SHELL -c COMMAND": a
 * ForceCommand, then a key's own, then the client's, the first that there is;
 * and says in SSH_ORIGINAL_COMMAND what the client's was if it is another.
 * Without any, it calls the login shell with a "-" before its name.
 */
static void
read_command(struct session *s, int argc, char **argv)
{
	const char *original = getenv("SSH_ORIGINAL_COMMAND");
	const char *command = argc == 3 && strcmp(argv[1], "-c") == 0 ? argv[2]
								      : NULL;

	s->by_shell = (argc == 1 && argv[0][0] == '-') ||
	    (command != NULL && strcmp(command, SELF) != 0);
	if (!s->by_shell ||
	    (command != NULL && strcmp(command, ANY_COMMAND) == 0)) {
		s->command = copy(original);
		s->sftp = is_sftp(original);
	} else {
		s->command = copy(command);
		s->original = copy(original);
	}
}

/* Which of the two ways the client asks for in MOSHGATE; NULL if for none. */
static const char *
read_way(void)
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

/* Take from the environment, which is the client's, what is wanted of it. */
static void
read_session(struct session *s, int argc, char **argv)
{
	read_command(s, argc, argv);
	s->terminal = tty_take(&s->tty, STDIN_FILENO) && isatty(STDOUT_FILENO);
	s->way = read_way();
	s->login = copy_value("LOGNAME", 64);
	s->term = copy_value("TERM", 64);
	s->client = copy_value("SSH_CONNECTION", 128);
	if (s->client != NULL)
		s->client[strcspn(s->client, " ")] = '\0';
	s->colorterm = copy_valid("COLORTERM");
	for (size_t i = 0; i < LOCALE_NAMES; i++)
		s->locale[i] = copy_valid(locale_names[i]);
}

/*
 * From here on the environment is ours: that of mosh-client.  False if it
 * cannot be made.
 */
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
	if (s->term != NULL && strcmp(s->term, "dumb") == 0)
		s->unfit = "terminal";
	else if (!locale_make_utf8())
		s->unfit = "locale";
	return true;
}

/* Have standard input, output and error lead nowhere but to errors. */
static void
let_go(void)
{
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	close(null);
}

/* Add to FIELDS what a session over SSH tells of the terminal. */
static void
add_terminal(struct fields *fields, const struct session *s)
{
	char hex[TTY_MODES_CHARS];

	fields_add(fields, "terminal", "1");
	if (s->way != NULL)
		fields_add(fields, "way", s->way);
	if (s->unfit != NULL)
		fields_add(fields, "unfit", s->unfit);
	if (s->term != NULL && terminal_name_valid(s->term))
		fields_add(fields, "term", s->term);
	pump_add_size(fields, STDIN_FILENO);
	tty_modes(&s->tty, hex);
	fields_add(fields, "modes", hex);
}

/*
 * Ask the helper for a mosh-server or, without a terminal, for a relay of FDS;
 * which may be what comes of it with a terminal, too.
 */
static bool
ask(int fd, const struct session *s, const int fds[FRAME_FDS])
{
	struct fields fields = { 0 };
	bool sent;

	fields_add(&fields, "via", s->by_shell ? "shell" : "force-command");
	if (s->login != NULL)
		fields_add(&fields, "login", s->login);
	if (s->command != NULL)
		fields_add(&fields, "command", s->command);
	if (s->original != NULL)
		fields_add(&fields, "original", s->original);
	if (s->sftp)
		fields_add(&fields, "subsystem", "sftp");
	if (s->terminal)
		add_terminal(&fields, s);
	fields_add_number(&fields, "colors", s->colors);
	if (s->colorterm != NULL)
		fields_add(&fields, "COLORTERM", s->colorterm);
	if (s->client != NULL)
		fields_add(&fields, "client", s->client);
	for (size_t i = 0; i < LOCALE_NAMES; i++) {
		if (s->locale[i] != NULL)
			fields_add(&fields, locale_names[i], s->locale[i]);
	}
	sent = client_ask_fds(fd, FRAME_SESSION, &fields, fds);
	fields_free(&fields);
	return sent;
}

/* Wait for the answer, and tell the person so. */
static bool
wait_answer(int fd, struct frame *answer)
{
	struct frame_in in = { .limit_bytes = FRAME_ANSWER_MAX_BYTES };
	const int64_t began_ms = clock_now_ms();
	enum frame_result result;

	do {
		const int64_t elapsed_ms = clock_now_ms() - began_ms;

		terminal_show_progress(STDOUT_FILENO, elapsed_ms);
		result = frame_wait(fd, &in, answer,
		    tick_ms - elapsed_ms % tick_ms);
	} while (result == FRAME_AGAIN &&
	    clock_now_ms() - began_ms < answer_timeout_ms);
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

/* Show the warning that ANSWER may have; false if it has none. */
static bool
show_warning(const struct frame *answer)
{
	const char *warning = fields_get(answer, "warning");

	if (warning != NULL)
		say(warning);
	return warning != NULL;
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
	/* mosh-client is going to put a screen of its own over it */
	if (show_warning(answer))
		sleep(warning_s);
	if (fcntl(fd, F_SETFD, 0) == 0)
		execve(MOSH_CLIENT, argv, environ);
	say("mosh-client cannot be run on this gateway.");
}

/* What a relay's ANSWER says of the command's end becomes this one's. */
static int
end_as(const struct frame *answer)
{
	static const struct {
		const char *name;
		int number;
	} signals[] = { /* RFC 4254, section 6.10 */
		{ "ABRT", SIGABRT }, { "ALRM", SIGALRM }, { "FPE", SIGFPE },
		{ "HUP", SIGHUP }, { "ILL", SIGILL }, { "INT", SIGINT },
		{ "KILL", SIGKILL }, { "PIPE", SIGPIPE }, { "QUIT", SIGQUIT },
		{ "SEGV", SIGSEGV }, { "TERM", SIGTERM }, { "USR1", SIGUSR1 },
		{ "USR2", SIGUSR2 }
	};
	const struct rlimit no_core = { 0, 0 };
	const char *name = fields_get(answer, "signal");
	long long status;

	if (name == NULL)
		return fields_get_number(answer, "status", 0, STATUS_FAILED,
			   &status)
		    ? (int)status
		    : STATUS_FAILED;
	/* the second, for a core_pattern that is a pipe: core(5) */
	setrlimit(RLIMIT_CORE, &no_core);
	prctl(PR_SET_DUMPABLE, 0);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		if (strcmp(signals[i].name, name) == 0) {
			signal(signals[i].number, SIG_DFL);
			raise(signals[i].number);
		}
	}
	return STATUS_FAILED;
}

/* What ANSWER says of why there is no session, or no more of it. */
static void
say_refusal(const struct frame *answer)
{
	const char *reason = fields_get(answer, "reason");
	const char *sentence = fields_get(answer, "sentence");

	/* ssh says nothing either of output that nobody reads any more */
	if (reason != NULL && strcmp(reason, "abandoned") == 0)
		return;
	say(sentence != NULL ? sentence : "The gateway refused this session.");
}

/* Say that the session is over SSH, and why, as ANSWER has it. */
static void
say_why(const struct frame *answer)
{
	const char *why = fields_get(answer, "why");
	char text[256];

	if (why == NULL)
		return;
	snprintf(text, sizeof(text), "%s This session is over SSH.", why);
	say(text);
}

/*
 * Be the near end of a session over SSH, which the helper, at PUMP's, has
 * begun.  Returns the exit status.
 */
static int
carry(struct pump *pump, struct frame *answer)
{
	show_warning(answer);
	say_why(answer);
	/* as ssh(1), it goes on without */
	pump->raw = fields_get(answer, "no_terminal") == NULL;
	if (!pump->raw)
		say("The remote server gives this user no terminal.");
	frame_free(answer);
	switch (pump_run(pump, answer)) {
	case PUMP_ANSWERED:
		if (answer->type == FRAME_OK)
			return end_as(answer);
		/* the cursor may be anywhere */
		fputc('\n', stderr);
		say_refusal(answer);
		break;
	case PUMP_LOST:
		fputc('\n', stderr);
		say(no_answer);
		break;
	case PUMP_LEFT:
		break;
	}
	return STATUS_FAILED;
}

/* The session of a person at a terminal; returns the exit status. */
static int
run_terminal(struct session *s, int fd)
{
	/* it ends with the program, or as that becomes another */
	static struct frame answer;
	int data[2], control[2];
	struct pump pump = { .terminal = &s->tty, .helper_fd = fd };
	bool asked;

	terminal_make_size(STDIN_FILENO);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, data) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) < 0) {
		say("This gateway is out of memory.");
		return 1;
	}
	asked = ask(fd, s, (const int[]){ data[1], data[1], control[1] });
	close(data[1]);
	close(control[1]);
	asked = asked && wait_answer(fd, &answer);
	if (asked && answer.type == FRAME_RUNNING) {
		pump.data_fd = data[0];
		pump.control_fd = control[0];
		return carry(&pump, &answer);
	}
	if (!asked) {
		say(no_answer);
		return 1;
	}
	if (answer.type == FRAME_REFUSED) {
		say_refusal(&answer);
		return 1;
	}
	become_mosh_client(fd, &answer);
	return 1;
}

/*
 * Wait for the helper, at FD; until the command is RUNNING, which it may for as
 * long as it likes, only while somebody is there to take its output.
 */
static bool
wait_relay(int fd, bool running)
{
	struct pollfd fds[2] = { { .fd = fd, .events = POLLIN },
		{ .fd = running ? -1 : STDOUT_FILENO } };

	while (poll(fds, 2, -1) < 0) {
		if (errno != EINTR)
			return false;
	}
	return fds[1].revents == 0;
}

/* A command without a terminal; returns the exit status. */
static int
run_relay(const struct session *s, int fd)
{
	static const int fds[FRAME_FDS] = { STDIN_FILENO, STDOUT_FILENO,
		STDERR_FILENO };
	struct frame_in in = { .limit_bytes = FRAME_ANSWER_MAX_BYTES };
	static struct frame answer;
	bool running = false;

	if (!ask(fd, s, fds))
		goto lost;
	while (wait_relay(fd, running)) {
		const enum frame_result result = frame_read(fd, &in, &answer);

		if (result == FRAME_AGAIN)
			continue;
		if (result != FRAME_COMPLETE || !fields_wellformed(&answer))
			goto lost;
		if (answer.type != FRAME_RUNNING)
			goto over;
		/* the worker has its own of these */
		let_go();
		running = true;
		show_warning(&answer);
		frame_free(&answer);
	}
	return STATUS_FAILED;
over:
	if (answer.type == FRAME_OK)
		return end_as(&answer);
	say_refusal(&answer);
	return running ? STATUS_FAILED : 1;
lost:
	say(no_answer);
	return STATUS_FAILED;
}

int
main(int argc, char **argv)
{
	static struct session session;
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
	if (length(session.command) + length(session.original) >
	    COMMAND_MAX_BYTES) {
		say("That command is too long for this gateway.");
		return 1;
	}
	if (session.terminal && !build_environment(&session))
		return 1;
	fd = client_connect();
	if (fd < 0) {
		say(client_problem(errno));
		return 1;
	}
	return session.terminal ? run_terminal(&session, fd)
				: run_relay(&session, fd);
}
