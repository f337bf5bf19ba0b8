/*
 * moshgate-keys: sshd's AuthorizedKeysCommand.  Prints the lines of
 * authorized_keys with which the user may log in, as the helper gives them.
 * Whatever goes wrong, it prints nothing and fails.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "client.h"
#include "lib/fields.h"
#include "lib/visible.h"

static void
keys_usage(FILE *to)
{
	fputs("usage: moshgate-keys user [key-type key [uid]]\n"
	      "\n"
	      "Prints the keys with which user may log in to this gateway.\n"
	      "sshd runs it; see moshgate-keys(8).\n",
	    to);
}

/* Log what the helper cannot log: PROBLEM, for which it was not asked. */
static void
keys_log_unreachable(const char *user, const char *problem)
{
	char visible[128];

	visible_copy(visible, sizeof(visible), user, strlen(user));
	for (char *c = visible; *c != '\0'; c++) {
		if (*c == '"')
			*c = '\'';
	}
	openlog("moshgate-keys", LOG_PID, LOG_AUTHPRIV);
	syslog(LOG_AUTHPRIV | LOG_ERR,
	    "event=login-failed user=\"%s\" asked=keys reason=helper "
	    "detail=\"%s\" remedy=\"systemctl start moshgate.socket, or run "
	    "moshgate check\" sshd_pid=%ld",
	    visible, problem, (long)getppid());
	fprintf(stderr, "moshgate-keys: %s\n", problem);
}

static bool
keys_ask(const struct client *client, char **argv, int argc)
{
	struct fields fields = { 0 };
	bool sent;

	fields_add(&fields, "user", argv[1]);
	if (argc >= 4) {
		fields_add(&fields, "type", argv[2]);
		fields_add(&fields, "blob", argv[3]);
	}
	if (argc == 5)
		fields_add(&fields, "uid", argv[4]);
	fields_add_number(&fields, "sshd_pid", (long long)getppid());
	sent = client_ask(client, FRAME_KEYS, &fields);
	fields_free(&fields);
	return sent;
}

/* Print the helper's answer; returns the exit status. */
static int
keys_print(const struct frame *answer)
{
	const char *sentence = NULL;

	if (answer->type == FRAME_TEXT) {
		if (fwrite(answer->body, 1, answer->len, stdout) ==
			answer->len &&
		    fflush(stdout) == 0)
			return 0;
		return 1;
	}
	if (answer->type == FRAME_REFUSED && fields_wellformed(answer))
		sentence = fields_get(answer, "sentence");
	if (sentence != NULL) {
		char visible[512];

		fprintf(stderr, "moshgate-keys: %s\n",
		    visible_copy(visible, sizeof(visible), sentence,
			strlen(sentence)));
	}
	return 1;
}

int
main(int argc, char **argv)
{
	struct client client;
	struct frame answer;
	int status;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		keys_usage(stdout);
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("moshgate-keys %s\n", MOSHGATE_VERSION);
		return 0;
	}
	if (argc != 2 && argc != 4 && argc != 5) {
		keys_usage(stderr);
		return 2;
	}
	if (!client_open(&client, &client_patience_of_sshd)) {
		keys_log_unreachable(argv[1], client_problem(errno));
		return 1;
	}
	if (!keys_ask(&client, argv, argc) ||
	    client_wait(&client, &answer, INT64_MAX) != FRAME_COMPLETE) {
		keys_log_unreachable(argv[1],
		    "The moshgate helper on this gateway does not answer.");
		client_close(&client);
		return 1;
	}
	status = keys_print(&answer);
	frame_free(&answer);
	client_close(&client);
	return status;
}
