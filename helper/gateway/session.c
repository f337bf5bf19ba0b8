#include "session.h"

#include <stdio.h>
#include <string.h>

#include "../../shim/lib/clock.h"
#include "../authkeys.h"
#include "allowance.h"
#include "beat.h"
#include "forwarded.h"
#include "gateway.h"
#include "identity.h"
#include "sessionlog.h"
#include "warning.h"
#include "way.h"

/* A session waits for a verdict on UDP so long. */
#define SESSION_VERDICT_MS 3000

struct session {
	struct peer *peer;
	enum session_phase phase;
	struct identity identity;   /* whose the peer's uid is */
	struct forwarded forwarded; /* the agent that it may log in with */
	struct way_facts facts;
	int memory_mib;  /* that mosh-client may have; 0: there are too many */
	const char *why; /* it is over SSH: a sentence, or NULL */
	struct waiter waiter;
	struct carry carry;
	struct loop_timer timer; /* until when it waits for the verdict */
	char mosh_at[96];
	int64_t began_ms;
};

static struct gateway *
session_gateway(const struct session *session)
{
	return session->peer->context;
}

/* The remote has said no to SESSION, for WHY, when it was asked for ASKED. */
static void
session_log_failed(const struct session *session, enum job asked,
    const struct refusal *why)
{
	struct gateway *gateway = session_gateway(session);

	loginlog_failed(&gateway->loginlog, session->peer, job_name(asked),
	    gateway->config->host, why);
}

/*
 * SESSION has begun: the remote has taken its user.  So the client's address is
 * one of the user's, where others that guess passwords don't lock them out.
 */
static void
session_began(struct session *session, enum session_phase phase)
{
	const struct peer *peer = session->peer;
	const struct gateway *gateway = session_gateway(session);
	const struct address address = address_read(peer->client);

	session->phase = phase;
	session->began_ms = clock_now_ms();
	guesses_let_in(gateway->guesses, peer->user, &address,
	    session->began_ms);
	warning_log(gateway->config, session->forwarded.own, peer->user);
}

/*
 * Over SSH
 */

/* A worker has the socket to SESSION's peer. */
static void
session_on_given(struct carry *carry)
{
	struct session *session = carry->asker;

	peer_given(session->peer);
}

/* The command of SESSION runs, which its worker has told it. */
static void
session_relay_runs(struct session *session, const struct frame *answer)
{
	const bool refused = fields_get(answer, "no_terminal") != NULL;

	sessionlog_relay(session->peer, session_gateway(session)->config->host,
	    !session->facts.terminal ? NULL
		: refused            ? "refused"
				     : "yes");
	session_began(session, SESSION_SSH);
}

static void
session_on_carry(struct carry *carry, const struct frame *answer)
{
	struct session *session = carry->asker;

	if (answer->type == FRAME_RUNNING) {
		session_relay_runs(session, answer);
		return;
	}
	if (session->phase == SESSION_SSH) {
		sessionlog_relay_end(session->peer, answer, session->began_ms);
	} else if (answer->type == FRAME_REFUSED) {
		const struct refusal why = refusal_read(answer);

		session_log_failed(session, JOB_RELAY, &why);
	}
	session->phase = SESSION_OVER;
	if (fields_get(answer, "told") != NULL)
		peer_cut(session->peer);
	else
		peer_answer(session->peer, answer->type, answer->body,
		    answer->len);
}

/* Have a relay for SESSION. */
static void
session_ask_ssh(struct session *session)
{
	const struct refusal *why = allowance_of_relay(session->peer);
	struct peer *peer = session->peer;

	session->phase = why == NULL ? SESSION_ASKS_SSH : SESSION_OVER;
	if (why != NULL) {
		peer_refuse(peer, why);
		return;
	}
	session->carry = (struct carry){ .asked = &peer->asked,
		.fd = peer_socket(peer),
		.uid = peer->uid,
		.lane = session->forwarded.lane,
		.why = session->why,
		.warning = warning_text(session_gateway(session)->config,
		    session->forwarded.own),
		.given = session_on_given,
		.answer = session_on_carry,
		.asker = session };
	memcpy(session->carry.user, peer->user, sizeof(session->carry.user));
	carries_ask(session_gateway(session)->carries, &session->carry);
}

/*
 * By mosh
 */

/* SESSION has got a mosh-server: tell where, and the gateway's settings. */
static void
session_answer_mosh(struct session *session, const struct frame *answer)
{
	const struct config *config = session_gateway(session)->config;
	const char *host = fields_get(answer, "host");
	const char *port = fields_get(answer, "port");
	struct fields fields = { 0 };

	snprintf(session->mosh_at, sizeof(session->mosh_at),
	    strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s", host, port);
	mosh_add_client(&fields, answer, config);
	allowance_add(&fields, session->memory_mib);
	sessionlog_mosh(session->peer, config->host, session->mosh_at);
	if (warning_text(config, session->forwarded.own) != NULL)
		fields_add(&fields, "warning",
		    warning_text(config, session->forwarded.own));
	session_began(session, SESSION_MOSH);
	peer_settle(session->peer, &fields);
	fields_free(&fields);
}

/* SESSION, which mosh can't have for WHY, goes over SSH if it may. */
static bool
session_fall_back(struct session *session, const struct refusal *why)
{
	struct gateway *gateway = session_gateway(session);

	if (!way_may_fall_back(&session->facts))
		return false;
	loginlog_fallback(&gateway->loginlog, session->peer,
	    gateway->config->host, why);
	session->why = why->sentence;
	session_ask_ssh(session);
	return true;
}

/* The remote has no mosh-server for SESSION, as REFUSAL says. */
static void
session_mosh_refused(struct session *session, const struct frame *refusal)
{
	const struct refusal why = refusal_read(refusal);
	struct refusal lasting = why;
	enum mosh_result result;

	if (mosh_find_reason(why.reason, &result)) {
		lasting.sentence = mosh_sentence(result);
		if (session_fall_back(session, &lasting))
			return;
	}
	session_log_failed(session, JOB_SESSION, &why);
	session->phase = SESSION_OVER;
	peer_answer(session->peer, refusal->type, refusal->body, refusal->len);
}

static void
session_on_answer(struct waiter *waiter, const struct frame *answer,
    bool reached)
{
	static const struct refusal nonsense = { .reason = "internal",
		.sentence = "The gateway's answer makes no sense.",
		.remedy = "a worker said what no worker says" };
	struct session *session = waiter->asker;

	(void)reached;
	if (answer->type == FRAME_REFUSED) {
		session_mosh_refused(session, answer);
	} else if (mosh_answer_valid(answer) &&
	    mosh_answer_allowed(session_gateway(session)->config, answer)) {
		session_answer_mosh(session, answer);
	} else {
		session->phase = SESSION_OVER;
		peer_refuse(session->peer, &nonsense);
	}
}

/* True if SESSION waits to be asked for until there is a verdict on UDP. */
static bool
session_awaits_verdict(const struct session *session)
{
	return session->phase == SESSION_ASKS_MOSH &&
	    session->waiter.state == WAITER_WAITING && !session->waiter.at_once;
}

/* SESSION goes over SSH if UDP is blocked; and waits no longer than it may. */
static void
session_consider(struct session *session, int64_t now_ms)
{
	struct gateway *gateway = session_gateway(session);
	const struct reach *reach = trial_reach(gateway->trial);
	const char *user = session->peer->user;
	const enum reach_verdict verdict = reach_now(reach, user, now_ms);
	struct reach_trial trial;
	int64_t at_ms = session->peer->asked_ms;

	if (!session_awaits_verdict(session))
		return;
	if (verdict == REACH_BAD) {
		shares_forget(gateway->shares, &session->waiter);
		session_fall_back(session, &way_udp_blocked);
		return;
	}
	if (verdict != REACH_WAIT)
		return;
	if (reach_trying(reach, user, &trial) && trial.began_ms > at_ms)
		at_ms = trial.began_ms;
	if (now_ms < at_ms + SESSION_VERDICT_MS) {
		loop_at(gateway->loop, &session->timer,
		    at_ms + SESSION_VERDICT_MS);
		return;
	}
	session->waiter.at_once = true;
	shares_resume(gateway->shares);
}

static void
session_fire(void *context, int64_t now_ms)
{
	session_consider(context, now_ms);
}

void
session_verdict(struct peer *peer)
{
	if (peer->kind == &session_kind)
		session_consider(peer->request, clock_now_ms());
}

/* Have a mosh-server for SESSION. */
static void
session_ask_mosh(struct session *session)
{
	struct peer *peer = session->peer;

	session->phase = SESSION_ASKS_MOSH;
	session->waiter = (struct waiter){ .want = JOB_SESSION,
		.lane = session->forwarded.lane,
		.asked = &peer->asked,
		.at_once = !way_may_fall_back(&session->facts),
		.answer = session_on_answer,
		.asker = session };
	memcpy(session->waiter.user, peer->user, sizeof(session->waiter.user));
	shares_ask(session_gateway(session)->shares, &session->waiter);
	carries_touch(session_gateway(session)->carries);
	session_consider(session, clock_now_ms());
}

/*
 * The request
 */

/*
 * True if this gateway carries what SESSION wants; else it is refused.  How sshd
 * called moshgate-session is "via": as the ForceCommand of its configuration, or
 * as the login shell, with what a key forces, if it does.
 */
static bool
session_may_run(const struct session *session)
{
	static const struct refusal malformed = { .reason = "malformed",
		.sentence = "That is no request." };
	static const struct refusal force_command = { .reason = "force-command",
		.sentence = "This gateway's settings contradict each other; "
			    "the administrator must look into it.",
		.remedy =
		    "say ForceCommand none in Match Group " ADMISSION_GROUP
		    " of sshd's configuration, or take forced_commands "
		    "= honor out of moshgate.ini" };
	struct peer *peer = session->peer;
	const bool honor = session_gateway(session)->config->forced_commands ==
	    AUTHKEYS_HONOR;
	const char *via = fields_get(&peer->asked, "via");

	if (!session->facts.terminal && !session->facts.streams)
		peer_refuse(peer, &malformed);
	else if (honor && (via == NULL || strcmp(via, "shell") != 0))
		peer_refuse(peer, &force_command);
	else
		return true;
	return false;
}

static bool
session_is_by_mosh(const struct peer *peer)
{
	const struct session *session = peer->request;

	return peer->kind == &session_kind &&
	    (session->phase == SESSION_ASKS_MOSH ||
		session->phase == SESSION_MOSH);
}

/* Read from the request what the way depends on. */
static void
session_read_facts(struct session *session)
{
	const struct gateway *gateway = session_gateway(session);
	const struct peer *peer = session->peer;

	session->facts = (struct way_facts){
		.terminal = fields_get(&peer->asked, "terminal") != NULL,
		.streams = fields_get(&peer->asked, "streams") != NULL,
		.fallback = gateway->config->fallback,
		.blocked = reach_now(trial_reach(gateway->trial), peer->user,
			       clock_now_ms()) == REACH_BAD,
		.wanted = fields_get(&peer->asked, "way"),
		.unfit = fields_get(&peer->asked, "unfit"),
	};
	session->memory_mib = allowance_of_mosh(peer, session_is_by_mosh,
	    &session->facts.unfit);
}

/* Begin with SESSION, the way that it goes. */
static void
session_begin(struct session *session)
{
	struct gateway *gateway = session_gateway(session);
	const struct refusal *why;

	switch (way_choose(&session->facts, &why)) {
	case WAY_NONE:
		peer_refuse(session->peer, why);
		return;
	case WAY_MOSH:
		outage_wanted(&gateway->outage, clock_now_ms());
		session_ask_mosh(session);
		return;
	case WAY_SSH:
		if (why != NULL)
			session->why = why->sentence;
		if (why != NULL && why->reason != NULL)
			loginlog_fallback(&gateway->loginlog, session->peer,
			    gateway->config->host, why);
		outage_wanted(&gateway->outage, clock_now_ms());
		session_ask_ssh(session);
		return;
	}
}

/* The user is known at the remote: go on, unless that is not so, for WHY. */
static void
session_on_proven(struct identity *identity, const struct refusal *why)
{
	if (why != NULL)
		identity_refuse(identity, why);
	else
		session_begin(identity->asker);
}

/* The session can log in to the remote, or with WHY it can't. */
static void
session_on_forwarded(struct forwarded *forwarded, const struct refusal *why)
{
	struct session *session = forwarded->asker;
	struct identity *identity = &session->identity;

	if (why != NULL)
		peer_turn_away(session->peer, why);
	else if (identity->kind == LOGINS_KNOWN)
		session_begin(session);
	else if (forwarded->proved)
		session_on_proven(identity, identity_enrolled(identity));
	else
		identity_prove(identity, session_on_proven);
}

/* Find out what SESSION is to log in to the remote with. */
static void
session_ask_forwarded(struct session *session)
{
	const struct refusal *why;
	const enum way way = way_choose(&session->facts, &why);

	if (way == WAY_NONE) {
		session_begin(session);
		return;
	}
	session->forwarded = (struct forwarded){ .answer = session_on_forwarded,
		.asker = session,
		.peer = session->peer };
	forwarded_ask(&session->forwarded, session->identity.kind,
	    way == WAY_SSH);
}

/* It is known who the peer is: go on if it may come. */
static void
session_on_identity(struct identity *identity, const struct refusal *why)
{
	struct session *session = identity->asker;

	session_read_facts(session);
	if (why != NULL)
		identity_refuse(identity, why);
	else if (session_may_run(session))
		session_ask_forwarded(session);
}

static void
session_ask(struct peer *peer)
{
	struct session *session = peer->request;

	session->peer = peer;
	session->timer.fire = session_fire;
	session->timer.context = session;
	peer_read_word(peer, "client", peer->client, sizeof(peer->client));
	session->identity = (struct identity){ .answer = session_on_identity,
		.asker = session,
		.peer = peer };
	identity_ask(&session->identity);
	beat_begin(peer);
}

static void
session_leave(struct peer *peer)
{
	struct session *session = peer->request;
	struct gateway *gateway = peer->context;

	identity_forget(&session->identity);
	loop_at(gateway->loop, &session->timer, INT64_MAX);
	if (session->phase == SESSION_ASKS_MOSH)
		shares_forget(gateway->shares, &session->waiter);
	if (session->phase == SESSION_ASKS_SSH || session->phase == SESSION_SSH)
		carries_forget(&session->carry);
	if (session->forwarded.peer != NULL)
		forwarded_end(&session->forwarded);
	if (session->phase == SESSION_MOSH && !gateway->over)
		sessionlog_mosh_end(peer, session->mosh_at, session->began_ms);
}

bool
session_status(const struct peer *peer, struct session_status *status)
{
	const struct session *session = peer->request;

	if (peer->kind != &session_kind)
		return false;
	*status = (struct session_status){ .phase = session->phase,
		.terminal = session->facts.terminal,
		.mosh_at = session->mosh_at,
		.began_ms = session->began_ms };
	return true;
}

const struct peer_kind session_kind = {
	.type = FRAME_SESSION,
	.request_bytes = sizeof(struct session),
	.ask = session_ask,
	.leave = session_leave,
};
