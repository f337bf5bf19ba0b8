#include "errands.h"

#include "../../shim/lib/clock.h"
#include "agenda.h"

/* A lookup should know that the remote is gone before its time is over. */
#define ERRANDS_LOOKUP_STEP_MAX_S 8
/* Who asked for something no longer ago may still be logging in. */
#define ERRANDS_LOGIN_MS 10000

enum errand_aside {
	ERRAND_TRY_UDP = 1, /* a login is under way: it may be time to */
	ERRAND_PING = 2,    /* it is to be known whether the remote answers */
};

void
errands_init(struct errands *errands, struct kept *kept, struct trial *trial,
    const char *user)
{
	*errands = (struct errands){ .kept = kept,
		.trial = trial,
		.user = user };
}

void
errands_ask(struct errands *errands, struct waiter *waiter)
{
	waiters_add(&errands->waiters, waiter);
	errands->asides |= ERRAND_TRY_UDP;
	errands->asked_ms = clock_now_ms();
}

bool
errands_forget(struct errands *errands, struct waiter *waiter)
{
	if (errands->served == waiter)
		errands->served = NULL;
	return waiters_remove(&errands->waiters, waiter);
}

/* The session that is next, unless all wait for the verdict on UDP. */
static struct waiter *
errands_session(const struct errands *errands)
{
	const enum reach_verdict verdict = reach_now(trial_reach(
							 errands->trial),
	    errands->user, clock_now_ms());

	return waiters_ready_session(&errands->waiters, verdict == REACH_WAIT);
}

/* What is to be done, for agenda_next(). */
static struct agenda
errands_agenda(const struct errands *errands)
{
	const struct connection_facts *facts = connection_facts(
	    errands->kept->current);
	const struct waiters *waiters = &errands->waiters;
	const int64_t now_ms = clock_now_ms();

	return (struct agenda){
		.lookup = waiters_first(waiters, JOB_LOOKUP) != NULL,
		.keys = waiters_first(waiters, JOB_KEYS) != NULL,
		.session = errands_session(errands) != NULL,
		.udp = (errands->asides & ERRAND_TRY_UDP) != 0 &&
		    now_ms - errands->asked_ms <= ERRANDS_LOGIN_MS &&
		    reach_wants(trial_reach(errands->trial), errands->user,
			now_ms),
		.ping = (errands->asides & ERRAND_PING) != 0,
		.connected = facts->served > 0,
		.last = facts->job,
	};
}

/* Begin the next job.  Returns false if there is none, else what in *JOB. */
static bool
errands_begin(struct errands *errands, enum job *job)
{
	const struct agenda agenda = errands_agenda(errands);

	if (!agenda_next(&agenda, job))
		return false;
	switch (*job) {
	case JOB_OPEN:
		errands->asides &= ~(unsigned)ERRAND_PING;
		break;
	case JOB_LOOKUP: /* it brings the keys along */
	case JOB_KEYS:
		keycache_ask(&errands->keys, clock_now_ms());
		break;
	case JOB_UDP:
		errands->asides &= ~(unsigned)ERRAND_TRY_UDP;
		reach_make_mark(errands->mark);
		trial_begin(errands->trial, errands->user, errands->mark);
		break;
	default:
		errands->served = errands_session(errands);
		errands->served->state = WAITER_AT_WORK;
		break;
	}
	return true;
}

bool
errands_first(struct errands *errands, struct briefing *briefing)
{
	if (!errands_begin(errands, &briefing->job))
		return false;
	if (briefing->job == JOB_SESSION)
		briefing->asked = errands->served->asked;
	if (briefing->job == JOB_UDP)
		briefing->mark = errands->mark;
	if (briefing->job == JOB_LOOKUP)
		briefing->connect_timeout_max_s = ERRANDS_LOOKUP_STEP_MAX_S;
	return true;
}

bool
errands_next(struct errands *errands)
{
	enum job job;

	if (!errands_begin(errands, &job))
		return false;
	if (job == JOB_UDP)
		trial_connected(errands->trial, errands->mark);
	kept_ask(errands->kept, job,
	    job == JOB_SESSION ? errands->served->asked : NULL,
	    job == JOB_UDP ? errands->mark : NULL);
	return true;
}

void
errands_ready(struct errands *errands, enum job job)
{
	if (job == JOB_UDP)
		trial_connected(errands->trial, errands->mark);
	else if (job == JOB_LOOKUP)
		waiters_accept(&errands->waiters);
}

/* A mosh-server has been started for a session, or not. */
static void
errands_take_session(struct errands *errands, const struct frame *answer)
{
	struct waiter *waiter = errands->served;

	errands->served = NULL;
	if (answer->type == FRAME_OK)
		kept_claim(errands->kept);
	if (waiter != NULL)
		waiters_answer(&errands->waiters, waiter, answer, true);
}

/* The same to try UDP with. */
static void
errands_take_udp(struct errands *errands, const struct frame *answer)
{
	if (answer->type == FRAME_OK && mosh_answer_valid(answer))
		trial_try(errands->trial, errands->mark, answer);
	else
		trial_give_up(errands->trial, errands->mark);
}

void
errands_answer(struct errands *errands, enum job job,
    const struct frame *answer)
{
	if (answer->type == FRAME_TEXT) {
		keycache_store(&errands->keys, answer->body, answer->len);
		waiters_answer_all(&errands->waiters, JOB_KEYS, answer);
		return;
	}
	switch (job) {
	case JOB_LOOKUP:
	case JOB_KEYS:
		waiters_answer_all(&errands->waiters, job, answer);
		break;
	case JOB_UDP:
		errands_take_udp(errands, answer);
		break;
	case JOB_SESSION:
		errands_take_session(errands, answer);
		break;
	default:
		trial_alive(errands->trial);
		break;
	}
}

void
errands_fail(struct errands *errands, const struct connection_end *end,
    bool retry)
{
	errands->served = NULL;
	if (end->facts.job == JOB_UDP)
		trial_give_up(errands->trial, errands->mark);
	waiters_fail(&errands->waiters, retry, end->last, end->reached);
}

void
errands_move(struct errands *errands)
{
	const struct connection *gone = errands->kept->current;

	errands->served = NULL;
	if (connection_facts(gone)->phase != PHASE_QUEUED &&
	    connection_facts(gone)->job == JOB_UDP)
		trial_give_up(errands->trial, errands->mark);
	waiters_restart(&errands->waiters);
}

void
errands_restart(struct errands *errands)
{
	errands->served = NULL;
	keycache_forget(&errands->keys);
	errands->asides = errands->waiters.first != NULL ? ERRAND_TRY_UDP : 0;
	waiters_restart(&errands->waiters);
}

bool
errands_log_in(struct errands *errands, int64_t began_ms, int64_t now_ms)
{
	if (errands->trial_ms == began_ms ||
	    now_ms - errands->asked_ms > ERRANDS_LOGIN_MS)
		return false;
	errands->trial_ms = began_ms;
	errands->asides |= ERRAND_PING;
	return true;
}
