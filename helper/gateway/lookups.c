#include "lookups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../shim/lib/clock.h"
#include "account.h"

/* How many may wait for those that are being asked. */
#define LOOKUPS_WAITING_MAX 8

enum lookups_state {
	LOOKUPS_WAITING, /* for others to be done */
	LOOKUPS_ASKING,
	LOOKUPS_ACCEPTED, /* by the remote, which still has to say as whom */
};

/* A name that the remote is asked for, or is going to be. */
struct lookups_name {
	struct lookups_name *next;
	struct lookups *lookups;
	char name[USERNAME_MAX_CHARS + 1];
	enum lookups_state state;
	int64_t began_ms;
	int64_t asked_ms; /* when asking began */
	struct waiter waiter;
	struct lookups_question *questions;
};

struct lookups {
	struct loop *loop;
	struct loop_timer timer;
	struct shares *shares;
	struct limits *limits;
	struct outage *outage;
	const struct admission *admission;
	struct lookups_name *first; /* the one that came last */
};

void
lookups_touch(struct lookups *lookups)
{
	loop_at(lookups->loop, &lookups->timer, clock_now_ms());
}

/*
 * Answers
 */

/* Take the first question about NAME out of the list; NULL if there is none. */
static struct lookups_question *
lookups_take(struct lookups_name *name)
{
	struct lookups_question *question = name->questions;

	if (question != NULL) {
		name->questions = question->next;
		question->of = NULL;
	}
	return question;
}

static void
lookups_free_name(struct lookups *lookups, struct lookups_name *name)
{
	struct lookups_name **at = &lookups->first;

	while (*at != name)
		at = &(*at)->next;
	*at = name->next;
	free(name);
}

/* Why the limits don't let a name go. */
static struct refusal
lookups_limited(enum limits_answer answer)
{
	switch (answer) {
	case LIMITS_REFUSED:
		return (struct refusal){ .reason = "refused-before",
			.remedy = "the remote said no within the last "
				  "negative_ttl seconds" };
	case LIMITS_TOO_MANY:
		return (struct refusal){ .reason = "too-many",
			.remedy = "somebody is guessing names; "
				  "lookups_per_minute in [users] says how many "
				  "may be asked" };
	default:
		return (struct refusal){ .reason = "busy",
			.remedy = "many unknown users at once; try again in a "
				  "few seconds" };
	}
}

static const struct refusal lookups_unreachable = { .reason = "unreachable",
	.remedy = "the remote is out of reach: see event=remote-down" };
static const struct refusal lookups_slow = { .reason = "slow",
	.remedy = "the remote takes long to answer; the next try may find it "
		  "done" };

/* Refuse all questions about NAME, for WHY, and forget it. */
static void
lookups_drop(struct lookups *lookups, struct lookups_name *name,
    const struct refusal *why)
{
	struct lookups_question *question;

	while ((question = lookups_take(name)) != NULL)
		question->answer(question, 0, why);
	lookups_free_name(lookups, name);
}

/*
 * Asking
 */

/*
 * When the remote, if it says nothing until then, has been silent for so long
 * that nobody should wait for it any more; INT64_MAX if nothing is asked of it.
 * Those who wait keep sshd from taking others, who may be the gateway's own.
 */
static int64_t
lookups_silent_ms(const struct lookups *lookups)
{
	int64_t from_ms = INT64_MAX;

	/* then all that wait are refused anyway */
	if (lookups->outage->down)
		return INT64_MAX;
	for (const struct lookups_name *n = lookups->first; n != NULL;
	     n = n->next) {
		int64_t at_ms;

		if (n->state != LOOKUPS_ASKING)
			continue;
		at_ms = outage_silent_ms(lookups->outage, n->asked_ms);
		if (at_ms < from_ms)
			from_ms = at_ms;
	}
	return from_ms;
}

static void lookups_on_answer(struct waiter *waiter, const struct frame *answer,
    bool reached);

/* Have the remote asked for NAME. */
static void
lookups_start(struct lookups_name *name)
{
	name->state = LOOKUPS_ASKING;
	name->asked_ms = clock_now_ms();
	name->waiter = (struct waiter){ .want = JOB_LOOKUP,
		.answer = lookups_on_answer,
		.asker = name };
	snprintf(name->waiter.user, sizeof(name->waiter.user), "%s",
	    name->name);
	lookups_touch(name->lookups);
	shares_ask(name->lookups->shares, &name->waiter);
}

/* See whether those that wait may go, or have to be refused. */
static void
lookups_pump(struct lookups *lookups)
{
	for (;;) {
		struct lookups_name *oldest = NULL;
		enum limits_answer answer;
		struct refusal why;

		for (struct lookups_name *n = lookups->first; n != NULL;
		     n = n->next)
			oldest = n->state == LOOKUPS_WAITING ? n : oldest;
		if (oldest == NULL)
			return;
		if (lookups->outage->down) {
			lookups_drop(lookups, oldest, &lookups_unreachable);
			continue;
		}
		answer = limits_ask(lookups->limits, oldest->name,
		    clock_now_ms());
		if (answer == LIMITS_LATER)
			return;
		why = lookups_limited(answer);
		if (answer == LIMITS_GO)
			lookups_start(oldest);
		else
			lookups_drop(lookups, oldest, &why);
	}
}

/* Have QUESTION wait for NAME, but not for one that takes too long already. */
static void
lookups_attach(struct lookups_name *name, struct lookups_question *question)
{
	question->end_ms = name->began_ms + LOOKUPS_MS;
	if (question->end_ms <= clock_now_ms()) {
		question->answer(question, 0, &lookups_slow);
		return;
	}
	question->of = name;
	question->next = name->questions;
	name->questions = question;
	lookups_touch(name->lookups);
}

static struct lookups_name *
lookups_find(const struct lookups *lookups, const char *name)
{
	struct lookups_name *found = lookups->first;

	while (found != NULL && strcmp(found->name, name) != 0)
		found = found->next;
	return found;
}

/* How many names wait for others to be done. */
static size_t
lookups_waiting(const struct lookups *lookups)
{
	size_t count = 0;

	for (const struct lookups_name *n = lookups->first; n != NULL;
	     n = n->next)
		count += n->state == LOOKUPS_WAITING;
	return count;
}

/* True if QUESTION, to which ANSWER is LIMITS_LATER, may wait. */
static bool
lookups_may_wait(const struct lookups *lookups, enum limits_answer answer)
{
	return answer == LIMITS_LATER &&
	    lookups_waiting(lookups) < LOOKUPS_WAITING_MAX &&
	    lookups_silent_ms(lookups) > clock_now_ms();
}

/* Begin to ask for the name in QUESTION, which nobody has asked for yet. */
static void
lookups_begin(struct lookups *lookups, struct lookups_question *question)
{
	static const struct refusal no_memory = { .reason = "internal",
		.detail = "out of memory" };
	const int64_t now_ms = clock_now_ms();
	const enum limits_answer answer = limits_ask(lookups->limits,
	    question->name, now_ms);
	const struct refusal limited = lookups_limited(answer);
	struct lookups_name *name;

	if (answer != LIMITS_GO && !lookups_may_wait(lookups, answer)) {
		question->answer(question, 0, &limited);
		return;
	}
	name = calloc(1, sizeof(*name));
	if (name == NULL) {
		if (answer == LIMITS_GO)
			limits_done(lookups->limits, question->name,
			    LIMITS_FAILED, now_ms);
		question->answer(question, 0, &no_memory);
		return;
	}
	snprintf(name->name, sizeof(name->name), "%s", question->name);
	name->lookups = lookups;
	name->began_ms = now_ms;
	name->next = lookups->first;
	lookups->first = name;
	lookups_attach(name, question);
	if (answer == LIMITS_GO)
		lookups_start(name);
}

void
lookups_ask(struct lookups *lookups, struct lookups_question *question)
{
	const struct admission *admission = lookups->admission;
	const int64_t now_ms = clock_now_ms();
	struct directory_answer answer;
	struct lookups_name *name;
	struct refusal why;
	uid_t uid = 0;

	question->of = NULL;
	users_refresh(admission->users);
	if (users_find(admission->users, question->name, &uid)) {
		question->answer(question, uid, NULL);
		return;
	}
	account_look_name(question->name, &answer);
	if (config_names_user(admission->config, question->name)) {
		const bool enrolled = admission_enroll(admission,
		    question->name, &answer, &uid, &why);

		question->answer(question, uid, enrolled ? NULL : &why);
		return;
	}
	if (!admission_of_name(admission, question->name, &answer, &why)) {
		question->answer(question, 0, &why);
		return;
	}
	outage_wanted(lookups->outage, now_ms);
	name = lookups_find(lookups, question->name);
	if (name != NULL)
		lookups_attach(name, question);
	else if (lookups->outage->down &&
	    !limits_was_refused(lookups->limits, question->name, now_ms))
		question->answer(question, 0, &lookups_unreachable);
	else
		lookups_begin(lookups, question);
}

void
lookups_forget(struct lookups_question *question)
{
	struct lookups_question **at;

	if (question->of == NULL)
		return;
	at = &question->of->questions;
	while (*at != question)
		at = &(*at)->next;
	*at = question->next;
	question->of = NULL;
}

/*
 * What the remote says
 */

/* The remote has let the gateway in as NAME: it won't be a refused login. */
static void
lookups_accepted(struct lookups_name *name)
{
	if (name->state == LOOKUPS_ACCEPTED)
		return;
	/* so that another may be asked for */
	name->state = LOOKUPS_ACCEPTED;
	limits_done(name->lookups->limits, name->name, LIMITS_IS_USER,
	    clock_now_ms());
	lookups_pump(name->lookups);
}

/* NAME was asked for, with OUTCOME: tell the limits, if they aren't yet. */
static void
lookups_done(struct lookups_name *name, enum limits_outcome outcome)
{
	struct limits *limits = name->lookups->limits;

	if (name->state != LOOKUPS_ACCEPTED)
		limits_done(limits, name->name, outcome, clock_now_ms());
	else if (outcome == LIMITS_NO_USER)
		limits_remember(limits, name->name, clock_now_ms());
}

static void
lookups_on_answer(struct waiter *waiter, const struct frame *answer,
    bool reached)
{
	struct lookups_name *name = waiter->asker;
	struct lookups *lookups = name->lookups;
	const struct refusal *none = NULL;
	struct lookups_question *question;
	struct directory_answer account;
	struct refusal why;
	uid_t uid = 0;

	switch (answer->type) {
	case FRAME_ACCEPTED:
		lookups_accepted(name);
		return;
	case FRAME_OK:
		lookups_done(name, LIMITS_IS_USER);
		account_look_name(name->name, &account);
		if (!admission_enroll(lookups->admission, name->name, &account,
			&uid, &why))
			none = &why;
		break;
	default:
		lookups_done(name, reached ? LIMITS_NO_USER : LIMITS_FAILED);
		why = refusal_read(answer);
		none = &why;
		break;
	}
	while ((question = lookups_take(name)) != NULL)
		question->answer(question, uid, none);
	lookups_free_name(lookups, name);
	lookups_pump(lookups);
}

/*
 * Time
 */

/* When QUESTION has waited for NAME for too long. */
static int64_t
lookups_end_ms(const struct lookups_name *name,
    const struct lookups_question *question)
{
	const int64_t silent_ms = name->state == LOOKUPS_WAITING
	    ? lookups_silent_ms(name->lookups)
	    : INT64_MAX;

	return question->end_ms < silent_ms ? question->end_ms : silent_ms;
}

/* Refuse those that wait for NAME for too long.  Returns the next deadline. */
static int64_t
lookups_tend(struct lookups_name *name, int64_t now_ms)
{
	const struct refusal busy = lookups_limited(LIMITS_BUSY);
	struct lookups_question **at = &name->questions;
	int64_t next_ms = INT64_MAX;

	while (*at != NULL) {
		struct lookups_question *question = *at;
		const int64_t end_ms = lookups_end_ms(name, question);

		if (end_ms > now_ms) {
			if (end_ms < next_ms)
				next_ms = end_ms;
			at = &question->next;
			continue;
		}
		*at = question->next;
		question->of = NULL;
		question->answer(question, 0,
		    name->state == LOOKUPS_WAITING ? &busy : &lookups_slow);
	}
	return next_ms;
}

/* Run the timers of all names.  Sets the next deadline. */
static void
lookups_fire(void *context, int64_t now_ms)
{
	struct lookups *lookups = context;
	int64_t next_ms = INT64_MAX;
	struct lookups_name *name, *next;

	for (name = lookups->first; name != NULL; name = next) {
		const int64_t at_ms = lookups_tend(name, now_ms);

		next = name->next;
		if (at_ms < next_ms)
			next_ms = at_ms;
		/* one that is being asked goes on, for the next time */
		if (name->state == LOOKUPS_WAITING && name->questions == NULL)
			lookups_free_name(lookups, name);
	}
	lookups_pump(lookups);
	if (!lookups->timer.on)
		loop_at(lookups->loop, &lookups->timer, next_ms);
}

struct lookups *
lookups_new(struct loop *loop, struct shares *shares, struct limits *limits,
    struct outage *outage, const struct admission *admission)
{
	struct lookups *lookups = calloc(1, sizeof(*lookups));

	if (lookups == NULL)
		return NULL;
	lookups->loop = loop;
	lookups->timer.fire = lookups_fire;
	lookups->timer.context = lookups;
	lookups->shares = shares;
	lookups->limits = limits;
	lookups->outage = outage;
	lookups->admission = admission;
	return lookups;
}

void
lookups_free(struct lookups *lookups)
{
	struct lookups_name *name;

	if (lookups == NULL)
		return;
	while ((name = lookups->first) != NULL) {
		lookups->first = name->next;
		shares_forget(lookups->shares, &name->waiter);
		free(name);
	}
	loop_at(lookups->loop, &lookups->timer, INT64_MAX);
	free(lookups);
}
