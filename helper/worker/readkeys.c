#include "readkeys.h"

#include <stdio.h>
#include <stdlib.h>

bool
readkeys_command(const struct work *w, char command[KEYFILES_COMMAND_BYTES])
{
	return keyfiles_command(w->config->remote_keys, w->user,
	    AUTHKEYS_MAX_BYTES, command);
}

/* Files of keys on the remote were not read: FAULTS are the paths to blame. */
static void
readkeys_note_faults(struct work *w, const char *faults)
{
	static const char others[] =
	    "not a plain file, or others than the user may change it: ";
	char detail[sizeof(others) + KEYFILES_FAULT_BYTES];

	snprintf(detail, sizeof(detail), "%s%s", others, faults);
	report_note(&w->report, "key-files", detail,
	    "on the remote: chown it to the user, chmod go-w");
}

/* Filter the authorized_keys that were FOUND, and tell the rest. */
static bool
readkeys_filter(struct work *w, const struct keyfiles *found)
{
	const struct authkeys_rules rules = { .own = w->blob,
		.own_len = sizeof(w->blob),
		.forced = (enum authkeys_forced)w->config->forced_commands,
		.zone = &found->zone };
	struct authkeys_report report;
	size_t filtered_len;
	char *filtered;
	bool sent = true;

	filtered = authkeys_filter(found->content, found->len, &rules,
	    &filtered_len, &report);
	if (filtered == NULL)
		return false;
	if (report.note[0] != '\0')
		report_note(&w->report, "authorized-keys", report.note,
		    "such lines cannot be honoured through the gateway, see "
		    "moshgate-keys(8)");
	if (found->len > AUTHKEYS_MAX_BYTES ||
	    filtered_len > FRAME_ANSWER_MAX_BYTES) {
		const struct refusal too_big = failure_refusal(FAILURE_TOO_BIG,
		    NULL);

		report_refused(&w->report, &too_big, false);
	} else {
		sent = report_bytes(&w->report, FRAME_TEXT, filtered,
		    filtered_len);
	}
	free(filtered);
	return sent;
}

bool
readkeys_report(struct work *w, const struct keyfiles *found)
{
	if (found->faults[0] != '\0')
		readkeys_note_faults(w, found->faults);
	return readkeys_filter(w, found);
}

bool
readkeys_run(struct work *w, const struct frame *frame)
{
	char command[KEYFILES_COMMAND_BYTES];
	struct shell_answer answer;
	struct keyfiles found;
	enum failure failure;
	bool more = true;

	(void)frame;
	if (!readkeys_command(w, command)) {
		report_refused(&w->report,
		    &(struct refusal){ .reason = "internal",
			.sentence = failure_sentence(FAILURE_INTERNAL),
			.remedy = "shorten remote_keys in [clients]" },
		    false);
		return true;
	}
	failure = shell_run(&w->shell, command, READKEYS_ANSWER_MAX_BYTES,
	    &answer);
	if (failure != FAILURE_NONE) {
		report_failure(&w->report, failure, &w->facts);
		return false;
	}
	if (keyfiles_parse(answer.text, answer.len, &found))
		more = readkeys_report(w, &found);
	else
		report_refused(&w->report,
		    &(struct refusal){ .reason = "key-files",
			.sentence = "The gateway cannot read this user's keys "
				    "on the remote server.",
			.remedy =
			    "see that the remote has id, find, readlink, "
			    "tail, tr and dd, and its /bin/sh is one of POSIX" },
		    false);
	free(answer.text);
	return more;
}
