#include "samename.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "readkeys.h"

#define SAMENAME_DETAIL_BYTES ((size_t)200)
/* So much of another name is told. */
#define SAMENAME_TOLD_CHARS ((size_t)100)

static const char samename_ask[] = "id -un;";

const char samename_remedy[] =
    "log in by the name that \"id -un\" says on the remote";

void
samename_refuse(struct work *w, const char *detail)
{
	report_refused(&w->report,
	    &(struct refusal){ .reason = "other-name",
		.sentence =
		    "The remote server calls this user by another name.",
		.remedy = samename_remedy,
		.detail = detail },
	    true);
}

/* See that the first line of ANSWER, of LEN bytes, is the user's name. */
static bool
samename_check(struct work *w, const struct shell_answer *answer, size_t len)
{
	char detail[SAMENAME_DETAIL_BYTES];

	if (len == strlen(w->user) && memcmp(answer->text, w->user, len) == 0)
		return true;
	if (len > SAMENAME_TOLD_CHARS)
		len = SAMENAME_TOLD_CHARS;
	snprintf(detail, sizeof(detail), "id -un says: %.*s", (int)len,
	    answer->text);
	samename_refuse(w, detail);
	return false;
}

/*
 * Report the keys, LEN bytes at TEXT.  Where the files can't be read, sshd's
 * next question says why.
 */
static bool
samename_report_keys(struct work *w, const char *text, size_t len)
{
	struct keyfiles found;

	if (!keyfiles_parse(text, len, &found) ||
	    found.len > AUTHKEYS_MAX_BYTES)
		return true;
	return readkeys_report(w, &found);
}

bool
samename_run(struct work *w, const struct frame *frame)
{
	char command[sizeof(samename_ask) + KEYFILES_COMMAND_BYTES];
	char *keys = command + sizeof(samename_ask) - 1;
	struct shell_answer answer;
	enum failure failure;
	size_t name_len;
	bool more;

	(void)frame;
	memcpy(command, samename_ask, sizeof(samename_ask));
	if (w->config->keys != CONFIG_KEYS_REMOTE || !readkeys_command(w, keys))
		keys = NULL;
	/* alone it has no command behind it */
	if (keys == NULL)
		command[sizeof(samename_ask) - 2] = '\0';
	failure = shell_run(&w->shell, command, READKEYS_ANSWER_MAX_BYTES,
	    &answer);
	if (failure != FAILURE_NONE) {
		report_failure(&w->report, failure, &w->facts);
		return false;
	}
	name_len = strcspn(answer.text, "\n");
	more = samename_check(w, &answer, name_len);
	if (more && keys != NULL && name_len < answer.len)
		more = samename_report_keys(w, answer.text + name_len + 1,
		    answer.len - name_len - 1);
	free(answer.text);
	return more && report_fields(&w->report, FRAME_OK, NULL);
}
