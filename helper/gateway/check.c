#include "check.h"

#include <stdio.h>
#include <string.h>

#include "../../shim/lib/clock.h"
#include "../log.h"
#include "beat.h"
#include "enroll.h"
#include "gateway.h"
#include "way.h"

enum check_phase {
	CHECK_NEW,
	CHECK_CONNECTS, /* a worker tells the steps */
	CHECK_UDP,      /* UDP is tried */
	CHECK_OVER,
};

struct check {
	struct peer *peer;
	enum check_phase phase;
	struct directory_question question; /* about the user */
	struct enroll enroll;               /* of one without an account */
	struct connection *connection;
	bool unknown;                   /* the user has no account here */
	char mark[MOSH_MARK_CHARS + 1]; /* "": UDP can't be tried */
};

static struct gateway *
check_gateway(const struct check *check)
{
	return check->peer->context;
}

/* Tell a step that was made here; OK is "1", "0" or "warn". */
static void
check_tell(const struct check *check, const char *step, const char *ok,
    const char *text, const char *remedy)
{
	struct fields fields = { 0 };

	fields_add(&fields, "step", step);
	fields_add(&fields, "ok", ok);
	fields_add(&fields, "text", text);
	fields_add(&fields, "remedy", remedy);
	peer_tell(check->peer, FRAME_STEP, &fields);
	fields_free(&fields);
}

/* Answer whether all is well, after the last step. */
static void
check_answer(struct check *check, bool good)
{
	check->phase = CHECK_OVER;
	peer_answer(check->peer, good ? FRAME_OK : FRAME_REFUSED, NULL, 0);
}

/* The user has UID now; or not, for WHY. */
static void
check_enrolled(struct enroll *enroll, uid_t uid, const struct refusal *why)
{
	struct check *check = enroll->asker;
	char text[64];

	if (why == NULL) {
		snprintf(text, sizeof(text), "the uid is %lu",
		    (unsigned long)uid);
		check_tell(check, "user map", "1", text, "");
		check_answer(check, true);
		return;
	}
	check_tell(check, "user map", "0",
	    why->detail != NULL ? why->detail : why->reason,
	    why->remedy != NULL ? why->remedy : "");
	check_answer(check, false);
}

/* All the steps went well. */
static void
check_end(struct check *check)
{
	struct gateway *gateway = check_gateway(check);

	if (!check->unknown) {
		check_answer(check, true);
		return;
	}
	/* so they are a user */
	check->enroll = (struct enroll){ .done = check_enrolled,
		.asker = check,
		.from = (uid_t)provisional_fresh(gateway->provisional) };
	enroll_begin(&check->enroll, &gateway->admission, gateway->directory,
	    check->peer->user, 0);
}

/*
 * UDP
 */

/*
 * The worker has had a mosh-server started, which ANSWER tells of: try UDP with
 * it.  Returns false if that can't be.
 */
static bool
check_try_udp(struct check *check, const struct frame *answer)
{
	const struct gateway *gateway = check_gateway(check);
	struct trial *trial = gateway->trial;

	if (check->mark[0] == '\0' || !mosh_answer_valid(answer) ||
	    !reach_may_try(trial_reach(trial), check->peer->user) ||
	    !mosh_answer_allowed(gateway->config, answer))
		return false;
	check->phase = CHECK_UDP;
	trial_begin(trial, check->peer->user, check->mark);
	trial_try(trial, check->mark, answer);
	/* by which it has just told */
	trial_alive(trial);
	return true;
}

void
check_verdict(struct peer *peer)
{
	struct check *check = peer->request;
	const struct gateway *gateway = peer->context;
	enum reach_verdict verdict;
	bool fallback;

	if (peer->kind != &check_kind || check->phase != CHECK_UDP)
		return;
	fallback = gateway->config->fallback;
	verdict = reach_now(trial_reach(gateway->trial), peer->user,
	    clock_now_ms());
	if (verdict == REACH_GOOD)
		check_tell(check, "UDP", "1", "it gets through, and back", "");
	else if (verdict == REACH_BAD)
		check_tell(check, "UDP", fallback ? "warn" : "0",
		    fallback ? "it does not get through: sessions go over SSH"
			     : way_udp_blocked.sentence,
		    way_udp_blocked.remedy);
	else
		check_tell(check, "UDP", "warn", "mosh-client does not tell",
		    "check again, or see the log: journalctl -t "
		    "moshgate-helper");
	if (verdict == REACH_BAD && !fallback)
		check_answer(check, false);
	else
		check_end(check);
}

/*
 * What the worker tells
 */

static bool
check_on_turn(void *context, struct briefing *briefing)
{
	struct check *check = context;

	briefing->job = JOB_CHECK;
	briefing->unknown = check->unknown;
	briefing->mark = check->mark;
	return true;
}

/* A step, which is told as it is. */
static void
check_on_answer(void *context, const struct frame *answer)
{
	const struct check *check = context;
	const struct fields fields = { .text = answer->body,
		.len = answer->len };

	peer_tell(check->peer, FRAME_STEP, &fields);
}

/* The remote did not let the gateway in, or something else went wrong. */
static void
check_fail(struct check *check, const struct connection_end *end)
{
	const struct refusal why = refusal_read(end->last);
	struct gateway *gateway = check_gateway(check);
	struct share *share = shares_find(gateway->shares, check->peer->user,
	    0);

	if (end->refused && share != NULL)
		share_refused(share, end->last);
	loginlog_failed(&gateway->loginlog, check->peer, job_name(JOB_CHECK),
	    gateway->config->host, &why);
	check->phase = CHECK_OVER;
	peer_answer(check->peer, FRAME_REFUSED, end->last->body,
	    end->last->len);
}

static void
check_on_end(void *context, const struct connection_end *end)
{
	struct check *check = context;

	check->connection = NULL;
	if (end->last == NULL)
		check_answer(check, false);
	else if (end->last->type == FRAME_REFUSED)
		check_fail(check, end);
	else if (end->facts.phase < PHASE_AT_WORK)
		check_answer(check,
		    true); /* there was nothing to log in with */
	else if (!check_try_udp(check, end->last))
		check_end(check);
}

static const struct connection_owner check_owner = {
	.on_turn = check_on_turn,
	.on_answer = check_on_answer,
	.on_end = check_on_end,
};

/*
 * The request
 */

/* True if the remote may be asked for the user; else PEER is refused. */
static bool
check_may_ask(struct peer *peer, const struct directory_answer *answer)
{
	struct gateway *gateway = peer->context;
	const struct refusal *not_admitted;
	struct refusal why;

	if (answer->verdict != DIRECTORY_THERE) {
		if (admission_is_free(answer, &why) &&
		    admission_wants(&gateway->admission, peer->user, &why))
			return true;
		loginlog_unknown(&gateway->loginlog, peer, peer->user, &why);
		why.sentence = "The gateway does not ask the remote server for "
			       "this name.";
		why.detail = NULL;
		peer_turn_away(peer, &why);
		return false;
	}
	not_admitted = admission_of_account(&gateway->admission, peer->user,
	    answer);
	if (not_admitted != NULL)
		peer_refuse(peer, not_admitted);
	return not_admitted == NULL;
}

/* The user has been looked up: have the remote asked, if it may be. */
static void
check_on_account(struct directory_question *question,
    const struct directory_answer *answer)
{
	struct check *check = question->asker;
	struct gateway *gateway = check_gateway(check);

	check->unknown = answer->verdict != DIRECTORY_THERE;
	if (!check_may_ask(check->peer, answer))
		return;
	if (reach_may_try(trial_reach(gateway->trial), check->peer->user))
		reach_make_mark(check->mark);
	check->phase = CHECK_CONNECTS;
	check->connection = pool_connect(gateway->pool, check->peer->user,
	    QUEUE_LOGIN, QUEUE_ALONE, &check_owner, check);
	if (check->connection == NULL)
		peer_refuse(check->peer, &waiter_no_memory);
}

/* Tell PEER what of the settings sshd's have to agree with. */
static void
check_answer_settings(struct peer *peer)
{
	static const char *const passwords[] = {
		[CONFIG_PASSWORDS_NO] = "no",
		[CONFIG_PASSWORDS_FILE] = "file",
		[CONFIG_PASSWORDS_REMOTE] = "remote",
	};
	static const char *const keys[] = {
		[CONFIG_KEYS_REMOTE] = "remote",
		[CONFIG_KEYS_FILE] = "file",
		[CONFIG_KEYS_ANY] = "any",
	};
	const struct gateway *gateway = peer->context;
	const struct config *config = gateway->config;
	struct fields fields = { 0 };

	fields_add(&fields, "key", config_has_key(config) ? "1" : "0");
	fields_add(&fields, "agent",
	    config->auth != CONFIG_AUTH_KEY ? "1" : "0");
	fields_add(&fields, "keys", keys[config->keys]);
	fields_add(&fields, "passwords", passwords[config_passwords(config)]);
	peer_answer(peer, FRAME_OK, fields.text, fields.len);
	fields_free(&fields);
}

static void
check_ask(struct peer *peer)
{
	static const struct refusal not_root = { .reason = "not-root",
		.sentence = "Only root may ask that." };
	static const struct refusal bad_name = { .reason = "bad-name",
		.sentence = "That is no user name." };
	struct check *check = peer->request;
	const char *user = fields_get(&peer->asked, "user");

	check->peer = peer;
	if (peer->uid != 0) {
		peer_refuse(peer, &not_root);
		return;
	}
	if (fields_get(&peer->asked, "settings") != NULL) {
		check_answer_settings(peer);
		return;
	}
	if (user == NULL || !username_valid(user)) {
		peer_refuse(peer, &bad_name);
		return;
	}
	memcpy(peer->user, user, strlen(user) + 1);
	check->question = (struct directory_question){
		.answer = check_on_account,
		.asker = check
	};
	directory_ask_name(check_gateway(check)->directory, &check->question,
	    peer->user);
	beat_begin(peer);
}

static void
check_leave(struct peer *peer)
{
	struct check *check = peer->request;

	directory_forget(&check->question);
	enroll_forget(&check->enroll);
	if (check->connection != NULL)
		connection_close(check->connection);
}

const struct peer_kind check_kind = {
	.type = FRAME_CHECK,
	.request_bytes = sizeof(struct check),
	.ask = check_ask,
	.leave = check_leave,
};
