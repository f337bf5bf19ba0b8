#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "moshgate.h"
#include "spawn.h"
#include "visible.h"

#define HELPER LIBEXECDIR "/moshgate/moshgate-helper"
#define SESSION LIBEXECDIR "/moshgate/moshgate-session"
#define GROUP "moshgate"

static const int64_t step_timeout_ms = 90000;

static void
usage(FILE *to)
{
	fputs("usage: moshgate check [user]\n"
	      "\n"
	      "Sees whether everything is there that a login of user needs, "
	      "and says what to\ndo where it is not.  Without a user, one of "
	      "the group " GROUP " is taken.\n",
	    to);
}

/* Print a line of the outcome; TEXT may hold anything. */
static bool
report(bool ok, const char *step, const char *text, const char *remedy)
{
	char visible[2304]; /* a text may be two lists of algorithms */

	printf("%-6s%-16s%s\n", ok ? "ok" : "FAIL", step,
	    visible_copy(visible, sizeof(visible), text, strlen(text)));
	if (!ok && remedy[0] != '\0')
		printf("%-22s-> %s\n", "",
		    visible_copy(visible, sizeof(visible), remedy,
			strlen(remedy)));
	fflush(stdout);
	return ok;
}

static bool
check_configuration(void)
{
	char program[] = HELPER, option[] = "-t", text[2048];
	char *argv[] = { program, option, NULL };
	size_t len;
	int status;

	status = spawn_read(argv, true, text, sizeof(text) - 1, &len);
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
check_account(const struct passwd *account)
{
	char text[256];

	if (account->pw_uid == 0)
		return report(false, "account", "root is in group " GROUP,
		    "gpasswd -d root " GROUP);
	if (strcmp(account->pw_shell, SESSION) == 0)
		return true;
	snprintf(text, sizeof(text), "%s has the login shell %s",
	    account->pw_name, account->pw_shell);
	return report(false, "account", text,
	    "usermod -s " SESSION " for that user");
}

/*
 * See that the members of the group have the right shell.  Stores the name of
 * one in USER if it is empty.
 */
static bool
check_accounts(char *user, size_t size)
{
	const struct group *group = getgrnam(GROUP);
	const struct passwd *account;
	bool ok = true;
	size_t count = 0;
	gid_t gid;
	char text[128];

	if (group == NULL)
		return report(false, "accounts", "there is no group " GROUP,
		    "groupadd --system " GROUP);
	gid = group->gr_gid;
	for (char **member = group->gr_mem; *member != NULL; member++) {
		account = getpwnam(*member);
		if (account == NULL)
			continue;
		count++;
		ok = check_account(account) && ok;
		if (user[0] == '\0')
			snprintf(user, size, "%s", account->pw_name);
	}
	setpwent();
	while ((account = getpwent()) != NULL) {
		if (account->pw_gid != gid)
			continue;
		count++;
		ok = check_account(account) && ok;
		if (user[0] == '\0')
			snprintf(user, size, "%s", account->pw_name);
	}
	endpwent();
	if (!ok)
		return false;
	snprintf(text, sizeof(text), "%zu in group %s", count, GROUP);
	return report(count > 0, "accounts", text,
	    "put the accounts that are to go to the remote in that group, "
	    "with the login shell " SESSION);
}

static int
check_socket(void)
{
	const int fd = client_connect();

	if (fd < 0)
		report(false, "socket", client_problem(errno),
		    "systemctl start moshgate.socket, or see why "
		    "moshgate-helper does not run");
	else
		report(true, "socket", "the helper answers", "");
	return fd;
}

/* Print the step that FRAME tells of. */
static void
report_step(const struct frame *frame)
{
	const char *step = fields_get(frame, "step");
	const char *text = fields_get(frame, "text");
	const char *remedy = fields_get(frame, "remedy");
	const char *ok = fields_get(frame, "ok");

	if (step != NULL && text != NULL && remedy != NULL && ok != NULL)
		report(strcmp(ok, "1") == 0, step, text, remedy);
}

/* Print why the helper did not even begin. */
static void
report_refused(const struct frame *frame)
{
	const char *sentence = fields_get(frame, "sentence");
	const char *remedy = fields_get(frame, "remedy");

	if (sentence != NULL && remedy != NULL)
		report(false, "user", sentence, remedy);
}

/* Have the helper go the way of a login of USER, and print its steps. */
static bool
check_remote(int fd, const char *user)
{
	struct frame_in in = { .limit_bytes = FRAME_ANSWER_MAX_BYTES };
	struct fields fields = { 0 };
	struct frame frame;
	bool asked, steps = false;

	fields_add(&fields, "user", user);
	asked = client_ask(fd, FRAME_CHECK, &fields);
	fields_free(&fields);
	while (asked &&
	    frame_wait(fd, &in, &frame, step_timeout_ms) == FRAME_COMPLETE) {
		const enum frame_type type = frame.type;
		const bool whole = fields_wellformed(&frame);

		if (whole && type == FRAME_STEP)
			report_step(&frame);
		else if (whole && type == FRAME_REFUSED && !steps)
			report_refused(&frame);
		steps = true;
		frame_free(&frame);
		if (type == FRAME_OK || type == FRAME_REFUSED)
			return type == FRAME_OK;
	}
	return report(false, "helper", "does not answer",
	    "see its lines in the log (journalctl -t moshgate-helper)");
}

int
check_main(int argc, char **argv)
{
	char user[128] = "";
	bool ok;
	int fd;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		usage(stdout);
		return 0;
	}
	if (argc > 2 || (argc == 2 && argv[1][0] == '-') ||
	    (argc == 2 && strlen(argv[1]) >= sizeof(user))) {
		usage(stderr);
		return 2;
	}
	if (geteuid() != 0) {
		fprintf(stderr, "moshgate: only root can check\n");
		return 1;
	}
	if (argc == 2)
		snprintf(user, sizeof(user), "%s", argv[1]);
	ok = check_configuration();
	ok = check_accounts(user, sizeof(user)) && ok;
	fd = check_socket();
	if (fd < 0)
		return 1;
	if (user[0] == '\0')
		ok = report(false, "login", "there is no user to try it as",
		    "moshgate check USER");
	else
		ok = check_remote(fd, user) && ok;
	close(fd);
	return ok ? 0 : 1;
}
