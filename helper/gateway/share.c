#include "share.h"

#include <stdio.h>
#include <stdlib.h>

#include "../../shim/lib/clock.h"
#include "../log.h"
#include "errands.h"
#include "lastfailure.h"

struct share {
	const struct share_common *common;
	char user[USERNAME_MAX_CHARS + 1];
	struct kept kept;
	struct errands errands;
	struct lastfailure failure;
	struct loan *loan;
	bool lends_none; /* the remote has no second channel */
	bool renew;      /* a connection is to be kept, and there is none */
	int64_t vain_ms; /* till then none is kept unasked */
};

static const struct config *
share_config(const struct share *share)
{
	return pool_config(share->common->pool);
}

/* Something is to be done a little later. */
static void
share_touch(const struct share *share)
{
	share->common->touch(share->common->context);
}

/* True if somebody waits for an answer. */
static bool
share_is_asked(const struct share *share)
{
	return share->errands.waiters.first != NULL;
}

/* True if what failed lately is not to be tried again just now. */
static bool
share_failed_lately(const struct share *share)
{
	return share->kept.current == NULL &&
	    lastfailure_counts(&share->failure, clock_now_ms());
}

bool
share_would_connect(const struct share *share)
{
	return share->kept.current == NULL && !share_failed_lately(share) &&
	    !keycache_is_fresh(&share->errands.keys,
		share_config(share)->cache_ttl_s, clock_now_ms());
}

/*
 * Loans
 */

/* Lend the idle connection of SHARE, for good, to whoever waits for it. */
static void
share_lend(struct share *share)
{
	struct loan *loan = share->loan;
	struct connection *connection;

	if (loan == NULL)
		return;
	/* a session that waits for the verdict on UDP is to be first */
	if (waiters_first(&share->errands.waiters, JOB_SESSION) != NULL) {
		loan_deny(&share->loan, NULL);
		return;
	}
	connection = kept_take(&share->kept);
	share->loan = NULL;
	/* without the user there will be none like it */
	if (!connection_facts(connection)->users)
		share_keep(share);
	loan->lend(loan, connection);
}

bool
share_borrow(struct share *share, struct loan *loan, int64_t within_ms)
{
	if (!share->lends_none &&
	    loan_give(loan, kept_take_adopted(&share->kept)))
		return true;
	if (share->lends_none || share->loan != NULL ||
	    !kept_is_begun(&share->kept) ||
	    waiters_first(&share->errands.waiters, JOB_SESSION) != NULL)
		return false;
	share->loan = loan;
	loan->end_ms = clock_now_ms() + within_ms;
	share_pump(share);
	return true;
}

void
share_unborrow(struct share *share, const struct loan *loan)
{
	if (share->loan == loan)
		share->loan = NULL;
}

void
share_lend_none(struct share *share)
{
	share->lends_none = true;
}

/*
 * Requests
 */

/* Answer what is known by now. */
static void
share_answer_known(struct share *share)
{
	struct waiters *waiters = &share->errands.waiters;
	const struct keycache *cache = &share->errands.keys;
	const struct frame keys = { .type = FRAME_TEXT,
		.body = cache->text,
		.len = cache->len };
	struct frame refusal;

	if (keycache_is_fresh(cache, share_config(share)->cache_ttl_s,
		clock_now_ms()))
		waiters_answer_all(waiters, JOB_KEYS, &keys);
	if (!share_failed_lately(share))
		return;
	refusal = lastfailure_frame(&share->failure);
	waiters_answer_all(waiters, JOB_KEYS, &refusal);
	if (share->failure.kind == LASTFAILURE_REFUSED)
		waiters_answer_all(waiters, JOB_SESSION, &refusal);
}

/* Have a connection made for those who wait. */
static void
share_connect(struct share *share)
{
	struct waiters *waiters = &share->errands.waiters;

	if (share->kept.claim == QUEUE_UNCLAIMED &&
	    waiters_first(waiters, JOB_SESSION) == NULL &&
	    !pool_make_unclaimed_room(share->common->pool))
		waiters_refuse_all(waiters, &waiter_busy);
	else if (!kept_connect(&share->kept, false))
		waiters_refuse_all(waiters, &waiter_no_memory);
}

void
share_pump(struct share *share)
{
	share_touch(share);
	kept_settle(&share->kept, clock_now_ms());
	share_answer_known(share);
	if (kept_is_idle(&share->kept)) {
		if (!errands_next(&share->errands))
			share_lend(share);
	} else if (share->kept.current == NULL) {
		loan_deny(&share->loan, NULL);
		if (share_is_asked(share))
			share_connect(share);
	}
	kept_mark(&share->kept, share_is_asked(share) || share->loan != NULL);
}

void
share_ask(struct share *share, struct waiter *waiter)
{
	errands_ask(&share->errands, waiter);
	share_pump(share);
}

bool
share_forget(struct share *share, struct waiter *waiter)
{
	return errands_forget(&share->errands, waiter);
}

bool
share_logs_in(struct share *share, int64_t began_ms, int64_t now_ms)
{
	if (kept_served(&share->kept) == 0 ||
	    !errands_log_in(&share->errands, began_ms, now_ms))
		return false;
	share_pump(share);
	return true;
}

/*
 * What the connection tells
 */

static bool
share_on_turn(void *context, struct briefing *briefing)
{
	struct share *share = context;

	/* somebody may wait for it without having a job yet */
	briefing->job = JOB_OPEN;
	return errands_first(&share->errands, briefing) ||
	    share_is_asked(share) || share->loan != NULL;
}

static void
share_on_ready(void *context, enum job job)
{
	struct share *share = context;

	lastfailure_forget(&share->failure);
	share->common->events->accepted(share->common->events_context,
	    share->user);
	errands_ready(&share->errands, job);
}

static void
share_on_answer(void *context, enum job job, const struct frame *answer)
{
	struct share *share = context;

	errands_answer(&share->errands, job, answer);
	if (job != JOB_SESSION)
		return;
	kept_use(&share->kept);
	kept_mark(&share->kept, true);
	pool_make_room(share->common->pool);
}

static void
share_on_idle(void *context, bool opened)
{
	struct share *share = context;

	if (!opened)
		share->vain_ms = 0;
	if (!opened || share_is_asked(share))
		share->kept.used_ms = clock_now_ms();
	share_pump(share);
}

/* The remote has said no, as REFUSAL tells: all that is kept goes at once. */
static void
share_take_refusal(struct share *share, const struct frame *refusal)
{
	const int64_t now_ms = clock_now_ms();
	const int64_t end_ms =
	    share->common->events->refused(share->common->events_context,
		share->user);

	lastfailure_remember(&share->failure, refusal, LASTFAILURE_REFUSED,
	    end_ms - now_ms, now_ms);
	keycache_forget(&share->errands.keys);
	kept_refused(&share->kept);
	share_touch(share);
}

/* A connection that nobody has asked for could not be made. */
static void
share_log_vain(const struct share *share, const struct refusal *why)
{
	log_event(LOG_NOTICE, "replace-failed", "user", share->user, "reason",
	    why->reason, "detail", why->detail, NULL);
}

/* The connection has failed, as END says; OPENED: it was for the next login. */
static void
share_fail(struct share *share, const struct connection_end *end, bool opened)
{
	const struct refusal why = refusal_read(end->last);
	const bool unasked = opened && !share_is_asked(share);
	/* only the connection that was kept is known to be bad */
	const bool retry = end->facts.served > 0 && !end->refused;

	if (unasked && refusal_is(&why, "no-shell"))
		share->vain_ms = clock_now_ms() +
		    (int64_t)share_config(share)->share_idle_s * 1000;
	if (unasked)
		share_log_vain(share, &why);
	else if (!retry)
		lastfailure_remember(&share->failure, end->last,
		    LASTFAILURE_OTHER, end->took_ms, clock_now_ms());
	if (end->refused)
		share_take_refusal(share, end->last);
	/* else it goes alone: what went wrong may not be its concern */
	if (!end->reached || (end->refused && !unasked))
		loan_deny(&share->loan, end->last);
	errands_fail(&share->errands, end, retry);
}

static void
share_on_end(void *context, const struct connection_end *end, bool opened)
{
	struct share *share = context;

	if (end->last != NULL)
		share_fail(share, end, opened);
	share_pump(share);
}

static void
share_on_vain(void *context, const struct connection_end *end)
{
	struct share *share = context;
	const struct refusal why = refusal_read(end->last);

	share_log_vain(share, &why);
	if (end->refused)
		share_take_refusal(share, end->last);
}

static const struct kept_owner share_kept = {
	.on_turn = share_on_turn,
	.on_ready = share_on_ready,
	.on_answer = share_on_answer,
	.on_idle = share_on_idle,
	.on_end = share_on_end,
	.on_vain = share_on_vain,
};

/*
 * What is kept
 */

struct share *
share_new(const struct share_common *common, const char *user)
{
	struct share *share = calloc(1, sizeof(*share));

	if (share == NULL)
		return NULL;
	snprintf(share->user, sizeof(share->user), "%s", user);
	share->common = common;
	kept_init(&share->kept, common->pool, share->user, &share_kept, share);
	errands_init(&share->errands, &share->kept, common->trial, share->user);
	return share;
}

void
share_free(struct share *share)
{
	keycache_forget(&share->errands.keys);
	lastfailure_forget(&share->failure);
	free(share);
}

const char *
share_user(const struct share *share)
{
	return share->user;
}

bool
share_is_empty(const struct share *share, int64_t now_ms)
{
	return share->kept.current == NULL && share->kept.successor == NULL &&
	    !share_is_asked(share) && share->loan == NULL &&
	    share->errands.keys.text == NULL && share->failure.body == NULL &&
	    !share->renew && now_ms >= share->vain_ms;
}

bool
share_is_users(const struct share *share)
{
	return kept_is_users(&share->kept);
}

bool
share_is_idle(const struct share *share)
{
	return kept_is_idle(&share->kept);
}

bool
share_is_ready(struct share *share, int64_t now_ms)
{
	kept_settle(&share->kept, now_ms);
	return kept_is_ready(&share->kept);
}

void
share_configure(struct share *share)
{
	kept_drop(&share->kept);
	lastfailure_forget(&share->failure);
	errands_restart(&share->errands);
	share->lends_none = false;
	share->vain_ms = 0;
	share_pump(share);
}

void
share_keep(struct share *share)
{
	kept_claim(&share->kept);
	share->renew = true;
	share->kept.used_ms = clock_now_ms();
	kept_mark(&share->kept, share_is_asked(share) || share->loan != NULL);
	share_touch(share);
}

void
share_adopt(struct share *share, struct connection *connection)
{
	kept_claim(&share->kept);
	share->kept.used_ms = clock_now_ms();
	if (kept_enters(&share->kept))
		errands_move(&share->errands);
	kept_adopt(&share->kept, connection);
	share_pump(share);
	pool_make_room(share->common->pool);
}

void
share_refused(struct share *share, const struct frame *refusal)
{
	share_take_refusal(share, refusal);
	share_pump(share);
}

bool
share_was_refused(const struct share *share, struct frame *refusal)
{
	if (!share_failed_lately(share) ||
	    share->failure.kind != LASTFAILURE_REFUSED)
		return false;
	*refusal = lastfailure_frame(&share->failure);
	return true;
}

/* Have a connection kept, once the relays that connect have theirs. */
static void
share_tend_renewal(struct share *share, int64_t now_ms)
{
	struct pool *pool = share->common->pool;

	if (!share->renew || pool_has_relay(pool, share->user))
		return;
	share->renew = false;
	if (share->kept.current == NULL && share->kept.successor == NULL) {
		share->kept.claim = QUEUE_UNCLAIMED;
		if (share_config(share)->share_idle_s == 0 ||
		    pool_signer(pool) == NULL || share_failed_lately(share) ||
		    now_ms < share->vain_ms)
			return;
		kept_claim(&share->kept);
		kept_connect(&share->kept, true);
		kept_mark(&share->kept, share->loan != NULL);
	}
	pool_make_room(pool);
}

/* Forget what is too old.  Returns the next deadline. */
static int64_t
share_tend_memory(struct share *share, int64_t now_ms)
{
	const int64_t failure_ms = lastfailure_tend(&share->failure, now_ms);
	int64_t next_ms = keycache_tend(&share->errands.keys,
	    share_config(share)->cache_ttl_s, now_ms);

	if (failure_ms < next_ms)
		next_ms = failure_ms;
	if (share->vain_ms > now_ms && share->vain_ms < next_ms)
		next_ms = share->vain_ms;
	return next_ms;
}

/* The same for the connection. */
static int64_t
share_tend_kept(struct share *share, int64_t now_ms)
{
	const bool idle = kept_is_idle(&share->kept);
	const int64_t next_ms = kept_tend(&share->kept, now_ms);

	if (idle && !kept_is_idle(&share->kept))
		share_pump(share);
	return next_ms;
}

int64_t
share_tend(struct share *share, int64_t now_ms)
{
	const int64_t memory_ms = share_tend_memory(share, now_ms);
	/* another connection, begun now, would hardly overtake that one */
	const int64_t loan_ms = kept_opens_soon(&share->kept)
	    ? INT64_MAX
	    : loan_tend(&share->loan, now_ms);
	const int64_t first_ms = memory_ms < loan_ms ? memory_ms : loan_ms;
	int64_t kept_ms;

	share_tend_renewal(share, now_ms);
	kept_ms = share_tend_kept(share, now_ms);
	return kept_ms < first_ms ? kept_ms : first_ms;
}
