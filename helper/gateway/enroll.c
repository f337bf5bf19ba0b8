#include "enroll.h"

#include <stdio.h>

#include "../log.h"

static void
enroll_done(struct users_adding *adding, enum users_result result, uid_t uid)
{
	struct enroll *enroll = adding->asker;
	struct refusal why;
	char number[16];

	if (result != USERS_OK) {
		enroll->taken = result == USERS_AGAIN;
		why = admission_no_uid(enroll->admission, result);
		enroll->done(enroll, 0, &why);
		return;
	}
	snprintf(number, sizeof(number), "%lu", (unsigned long)uid);
	log_event(LOG_NOTICE, "user-added", "user", enroll->name, "uid", number,
	    NULL);
	enroll->done(enroll, uid, NULL);
}

/* The name has been looked up: it gets a uid if it is nobody's. */
static void
enroll_on_account(struct directory_question *question,
    const struct directory_answer *answer)
{
	struct enroll *enroll = question->asker;
	const struct admission *admission = enroll->admission;
	struct refusal why;

	if (!admission_is_free(answer, &why)) {
		enroll->done(enroll, 0, &why);
		return;
	}
	if (enroll->uid == 0 &&
	    !users_spare_uid(admission->users, enroll->from,
		(uid_t)admission->config->uid_max, &enroll->uid)) {
		why = admission_no_uid(admission,
		    users_spare_result(admission->users));
		enroll->done(enroll, 0, &why);
		return;
	}
	enroll->adding = (struct users_adding){ .done = enroll_done,
		.asker = enroll };
	users_add(admission->users, &enroll->adding, enroll->name, enroll->uid);
}

void
enroll_begin(struct enroll *enroll, const struct admission *admission,
    struct directory *directory, const char *name, uid_t uid)
{
	enroll->admission = admission;
	enroll->uid = uid;
	snprintf(enroll->name, sizeof(enroll->name), "%s", name);
	users_refresh(admission->users);
	if (users_find(admission->users, name, &uid)) {
		enroll->done(enroll, uid, NULL);
		return;
	}
	/* of two the first one wins */
	if (users_like(admission->users, name)) {
		enroll->done(enroll, 0, &admission_like);
		return;
	}
	if (enroll->uid == USERMAP_UID_DEAD_END) {
		enroll->done(enroll, 0, &admission_dead_end);
		return;
	}
	enroll->question = (struct directory_question){
		.answer = enroll_on_account,
		.asker = enroll,
		.known = true
	};
	directory_ask_name(directory, &enroll->question, name);
}

void
enroll_settle(const struct enroll *enroll, struct provisional *provisional,
    const struct address *address, const struct refusal *why, int64_t now_ms)
{
	if (why == NULL)
		provisional_prove(provisional, enroll->name, address, now_ms);
	else if (enroll->taken ||
	    users_had(enroll->admission->users, enroll->uid))
		provisional_drop(provisional, enroll->name);
}

void
enroll_forget(struct enroll *enroll)
{
	directory_forget(&enroll->question);
	users_forget(&enroll->adding);
}
