#include "identity.h"

#include <string.h>

#include "gateway.h"

static struct gateway *
identity_gateway(const struct identity *identity)
{
	return identity->peer->context;
}

/*
 * True if sshd let the peer in by the name that its uid has now.  There may have
 * been another in the user map, before it was mended.
 */
static bool
identity_has_kept_name(const struct identity *identity,
    const struct directory_answer *answer)
{
	const struct peer *peer = identity->peer;
	const char *login = fields_get(&peer->asked, "login");

	return answer->uid == peer->uid &&
	    (login == NULL || strcmp(login, peer->user) == 0);
}

/* The peer's account has been looked up. */
static void
identity_on_account(struct directory_question *question,
    const struct directory_answer *answer)
{
	struct identity *identity = question->asker;
	struct peer *peer = identity->peer;
	const struct refusal *why;

	if (answer->verdict == DIRECTORY_THERE)
		memcpy(peer->user, answer->name, sizeof(peer->user));
	why = admission_of_account(&identity_gateway(identity)->admission,
	    peer->user, answer);
	if (why == NULL && !identity_has_kept_name(identity, answer))
		why = &admission_other_uid;
	identity->answer(identity, why);
}

void
identity_ask(struct identity *identity)
{
	const struct gateway *gateway = identity_gateway(identity);
	const uid_t uid = identity->peer->uid;

	identity->question = (struct directory_question){
		.answer = identity_on_account,
		.asker = identity,
		.known = users_had(gateway->users, uid)
	};
	directory_ask_uid(gateway->directory, &identity->question, uid);
}

void
identity_forget(struct identity *identity)
{
	directory_forget(&identity->question);
}
