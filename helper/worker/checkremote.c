#include "checkremote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../mosh.h"
#include "channel.h"
#include "samename.h"
#include "startmosh.h"

#define CHECKREMOTE_ANSWER_MAX_BYTES ((size_t)64 * 1024)

/* Ask for the user's name, and where mosh-server is. */
static enum failure
checkremote_ask(struct work *w, struct shell_answer *answer)
{
	const char *server = w->config->mosh_server;
	char command[1024];

	/* Only the word itself, not its arguments, can be looked for. */
	snprintf(command, sizeof(command), "id -un;command -v %.*s",
	    (int)strcspn(server, " "), server);
	return shell_run(&w->shell, command, CHECKREMOTE_ANSWER_MAX_BYTES,
	    answer);
}

/* See whether there could be a session over SSH. */
static void
checkremote_terminal(struct work *w)
{
	struct report_step step = { .name = "terminal",
		.verdict = REPORT_GOOD,
		.text = "sessions over SSH have one" };
	bool gives;

	if (channel_try_terminal(w->session, &gives) != FAILURE_NONE)
		return;
	if (!gives) {
		step.verdict = REPORT_WARNING;
		step.text = "the remote gives this user none: sessions over "
			    "SSH, where mosh cannot go, have none";
		step.remedy = "in the authorized_keys line of the gateway's "
			      "key there, say restrict,pty; see PermitTTY in "
			      "its sshd_config";
	}
	report_step(&w->report, &step);
}

/*
 * Warn if the remote's sshd has revoked keys, as far as anybody can read that:
 * it does not see which key somebody comes with.
 */
static void
checkremote_revoked(struct work *w)
{
	static const char look[] =
	    "(set +f;cat /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*.conf) "
	    "2>/dev/null|grep -i '^[[:space:]]*RevokedKeys[[:space:]=]'|"
	    "grep -iv '[[:space:]=]none'";
	struct shell_answer answer;

	if (shell_run(&w->shell, look, CHECKREMOTE_ANSWER_MAX_BYTES, &answer) !=
	    FAILURE_NONE)
		return;
	if (answer.status == 0 && answer.len > 0)
		report_step(&w->report,
		    &(struct report_step){ .name = "revoked keys",
			.verdict = REPORT_WARNING,
			.text = "the remote's sshd has RevokedKeys, which "
				"get through this gateway",
			.remedy = "keep a copy of that file here, and let "
				  "RevokedKeys in 50-moshgate.conf name it" });
	free(answer.text);
}

/* See whether NAME, as the remote calls the user, is the gateway's name. */
static bool
checkremote_name(struct work *w, const char *name)
{
	bool same;

	if (fields_get(&w->start, "unknown") == NULL)
		return true;
	same = strcmp(name, w->user) == 0;
	report_step(&w->report,
	    &(struct report_step){ .name = "name",
		.verdict = same ? REPORT_GOOD : REPORT_BAD,
		.text = name,
		.remedy = samename_remedy });
	return same;
}

/* Report the end: whether mosh-server was FOUND, and starts. */
static void
checkremote_session(struct work *w, bool found)
{
	if (!found)
		report_refused(&w->report,
		    &(struct refusal){ .reason = mosh_reason(MOSH_NOT_FOUND),
			.sentence = mosh_sentence(MOSH_NOT_FOUND),
			.remedy = mosh_remedy(MOSH_NOT_FOUND) },
		    true);
	else if (fields_get(&w->start, "mark") != NULL)
		startmosh_run_mark(w, &w->start);
	else
		report_fields(&w->report, FRAME_OK, NULL);
}

bool
checkremote_run(struct work *w, const struct frame *frame)
{
	struct shell_answer answer;
	bool named, found;
	char *path;

	(void)frame;
	if (!report_outcome(&w->report, "shell", "the remote runs commands",
		checkremote_ask(w, &answer), &w->facts))
		return false;
	path = answer.text + strcspn(answer.text, "\n");
	if (*path != '\0')
		*path++ = '\0';
	path[strcspn(path, "\n")] = '\0';
	named = checkremote_name(w, answer.text);
	if (named) {
		checkremote_terminal(w);
		checkremote_revoked(w);
	}
	found = answer.status == 0 && *path != '\0';
	report_step(&w->report,
	    &(struct report_step){ .name = "mosh-server",
		.verdict = found ? REPORT_GOOD : REPORT_BAD,
		.text = found ? path : "not found",
		.remedy = mosh_remedy(MOSH_NOT_FOUND) });
	if (named)
		checkremote_session(w, found);
	else
		samename_refuse(w, NULL);
	free(answer.text);
	return false;
}
