#include "proofs.h"

#include <stddef.h>
#include <stdlib.h>

#include "../../shim/lib/clock.h"
#include "mishap.h"
#include "prooftime.h"

/* The proof whose PLACE that is. */
static struct proof *
proofs_of(struct asker *place)
{
	return (struct proof *)((char *)place - offsetof(struct proof, place));
}

/* Others can't wait for PROOF any longer. */
static void
proofs_give_up(struct proof *proof, int64_t now_ms)
{
	const struct refusal *why = proof->state == PROOF_GOES
	    ? &mishap_slow
	    : logins_why_crowded(proof->of->logins, now_ms);

	proof_end(proof, PROOF_FAILED, proof_give_up(proof), why);
}

/* Let those wait for their turns of whose agents there are not too many. */
static void
proofs_pump(struct proofs *proofs, int64_t now_ms, int64_t *next_ms)
{
	struct asker *place;

	while ((place = askers_next(&proofs->askers, now_ms, next_ms)) != NULL)
		proof_wait(proofs, proofs_of(place), now_ms);
	while ((place = askers_excess(&proofs->askers)) != NULL)
		proof_fail(proofs_of(place), &mishap_crowded);
	while ((place = askers_slow(&proofs->askers, now_ms, next_ms)) != NULL)
		proofs_give_up(proofs_of(place), now_ms);
}

/*
 * True if no more of those wait for their turn that anybody may have sent: with
 * sshd before them, which takes few.  While names are refused they are strangers
 * to the patience, which has its own choice of those, known or not.
 */
static bool
proofs_are_enough(const struct proofs *proofs, int64_t now_ms)
{
	size_t waiting = 0;

	for (const struct proof *p = proofs->first; p != NULL; p = p->next)
		waiting += p->kind == PROOF_PASSWORD &&
		    p->state == PROOF_WAITS && !p->trusted;
	return patience_is_calm(proofs->parts.patience, now_ms) &&
	    waiting >= PATIENCE_WAITING_CALM_MAX;
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
	if (why == NULL && proof->kind == PROOF_PASSWORD && proof->known &&
	    !proof->trusted && proofs_are_enough(proofs, now_ms))
		why = logins_why_crowded(proofs->logins, now_ms);
	if (why != NULL)
		proof->answer(proof, PROOF_FAILED, why);
	else
		proof_begin(proofs, proof, now_ms);
}

void
proofs_forget(struct proof *proof)
{
	if (proof->of != NULL)
		proof_leave(proof, proof_give_up(proof));
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

/* Why PROOF, which waits for its turn, is late. */
static const struct refusal *
proofs_why_late(const struct proof *proof, int64_t now_ms)
{
	return proof->kind == PROOF_AGENT
	    ? &mishap_crowded
	    : logins_why_crowded(proof->of->logins, now_ms);
}

static void
proofs_fire(void *context, int64_t now_ms)
{
	struct proofs *proofs = context;
	int64_t next_ms = INT64_MAX;
	struct proof *proof, *next;
	size_t waiting = prooftime_silent(proofs->first, proofs->parts.outage,
	    now_ms, &next_ms);

	proofs_pump(proofs, now_ms, &next_ms);
	for (proof = proofs->first; proof != NULL; proof = next) {
		next = proof->next;
		if (prooftime_is_late(proof, now_ms, &next_ms)) {
			proof_fail(proof, proofs_why_late(proof, now_ms));
		} else if (waiting > PROOFTIME_SILENT_MAX &&
		    prooftime_keeps_sshd(proof)) {
			waiting--;
			proof_fail(proof, &mishap_silent);
		} else if (prooftime_is_through(proof, &proofs->decoys, now_ms,
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
	proofs->strays.patience = parts->patience;
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
	strays_end(&proofs->strays);
	loop_at(proofs->parts.loop, &proofs->timer, INT64_MAX);
	free(proofs);
}
