#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../client.h"
#include "../lib/fields.h"
#include "../lib/spawn.h"
#include "moshgate.h"
#include "report.h"

#define HELPER LIBEXECDIR "/moshgate/moshgate-helper"

/* A person is told each step; all of them may take long. */
static const struct client_patience check_patience = {
	.connected_ms = 5000,
	.taken_ms = 5000,
	.silent_ms = 5000,
	.answered_ms = 600000,
};

static void
check_usage(FILE *to)
{
	fputs("usage: moshgate check [user]\n"
	      "\n"
	      "Sees whether everything is there that a login of user needs, "
	      "and says what to\ndo where it is not.  Without a user, one of "
	      "those who go to\nthe remote is taken.\n",
	    to);
}

static bool
check_configuration(void)
{
	char program[] = HELPER, option[] = "-t", text[2048];
	char *argv[] = { program, option, NULL };
	size_t len;
	int status;

	status = spawn_read(argv, SPAWN_STDERR_TAKEN, text, sizeof(text) - 1,
	    &len);
	if (status < 0)
		return report(false, "configuration", HELPER " cannot be run",
		    "install moshgate anew");
	while (len > 0 && text[len - 1] == '\n')
		len--;
	text[len] = '\0';
	return report(status == 0, "configuration", text,
	    "mend that; moshgate.ini(5) has every setting");
}

static bool
check_socket(struct client *client)
{
	const bool open = client_open(client, &check_patience);

	if (!open)
		report(false, "socket", client_problem(errno),
		    "systemctl start moshgate.socket, or see why "
		    "moshgate-helper does not run");
	else
		report(true, "socket", "the helper answers", "");
	return open;
}

/*
 * Print the step that FRAME tells of.  It warns of keys that the remote has
 * revoked, which is no matter if sshd here REVOKES some itself.
 */
static void
check_report_step(const struct frame *frame, bool revokes)
{
	const char *step = fields_get(frame, "step");
	const char *text = fields_get(frame, "text");
	const char *remedy = fields_get(frame, "remedy");
	const char *ok = fields_get(frame, "ok");

	if (step == NULL || text == NULL || remedy == NULL || ok == NULL)
		return;
	if (revokes && strcmp(step, "revoked keys") == 0)
		report(true, step, "sshd on this gateway has a file of them",
		    "");
	else if (strcmp(ok, "warn") == 0)
		report_warning(step, text, remedy);
	else if (strcmp(ok, "note") == 0)
		report_hint(step, text);
	else
		report(strcmp(ok, "1") == 0, step, text, remedy);
}

/* Print why the helper has begun with no step at all. */
static void
check_report_refused(const struct frame *frame)
{
	const char *sentence = fields_get(frame, "sentence");
	const char *remedy = fields_get(frame, "remedy");

	if (sentence != NULL && remedy != NULL)
		report(false, "user", sentence, remedy);
}

/*
 * Have the helper go the way of a login of USER, and print its steps.  REVOKES
 * is as for check_report_step().
 */
static bool
check_remote(struct client *client, const char *user, bool revokes)
{
	struct fields fields = { 0 };
	struct frame frame;
	bool asked, steps = false;

	fields_add(&fields, "user", user);
	asked = client_ask(client, FRAME_CHECK, &fields);
	fields_free(&fields);
	while (
	    asked && client_wait(client, &frame, INT64_MAX) == FRAME_COMPLETE) {
		const enum frame_type type = frame.type;
		const bool whole = fields_wellformed(&frame);

		if (whole && type == FRAME_STEP)
			check_report_step(&frame, revokes);
		else if (whole && type == FRAME_REFUSED && !steps)
			check_report_refused(&frame);
		steps = true;
		frame_free(&frame);
		if (type == FRAME_OK || type == FRAME_REFUSED)
			return type == FRAME_OK;
	}
	return report(false, "helper", "does not answer",
	    "see its lines in the log (journalctl -t moshgate-helper)");
}

/*
 * See that this machine is as a login of USER needs it.  If USER is "", store
 * in it a user to try the login as.  Stores in *REVOKES what check_sshd() does.
 */
static bool
check_gateway(char user[CHECK_USER_BYTES], bool *revokes)
{
	char someone[CHECK_USER_BYTES];
	const char *who = someone;
	struct settings settings;
	bool ok, mapped;

	ok = check_configuration();
	ok = check_names(&mapped) && ok;
	ok = check_users(mapped, someone) && ok;
	/* sshd can't tell the settings for a user that does not exist */
	if (user[0] != '\0' && check_is_member(user))
		who = user;
	settings_ask(&settings);
	if (who[0] != '\0')
		ok = check_sshd(who, &settings, revokes) && ok;
	if (user[0] == '\0')
		memcpy(user, someone, sizeof(someone));
	return ok;
}

int
check_main(int argc, char **argv)
{
	char user[CHECK_USER_BYTES] = "";
	struct client client;
	bool ok, revokes = false;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		check_usage(stdout);
		return 0;
	}
	if (argc > 2 || (argc == 2 && argv[1][0] == '-') ||
	    (argc == 2 && strlen(argv[1]) >= sizeof(user))) {
		check_usage(stderr);
		return 2;
	}
	if (geteuid() != 0) {
		fprintf(stderr, "moshgate: only root can check\n");
		return 1;
	}
	if (argc == 2)
		snprintf(user, sizeof(user), "%s", argv[1]);
	ok = check_gateway(user, &revokes);
	if (!check_socket(&client))
		return 1;
	if (user[0] == '\0')
		ok = report(false, "login", "there is no user to try it as",
		    "moshgate check USER");
	else
		ok = check_remote(&client, user, revokes) && ok;
	client_close(&client);
	if (ok)
		report_hint("bans",
		    "on the remote, except this gateway: "
		    "PerSourcePenaltyExemptList (OpenSSH 9.8 and later), "
		    "ignoreip (fail2ban)");
	return ok ? 0 : 1;
}
