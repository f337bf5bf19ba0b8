#include "spare.h"

#include <stdio.h>

#include "../../shim/lib/clock.h"

/* When the name service can't tell of uids it is asked again after this. */
#define SPARE_PAUSE_MS 5000

static void
spare_on_answer(struct directory_question *question,
    const struct directory_answer *answer)
{
	struct spare *spare = question->asker;
	const int64_t now_ms = clock_now_ms();

	spare->state = SPARE_IDLE;
	if (answer->verdict == DIRECTORY_UNKNOWN) {
		spare->lacking = USERS_UNKNOWN;
		spare->again_ms = now_ms + SPARE_PAUSE_MS;
		snprintf(spare->fault, sizeof(spare->fault), "%s",
		    answer->fault);
	} else {
		spare->lacking = USERS_AGAIN;
		stock_learn(&spare->stock, spare->asked_from, answer->free,
		    now_ms);
	}
	spare->changed(spare->context);
}

void
spare_init(struct spare *spare, struct directory *directory,
    void (*changed)(void *context), void *context)
{
	*spare = (struct spare){ .directory = directory,
		.changed = changed,
		.context = context,
		.lacking = USERS_AGAIN };
	spare->question.answer = spare_on_answer;
	spare->question.asker = spare;
}

void
spare_end(struct spare *spare)
{
	directory_forget(&spare->question);
	spare->state = SPARE_IDLE;
}

void
spare_configure(struct spare *spare, uid_t min, uid_t max)
{
	spare->min = min;
	spare->max = max;
	spare->changed(spare->context);
}

int64_t
spare_fill(struct spare *spare, const struct usertable *table, int64_t now_ms)
{
	const unsigned long next = usertable_next_uid(table, spare->min,
	    spare->max);
	uid_t from;

	stock_leave_out(&spare->stock, &table->given);
	if (spare->state == SPARE_ASKS ||
	    !stock_wants(&spare->stock, next, spare->max, now_ms, &from))
		return INT64_MAX;
	if (now_ms < spare->again_ms)
		return spare->again_ms;
	spare->state = SPARE_ASKS;
	spare->asked_from = from;
	directory_ask_free(spare->directory, &spare->question, from);
	return INT64_MAX;
}

enum users_result
spare_take(struct spare *spare, const struct usertable *table, uid_t min,
    uid_t max, int64_t now_ms, uid_t *uid)
{
	const unsigned long next = usertable_next_uid(table, min, max);

	spare_configure(spare, min, max);
	stock_leave_out(&spare->stock, &table->given);
	if (stock_take(&spare->stock, next, max, uid))
		return USERS_OK;
	if (stock_has_none(&spare->stock, next, max, now_ms)) {
		snprintf(spare->fault, sizeof(spare->fault),
		    "every uid from %lu to %lu is or was somebody's",
		    (unsigned long)min, (unsigned long)max);
		return USERS_FULL;
	}
	/* the fault is that of then */
	if (spare->lacking == USERS_UNKNOWN)
		return USERS_UNKNOWN;
	snprintf(spare->fault, sizeof(spare->fault),
	    "accounts may have the uids from %lu on: the name service is being "
	    "asked",
	    next);
	return USERS_AGAIN;
}

void
spare_give_back(struct spare *spare, uid_t uid)
{
	stock_give_back(&spare->stock, uid);
}
