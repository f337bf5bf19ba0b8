#include "lookup.h"

#include <stdio.h>
#include <string.h>

#include "beat.h"
#include "gateway.h"

/* The answer to what sshd has asked by the name service. */
static void
lookup_on_answer(struct lookups_question *question, uid_t uid,
    const struct refusal *why)
{
	struct peer *peer = question->asker;
	struct gateway *gateway = peer->context;
	struct fields fields = { 0 };
	struct refusal refusal;

	if (why == NULL) {
		fields_add_number(&fields, "uid", (long long)uid);
		peer_answer(peer, FRAME_OK, fields.text, fields.len);
		fields_free(&fields);
		return;
	}
	loginlog_unknown(&gateway->loginlog, peer, question->name, why);
	/* the particulars are the administrator's alone */
	refusal = (struct refusal){ .reason = why->reason,
		.sentence = "The gateway does not ask the remote server for "
			    "this name.",
		.remedy = why->remedy };
	peer_turn_away(peer, &refusal);
}

static void
lookup_ask(struct peer *peer)
{
	static const struct refusal not_root = { .reason = "not-root",
		.sentence = "Only root may ask that." };
	static const struct refusal bad_name = { .reason = "bad-name",
		.remedy = "no user can have that name" };
	struct lookups_question *question = peer->request;
	struct gateway *gateway = peer->context;
	const char *name = fields_get(&peer->asked, "name");

	peer_read_word(peer, "sshd_pid", peer->sshd_pid,
	    sizeof(peer->sshd_pid));
	if (peer->uid != 0) {
		peer_refuse(peer, &not_root);
		return;
	}
	question->asker = peer;
	question->answer = lookup_on_answer;
	if (name == NULL || !username_valid(name)) {
		lookup_on_answer(question, 0, &bad_name);
		return;
	}
	snprintf(question->name, sizeof(question->name), "%s", name);
	lookups_ask(gateway->lookups, question);
	beat_begin(peer);
}

static void
lookup_leave(struct peer *peer)
{
	lookups_forget(peer->request);
}

const struct peer_kind lookup_kind = {
	.type = FRAME_LOOKUP,
	.request_bytes = sizeof(struct lookups_question),
	.ask = lookup_ask,
	.leave = lookup_leave,
};
