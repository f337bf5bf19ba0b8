#include "identity.h"

#include <string.h>
#include <strings.h>

#include "../../shim/lib/clock.h"
#include "gateway.h"
#include "pace.h"

static struct gateway *
identity_gateway(const struct identity *identity)
{
	return identity->peer->context;
}

static void
identity_fire(void *context, int64_t now_ms)
{
	struct identity *identity = context;

	(void)now_ms;
	identity->answer(identity, NULL);
}

/*
 * The user may come.  Why others may not has nothing to do with whether they are
 * users of the remote, and is told at once.
 */
static void
identity_admit(struct identity *identity)
{
	const struct gateway *gateway = identity_gateway(identity);

	if (!pace_is_kept(gateway->config)) {
		identity->answer(identity, NULL);
		return;
	}
	identity->timer = (struct loop_timer){ .fire = identity_fire,
		.context = identity };
	loop_at(gateway->loop, &identity->timer,
	    pace_ms(identity->peer->asked_ms, clock_now_ms()));
}

/*
 * New users
 */

/*
 * As admission_is_free().  Of a name that gets nowhere this isn't said before the
 * remote has let it in: it may be like a user's.
 */
static bool
identity_is_free(const struct identity *identity,
    const struct directory_answer *answer, struct refusal *why)
{
	return (answer->verdict == DIRECTORY_NONE &&
		   identity->peer->uid == USERMAP_UID_DEAD_END) ||
	    admission_is_free(answer, why);
}

/* The name that the new user of IDENTITY has is no account's, as ANSWER says. */
static void
identity_on_name(struct directory_question *question,
    const struct directory_answer *answer)
{
	struct identity *identity = question->asker;
	const struct gateway *gateway = identity_gateway(identity);
	const char *name = identity->peer->user;
	struct refusal why;
	uid_t uid;

	if (users_find(gateway->users, name, &uid)) {
		/* another session of theirs was first */
		if (identity_enrolled(identity) == NULL)
			identity_admit(identity);
		else
			identity->answer(identity, &admission_lost_uid);
		return;
	}
	identity->kind = config_names_user(gateway->config, name)
	    ? LOGINS_VOUCHED
	    : LOGINS_NEW;
	if (identity_is_free(identity, answer, &why) &&
	    admission_wants(&gateway->admission, name, &why))
		identity_admit(identity);
	else
		identity->answer(identity, &why);
}

/*
 * True if the peer's uid, which is no account's, is that of a name which sshd was
 * told of: it becomes the name of the peer's user.  Names that differ in case
 * alone have one uid, and sshd's session says which of them this is.
 *
 * Whoever gets nowhere has a uid in common: the remote is asked for them as well,
 * or a stranger could tell from the answer that they are no users, but they get
 * no uid of it.
 */
static bool
identity_find_name(const struct identity *identity)
{
	struct peer *peer = identity->peer;
	const char *login = fields_get(&peer->asked, "login");
	char name[USERNAME_MAX_CHARS + 1];

	if (login == NULL || !username_valid(login))
		return false;
	if (peer->uid != USERMAP_UID_DEAD_END &&
	    (!provisional_name_of(identity_gateway(identity)->provisional,
		 peer->uid, clock_now_ms(), name) ||
		strcasecmp(name, login) != 0))
		return false;
	memcpy(peer->user, login, strlen(login) + 1);
	return true;
}

/* True if sshd may have been told the peer's uid, by this helper or another. */
static bool
identity_may_be_new(const struct identity *identity)
{
	const struct gateway *gateway = identity_gateway(identity);
	const uid_t uid = identity->peer->uid;

	return uid == USERMAP_UID_DEAD_END ||
	    (uid >= (uid_t)gateway->config->uid_min &&
		uid <= (uid_t)gateway->config->uid_max &&
		!users_had(gateway->users, uid));
}

/* The peer's uid is no account's: see whether it is a new user's. */
static void
identity_of_new(struct identity *identity)
{
	const struct gateway *gateway = identity_gateway(identity);

	identity->kind = LOGINS_NEW;
	if (!identity_find_name(identity)) {
		identity->answer(identity, &admission_lost_uid);
		return;
	}
	identity->question = (struct directory_question){
		.answer = identity_on_name,
		.asker = identity
	};
	directory_ask_name(gateway->directory, &identity->question,
	    identity->peer->user);
}

const struct refusal *
identity_enrolled(struct identity *identity)
{
	const struct gateway *gateway = identity_gateway(identity);
	uid_t uid;

	if (!users_find(gateway->users, identity->peer->user, &uid) ||
	    uid != identity->peer->uid)
		return &admission_lost_uid;
	identity->kind = LOGINS_KNOWN;
	return NULL;
}

static void
identity_on_login(struct logins_question *question, const struct refusal *why)
{
	struct identity *identity = question->asker;

	if (why == NULL)
		why = identity_enrolled(identity);
	identity->proven(identity, why);
}

void
identity_prove(struct identity *identity,
    void (*proven)(struct identity *identity, const struct refusal *why))
{
	const struct peer *peer = identity->peer;

	identity->proven = proven;
	identity->login = (struct logins_question){ .kind = identity->kind,
		.uid = peer->uid,
		.address = address_read(peer->client),
		.answer = identity_on_login,
		.asker = identity };
	memcpy(identity->login.name, peer->user, sizeof(peer->user));
	logins_ask(identity_gateway(identity)->logins, &identity->login);
}

/*
 * Accounts
 */

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

/* The account of the peer's uid has been looked up. */
static void
identity_on_account(struct directory_question *question,
    const struct directory_answer *answer)
{
	struct identity *identity = question->asker;
	struct peer *peer = identity->peer;
	const struct refusal *why;

	if (answer->verdict == DIRECTORY_NONE &&
	    identity_may_be_new(identity)) {
		identity_of_new(identity);
		return;
	}
	if (answer->verdict == DIRECTORY_THERE)
		memcpy(peer->user, answer->name, sizeof(peer->user));
	why = admission_of_account(&identity_gateway(identity)->admission,
	    peer->user, answer);
	if (why == NULL && !identity_has_kept_name(identity, answer))
		why = &admission_other_uid;
	if (why == NULL)
		identity_admit(identity);
	else
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
identity_refuse(const struct identity *identity, const struct refusal *why)
{
	struct peer *peer = identity->peer;

	if (identity->kind == LOGINS_KNOWN) {
		peer_refuse(peer, why);
		return;
	}
	loginlog_unknown(&identity_gateway(identity)->loginlog, peer,
	    peer->user, why);
	peer_turn_away(peer, why);
}

void
identity_forget(struct identity *identity)
{
	directory_forget(&identity->question);
	logins_forget(&identity->login);
	if (identity->timer.on)
		loop_at(identity_gateway(identity)->loop, &identity->timer,
		    INT64_MAX);
}
