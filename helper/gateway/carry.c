#include "carry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../shim/lib/clock.h"
#include "../log.h"
#include "mishap.h"

/*
 * A trial of UDP that has no verdict after CARRY_SPARE_MS may well get a bad
 * one.  Whoever is logging in then has a connection made that is held for a
 * session over SSH.
 */
#define CARRY_SPARE_MS 600
/*
 * So long a relay waits for a kept connection that is at work, and then for its
 * channel: longer than most take to make another.
 */
#define CARRY_WAIT_MS 3000

/* A connection that is held for a relay that is yet to come. */
struct carry_spare {
	struct carry_spare *next;
	struct carries *carries;
	char user[USERNAME_MAX_CHARS + 1];
	struct connection *connection;
};

struct carries {
	struct loop *loop;
	struct loop_timer timer;
	struct pool *pool;
	struct shares *shares;
	struct trial *trial;
	struct carry_spare *spares;
};

static const struct connection_owner carry_owner, carry_spare_owner;

static void carry_alone(struct carry *carry);

/* CARRY is over, or could not be begun, as ANSWER says. */
static void
carry_end(struct carry *carry, const struct frame *answer)
{
	carry->phase = CARRY_NEW;
	carry->connection = NULL;
	carry->answer(carry, answer);
}

/* The same for WHY. */
static void
carry_refuse(struct carry *carry, const struct refusal *why)
{
	struct fields fields = { 0 };
	const struct frame refusal = refusal_frame(why, &fields);

	carry_end(carry, &refusal);
	fields_free(&fields);
}

/*
 * Spares
 */

/* Take SPARE out of the list and free it; its connection is the caller's. */
static struct connection *
carry_take_spare(struct carry_spare *spare)
{
	struct connection *connection = spare->connection;

	for (struct carry_spare **at = &spare->carries->spares; *at != NULL;
	     at = &(*at)->next) {
		if (*at == spare) {
			*at = spare->next;
			break;
		}
	}
	free(spare);
	return connection;
}

void
carries_end_spares(struct carries *carries)
{
	struct carry_spare *spare;

	while ((spare = carries->spares) != NULL) {
		carries->spares = spare->next;
		connection_close(spare->connection);
		free(spare);
	}
}

/* Have a connection made that is held for a session of USER over SSH. */
static void
carry_make_spare(struct carries *carries, const char *user)
{
	struct carry_spare *spare;

	/* if nobody waits for the verdict, nobody needs it */
	if (reach_now(trial_reach(carries->trial), user, clock_now_ms()) !=
	    REACH_WAIT)
		return;
	spare = calloc(1, sizeof(*spare));
	if (spare == NULL)
		return;
	spare->carries = carries;
	snprintf(spare->user, sizeof(spare->user), "%s", user);
	spare->connection = pool_connect(carries->pool, user, QUEUE_RELAY,
	    QUEUE_ALONE, &carry_spare_owner, spare);
	if (spare->connection == NULL) {
		free(spare);
		return;
	}
	spare->next = carries->spares;
	carries->spares = spare;
}

/* The connection that is held for a relay like CARRY, or NULL. */
static struct carry_spare *
carry_find_spare(const struct carry *carry)
{
	struct carry_spare *spare = carry->carries->spares;

	/* they are for a terminal, and made with the gateway's key */
	if (fields_get(carry->asked, "terminal") == NULL || carry->lane != 0)
		return NULL;
	while (spare != NULL &&
	    strcmp(connection_entry(spare->connection)->user, carry->user) != 0)
		spare = spare->next;
	return spare;
}

static bool
carry_is_held(const struct connection *connection)
{
	return connection_facts(connection)->phase == PHASE_HELD;
}

static bool
carry_on_spare_turn(void *context, struct briefing *briefing)
{
	(void)context;
	briefing->job = JOB_RELAY;
	briefing->spare = true;
	return true;
}

/* The remote has said no to the gateway for USER. */
static void
carry_tell_refused(struct carries *carries, const char *user, uint64_t lane,
    const struct frame *refusal)
{
	struct share *share = shares_get(carries->shares, user, lane);

	if (share != NULL)
		share_refused(share, refusal);
}

static void
carry_on_spare_end(void *context, const struct connection_end *end)
{
	struct carry_spare *spare = context;
	struct carries *carries = spare->carries;
	char user[USERNAME_MAX_CHARS + 1];

	memcpy(user, spare->user, sizeof(user));
	carry_take_spare(spare);
	if (end->refused)
		carry_tell_refused(carries, user, 0, end->last);
}

static const struct connection_owner carry_spare_owner = {
	.on_turn = carry_on_spare_turn,
	.on_end = carry_on_spare_end,
};

/*
 * A relay
 */

/* The connection is held: have it begin.  Returns false if it can't be told. */
static bool
carry_go(struct carry *carry)
{
	struct fields fields = { 0 };
	bool told;

	briefing_add_request(&fields, carry->asked);
	if (carry->why != NULL)
		fields_add(&fields, "why", carry->why);
	if (carry->warning != NULL)
		fields_add(&fields, "warning", carry->warning);
	told = connection_go(carry->connection, &fields, carry->fd, carry->uid);
	fields_free(&fields);
	if (!told)
		return false;
	carry->phase = CARRY_STARTS;
	carry->given(carry);
	return true;
}

/* The connection that was kept can't be used, for WHY. */
static void
carry_log_kept(const struct carry *carry, const struct refusal *why)
{
	log_event(LOG_NOTICE, "kept-failed", "user", carry->user, "reason",
	    why->reason, "detail", why->detail, NULL);
}

/* The kept connection has not the channel that CARRY needs, as END says. */
static void
carry_return(struct carry *carry, const struct connection_end *end)
{
	const struct refusal why = refusal_read(end->last);
	struct share *share = shares_find(carry->carries->shares, carry->user,
	    carry->lane);

	carry_log_kept(carry, &why);
	if (share != NULL && refusal_is(&why, "no-shell"))
		share_lend_none(share);
	carry_alone(carry);
}

static bool
carry_on_turn(void *context, struct briefing *briefing)
{
	struct carry *carry = context;

	briefing->job = JOB_RELAY;
	briefing->asked = carry->asked;
	return true;
}

static void
carry_on_ready(void *context)
{
	struct carry *carry = context;

	if (!carry_is_held(carry->connection) || carry_go(carry))
		return;
	connection_close(carry->connection);
	if (carry->phase == CARRY_CLEARS) {
		carry_log_kept(carry,
		    &(struct refusal){ .reason = "internal" });
		carry_alone(carry);
	} else {
		carry_refuse(carry, &mishap_deaf);
	}
}

/* There is a session of the user's over SSH, or a command. */
static void
carry_on_answer(void *context, const struct frame *answer)
{
	struct carry *carry = context;
	struct share *share;

	carry->phase = CARRY_RUNS;
	share = shares_get(carry->carries->shares, carry->user, carry->lane);
	/* one that was kept has been replaced already */
	if (share != NULL && carry->loan.borrower == NULL && carry->lane == 0)
		share_keep(share);
	carry->answer(carry, answer);
}

static void
carry_on_end(void *context, const struct connection_end *end)
{
	struct carry *carry = context;
	static const struct refusal gone = { .reason = "abandoned",
		.sentence = "The login was given up." };

	if (end->refused)
		carry_tell_refused(carry->carries, carry->user, carry->lane,
		    end->last);
	if (end->last == NULL) {
		carry_refuse(carry, &gone);
	} else if (carry->phase == CARRY_CLEARS) {
		carry_return(carry, end);
	} else {
		carry_end(carry, end->last);
	}
}

static const struct connection_owner carry_owner = {
	.on_turn = carry_on_turn,
	.on_ready = carry_on_ready,
	.on_answer = carry_on_answer,
	.on_end = carry_on_end,
};

/* Have a connection of its own for CARRY: a spare one, or a new one. */
static void
carry_alone(struct carry *carry)
{
	struct carries *carries = carry->carries;
	struct carry_spare *spare = carry_find_spare(carry);

	carry->loan.borrower = NULL;
	if (spare != NULL) {
		carry->phase = CARRY_CONNECTS;
		carry->connection = carry_take_spare(spare);
		connection_give(carry->connection, &carry_owner, carry);
		if (!carry_is_held(carry->connection) || carry_go(carry))
			return;
		connection_close(carry->connection);
	}
	carry->phase = CARRY_CONNECTS;
	carry->connection = pool_connect(carries->pool, carry->user,
	    QUEUE_RELAY, QUEUE_ALONE, &carry_owner, carry);
	if (carry->connection == NULL)
		carry_refuse(carry, &waiter_no_memory);
}

/* The connection that is kept is this relay's. */
static void
carry_on_lend(struct loan *loan, struct connection *connection)
{
	struct carry *carry = loan->borrower;

	carry->phase = CARRY_CLEARS;
	carry->connection = connection;
	connection_give(connection, &carry_owner, carry);
	connection_hold(connection, carry->asked, CARRY_WAIT_MS);
}

static void
carry_on_deny(struct loan *loan, const struct frame *refusal)
{
	struct carry *carry = loan->borrower;

	if (refusal != NULL)
		carry_end(carry, refusal);
	else
		carry_alone(carry);
}

/* Is there a spare for CARRY that is there before the connection that is kept? */
static bool
carry_prefers_spare(const struct carry *carry, const struct share *share)
{
	const struct carry_spare *spare = carry_find_spare(carry);

	return spare != NULL &&
	    (carry_is_held(spare->connection) || share == NULL ||
		!share_is_idle(share));
}

void
carries_ask(struct carries *carries, struct carry *carry)
{
	struct share *share = shares_find(carries->shares, carry->user,
	    carry->lane);
	struct frame refusal;

	carry->carries = carries;
	carry->connection = NULL;
	if (share != NULL && share_was_refused(share, &refusal)) {
		carry_end(carry, &refusal);
		return;
	}
	carry->phase = CARRY_BORROWS;
	carry->loan = (struct loan){ .lend = carry_on_lend,
		.deny = carry_on_deny,
		.borrower = carry };
	if (share == NULL || carry_prefers_spare(carry, share) ||
	    !share_borrow(share, &carry->loan, CARRY_WAIT_MS))
		carry_alone(carry);
}

void
carries_forget(struct carry *carry)
{
	struct share *share;

	if (carry->phase == CARRY_NEW)
		return;
	share = shares_find(carry->carries->shares, carry->user, carry->lane);
	if (share != NULL)
		share_unborrow(share, &carry->loan);
	if (carry->phase >= CARRY_STARTS)
		connection_leave(carry->connection);
	else if (carry->connection != NULL)
		connection_close(carry->connection);
	carry->connection = NULL;
	carry->phase = CARRY_NEW;
}

/*
 * Time
 */

/*
 * See whether TRIAL, which is USER's, takes so long that a spare connection is
 * worth it.  Returns when to see again, or INT64_MAX.
 */
static int64_t
carries_tend(struct carries *carries, const char *user,
    const struct reach_trial *trial, int64_t now_ms)
{
	struct share *share;

	if (trial->client_ms == INT64_MAX)
		return INT64_MAX;
	if (now_ms < trial->client_ms + CARRY_SPARE_MS)
		return trial->client_ms + CARRY_SPARE_MS;
	share = shares_find(carries->shares, user, 0);
	if (share != NULL && share_logs_in(share, trial->began_ms, now_ms) &&
	    !share_is_users(share) && pool_signer(carries->pool) != NULL)
		carry_make_spare(carries, user);
	return INT64_MAX;
}

static void
carries_fire(void *context, int64_t now_ms)
{
	struct carries *carries = context;
	int64_t next_ms = INT64_MAX;

	for (size_t i = 0; i < REACH_USERS_MAX; i++) {
		struct reach_trial trial;
		const char *user = reach_trial_at(trial_reach(carries->trial),
		    i, &trial);
		int64_t at_ms = INT64_MAX;

		if (user != NULL)
			at_ms = carries_tend(carries, user, &trial, now_ms);
		if (at_ms < next_ms)
			next_ms = at_ms;
	}
	/* unless there is more to do already */
	if (!carries->timer.on || carries->timer.at_ms > next_ms)
		loop_at(carries->loop, &carries->timer, next_ms);
}

void
carries_touch(struct carries *carries)
{
	loop_at(carries->loop, &carries->timer, clock_now_ms());
}

struct carries *
carries_new(struct loop *loop, struct pool *pool, struct shares *shares,
    struct trial *trial)
{
	struct carries *carries = calloc(1, sizeof(*carries));

	if (carries == NULL)
		return NULL;
	carries->loop = loop;
	carries->pool = pool;
	carries->shares = shares;
	carries->trial = trial;
	carries->timer.fire = carries_fire;
	carries->timer.context = carries;
	return carries;
}

void
carries_free(struct carries *carries)
{
	if (carries == NULL)
		return;
	carries_end_spares(carries);
	loop_at(carries->loop, &carries->timer, INT64_MAX);
	free(carries);
}
