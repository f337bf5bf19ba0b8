#include "proof.h"

#include <string.h>

#include "../../shim/lib/clock.h"
#include "mishap.h"

static const struct connection_owner proof_owner;

/* Its proofs have something to do. */
static void
proof_touch(struct proofs *proofs)
{
	loop_at(proofs->parts.loop, &proofs->timer, clock_now_ms());
}

/*
 * Ends
 */

void
proof_leave(struct proof *proof, bool reached)
{
	struct proofs *proofs = proof->of;
	struct proof **at = &proofs->first;

	while (*at != proof)
		at = &(*at)->next;
	*at = proof->next;
	proof->of = NULL;
	if (proof->state == PROOF_GOES)
		askers_fail(&proofs->askers, &proof->place, clock_now_ms());
	else
		askers_remove(&proofs->askers, &proof->place);
	patience_end(proofs->parts.patience, &proof->claim, reached,
	    clock_now_ms());
	logins_touch(proofs->logins);
	proof_touch(proofs);
	enroll_forget(&proof->enroll);
	if (proof->connection != NULL)
		connection_close(proof->connection);
	proof->connection = NULL;
}

void
proof_end(struct proof *proof, enum proof_outcome outcome, bool reached,
    const struct refusal *why)
{
	proof_leave(proof, reached);
	proof->answer(proof, outcome, why);
}

void
proof_fail(struct proof *proof, const struct refusal *why)
{
	proof_end(proof, PROOF_FAILED, false, why);
}

/* How far the connection of PROOF, which goes, has got. */
static enum phase
proof_phase(const struct proof *proof)
{
	return connection_facts(proof->connection)->phase;
}

bool
proof_give_up(struct proof *proof)
{
	if (proof->state != PROOF_GOES || proof->unwanted != NULL)
		return proof->state == PROOF_GOES;
	if (proof_phase(proof) != PHASE_ASKING)
		return proof_phase(proof) > PHASE_REACHING;
	strays_add(&proof->of->strays, proof->connection, &proof->claim);
	proof->connection = NULL;
	return false;
}

/* The remote has let PROOF in, whose name has a uid: the connection is kept. */
static void
proof_succeed(struct proof *proof)
{
	struct share *share = NULL;

	if (proof->connection == NULL) {
		proof_fail(proof, &mishap_lost);
		return;
	}
	share = shares_get(proof->of->parts.shares, proof->user, proof->lane);
	if (share == NULL) {
		proof_fail(proof, &waiter_no_memory);
		return;
	}
	share_adopt(share, proof->connection);
	proof->connection = NULL;
	proof_end(proof, PROOF_GOOD, true, NULL);
}

/*
 * New users
 */

static void
proof_on_enrolled(struct enroll *enroll, uid_t uid, const struct refusal *why)
{
	struct proof *proof = enroll->asker;

	(void)uid;
	enroll_settle(enroll, proof->of->parts.provisional,
	    proof->vouched ? NULL : &proof->address, why, clock_now_ms());
	if (why == NULL)
		proof_succeed(proof);
	else
		proof_fail(proof, why);
}

/* The remote has said that the name of PROOF, which has no uid, is a user's. */
static void
proof_enroll(struct proof *proof)
{
	const struct logins_parts *parts = &proof->of->parts;

	proof->state = PROOF_ENROLLS;
	proof->enroll = (struct enroll){ .done = proof_on_enrolled,
		.asker = proof };
	enroll_begin(&proof->enroll, parts->admission, parts->directory,
	    proof->user, proof->uid);
}

/*
 * What the connection tells
 */

static bool
proof_on_turn(void *context, struct briefing *briefing)
{
	struct proof *proof = context;

	/* of a new name it has to be seen that the remote calls it so, too */
	briefing->job = proof->known ? JOB_OPEN : JOB_LOOKUP;
	if (proof->kind == PROOF_PASSWORD)
		briefing->password = proof->password;
	else
		briefing->agent = &proof->agent;
	return true;
}

/* The password isn't needed any more. */
static void
proof_give(struct proof *proof)
{
	proof->password = NULL;
	if (proof->given != NULL)
		proof->given(proof);
}

/* The worker has the password; or is to ask the shim for the agent. */
static void
proof_on_reached(void *context)
{
	struct proof *proof = context;

	if (proof->kind == PROOF_PASSWORD) {
		proof_give(proof);
	} else if (connection_lend(proof->connection, proof->agent.fd,
		       proof->agent.uid)) {
		patience_asks(proof->of->parts.patience, &proof->claim,
		    clock_now_ms());
		logins_touch(proof->of->logins);
		proof->given(proof);
	} else {
		proof_fail(proof, &mishap_deaf);
	}
}

static void
proof_on_ready(void *context)
{
	struct proof *proof = context;

	proof->state = PROOF_IN;
	askers_remove(&proof->of->askers, &proof->place);
	proof_touch(proof->of);
	patience_let_in(proof->of->parts.patience, &proof->claim,
	    clock_now_ms());
	logins_touch(proof->of->logins);
}

static void
proof_on_answer(void *context, const struct frame *answer)
{
	struct proof *proof = context;

	if (answer->type == FRAME_REFUSED) {
		const struct refusal why = refusal_read(answer);

		proof_fail(proof, &why);
	} else if (answer->type != FRAME_OK) {
		return; /* the keys, which the user's share reads when needed */
	} else if (proof->known) {
		proof_succeed(proof);
	} else {
		proof_enroll(proof);
	}
}

/* True if END is the remote's no to what the user has. */
static bool
proof_is_wrong(const struct proof *proof, const struct connection_end *end,
    const struct refusal *why)
{
	return proof->state == PROOF_GOES &&
	    (end->refused || refusal_is(why, "wrong-password"));
}

/* True if END, for WHY, which is no refusal, may be one to the remote. */
static bool
proof_may_count(const struct proof *proof, const struct connection_end *end,
    const struct refusal *why)
{
	/* while an agent is asked its worker knows better, if it is there */
	return proof->state == PROOF_GOES && end->reached &&
	    (end->facts.phase != PHASE_ASKING ||
		refusal_is(why, mishap_broken.reason) ||
		refusal_is(why, mishap_late.reason));
}

void
proof_turn_away(struct proof *proof, const struct refusal *why)
{
	patience_turned_away(proof->of->parts.patience, &proof->claim,
	    clock_now_ms());
	proof_end(proof, PROOF_WRONG, true, why);
}

static void
proof_on_end(void *context, const struct connection_end *end)
{
	struct proof *proof = context;
	struct refusal why = mishap_lost;

	proof->connection = NULL;
	/* it is not forgotten before the name has its uid */
	if (proof->state == PROOF_ENROLLS)
		return;
	if (end->last != NULL)
		why = refusal_read(end->last);
	if (!proof_is_wrong(proof, end, &why)) {
		proof_end(proof, PROOF_FAILED,
		    proof_may_count(proof, end, &why), &why);
		return;
	}
	if (proof->kind == PROOF_PASSWORD)
		decoys_learn(&proof->of->decoys, proof->gone_ms,
		    clock_now_ms());
	proof_turn_away(proof, &why);
}

static const struct connection_owner proof_owner = {
	.on_turn = proof_on_turn,
	.on_reached = proof_on_reached,
	.on_ready = proof_on_ready,
	.on_answer = proof_on_answer,
	.on_end = proof_on_end,
};

/*
 * Turns
 */

static void
proof_go(struct patience_claim *claim)
{
	struct proof *proof = claim->asker;

	proof->state = PROOF_GOES;
	proof->gone_ms = clock_now_ms();
	if (proof->unwanted != NULL) {
		proof_touch(proof->of);
		proof_give(proof);
		return;
	}
	proof->connection = pool_connect(proof->of->pool, proof->user,
	    QUEUE_LOGIN, QUEUE_ALONE, &proof_owner, proof);
	if (proof->connection == NULL)
		proof_fail(proof, &waiter_no_memory);
}

static void
proof_give_way(struct patience_claim *claim, const struct refusal *why)
{
	proof_fail(claim->asker, why);
}

void
proof_wait(struct proofs *proofs, struct proof *proof, int64_t now_ms)
{
	proof->state = PROOF_WAITS;
	/* a name that anybody may say counts as a stranger's, when some do */
	proof->claim.known = proof->known &&
	    (proof->trusted ||
		patience_is_calm(proofs->parts.patience, now_ms));
	patience_wait(proofs->parts.patience, &proof->claim, now_ms);
	logins_touch(proofs->logins);
}

void
proof_begin(struct proofs *proofs, struct proof *proof, int64_t now_ms)
{
	proof->of = proofs;
	proof->next = proofs->first;
	proofs->first = proof;
	proof->state = PROOF_STANDS;
	proof->asked_ms = now_ms;
	proof->connection = NULL;
	proof->enroll = (struct enroll){ 0 };
	proof->agent = (struct briefing_agent){ .fd = proof->agent_fd,
		.uid = proof->agent_uid,
		.or_key = proof->agent_or_key };
	proof->claim = (struct patience_claim){ .address = proof->address,
		.asker = proof,
		.go = proof_go,
		.give_way = proof_give_way };
	memcpy(proof->claim.name, proof->user, sizeof(proof->claim.name));
	proof->place = (struct asker){ .name = proof->user,
		.address = &proof->address };
	if (proof->kind == PROOF_AGENT)
		askers_add(&proofs->askers, &proof->place, now_ms);
	else
		proof_wait(proofs, proof, now_ms);
	proof_touch(proofs);
}
