#include "forwarded.h"

#include <string.h>

#include "../../shim/lib/clock.h"
#include "beat.h"
#include "gateway.h"

static struct gateway *
forwarded_gateway(const struct forwarded *f)
{
	return f->peer->context;
}

/*
 * True if a key may have let in whoever comes by any name, as those of a file do,
 * and any: the name says nothing then.
 */
static bool
forwarded_is_anybody(const struct forwarded *f)
{
	return forwarded_gateway(f)->config->keys != CONFIG_KEYS_REMOTE;
}

/* True if the gateway's key may log in where the agent doesn't. */
static bool
forwarded_may_use_key(const struct forwarded *f)
{
	return forwarded_gateway(f)->config->auth == CONFIG_AUTH_AGENT_KEY;
}

/* The session can't go on, for WHY. */
static void
forwarded_refuse(struct forwarded *f, const struct refusal *why)
{
	struct gateway *gateway = forwarded_gateway(f);

	/* strangers' lines are bounded all together */
	if (f->kind != LOGINS_KNOWN)
		loginlog_unknown(&gateway->loginlog, f->peer, f->peer->user,
		    why);
	else
		loginlog_failed(&gateway->loginlog, f->peer, "session",
		    gateway->config->host, why);
	f->answer(f, why);
}

/* True if WHY is the agent's fault, and nothing that the key would not have. */
static bool
forwarded_is_agents(const struct refusal *why)
{
	static const char *const reasons[] = { "no-agent", "agent-refused",
		"agent-empty", "agent-denied", "agent-silent", "agent-broken" };

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (refusal_is(why, reasons[i]))
			return true;
	}
	return false;
}

static void
forwarded_on_given(struct proof *proof)
{
	struct forwarded *f = proof->asker;

	f->given = true;
	peer_given(f->peer);
}

/* True if the agent itself has opened the connection of its lane. */
static bool
forwarded_is_own(const struct forwarded *f)
{
	const struct share *share = shares_find(forwarded_gateway(f)->shares,
	    f->peer->user, f->lane);

	return f->proved && share != NULL && share_is_users(share);
}

static void
forwarded_on_proof(struct proof *proof, enum proof_outcome outcome,
    const struct refusal *why)
{
	struct forwarded *f = proof->asker;

	if (f->given) {
		peer_returned(f->peer);
		beat_begin(f->peer);
	}
	f->given = false;
	f->proved = outcome == PROOF_GOOD;
	f->own = forwarded_is_own(f);
	if (f->proved || (forwarded_may_use_key(f) && forwarded_is_agents(why)))
		f->answer(f, NULL);
	else
		forwarded_refuse(f, why);
}

/* Have the remote let the agent in. */
static void
forwarded_prove(struct forwarded *f)
{
	struct peer *peer = f->peer;

	f->proof = (struct proof){ .kind = PROOF_AGENT,
		.known = f->kind == LOGINS_KNOWN,
		.vouched = f->kind == LOGINS_VOUCHED,
		.uid = peer->uid,
		.lane = f->lane,
		.address = address_read(peer->client),
		.trusted = !forwarded_is_anybody(f),
		.agent_fd = peer_socket(peer),
		.agent_uid = peer->uid,
		.agent_or_key = forwarded_may_use_key(f),
		.given = forwarded_on_given,
		.answer = forwarded_on_proof,
		.asker = f };
	memcpy(f->proof.user, peer->user, sizeof(f->proof.user));
	proofs_ask(forwarded_gateway(f)->proofs, &f->proof);
}

/* True if another login of the user's has left a connection that will do. */
static bool
forwarded_needs_none(const struct forwarded *f, bool alone)
{
	struct share *share = shares_find(forwarded_gateway(f)->shares,
	    f->peer->user, f->lane);

	return share != NULL && share_is_ready(share, clock_now_ms()) &&
	    (!alone || share_is_idle(share));
}

void
forwarded_ask(struct forwarded *f, enum logins_kind kind, bool alone)
{
	static const struct refusal no_agent = { .reason = "no-agent",
		.sentence =
		    "This gateway needs your SSH agent to log in to the "
		    "remote server; log in again with ssh -A.",
		.remedy = "the client has to forward its agent (ssh -A), and "
			  "the gateway's sshd_config to say "
			  "AllowAgentForwarding yes for group moshgate" };
	struct gateway *gateway = forwarded_gateway(f);
	const bool agent = fields_get(&f->peer->asked, "agent") != NULL;
	bool ready;

	f->kind = kind;
	if (gateway->config->auth == CONFIG_AUTH_KEY) {
		f->answer(f, NULL);
		return;
	}
	/* what the gateway's key opens it opens to all of them */
	if (forwarded_is_anybody(f) && (agent || !forwarded_may_use_key(f)))
		f->lane = shares_new_lane(gateway->shares);
	ready = kind == LOGINS_KNOWN && forwarded_needs_none(f, alone);
	if (agent && !ready)
		forwarded_prove(f);
	else if (ready || forwarded_may_use_key(f))
		f->answer(f, NULL);
	else
		forwarded_refuse(f, &no_agent);
}

void
forwarded_end(struct forwarded *f)
{
	proofs_forget(&f->proof);
	if (f->lane != 0)
		shares_end_lane(forwarded_gateway(f)->shares, f->peer->user,
		    f->lane);
}
