#include "proofs.h"

#include <stddef.h>
#include <stdlib.h>

#include "../../shim/lib/clock.h"
#include "mishap.h"

/* So long a proof waits for its turn; then the connection has its own time. */
#define PROOFS_TURN_MS 20000
/*
 * So many go on waiting for a remote that says nothing, with sshd before them:
 * besides those that wait for keys, see outage.h.
 */
#define PROOFS_SILENT_MAX 2

/* The proof whose PLACE that is. */
static struct proof *
proofs_of(struct asker *place)
{
	return (struct proof *)((char *)place - offsetof(struct proof, place));
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
		proof_end(proofs_of(place), PROOF_FAILED,
		    proof_give_up(proofs_of(place)), &mishap_slow);
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
	/* of strangers the patience has its own choice */
	if (why == NULL && proof->known && !proof->trusted &&
	    proofs_are_enough(proofs, now_ms))
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

/* True if sshd waits for PROOF, which has its turn or not. */
static bool
proofs_keep_sshd(const struct proof *proof)
{
	return proof->kind == PROOF_PASSWORD && proof->state <= PROOF_GOES;
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
		int64_t silent_ms;

		if (!proofs_keep_sshd(p))
			continue;
		waiting++;
		if (p->state != PROOF_GOES)
			continue;
		silent_ms = outage_silent_ms(proofs->parts.outage, p->asked_ms);
		silent = silent || silent_ms <= now_ms;
		if (silent_ms > now_ms && silent_ms < *next_ms)
			*next_ms = silent_ms;
	}
	return silent ? waiting : 0;
}

/* Why PROOF can't wait any longer, NULL if it can; at *NEXT_MS it may not. */
static const struct refusal *
proofs_why_late(const struct proof *proof, int64_t now_ms, int64_t *next_ms)
{
	const int64_t end_ms = proof->asked_ms + PROOFS_TURN_MS;

	if (proof->state > PROOF_WAITS)
		return NULL;
	if (now_ms >= end_ms && proof->kind == PROOF_AGENT)
		return &mishap_crowded;
	if (now_ms >= end_ms)
		return logins_why_crowded(proof->of->logins, now_ms);
	if (end_ms < *next_ms)
		*next_ms = end_ms;
	return NULL;
}

static void
proofs_fire(void *context, int64_t now_ms)
{
	struct proofs *proofs = context;
	int64_t next_ms = INT64_MAX;
	struct proof *proof, *next;
	size_t waiting = proofs_silent(proofs, now_ms, &next_ms);

	proofs_pump(proofs, now_ms, &next_ms);
	for (proof = proofs->first; proof != NULL; proof = next) {
		const struct refusal *why = proofs_why_late(proof, now_ms,
		    &next_ms);

		next = proof->next;
		if (why == NULL && waiting > PROOFS_SILENT_MAX &&
		    proofs_keep_sshd(proof)) {
			waiting--;
			why = &mishap_silent;
		}
		if (why != NULL)
			proof_fail(proof, why);
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
