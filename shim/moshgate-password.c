/*
 * moshgate-password: what sshd's PAM asks whether a password is right, through
 * pam_exec(8) with expose_authtok.  It takes the password from standard input,
 * has the helper say, and succeeds or fails.
 */
#include <sys/prctl.h>
#include <sys/types.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "client.h"
#include "lib/fields.h"
#include "lib/visible.h"

/* pam_exec(8) hands over so many bytes at most: of more it cuts off the rest. */
#define PASSWORD_MAX_BYTES ((size_t)511)

#define PASSWORD_WORD_BYTES 128 /* of a word in the log */

/* What PAM tells of the login. */
struct password_login {
	const char *user, *client;
	pid_t sshd;
};

static void
password_usage(FILE *to)
{
	fputs("usage: moshgate-password\n"
	      "\n"
	      "Sees whether the password on standard input lets PAM_USER in to "
	      "this gateway.\n"
	      "sshd's PAM runs it, by pam_exec; see moshgate-password(8).\n",
	    to);
}

/* The process that PID is a child of; 0 if that can't be told. */
static pid_t
password_parent(pid_t pid)
{
	char path[64], line[128];
	long parent = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	while (parent == 0 && fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, "PPid:", 5) == 0)
			parent = strtol(line + 5, NULL, 10);
	}
	fclose(file);
	return (pid_t)parent;
}

/*
 * The sshd that asks.  With keyboard-interactive it has a child of its own for
 * PAM, which calls itself "sshd: alice [pam]".
 */
static pid_t
password_sshd(void)
{
	static const char end[] = " [pam]";
	const pid_t caller = getppid();
	char path[64], title[256] = "";
	pid_t parent;
	size_t len;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%ld/cmdline", (long)caller);
	file = fopen(path, "re");
	if (file == NULL)
		return caller;
	len = fread(title, 1, sizeof(title) - 1, file);
	fclose(file);
	while (len > 0 && (title[len - 1] == '\0' || title[len - 1] == ' '))
		len--;
	title[len] = '\0';
	if (len < sizeof(end) ||
	    strcmp(title + len - (sizeof(end) - 1), end) != 0)
		return caller;
	parent = password_parent(caller);
	return parent > 1 ? parent : caller;
}

/* Write TEXT to OUT as it can stand between quotation marks in the log. */
static void
password_quote(char out[PASSWORD_WORD_BYTES], const char *text)
{
	visible_copy(out, PASSWORD_WORD_BYTES, text, strlen(text));
	for (char *c = out; *c != '\0'; c++) {
		if (*c == '"')
			*c = '\'';
	}
}

/* Log what the helper cannot log: PROBLEM, for which it was not asked. */
static void
password_log_unreachable(const struct password_login *login,
    const char *problem)
{
	char user[PASSWORD_WORD_BYTES], client[PASSWORD_WORD_BYTES];

	password_quote(user, login->user);
	password_quote(client, login->client);
	openlog("moshgate-password", LOG_PID, LOG_AUTHPRIV);
	syslog(LOG_AUTHPRIV | LOG_ERR,
	    "event=login-failed user=\"%s\" asked=password reason=helper "
	    "detail=\"%s\" remedy=\"systemctl start moshgate.socket, or run "
	    "moshgate check\" sshd_pid=%ld client=\"%s\"",
	    user, problem, (long)login->sshd, client);
}

/*
 * Read the password, up to a NUL or the end, into TEXT.  Returns false if there
 * is more than may be.
 */
static bool
password_read(char text[PASSWORD_MAX_BYTES + 2])
{
	size_t len = 0;
	ssize_t got;

	while (len < PASSWORD_MAX_BYTES + 1 &&
	    ((got = read(STDIN_FILENO, text + len,
		  PASSWORD_MAX_BYTES + 1 - len)) > 0 ||
		(got < 0 && errno == EINTR)))
		len += got > 0 ? (size_t)got : 0;
	text[len] = '\0';
	return strlen(text) <= PASSWORD_MAX_BYTES;
}

/* Ask the helper.  Without a PASSWORD it was too long. */
static bool
password_ask(const struct client *client, const struct password_login *login,
    const char *password)
{
	struct fields fields = { 0 };
	bool sent;

	fields_add(&fields, "user", login->user);
	fields_add(&fields, "client", login->client);
	fields_add_number(&fields, "sshd_pid", (long long)login->sshd);
	if (password != NULL)
		fields_add(&fields, "password", password);
	sent = client_ask(client, FRAME_PASSWORD, &fields);
	fields_free(&fields);
	return sent;
}

/* Is it right?  Returns the exit status. */
static int
password_check(const struct password_login *login, const char *password)
{
	struct client client;
	struct frame answer;
	int status = 1;

	if (!client_open(&client, &client_patience_of_sshd)) {
		password_log_unreachable(login, client_problem(errno));
		return 1;
	}
	if (!password_ask(&client, login, password) ||
	    client_wait(&client, &answer, INT64_MAX) != FRAME_COMPLETE) {
		password_log_unreachable(login,
		    "The moshgate helper on this gateway does not answer.");
	} else {
		status = answer.type == FRAME_OK ? 0 : 1;
		frame_free(&answer);
	}
	client_close(&client);
	return status;
}

/* What the environment says of it.  Returns false if that is no login. */
static bool
password_look_around(struct password_login *login)
{
	const char *type = getenv("PAM_TYPE");

	login->user = getenv("PAM_USER");
	login->client = getenv("PAM_RHOST");
	if (login->client == NULL)
		login->client = "";
	login->sshd = password_sshd();
	return login->user != NULL && type != NULL && strcmp(type, "auth") == 0;
}

int
main(int argc, char **argv)
{
	char password[PASSWORD_MAX_BYTES + 2];
	struct password_login login;
	bool whole;
	int status;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		password_usage(stdout);
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("moshgate-password %s\n", MOSHGATE_VERSION);
		return 0;
	}
	if (argc != 1 || !password_look_around(&login)) {
		password_usage(stderr);
		return 2;
	}
	/* no core file has it */
	prctl(PR_SET_DUMPABLE, 0);
	whole = password_read(password);
	status = password_check(&login, whole ? password : NULL);
	explicit_bzero(password, sizeof(password));
	return status;
}
