#include "password.h"

#include <stdio.h>
#include <string.h>

#include "../../shim/lib/clock.h"
#include "../passwords.h"
#include "beat.h"
#include "gateway.h"

struct password_request {
	struct users_looking looking;
	struct directory_question question;
	struct hashing_question hashing;
	struct proof proof;
	struct guess guess;
	bool known; /* the user has an account, or a uid in the map */
	uid_t uid;  /* that sshd has for a name that is new */
	/* why the name gets in by no password; no reason if it may */
	struct refusal unwanted;
	char detail[FILE_FAULT_BYTES]; /* of it */
};

/*
 * Answers
 */

/* The user of PEER is let in. */
static void
password_accept(struct peer *peer)
{
	struct gateway *gateway = peer->context;
	struct password_request *request = peer->request;

	guesses_end(gateway->guesses, &request->guess, GUESS_RIGHT,
	    clock_now_ms());
	loginlog_password(&gateway->loginlog, peer, LOGINLOG_TRIED, NULL);
	peer_answer(peer, FRAME_OK, NULL, 0);
}

/*
 * The user of PEER is not, for WHY, and the try comes to END.  sshd is told the
 * same whatever it is.
 */
static void
password_refuse(struct peer *peer, enum guess_end end,
    const struct refusal *why)
{
	static const struct refusal refused = { .reason = "wrong-password",
		.sentence = "Permission denied." };
	struct gateway *gateway = peer->context;
	struct password_request *request = peer->request;

	guesses_end(gateway->guesses, &request->guess, end, clock_now_ms());
	loginlog_password(&gateway->loginlog, peer,
	    end == GUESS_WRONG   ? LOGINLOG_TRIED
		: request->known ? LOGINLOG_UNTRIED_KNOWN
				 : LOGINLOG_UNTRIED_STRANGER,
	    why);
	peer_turn_away(peer, &refused);
}

static const struct refusal password_wrong = { .reason = "wrong-password" };

/*
 * The gateway's file of passwords
 */

static void
password_on_hashed(struct hashing_question *question, bool right,
    const struct refusal *why)
{
	struct peer *peer = question->asker;
	const struct password_request *request = peer->request;

	/* it is not needed any more */
	frame_free(&peer->asked);
	if (why != NULL)
		password_refuse(peer, GUESS_UNTRIED, why);
	else if (request->unwanted.reason != NULL)
		password_refuse(peer, GUESS_WRONG, &request->unwanted);
	else if (!right)
		password_refuse(peer, GUESS_WRONG, &password_wrong);
	else
		password_accept(peer);
}

/* Have the password looked at, also if the name is nobody's: that takes as long. */
static void
password_ask_file(struct peer *peer)
{
	const struct gateway *gateway = peer->context;
	struct password_request *request = peer->request;

	request->hashing = (struct hashing_question){ .name = peer->user,
		.password = fields_get(&peer->asked, "password"),
		.address = request->guess.address,
		.standing = request->guess.standing,
		.answer = password_on_hashed,
		.asker = peer };
	hashing_ask(gateway->hashing, &request->hashing);
}

/*
 * The remote
 */

/* The worker has had the password. */
static void
password_on_given(struct proof *proof)
{
	struct peer *peer = proof->asker;

	frame_free(&peer->asked);
}

static void
password_on_proved(struct proof *proof, enum proof_outcome outcome,
    const struct refusal *why)
{
	struct peer *peer = proof->asker;

	frame_free(&peer->asked);
	switch (outcome) {
	case PROOF_GOOD:
		password_accept(peer);
		break;
	case PROOF_WRONG:
		password_refuse(peer, GUESS_WRONG, why);
		break;
	case PROOF_FAILED:
		password_refuse(peer, GUESS_UNTRIED, why);
		break;
	}
}

/* Have the remote say whether the password is right, or so it looks. */
static void
password_ask_remote(struct peer *peer)
{
	const struct gateway *gateway = peer->context;
	struct password_request *request = peer->request;

	request->proof = (struct proof){ .kind = PROOF_PASSWORD,
		.known = request->known,
		.vouched = config_names_user(gateway->config, peer->user),
		.uid = request->uid,
		.address = request->guess.address,
		.unwanted = request->unwanted.reason != NULL
		    ? &request->unwanted
		    : NULL,
		.trusted = request->guess.standing == GUESS_KNOWN,
		.password = fields_get(&peer->asked, "password"),
		.given = password_on_given,
		.answer = password_on_proved,
		.asker = peer };
	memcpy(request->proof.user, peer->user, sizeof(request->proof.user));
	proofs_ask(gateway->proofs, &request->proof);
}

/*
 * Tries
 */

/* It is known who the user is: try the password, if that may be done now. */
static void
password_try(struct peer *peer)
{
	static const struct refusal guessing = { .reason = "guessing",
		.detail = "too many wrong passwords for this user, or from "
			  "this client",
		.remedy = "no password is tried for a while, 5 minutes at "
			  "most; client= says who guesses" };
	static const struct refusal off = {
		.reason = "no-passwords",
		.remedy = "passwords in [clients] says no: set it, or take the "
			  "lines for moshgate-password out of /etc/pam.d/sshd"
	};
	struct gateway *gateway = peer->context;
	struct password_request *request = peer->request;

	if (config_passwords(gateway->config) == CONFIG_PASSWORDS_NO)
		password_refuse(peer, GUESS_UNTRIED, &off);
	else if (!guesses_begin(gateway->guesses, &request->guess,
		     clock_now_ms()))
		password_refuse(peer, GUESS_UNTRIED, &guessing);
	else if (config_passwords(gateway->config) == CONFIG_PASSWORDS_FILE)
		password_ask_file(peer);
	else
		password_ask_remote(peer);
}

/*
 * Who the user is
 */

/* The user gets in by no password, for WHY. */
static void
password_unwant(struct password_request *request, const struct refusal *why)
{
	request->unwanted = *why;
	if (why->detail == NULL)
		return;
	snprintf(request->detail, sizeof(request->detail), "%s", why->detail);
	request->unwanted.detail = request->detail;
}

/* The name is in no map, and no account's as ANSWER tells: may it come? */
static void
password_look_at_new(struct peer *peer, const struct directory_answer *answer)
{
	static const struct refusal no_uid = { .reason = "other-uid",
		.remedy = "sshd has another uid for this name than it has, or "
			  "one that is nobody's, or the helper has restarted "
			  "meanwhile: log in again" };
	struct gateway *gateway = peer->context;
	struct password_request *request = peer->request;
	const int64_t now_ms = clock_now_ms();
	struct refusal why;

	if (!admission_is_free(answer, &why) ||
	    !admission_wants(&gateway->admission, peer->user, &why))
		password_unwant(request, &why);
	else if (!provisional_find(gateway->provisional, peer->user, now_ms,
		     &request->uid) ||
	    users_had(gateway->users, request->uid))
		password_unwant(request, &no_uid);
}

static void
password_on_account(struct directory_question *question,
    const struct directory_answer *answer)
{
	struct peer *peer = question->asker;
	const struct gateway *gateway = peer->context;
	struct password_request *request = peer->request;
	const struct refusal *why;
	uid_t uid;

	request->known = answer->verdict != DIRECTORY_NONE ||
	    users_find(gateway->users, peer->user, &uid);
	if (!request->known) {
		password_look_at_new(peer, answer);
	} else {
		why = admission_of_account(&gateway->admission, peer->user,
		    answer);
		if (why != NULL)
			password_unwant(request, why);
	}
	password_try(peer);
}

/* The user map has been looked at: have the user looked up. */
static void
password_on_look(struct users_looking *looking)
{
	struct peer *peer = looking->asker;
	const struct gateway *gateway = peer->context;
	struct password_request *request = peer->request;

	directory_ask_name(gateway->directory, &request->question, peer->user);
}

/*
 * Requests
 */

/* Take what the request tells of sshd's client. */
static void
password_read_origin(struct peer *peer)
{
	const struct gateway *gateway = peer->context;
	struct password_request *request = peer->request;
	const struct origin *origin;

	peer_read_word(peer, "client", peer->client, sizeof(peer->client));
	request->guess.address = address_read(peer->client);
	if (request->guess.address.kind != ADDRESS_UNKNOWN)
		return;
	/* with UseDNS it may be a name; but the name service has seen it */
	origin = origins_find(gateway->origins, peer->sshd_pid, peer->user,
	    clock_now_ms());
	if (origin == NULL)
		return;
	memcpy(peer->client, origin->client, sizeof(origin->client));
	request->guess.address = address_read(peer->client);
}

/* Why the password in PEER's request is none; NULL if it is one. */
static const struct refusal *
password_find_fault(const struct peer *peer)
{
	static const struct refusal none = { .reason = "no-password",
		.detail = "an empty password" };
	static const struct refusal too_long = { .reason = "no-password",
		.detail = "a password of more than 511 bytes" };
	const char *password = fields_get(&peer->asked, "password");

	if (password == NULL || strlen(password) > PASSWORDS_PASSWORD_MAX_BYTES)
		return &too_long;
	return password[0] == '\0' ? &none : NULL;
}

static void
password_ask(struct peer *peer)
{
	static const struct refusal not_root = { .reason = "not-root",
		.sentence = "Only root may ask that." };
	static const struct refusal bad_name = { .reason = "bad-name",
		.remedy = "no user can have that name" };
	const struct gateway *gateway = peer->context;
	struct password_request *request = peer->request;
	const char *user = fields_get(&peer->asked, "user");
	const struct refusal *fault = password_find_fault(peer);
	uid_t uid;

	peer_read_word(peer, "sshd_pid", peer->sshd_pid,
	    sizeof(peer->sshd_pid));
	if (peer->uid != 0) {
		peer_refuse(peer, &not_root);
		return;
	}
	if (user == NULL || !username_valid(user)) {
		password_refuse(peer, GUESS_UNTRIED, &bad_name);
		return;
	}
	memcpy(peer->user, user, strlen(user) + 1);
	memcpy(request->guess.name, user, strlen(user) + 1);
	password_read_origin(peer);
	if (fault != NULL) {
		password_refuse(peer, GUESS_UNTRIED, fault);
		return;
	}
	request->looking = (struct users_looking){ .done = password_on_look,
		.asker = peer };
	request->question = (struct directory_question){
		.answer = password_on_account,
		.asker = peer,
		.known = users_find(gateway->users, user, &uid)
	};
	users_look(gateway->users, &request->looking);
	beat_begin(peer);
}

static void
password_leave(struct peer *peer)
{
	const struct gateway *gateway = peer->context;
	struct password_request *request = peer->request;

	users_look_no_more(&request->looking);
	directory_forget(&request->question);
	hashing_forget(&request->hashing);
	proofs_forget(&request->proof);
	/* who hangs up before the answer has guessed all the same */
	guesses_end(gateway->guesses, &request->guess, GUESS_WRONG,
	    clock_now_ms());
}

const struct peer_kind password_kind = {
	.type = FRAME_PASSWORD,
	.request_bytes = sizeof(struct password_request),
	.ask = password_ask,
	.leave = password_leave,
};

/*
 * Beginning and end
 */

bool
password_init(struct gateway *gateway, struct children *children)
{
	gateway->guesses = guesses_new();
	gateway->hashing = hashing_new(gateway->loop, children);
	return gateway->guesses != NULL && gateway->hashing != NULL;
}

void
password_end(struct gateway *gateway)
{
	hashing_free(gateway->hashing);
	guesses_free(gateway->guesses);
}

bool
password_configure(struct gateway *gateway)
{
	return hashing_configure(gateway->hashing, gateway->config->passwords);
}
