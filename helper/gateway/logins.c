#include "logins.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../shim/lib/clock.h"
#include "enroll.h"

/* sshd waits, and others for sshd: so long for a turn, and so long in all. */
#define LOGINS_TURN_MS 20000
#define LOGINS_MS 40000

/* A name as which the gateway logs in, or is going to. */
struct login {
	struct login *next;
	struct logins *logins;
	struct patience_claim claim;
	enum logins_kind kind;
	uid_t uid;
	enum login_state {
		LOGIN_WAITS, /* for its turn */
		LOGIN_GOES,
		LOGIN_IN,      /* the remote has let it in, and says as whom */
		LOGIN_ENROLLS, /* the name gets its uid for good */
	} state;
	int64_t began_ms;
	struct waiter waiter;
	struct enroll enroll;
	struct logins_question *questions;
};

struct logins {
	struct logins_parts parts;
	struct loop_timer timer;
	struct login *first; /* the one that came last */
};

static const struct refusal logins_no_memory = { .reason = "internal",
	.sentence = "Out of memory." };
static const struct refusal logins_refused = { .reason = "refused-before",
	.sentence = "The remote server has refused this user a short while "
		    "ago.",
	.remedy = "the remote has said no, and is not asked for a while; "
		  "reload moshgate to have it asked at once" };
static const struct refusal logins_too_many = { .reason = "too-many",
	.sentence = "Too many logins are under way; try again in a minute.",
	.remedy = "somebody is guessing names; lookups_per_minute in [users] "
		  "says how many may be refused" };
static const struct refusal logins_busy = { .reason = "busy",
	.sentence = "Too many logins are under way; try again in a minute.",
	.remedy = "many users at once; try again in a few seconds" };
static const struct refusal logins_unreachable = { .reason = "unreachable",
	.sentence = "The remote server is out of reach.",
	.remedy = "the remote is out of reach: see event=remote-down" };
static const struct refusal logins_slow = { .reason = "slow",
	.sentence = "The remote server takes long to answer.",
	.remedy = "the remote takes long to answer; the next try may find it "
		  "done" };
static const struct refusal logins_too_many_added = {
	.reason = "too-many-added",
	.sentence = "Too many new users have come; try again in an hour.",
	.remedy = "so many have become users within the hour as "
		  "new_names_per_address and lookups_per_minute in [users] "
		  "allow; see event=user-added for whom"
};

void
logins_touch(struct logins *logins)
{
	loop_at(logins->parts.loop, &logins->timer, clock_now_ms());
}

static struct login *
logins_find(const struct logins *logins, const char *name)
{
	struct login *found = logins->first;

	while (found != NULL && strcmp(found->claim.name, name) != 0)
		found = found->next;
	return found;
}

/*
 * Answers
 */

/* Answer all questions about LOGIN. */
static void
logins_answer(struct login *login, const struct refusal *why)
{
	struct logins_question *question;

	while ((question = login->questions) != NULL) {
		login->questions = question->next;
		question->of = NULL;
		question->answer(question, why);
	}
}

/* LOGIN is over, all of whose questions get WHY; REACHED as patience_end(). */
static void
logins_end(struct login *login, bool reached, const struct refusal *why)
{
	struct logins *logins = login->logins;
	struct login **at = &logins->first;

	while (*at != login)
		at = &(*at)->next;
	*at = login->next;
	patience_end(logins->parts.patience, &login->claim, reached,
	    clock_now_ms());
	logins_answer(login, why);
	free(login);
	logins_touch(logins);
}

/*
 * New users
 */

/* The address that LOGIN counts for; NULL if it doesn't. */
static const struct address *
logins_counts_for(const struct login *login)
{
	return login->kind == LOGINS_VOUCHED ? NULL : &login->claim.address;
}

static void
logins_on_enrolled(struct enroll *enroll, uid_t uid, const struct refusal *why)
{
	struct login *login = enroll->asker;

	(void)uid;
	enroll_settle(enroll, login->logins->parts.provisional,
	    logins_counts_for(login), why, clock_now_ms());
	logins_end(login, false, why);
}

/* The name of LOGIN is a user's: give it its uid for good. */
static void
logins_enroll(struct login *login)
{
	const struct logins_parts *parts = &login->logins->parts;

	login->state = LOGIN_ENROLLS;
	login->enroll = (struct enroll){ .done = logins_on_enrolled,
		.asker = login };
	enroll_begin(&login->enroll, parts->admission, parts->directory,
	    login->claim.name, login->uid);
}

/*
 * What the remote says
 */

static void
logins_on_refusal(struct login *login, const struct frame *answer, bool reached)
{
	struct patience *patience = login->logins->parts.patience;
	const struct refusal why = refusal_read(answer);

	/* one that has not been refused, but is no user either */
	if (login->state == LOGIN_IN || (reached && login->kind == LOGINS_NEW))
		patience_pause(patience, login->claim.name, clock_now_ms());
	logins_end(login, reached, &why);
}

/* For a name that is new. */
static void
logins_on_lookup(struct waiter *waiter, const struct frame *answer,
    bool reached)
{
	struct login *login = waiter->asker;

	switch (answer->type) {
	case FRAME_ACCEPTED:
		login->state = LOGIN_IN;
		return;
	case FRAME_OK:
		logins_enroll(login);
		return;
	default:
		logins_on_refusal(login, answer, reached);
		return;
	}
}

/* For one that is known, about which no question is left. */
static void
logins_on_keys(struct waiter *waiter, const struct frame *answer, bool reached)
{
	logins_end(waiter->asker, reached && answer->type == FRAME_REFUSED,
	    NULL);
}

/* It is the turn of CLAIM. */
static void
logins_start(struct patience_claim *claim)
{
	struct login *login = claim->asker;
	const int64_t end_ms = clock_now_ms() + LOGINS_MS;
	struct shares *shares = login->logins->parts.shares;

	/* they have waited for the turn alone */
	for (struct logins_question *q = login->questions; q != NULL;
	     q = q->next)
		q->end_ms = end_ms;

	login->state = LOGIN_GOES;
	login->waiter = (struct waiter){ .want = JOB_LOOKUP,
		.answer = logins_on_lookup,
		.asker = login };
	snprintf(login->waiter.user, sizeof(login->waiter.user), "%s",
	    login->claim.name);
	if (login->kind == LOGINS_KNOWN) {
		/* they ask for themselves; this one waits for the outcome */
		login->waiter.want = JOB_KEYS;
		login->waiter.answer = logins_on_keys;
		logins_answer(login, NULL);
	}
	shares_ask(shares, &login->waiter);
}

/*
 * Turns
 */

const struct refusal *
logins_why_crowded(const struct logins *logins, int64_t now_ms)
{
	return patience_is_calm(logins->parts.patience, now_ms)
	    ? &logins_busy
	    : &logins_too_many;
}

/* CLAIM has waited in vain. */
static void
logins_give_way(struct patience_claim *claim, const struct refusal *why)
{
	logins_end(claim->asker, false, why);
}

/* While the remote is out of reach nobody new is asked for. */
static void
logins_refuse_new(struct logins *logins)
{
	struct login *login, *next;

	for (login = logins->first; login != NULL; login = next) {
		next = login->next;
		if (login->state == LOGIN_WAITS && login->kind == LOGINS_NEW)
			logins_end(login, false, &logins_unreachable);
	}
}

/* See whether those that wait may go, or have to be refused. */
static void
logins_pump(struct logins *logins)
{
	const struct logins_parts *parts = &logins->parts;
	const int64_t now_ms = clock_now_ms();
	struct patience_claim *claim;

	if (parts->outage->down)
		logins_refuse_new(logins);
	while ((claim = patience_next(parts->patience, now_ms)) != NULL)
		claim->go(claim);
	while ((claim = patience_excess(parts->patience, now_ms)) != NULL)
		claim->give_way(claim, logins_why_crowded(logins, now_ms));
}

/* Have QUESTION wait for LOGIN. */
static void
logins_attach(struct login *login, struct logins_question *question)
{
	question->end_ms = clock_now_ms() +
	    (login->state == LOGIN_WAITS ? LOGINS_TURN_MS : LOGINS_MS);
	question->of = login;
	question->next = login->questions;
	login->questions = question;
	logins_touch(login->logins);
}

/* Begin with the name in QUESTION, as which nobody logs in yet. */
static void
logins_begin(struct logins *logins, struct logins_question *question)
{
	const int64_t now_ms = clock_now_ms();
	struct login *login = calloc(1, sizeof(*login));

	if (login == NULL) {
		question->answer(question, &logins_no_memory);
		return;
	}
	login->logins = logins;
	login->kind = question->kind;
	login->uid = question->uid;
	login->began_ms = now_ms;
	login->claim.address = question->address;
	login->claim.known = question->kind == LOGINS_KNOWN;
	login->claim.asker = login;
	login->claim.go = logins_start;
	login->claim.give_way = logins_give_way;
	snprintf(login->claim.name, sizeof(login->claim.name), "%s",
	    question->name);
	login->next = logins->first;
	logins->first = login;
	logins_attach(login, question);
	if (login->kind == LOGINS_VOUCHED) {
		logins_enroll(login);
		return;
	}
	patience_wait(logins->parts.patience, &login->claim, now_ms);
	logins_pump(logins);
}

const struct refusal *
logins_why_not_new(const struct logins *logins, const struct address *address,
    int64_t now_ms)
{
	const struct logins_parts *parts = &logins->parts;

	if (parts->outage->down)
		return &logins_unreachable;
	if (!provisional_may_prove(parts->provisional, address, now_ms))
		return &logins_too_many_added;
	return NULL;
}

/* Why a question can't even wait; NULL if it can. */
static const struct refusal *
logins_why_not(const struct logins *logins,
    const struct logins_question *question)
{
	const struct logins_parts *parts = &logins->parts;
	const int64_t now_ms = clock_now_ms();

	if (question->kind == LOGINS_VOUCHED)
		return NULL;
	if (patience_is_paused(parts->patience, question->name, now_ms))
		return &logins_refused;
	if (question->kind == LOGINS_KNOWN)
		return NULL;
	return logins_why_not_new(logins, &question->address, now_ms);
}

void
logins_ask(struct logins *logins, struct logins_question *question)
{
	const struct refusal *why = logins_why_not(logins, question);
	struct login *login = logins_find(logins, question->name);

	question->of = NULL;
	outage_wanted(logins->parts.outage, clock_now_ms());
	if (why != NULL) {
		question->answer(question, why);
	} else if (login == NULL) {
		logins_begin(logins, question);
	} else if (login->kind == LOGINS_KNOWN && login->state != LOGIN_WAITS) {
		question->answer(question, NULL);
	} else {
		/* whoever was first */
		patience_join(logins->parts.patience, &login->claim,
		    &question->address, clock_now_ms());
		logins_attach(login, question);
	}
}

void
logins_forget(struct logins_question *question)
{
	struct logins_question **at;

	if (question->of == NULL)
		return;
	at = &question->of->questions;
	while (*at != question)
		at = &(*at)->next;
	*at = question->next;
	question->of = NULL;
}

/*
 * Time
 */

/* Refuse those that wait for LOGIN for too long.  Returns the next deadline. */
static int64_t
logins_tend(struct login *login, int64_t now_ms)
{
	struct logins_question **at = &login->questions;
	int64_t next_ms = INT64_MAX;

	while (*at != NULL) {
		struct logins_question *question = *at;

		if (question->end_ms > now_ms) {
			if (question->end_ms < next_ms)
				next_ms = question->end_ms;
			at = &question->next;
			continue;
		}
		*at = question->next;
		question->of = NULL;
		question->answer(question,
		    login->state == LOGIN_WAITS
			? logins_why_crowded(login->logins, now_ms)
			: &logins_slow);
	}
	return next_ms;
}

static void
logins_fire(void *context, int64_t now_ms)
{
	struct logins *logins = context;
	int64_t next_ms;
	struct login *login, *next;

	logins_pump(logins);
	next_ms = patience_next_ms(logins->parts.patience);
	for (login = logins->first; login != NULL; login = next) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it is in the list */
		const int64_t at_ms = logins_tend(login, now_ms);

		next = login->next;
		if (at_ms < next_ms)
			next_ms = at_ms;
		/* one that goes is seen to its end, for the next time */
		if (login->state == LOGIN_WAITS && login->questions == NULL)
			logins_end(login, false, NULL);
	}
	if (!logins->timer.on)
		loop_at(logins->parts.loop, &logins->timer, next_ms);
}

/*
 * What all logins come to, whatever they were for
 */

static void
logins_on_accepted(void *context, const char *user)
{
	struct logins *logins = context;

	patience_accepted(logins->parts.patience, user, clock_now_ms());
	logins_touch(logins);
}

static int64_t
logins_on_refused(void *context, const char *user)
{
	struct logins *logins = context;
	const struct login *login = logins_find(logins, user);
	const int64_t now_ms = clock_now_ms();
	const int64_t end_ms = patience_refused(logins->parts.patience, user,
	    now_ms);

	logins_touch(logins);
	/* what is kept of strangers is not kept for long */
	return login != NULL && login->kind == LOGINS_NEW ? now_ms : end_ms;
}

static const struct share_events logins_events = {
	.accepted = logins_on_accepted,
	.refused = logins_on_refused,
};

struct logins *
logins_new(const struct logins_parts *parts)
{
	struct logins *logins = calloc(1, sizeof(*logins));

	if (logins == NULL)
		return NULL;
	logins->parts = *parts;
	logins->timer.fire = logins_fire;
	logins->timer.context = logins;
	shares_watch(parts->shares, &logins_events, logins);
	return logins;
}

void
logins_free(struct logins *logins)
{
	struct login *login;

	if (logins == NULL)
		return;
	shares_watch(logins->parts.shares, NULL, NULL);
	while ((login = logins->first) != NULL) {
		logins->first = login->next;
		shares_forget(logins->parts.shares, &login->waiter);
		enroll_forget(&login->enroll);
		free(login);
	}
	loop_at(logins->parts.loop, &logins->timer, INT64_MAX);
	free(logins);
}
