#include "proof.h"

#include <stdlib.h>
#include <string.h>

#include "../../shim/lib/clock.h"
#include "mishap.h"
#include "prooftime.h"

/*
 * An agent may keep a connection waiting for a person: so many of a user's at a
 * time, or of an address where the name says nothing, and so many of all.
 */
#define PROOF_AGENTS_MAX 4
#define PROOF_AGENTS_ALL_MAX 16

struct proofs {
	struct logins_parts parts;
	struct pool *pool;
	struct logins *logins;
	struct loop_timer timer;
	struct decoys decoys;
	struct proof *first; /* the one that came last */
};

static const struct connection_owner proof_owner;

static void
proofs_touch(struct proofs *proofs)
{
	loop_at(proofs->parts.loop, &proofs->timer, clock_now_ms());
}

/*
 * Ends
 */

/* PROOF is not under way any more; REACHED as in patience_end(). */
static void
proof_leave(struct proof *proof, bool reached)
{
	struct proofs *proofs = proof->of;
	struct proof **at = &proofs->first;

	while (*at != proof)
		at = &(*at)->next;
	*at = proof->next;
	proof->of = NULL;
	patience_end(proofs->parts.patience, &proof->claim, reached,
	    clock_now_ms());
	logins_touch(proofs->logins);
	proofs_touch(proofs);
	enroll_forget(&proof->enroll);
	if (proof->connection != NULL)
		connection_close(proof->connection);
	proof->connection = NULL;
}

static void
proof_end(struct proof *proof, enum proof_outcome outcome, bool reached,
    const struct refusal *why)
{
	proof_leave(proof, reached);
	proof->answer(proof, outcome, why);
}

/* Nobody knows whether it is right, for WHY. */
static void
proof_fail(struct proof *proof, const struct refusal *why)
{
	proof_end(proof, PROOF_FAILED, false, why);
}

void
proofs_forget(struct proof *proof)
{
	/* the remote may count one that is given up */
	if (proof->of != NULL)
		proof_leave(proof,
		    proof->state == PROOF_GOES &&
			(proof->unwanted != NULL ||
			    connection_facts(proof->connection)->phase >
				PHASE_REACHING));
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

/* The remote has said no to PROOF, or as if it had, for WHY. */
static void
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
	const bool goes = proof->state == PROOF_GOES;

	proof->connection = NULL;
	/* it is not forgotten before the name has its uid */
	if (proof->state == PROOF_ENROLLS)
		return;
	if (end->last != NULL)
		why = refusal_read(end->last);
	if (!proof_is_wrong(proof, end, &why)) {
		proof_end(proof, PROOF_FAILED, goes && end->reached, &why);
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
		proofs_touch(proof->of);
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

/* True if PROOF may take its turn: there are not too many agents before it. */
static bool
proof_may_claim(const struct proof *proof)
{
	size_t alike = 0, all = 0;

	for (const struct proof *p = proof->of->first;
	     p != NULL && proof->kind == PROOF_AGENT; p = p->next) {
		if (p->kind != PROOF_AGENT || p->claim.state == PATIENCE_NONE)
			continue;
		all++;
		alike += strcmp(proof->user, p->user) == 0 ||
		    (!proof->trusted &&
			address_same(&proof->address, &p->address));
	}
	return proof->claim.state == PATIENCE_NONE &&
	    alike < PROOF_AGENTS_MAX && all < PROOF_AGENTS_ALL_MAX;
}

/* Have those take their turns that may, in the order in which they came. */
static void
proofs_claim(struct proofs *proofs, int64_t now_ms)
{
	struct proof *oldest;

	do {
		oldest = NULL;
		for (struct proof *p = proofs->first; p != NULL; p = p->next) {
			if (p->state == PROOF_WAITS && proof_may_claim(p))
				oldest = p;
		}
		if (oldest != NULL)
			patience_wait(proofs->parts.patience, &oldest->claim,
			    now_ms);
	} while (oldest != NULL);
	logins_touch(proofs->logins);
}

/* Put PROOF among those that wait. */
static void
proof_wait(struct proofs *proofs, struct proof *proof, int64_t now_ms)
{
	proof->of = proofs;
	proof->next = proofs->first;
	proofs->first = proof;
	proof->state = PROOF_WAITS;
	proof->asked_ms = now_ms;
	proof->connection = NULL;
	proof->enroll = (struct enroll){ 0 };
	proof->agent = (struct briefing_agent){ .fd = proof->agent_fd,
		.uid = proof->agent_uid,
		.or_key = proof->agent_or_key };
	/* a name that anybody may say counts as a stranger's, when some do */
	proof->claim = (struct patience_claim){ .address = proof->address,
		.known = proof->known &&
		    (proof->trusted ||
			patience_is_calm(proofs->parts.patience, now_ms)),
		.asker = proof,
		.go = proof_go,
		.give_way = proof_give_way };
	memcpy(proof->claim.name, proof->user, sizeof(proof->claim.name));
	proofs_claim(proofs, now_ms);
	proofs_touch(proofs);
}

/*
 * True if no more of those wait for their turn that anybody may have sent: with
 * sshd before them, which takes few.
 */
static bool
proofs_are_enough(const struct proofs *proofs, int64_t now_ms)
{
	const size_t most = patience_is_calm(proofs->parts.patience, now_ms)
	    ? PATIENCE_WAITING_CALM_MAX
	    : PATIENCE_WAITING_MAX;
	size_t waiting = 0;

	for (const struct proof *p = proofs->first; p != NULL; p = p->next)
		waiting += p->state == PROOF_WAITS && !p->trusted;
	return waiting >= most;
}

void
proofs_ask(struct proofs *proofs, struct proof *proof)
{
	const int64_t now_ms = clock_now_ms();
	const struct refusal *why = NULL;

	proof->of = NULL;
	outage_wanted(proofs->parts.outage, now_ms);
	/* where sshd waits nobody does for a remote that is gone, known or not */
	if ((!proof->known && !proof->vouched) ||
	    (proof->kind == PROOF_PASSWORD && proofs->parts.outage->down))
		why = logins_why_not_new(proofs->logins, &proof->address,
		    now_ms);
	/* from that time nobody is to learn that the name is a new one */
	if (why != NULL && proof->kind == PROOF_PASSWORD &&
	    !proofs->parts.outage->down) {
		if (proof->unwanted == NULL)
			proof->unwanted = why;
		why = NULL;
	}
	/* of strangers the patience has its own choice */
	if (why == NULL && proof->known && !proof->trusted &&
	    proofs_are_enough(proofs, now_ms))
		why = logins_why_crowded(proofs->logins, now_ms);
	if (why != NULL)
		proof->answer(proof, PROOF_FAILED, why);
	else
		proof_wait(proofs, proof, now_ms);
}

void
proofs_configure(struct proofs *proofs)
{
	while (proofs->first != NULL)
		proof_fail(proofs->first, &mishap_reloaded);
}

/*
 * Time
 */

static struct prooftime
proof_time(const struct proof *proof)
{
	return (struct prooftime){ .password = proof->kind == PROOF_PASSWORD,
		.decoy = proof->unwanted != NULL,
		.state = proof->state == PROOF_WAITS ? PROOFTIME_WAITS
		    : proof->state == PROOF_GOES     ? PROOFTIME_GOES
						     : PROOFTIME_IN,
		.asked_ms = proof->asked_ms,
		.gone_ms = proof->gone_ms };
}

/*
 * How many keep sshd waiting for a remote that says nothing; 0 if it does, or is
 * not being asked.  At *NEXT_MS that may be otherwise.
 */
static size_t
proofs_silent(const struct proofs *proofs, int64_t now_ms, int64_t *next_ms)
{
	size_t waiting = 0;
	bool silent = false;

	for (const struct proof *p = proofs->first; p != NULL; p = p->next) {
		const struct prooftime time = proof_time(p);

		waiting += prooftime_keeps_sshd(&time);
		if (prooftime_is_silent(&time, proofs->parts.outage, now_ms,
			next_ms))
			silent = true;
	}
	return silent ? waiting : 0;
}

static void
proofs_fire(void *context, int64_t now_ms)
{
	struct proofs *proofs = context;
	int64_t next_ms = INT64_MAX;
	struct proof *proof, *next;
	size_t waiting = proofs_silent(proofs, now_ms, &next_ms);

	proofs_claim(proofs, now_ms);
	for (proof = proofs->first; proof != NULL; proof = next) {
		const struct prooftime time = proof_time(proof);

		next = proof->next;
		if (prooftime_is_late(&time, now_ms, &next_ms)) {
			proof_fail(proof,
			    logins_why_crowded(proofs->logins, now_ms));
		} else if (waiting > PROOFTIME_SILENT_MAX &&
		    prooftime_keeps_sshd(&time)) {
			waiting--;
			proof_fail(proof, &mishap_crowded);
		} else if (prooftime_is_through(&time, &proofs->decoys, now_ms,
			       &next_ms)) {
			proof_turn_away(proof, proof->unwanted);
		}
	}
	/* unless there is more to do already */
	if (!proofs->timer.on)
		loop_at(proofs->parts.loop, &proofs->timer, next_ms);
}

struct proofs *
proofs_new(const struct logins_parts *parts, struct pool *pool,
    struct logins *logins)
{
	struct proofs *proofs = calloc(1, sizeof(*proofs));

	if (proofs == NULL)
		return NULL;
	proofs->parts = *parts;
	proofs->pool = pool;
	proofs->logins = logins;
	proofs->timer.fire = proofs_fire;
	proofs->timer.context = proofs;
	return proofs;
}

void
proofs_free(struct proofs *proofs)
{
	if (proofs == NULL)
		return;
	while (proofs->first != NULL)
		proof_leave(proofs->first, false);
	loop_at(proofs->parts.loop, &proofs->timer, INT64_MAX);
	free(proofs);
}
