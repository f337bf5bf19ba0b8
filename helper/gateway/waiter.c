#include "waiter.h"

#include "../../shim/lib/fields.h"

const struct refusal waiter_no_memory = { .reason = "internal",
	.sentence = "The gateway is out of memory.",
	.remedy = "give the gateway more memory" };

const struct refusal waiter_busy = { .reason = "busy",
	.sentence = "Too many logins are under way; try again in a minute.",
	.remedy = "somebody may be guessing names: see sshd's log" };

void
waiters_add(struct waiters *waiters, struct waiter *waiter)
{
	struct waiter **last = &waiters->first;

	while (*last != NULL)
		last = &(*last)->next;
	*last = waiter;
	waiter->next = NULL;
	waiter->state = WAITER_WAITING;
	waiter->tries = 0;
}

bool
waiters_remove(struct waiters *waiters, struct waiter *waiter)
{
	struct waiter **at = &waiters->first;

	while (*at != NULL && *at != waiter)
		at = &(*at)->next;
	if (*at == NULL)
		return false;
	*at = waiter->next;
	waiter->next = NULL;
	waiter->state = WAITER_NEW;
	return true;
}

struct waiter *
waiters_first(const struct waiters *waiters, enum job want)
{
	for (struct waiter *r = waiters->first; r != NULL; r = r->next) {
		if (r->want == want && r->state == WAITER_WAITING)
			return r;
	}
	return NULL;
}

struct waiter *
waiters_ready_session(const struct waiters *waiters, bool waiting)
{
	for (struct waiter *r = waiters->first; r != NULL; r = r->next) {
		if (r->want == JOB_SESSION && r->state == WAITER_WAITING &&
		    (r->at_once || !waiting))
			return r;
	}
	return NULL;
}

void
waiters_answer(struct waiters *waiters, struct waiter *waiter,
    const struct frame *answer, bool reached)
{
	waiters_remove(waiters, waiter);
	waiter->answer(waiter, answer, reached);
}

void
waiters_answer_all(struct waiters *waiters, enum job want,
    const struct frame *answer)
{
	struct waiter *waiter, *next;

	for (waiter = waiters->first; waiter != NULL; waiter = next) {
		next = waiter->next;
		if (waiter->want == want)
			waiters_answer(waiters, waiter, answer, true);
	}
}

void
waiters_accept(struct waiters *waiters)
{
	const struct frame accepted = { .type = FRAME_ACCEPTED };
	struct waiter *waiter, *next;

	for (waiter = waiters->first; waiter != NULL; waiter = next) {
		next = waiter->next;
		if (waiter->want == JOB_LOOKUP)
			waiter->answer(waiter, &accepted, true);
	}
}

void
waiter_refuse(struct waiter *waiter, const struct refusal *why)
{
	struct fields fields = { 0 };
	struct frame refusal;

	refusal = refusal_frame(why, &fields);
	waiter->answer(waiter, &refusal, false);
	fields_free(&fields);
}

void
waiters_refuse_all(struct waiters *waiters, const struct refusal *why)
{
	struct waiter *waiter, *next;

	for (waiter = waiters->first; waiter != NULL; waiter = next) {
		next = waiter->next;
		waiters_remove(waiters, waiter);
		waiter_refuse(waiter, why);
	}
}

void
waiters_fail(struct waiters *waiters, bool retry, const struct frame *refusal,
    bool reached)
{
	struct waiter *waiter, *next;

	for (waiter = waiters->first; waiter != NULL; waiter = next) {
		next = waiter->next;
		if (retry && waiter->tries == 0) {
			waiter->tries++;
			waiter->state = WAITER_WAITING;
		} else {
			waiters_answer(waiters, waiter, refusal, reached);
		}
	}
}

void
waiters_restart(struct waiters *waiters)
{
	for (struct waiter *r = waiters->first; r != NULL; r = r->next)
		r->state = WAITER_WAITING;
}
