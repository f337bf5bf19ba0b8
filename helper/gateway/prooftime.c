#include "prooftime.h"

/* True if END_MS has come; *NEXT_MS is END_MS, if it is sooner and hasn't. */
static bool
prooftime_has_come(int64_t end_ms, int64_t now_ms, int64_t *next_ms)
{
	if (end_ms <= now_ms)
		return true;
	if (end_ms < *next_ms)
		*next_ms = end_ms;
	return false;
}

bool
prooftime_keeps_sshd(const struct proof *proof)
{
	return proof->kind == PROOF_PASSWORD && proof->state <= PROOF_GOES;
}

size_t
prooftime_silent(const struct proof *first, const struct outage *outage,
    int64_t now_ms, int64_t *next_ms)
{
	size_t waiting = 0;
	bool silent = false;

	for (const struct proof *p = first; p != NULL; p = p->next) {
		if (!prooftime_keeps_sshd(p))
			continue;
		waiting++;
		if (p->state == PROOF_GOES && p->unwanted == NULL &&
		    prooftime_has_come(outage_silent_ms(outage, p->asked_ms),
			now_ms, next_ms))
			silent = true;
	}
	return silent ? waiting : 0;
}

bool
prooftime_is_late(const struct proof *proof, int64_t now_ms, int64_t *next_ms)
{
	const int64_t turn_ms = proof->kind == PROOF_PASSWORD
	    ? PROOFTIME_PASSWORD_TURN_MS
	    : PROOFTIME_TURN_MS;

	return proof->state <= PROOF_WAITS &&
	    prooftime_has_come(proof->asked_ms + turn_ms, now_ms, next_ms);
}

bool
prooftime_is_through(const struct proof *proof, const struct decoys *decoys,
    int64_t now_ms, int64_t *next_ms)
{
	return proof->state == PROOF_GOES && proof->unwanted != NULL &&
	    prooftime_has_come(decoys_end_ms(decoys, proof->gone_ms), now_ms,
		next_ms);
}
