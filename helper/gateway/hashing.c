#include "hashing.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "../../shim/lib/clock.h"

struct hashing {
	struct loop *loop;
	struct loop_timer timer;
	struct children *children;
	char *path;
	struct hashing_question *first; /* the one that has come first */
};

static const struct refusal hashing_busy = { .reason = "busy",
	.sentence = "Too many logins are under way; try again in a minute.",
	.detail = "too many passwords at a time",
	.remedy = "somebody may be guessing: client= has the addresses" };
static const struct refusal hashing_slow = { .reason = "slow",
	.sentence = "The gateway takes long to answer.",
	.detail = "the password was not looked at in time",
	.remedy = "see what keeps the gateway busy, or its disk from "
		  "answering" };
static const struct refusal hashing_failed = { .reason = "internal",
	.sentence = "The gateway cannot look at the password.",
	.detail = "the process that looks at passwords has failed",
	.remedy = "see that the gateway has 64 MiB of memory to spare for "
		  "each of two of them" };

/*
 * The list
 */

static size_t
hashing_count(const struct hashing *hashing, enum hashing_state state)
{
	size_t count = 0;

	for (const struct hashing_question *q = hashing->first; q != NULL;
	     q = q->next)
		count += q->state == state;
	return count;
}

/* How many of the client at ADDRESS there are, in whatever state. */
static size_t
hashing_of_address(const struct hashing *hashing, const struct address *address)
{
	size_t count = 0;

	for (const struct hashing_question *q = hashing->first; q != NULL;
	     q = q->next)
		count += address_same(&q->address, address);
	return count;
}

/*
 * The first that waits of those who are most likely to be the user; NULL: there
 * is none.
 */
static struct hashing_question *
hashing_next(const struct hashing *hashing)
{
	struct hashing_question *first = NULL;

	for (struct hashing_question *q = hashing->first; q != NULL;
	     q = q->next) {
		if (q->state == HASHING_WAITS &&
		    (first == NULL || q->standing > first->standing))
			first = q;
	}
	return first;
}

/* When those that have a process count as slow; INT64_MAX: there are none. */
static int64_t
hashing_slow_ms(const struct hashing *hashing)
{
	int64_t slow_ms = INT64_MAX;

	for (const struct hashing_question *q = hashing->first; q != NULL;
	     q = q->next) {
		const int64_t its_ms = q->end_ms - HASHING_LATE_MS +
		    HASHING_SLOW_MS;

		if (q->state == HASHING_GOES && its_ms < slow_ms)
			slow_ms = its_ms;
	}
	return slow_ms;
}

/* True if more wait than may. */
static bool
hashing_is_full(const struct hashing *hashing, int64_t now_ms)
{
	return hashing_count(hashing, HASHING_WAITS) >
	    (hashing_slow_ms(hashing) <= now_ms ? HASHING_WAITING_SLOW_MAX
						: HASHING_WAITING_MAX);
}

/*
 * More than 0 if ONE, of whose address there are HAS, gives way before OTHER, of
 * whose there are OTHERS and which has come before; 0: either does.
 */
static int
hashing_compare(const struct hashing_question *one, size_t has,
    const struct hashing_question *other, size_t others)
{
	if (one->standing != other->standing)
		return one->standing < other->standing ? 1 : -1;
	if (has != others)
		return has > others ? 1 : -1;
	return address_same(&one->address, &other->address) ? 1 : 0;
}

/*
 * The one of those that wait that gives way: who is less likely to be the user;
 * then the last of who has most; then any, so that nobody keeps all places by
 * being first.
 */
static struct hashing_question *
hashing_excess(const struct hashing *hashing)
{
	struct hashing_question *excess = NULL;
	unsigned ties = 1;
	size_t most = 0;

	for (struct hashing_question *q = hashing->first; q != NULL;
	     q = q->next) {
		const size_t has = hashing_of_address(hashing, &q->address);
		const int than = excess == NULL
		    ? 1
		    : hashing_compare(q, has, excess, most);

		if (q->state != HASHING_WAITS || than < 0)
			continue;
		ties = than > 0 ? 1 : ties + 1;
		if (than == 0 && randombytes_uniform(ties) != 0)
			continue;
		excess = q;
		most = has;
	}
	return excess;
}

void
hashing_forget(struct hashing_question *question)
{
	struct hashing_question **at;

	if (question->state == HASHING_NOT)
		return;
	at = &question->of->first;
	while (*at != question)
		at = &(*at)->next;
	*at = question->next;
	if (question->child != NULL)
		child_kill(question->child);
	question->child = NULL;
	question->state = HASHING_NOT;
	loop_at(question->of->loop, &question->of->timer, clock_now_ms());
}

static void
hashing_answer(struct hashing_question *question, bool right,
    const struct refusal *why)
{
	hashing_forget(question);
	question->answer(question, right, why);
}

/*
 * Processes
 */

static bool
hashing_on_frame(void *context, const struct frame *frame)
{
	struct hashing_question *question = context;
	struct refusal why;
	long long right;

	if (!fields_wellformed(frame))
		return false;
	if (frame->type == FRAME_REFUSED) {
		why = refusal_read(frame);
		hashing_answer(question, false, &why);
		return true;
	}
	if (frame->type != FRAME_OK ||
	    !fields_get_number(frame, "right", 0, 1, &right))
		return false;
	hashing_answer(question, right == 1, NULL);
	return true;
}

static void
hashing_on_end(void *context, enum child_end end)
{
	struct hashing_question *question = context;

	question->child = NULL;
	hashing_answer(question, false,
	    end == CHILD_LATE ? &hashing_slow : &hashing_failed);
}

static const struct child_owner hashing_owner = {
	.on_frame = hashing_on_frame,
	.on_end = hashing_on_end,
};

static void
hashing_start(struct hashing *hashing, struct hashing_question *question)
{
	static const struct reexec what = { .kind = REEXEC_HASHER };
	struct fields fields = { 0 };

	question->child = child_start(hashing->children, &what, &hashing_owner,
	    question);
	if (question->child == NULL) {
		hashing_answer(question, false, &hashing_failed);
		return;
	}
	question->state = HASHING_GOES;
	fields_add(&fields, "path", hashing->path);
	fields_add(&fields, "user", question->name);
	fields_add(&fields, "password", question->password);
	question->end_ms = clock_now_ms() + HASHING_LATE_MS;
	child_deadline(question->child, question->end_ms);
	child_tell(question->child, FRAME_HASH, &fields);
	fields_free(&fields);
}

/* True if processes don't end, as on a disk that hangs: no more are started. */
static bool
hashing_is_stuck(const struct hashing *hashing)
{
	return children_ending(hashing->children, REEXEC_HASHER) >=
	    HASHING_ENDING_MAX;
}

/* True if one more process may be started. */
static bool
hashing_may_start(const struct hashing *hashing)
{
	return hashing_count(hashing, HASHING_GOES) < HASHING_AT_ONCE &&
	    !hashing_is_stuck(hashing);
}

/* Refuse those that have waited for too long.  Returns the next deadline. */
static int64_t
hashing_refuse_late(struct hashing *hashing, int64_t now_ms)
{
	struct hashing_question *question, *next;
	int64_t next_ms = INT64_MAX;

	for (question = hashing->first; question != NULL; question = next) {
		next = question->next;
		if (question->state != HASHING_WAITS)
			continue;
		if (question->end_ms <= now_ms)
			hashing_answer(question, false, &hashing_busy);
		else if (question->end_ms < next_ms)
			next_ms = question->end_ms;
	}
	return next_ms;
}

static void
hashing_fire(void *context, int64_t now_ms)
{
	struct hashing *hashing = context;
	struct hashing_question *question;
	int64_t next_ms;

	while (hashing_may_start(hashing) &&
	    (question = hashing_next(hashing)) != NULL)
		hashing_start(hashing, question);
	while (hashing_is_stuck(hashing) &&
	    (question = hashing_next(hashing)) != NULL)
		hashing_answer(question, false, &hashing_slow);
	while (hashing_is_full(hashing, now_ms))
		hashing_answer(hashing_excess(hashing), false, &hashing_busy);
	next_ms = hashing_refuse_late(hashing, now_ms);
	if (hashing_slow_ms(hashing) > now_ms &&
	    hashing_slow_ms(hashing) < next_ms)
		next_ms = hashing_slow_ms(hashing);
	if (!hashing->timer.on)
		loop_at(hashing->loop, &hashing->timer, next_ms);
}

void
hashing_ask(struct hashing *hashing, struct hashing_question *question)
{
	struct hashing_question **at = &hashing->first;
	const int64_t now_ms = clock_now_ms();

	while (*at != NULL)
		at = &(*at)->next;
	*at = question;
	question->next = NULL;
	question->of = hashing;
	question->child = NULL;
	question->state = HASHING_WAITS;
	question->end_ms = now_ms + HASHING_TURN_MS;
	loop_at(hashing->loop, &hashing->timer, now_ms);
}

/*
 * Beginning and end
 */

struct hashing *
hashing_new(struct loop *loop, struct children *children)
{
	struct hashing *hashing = calloc(1, sizeof(*hashing));

	if (hashing == NULL)
		return NULL;
	hashing->loop = loop;
	hashing->children = children;
	hashing->timer.fire = hashing_fire;
	hashing->timer.context = hashing;
	return hashing;
}

void
hashing_free(struct hashing *hashing)
{
	if (hashing == NULL)
		return;
	while (hashing->first != NULL)
		hashing_forget(hashing->first);
	loop_at(hashing->loop, &hashing->timer, INT64_MAX);
	free(hashing->path);
	free(hashing);
}

bool
hashing_configure(struct hashing *hashing, const char *path)
{
	char *copy = strdup(path);

	if (copy == NULL)
		return false;
	free(hashing->path);
	hashing->path = copy;
	return true;
}
