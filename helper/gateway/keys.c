#include "keys.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../shim/lib/clock.h"
#include "beat.h"
#include "gateway.h"
#include "ownkeys.h"
#include "pace.h"

struct keys_request {
	uid_t uid;  /* that sshd has for the user; 0: unknown */
	uid_t told; /* that its name service was told, or 0 */
	struct users_looking looking;
	struct directory_question question;
	struct logins_question login;
	struct waiter waiter;
	struct loop_timer timer; /* until when the answer waits: pace.h */
};

/*
 * Keys of the remote's
 */

static void
keys_on_answer(struct waiter *waiter, const struct frame *answer, bool reached)
{
	struct peer *peer = waiter->asker;
	struct gateway *gateway = peer->context;

	(void)reached;
	if (answer->type == FRAME_REFUSED) {
		const struct refusal why = refusal_read(answer);

		loginlog_failed(&gateway->loginlog, peer, job_name(JOB_KEYS),
		    gateway->config->host, &why);
	}
	peer_answer(peer, answer->type, answer->body, answer->len);
}

/* Have the remote asked for the keys. */
static void
keys_ask_remote(struct peer *peer)
{
	struct gateway *gateway = peer->context;
	struct keys_request *request = peer->request;
	struct waiter *waiter = &request->waiter;

	*waiter = (struct waiter){ .want = JOB_KEYS,
		.answer = keys_on_answer,
		.asker = peer };
	memcpy(waiter->user, peer->user, sizeof(waiter->user));
	outage_wanted(&gateway->outage, clock_now_ms());
	keys_touch(gateway);
	shares_ask(gateway->shares, waiter);
}

static void
keys_on_pace(void *context, int64_t now_ms)
{
	(void)now_ms;
	ownkeys_answer(context);
}

/* Answer with the keys of a user who may come. */
static void
keys_answer(struct peer *peer)
{
	const struct gateway *gateway = peer->context;
	struct keys_request *request = peer->request;

	if (gateway->config->keys == CONFIG_KEYS_REMOTE) {
		keys_ask_remote(peer);
	} else if (pace_is_kept(gateway->config)) {
		request->timer = (struct loop_timer){ .fire = keys_on_pace,
			.context = peer };
		loop_at(gateway->loop, &request->timer,
		    pace_ms(peer->asked_ms, clock_now_ms()));
	} else {
		ownkeys_answer(peer);
	}
}

/* Refuse PEER, whose user is as KIND says, for WHY. */
static void
keys_refuse(struct peer *peer, enum logins_kind kind, const struct refusal *why)
{
	struct gateway *gateway = peer->context;

	if (kind != LOGINS_KNOWN)
		loginlog_unknown(&gateway->loginlog, peer, peer->user, why);
	else
		loginlog_failed(&gateway->loginlog, peer, job_name(JOB_KEYS),
		    gateway->config->host, why);
	peer_turn_away(peer, why);
}

/*
 * Turns
 */

static const struct refusal keys_other_than_map = { .reason = "other-uid",
	.sentence = "This account's uid is not the one that the gateway has "
		    "for its name.",
	.remedy =
	    "the user map has another uid for this name than the name service: "
	    "take away the account, or the user's line in the map; see moshgate "
	    "check" };
static const struct refusal keys_other_uid = { .reason = "other-uid",
	.sentence = "The gateway has restarted meanwhile; log in again.",
	.remedy =
	    "sshd has another uid for this name than it has, or none: log "
	    "in again; if that does not help, let the drop-in give "
	    "moshgate-keys %u %t %k %U" };

/* A login to the remote may begin, or there is none, for WHY. */
static void
keys_on_login(struct logins_question *question, const struct refusal *why)
{
	struct peer *peer = question->asker;
	struct gateway *gateway = peer->context;
	struct keys_request *request = peer->request;
	uid_t uid;

	if (why == NULL && question->kind != LOGINS_KNOWN &&
	    (!users_find(gateway->users, peer->user, &uid) ||
		uid != request->uid))
		why = &keys_other_uid;
	if (why == NULL)
		keys_answer(peer);
	else
		keys_refuse(peer, question->kind, why);
}

/* Have the remote asked when it is the user's turn, who is as KIND says. */
static void
keys_await_turn(struct peer *peer, enum logins_kind kind)
{
	struct gateway *gateway = peer->context;
	struct keys_request *request = peer->request;

	request->login = (struct logins_question){ .kind = kind,
		.uid = request->uid,
		.address = address_read(peer->client),
		.answer = keys_on_login,
		.asker = peer };
	memcpy(request->login.name, peer->user, sizeof(request->login.name));
	keys_touch(gateway);
	logins_ask(gateway->logins, &request->login);
	beat_begin(peer);
}

/* The same for a user who is known. */
static void
keys_of_known(struct peer *peer)
{
	const struct gateway *gateway = peer->context;
	const struct keys_request *request = peer->request;
	uid_t uid;

	if (request->uid != 0 && users_find(gateway->users, peer->user, &uid) &&
	    uid != request->uid)
		peer_refuse(peer, &keys_other_than_map);
	else if (gateway->config->keys == CONFIG_KEYS_REMOTE &&
	    shares_would_connect(gateway->shares, peer->user))
		keys_await_turn(peer, LOGINS_KNOWN);
	else
		keys_answer(peer);
}

/*
 * New users
 */

/*
 * True if the user's name may have the uid for good that sshd has for it.  Which
 * that is an older drop-in doesn't tell; but the name service was told.
 */
static bool
keys_may_have_uid(struct peer *peer)
{
	struct gateway *gateway = peer->context;
	struct keys_request *request = peer->request;

	if (request->uid == 0)
		request->uid = request->told;
	return !users_had(gateway->users, request->uid) &&
	    provisional_may_become(gateway->provisional, peer->user,
		request->uid, clock_now_ms());
}

/* True if what sshd was told of the user's name is that it gets nowhere. */
static bool
keys_is_dead_end(const struct peer *peer)
{
	const struct keys_request *request = peer->request;

	return request->uid == USERMAP_UID_DEAD_END;
}

/* Why it may not. */
static const struct refusal *
keys_why_other(const struct peer *peer)
{
	return keys_is_dead_end(peer) ? &admission_dead_end : &keys_other_uid;
}

/* The user, who is new, may come, and has a uid that is good for a while. */
static void
keys_of_admitted(struct peer *peer)
{
	const struct gateway *gateway = peer->context;

	if (gateway->config->keys != CONFIG_KEYS_REMOTE)
		keys_answer(peer);
	else if (config_names_user(gateway->config, peer->user))
		keys_await_turn(peer, LOGINS_VOUCHED);
	else
		keys_await_turn(peer, LOGINS_NEW);
}

/*
 * True if keys of the gateway's own open sshd's door to a name that gets nowhere.
 * They do so for every name that is wanted: nobody learns here which are users.
 * The session waits until the remote says so: identity.h.
 */
static bool
keys_lets_in_dead_end(const struct peer *peer)
{
	const struct gateway *gateway = peer->context;

	return gateway->config->keys != CONFIG_KEYS_REMOTE &&
	    keys_is_dead_end(peer);
}

/* ANSWER is that the user, who is not in the map, has no account either. */
static void
keys_of_new(struct peer *peer, const struct directory_answer *answer)
{
	const struct gateway *gateway = peer->context;
	struct refusal why;

	if ((!keys_lets_in_dead_end(peer) &&
		!admission_is_free(answer, &why)) ||
	    !admission_wants(&gateway->admission, peer->user, &why))
		keys_refuse(peer, LOGINS_NEW, &why);
	else if (keys_lets_in_dead_end(peer) || keys_may_have_uid(peer))
		keys_of_admitted(peer);
	else
		keys_refuse(peer, LOGINS_NEW, keys_why_other(peer));
}

/* The account has been looked up: go on if it may come. */
static void
keys_on_account(struct directory_question *question,
    const struct directory_answer *answer)
{
	struct peer *peer = question->asker;
	const struct gateway *gateway = peer->context;
	const struct keys_request *request = peer->request;
	const struct refusal *why;
	uid_t uid;

	if (answer->verdict == DIRECTORY_NONE &&
	    !users_find(gateway->users, peer->user, &uid)) {
		keys_of_new(peer, answer);
		return;
	}
	why = admission_of_account(&gateway->admission, peer->user, answer);
	if (why == NULL && request->uid != 0 && request->uid != answer->uid)
		why = &keys_other_uid;
	if (why != NULL)
		peer_refuse(peer, why);
	else
		keys_of_known(peer);
}

/*
 * Requests
 */

/* Take what the request tells of sshd's user and client. */
static void
keys_read_origin(struct peer *peer)
{
	const struct gateway *gateway = peer->context;
	struct keys_request *request = peer->request;
	const struct origin *origin = origins_find(gateway->origins,
	    peer->sshd_pid, peer->user, clock_now_ms());
	long long uid;

	if (fields_get_number(&peer->asked, "uid", 1, USERMAP_UID_MAX, &uid))
		request->uid = (uid_t)uid;
	if (origin == NULL)
		return;
	request->told = origin->uid;
	memcpy(peer->client, origin->client, sizeof(origin->client));
}

/* The user map has been looked at: have the user looked up. */
static void
keys_on_look(struct users_looking *looking)
{
	struct peer *peer = looking->asker;
	const struct gateway *gateway = peer->context;
	struct keys_request *request = peer->request;

	directory_ask_name(gateway->directory, &request->question, peer->user);
}

static void
keys_ask(struct peer *peer)
{
	static const struct refusal not_sshd = { .reason = "not-sshd",
		.sentence = "Only sshd may ask for keys.",
		.remedy = "AuthorizedKeysCommandUser must be _moshgate" };
	static const struct refusal bad_name = { .reason = "bad-name",
		.sentence = "That is no user name." };
	const struct gateway *gateway = peer->context;
	struct keys_request *request = peer->request;
	const char *user = fields_get(&peer->asked, "user");
	uid_t uid;

	peer_read_word(peer, "sshd_pid", peer->sshd_pid,
	    sizeof(peer->sshd_pid));
	if (peer->uid != 0 && peer->uid != geteuid()) {
		peer_refuse(peer, &not_sshd);
		return;
	}
	if (user == NULL || !username_valid(user)) {
		peer_refuse(peer, &bad_name);
		return;
	}
	if (gateway->config->keys == CONFIG_KEYS_REMOTE &&
	    pool_signer(gateway->pool) == NULL) {
		/* of which a line in the log has told at the start */
		peer_turn_away(peer, &signer_none);
		return;
	}
	memcpy(peer->user, user, strlen(user) + 1);
	keys_read_origin(peer);
	request->looking = (struct users_looking){ .done = keys_on_look,
		.asker = peer };
	request->question = (struct directory_question){
		.answer = keys_on_account,
		.asker = peer,
		.known = users_find(gateway->users, user, &uid)
	};
	/* the name service reads the map's file, which may have to be mended */
	users_look(gateway->users, &request->looking);
	beat_begin(peer);
}

static void
keys_leave(struct peer *peer)
{
	struct gateway *gateway = peer->context;
	struct keys_request *request = peer->request;

	users_look_no_more(&request->looking);
	directory_forget(&request->question);
	logins_forget(&request->login);
	loop_at(gateway->loop, &request->timer, INT64_MAX);
	if (request->waiter.state != WAITER_NEW)
		shares_forget(gateway->shares, &request->waiter);
}

const struct peer_kind keys_kind = {
	.type = FRAME_KEYS,
	.request_bytes = sizeof(struct keys_request),
	.ask = keys_ask,
	.leave = keys_leave,
};

/*
 * A silent remote
 */

/* How many wait, and since when. */
struct keys_waiting {
	const struct outage *outage;
	int64_t silent_ms; /* when the remote has been silent for too long */
	size_t waiting;
	size_t excess; /* so many are to be refused */
};

/* True if sshd waits for keys of the remote's for PEER. */
static bool
keys_waits(const struct peer *peer)
{
	const struct keys_request *request = peer->request;

	return peer->kind == &keys_kind && peer->state == PEER_WAITING &&
	    (request->waiter.state != WAITER_NEW || request->login.of != NULL);
}

static void
keys_count(void *context, struct peer *peer)
{
	struct keys_waiting *w = context;
	int64_t silent_ms;

	if (!keys_waits(peer))
		return;
	silent_ms = outage_silent_ms(w->outage, peer->asked_ms);
	if (silent_ms < w->silent_ms)
		w->silent_ms = silent_ms;
	w->waiting++;
}

/* New peers come first. */
static void
keys_refuse_excess(void *context, struct peer *peer)
{
	static const struct refusal busy = { .reason = "busy",
		.sentence = "The remote server does not answer; try again in a "
			    "minute.",
		.detail = "others wait for the remote already, which does not "
			  "answer",
		.remedy = "check the link to the remote" };
	const struct keys_request *request = peer->request;
	struct keys_waiting *w = context;
	enum logins_kind kind = LOGINS_KNOWN;

	if (!keys_waits(peer) || w->excess == 0)
		return;
	w->excess--;
	if (request->login.of != NULL)
		kind = request->login.kind;
	keys_leave(peer);
	keys_refuse(peer, kind, &busy);
}

static void
keys_fire(void *context, int64_t now_ms)
{
	struct gateway *gateway = context;
	struct keys_waiting w = { .outage = &gateway->outage,
		.silent_ms = INT64_MAX };

	peers_each(gateway->peers, keys_count, &w);
	if (w.silent_ms > now_ms) {
		loop_at(gateway->loop, &gateway->keys_timer, w.silent_ms);
	} else if (w.waiting > OUTAGE_WAITING_MAX) {
		w.excess = w.waiting - OUTAGE_WAITING_MAX;
		peers_each(gateway->peers, keys_refuse_excess, &w);
	}
}

void
keys_init(struct gateway *gateway)
{
	gateway->keys_timer = (struct loop_timer){ .fire = keys_fire,
		.context = gateway };
}

void
keys_touch(struct gateway *gateway)
{
	loop_at(gateway->loop, &gateway->keys_timer, clock_now_ms());
}
