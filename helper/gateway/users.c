#include "users.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../shim/lib/clock.h"
#include "keeper.h"
#include "spare.h"

/* Whoever waits for a login waits so long for the disk. */
#define USERS_ADDING_MS 4000
/* A login waits so long until the file has been looked at. */
#define USERS_LOOKING_MS 300

struct users {
	struct loop *loop;
	struct loop_timer timer;
	struct directory *directory;
	struct keeper *keeper;
	void (*on_table)(void *context);
	bool stocked; /* that has been called */
	void *context;
	struct users_adding *first; /* the one that came first */
	struct users_looking *looking;
	struct spare spare;
	enum users_result lacking; /* why there was no uid */
	char fault[USERTABLE_FAULT_CHARS];
};

static void
users_touch(struct users *users)
{
	loop_at(users->loop, &users->timer, clock_now_ms());
}

bool
users_ready(const struct users *users)
{
	return keeper_table(users->keeper) != NULL;
}

bool
users_damaged(const struct users *users)
{
	const struct usertable *table = keeper_table(users->keeper);

	return table != NULL && table->fault[0] != '\0';
}

void
users_refresh(struct users *users)
{
	keeper_look(users->keeper);
}

bool
users_find(const struct users *users, const char *name, uid_t *uid)
{
	const struct usertable *table = keeper_table(users->keeper);
	const struct usermap_entry *found = table != NULL
	    ? usertable_find(table, name)
	    : NULL;

	if (found == NULL)
		return false;
	*uid = found->uid;
	return true;
}

const char *
users_fault(const struct users *users)
{
	return users->fault;
}

/*
 * Looking
 */

void
users_look_no_more(struct users_looking *looking)
{
	struct users_looking **at;

	if (looking->users == NULL)
		return;
	at = &looking->users->looking;
	while (*at != looking)
		at = &(*at)->next;
	*at = looking->next;
	looking->users = NULL;
}

void
users_look(struct users *users, struct users_looking *looking)
{
	const unsigned look = keeper_look(users->keeper);

	if (keeper_is_slow(users->keeper)) {
		looking->done(looking);
		return;
	}
	looking->users = users;
	looking->look = look;
	looking->end_ms = clock_now_ms() + USERS_LOOKING_MS;
	looking->next = users->looking;
	users->looking = looking;
	users_touch(users);
}

/* Tell those whose look is not above LOOK, or who have waited long enough. */
static void
users_tell_looking(struct users *users, unsigned look, int64_t now_ms)
{
	struct users_looking *l = users->looking;

	while (l != NULL) {
		if (l->look > look && l->end_ms > now_ms) {
			l = l->next;
			continue;
		}
		users_look_no_more(l);
		l->done(l);
		/* whoever is told may forget others */
		l = users->looking;
	}
}

static void
users_on_looked(void *context, unsigned look)
{
	users_tell_looking(context, look, INT64_MIN);
}

/*
 * Uids
 */

/* Why no uid can be given, whatever the stock has; USERS_OK if one can. */
static enum users_result
users_may_give(struct users *users)
{
	const struct usertable *table = keeper_table(users->keeper);

	if (table == NULL) {
		snprintf(users->fault, sizeof(users->fault),
		    "it has not been read yet");
		return USERS_FAILED;
	}
	if (table->fault[0] != '\0') {
		snprintf(users->fault, sizeof(users->fault), "%s",
		    table->fault);
		return USERS_DAMAGED;
	}
	return USERS_OK;
}

bool
users_like(const struct users *users, const char *name)
{
	const struct usertable *table = keeper_table(users->keeper);

	return table != NULL && usertable_has_like(table, name);
}

bool
users_had(const struct users *users, uid_t uid)
{
	const struct usertable *table = keeper_table(users->keeper);

	return table != NULL && usertable_has_given(table, uid);
}

bool
users_may_be(const struct users *users, const char *name, uid_t uid)
{
	const struct usertable *table = keeper_table(users->keeper);
	const struct usermap_entry *found = table != NULL
	    ? usertable_by_uid(table, uid)
	    : NULL;

	return found == NULL || strcmp(found->name, name) == 0;
}

bool
users_spare_uid(struct users *users, uid_t min, uid_t max, uid_t *uid)
{
	users->lacking = users_may_give(users);
	/* of a damaged map it may not become a user's, unless it is mended */
	if (users->lacking != USERS_OK && users->lacking != USERS_DAMAGED)
		return false;
	users->lacking = spare_take(&users->spare, keeper_table(users->keeper),
	    min, max, clock_now_ms(), uid);
	if (users->lacking == USERS_OK)
		return true;
	snprintf(users->fault, sizeof(users->fault), "%s", users->spare.fault);
	return false;
}

enum users_result
users_spare_result(const struct users *users)
{
	return users->lacking;
}

void
users_configure(struct users *users, uid_t uid_min, uid_t uid_max)
{
	spare_configure(&users->spare, uid_min, uid_max);
}

/*
 * Adding
 */

/* ADDING, which is in the list, is over with RESULT. */
static void
users_end(struct users_adding *adding, enum users_result result, uid_t uid)
{
	users_forget(adding);
	adding->done(adding, result, uid);
}

static void
users_set_late(struct users *users)
{
	snprintf(users->fault, sizeof(users->fault),
	    "its disk has not answered in time");
}

/* True if ADDING needn't be written, or can't be: it is over then. */
static bool
users_settle(struct users_adding *adding)
{
	struct users *users = adding->users;
	enum users_result may;
	uid_t uid;

	if (users_find(users, adding->name, &uid)) {
		users_end(adding, USERS_OK, uid);
		return true;
	}
	if (users_like(users, adding->name)) {
		/* whoever was first */
		snprintf(users->fault, sizeof(users->fault),
		    "there is a user of that name but for case");
		users_end(adding, USERS_AGAIN, adding->uid);
		return true;
	}
	may = users_ready(users) ? users_may_give(users) : USERS_OK;
	if (may == USERS_OK && keeper_is_gone(users->keeper)) {
		users_set_late(users);
		may = USERS_FAILED;
	}
	if (may == USERS_OK && users_ready(users) &&
	    usertable_has_given(keeper_table(users->keeper), adding->uid)) {
		snprintf(users->fault, sizeof(users->fault),
		    "the uid %lu is or was somebody's",
		    (unsigned long)adding->uid);
		may = USERS_AGAIN;
	}
	if (may == USERS_OK)
		return false;
	users_end(adding, may, adding->uid);
	return true;
}

/* The first that waits, or NULL. */
static struct users_adding *
users_next(const struct users *users)
{
	struct users_adding *adding = users->first;

	while (adding != NULL && adding->state != USERS_ADDING_WAITS)
		adding = adding->next;
	return adding;
}

/* Have the next one written, if the keeper is idle. */
static void
users_pump(struct users *users)
{
	struct users_adding *adding;

	while ((adding = users_next(users)) != NULL) {
		if (users_settle(adding))
			continue;
		if (!keeper_add(users->keeper, adding->name, adding->uid))
			return;
		adding->state = USERS_ADDING_WRITES;
	}
}

static void
users_on_account(struct directory_question *question,
    const struct directory_answer *answer)
{
	struct users_adding *adding = question->asker;
	struct users *users = adding->users;

	switch (answer->verdict) {
	case DIRECTORY_NONE:
		adding->state = USERS_ADDING_WAITS;
		users_touch(users);
		return;
	case DIRECTORY_THERE:
		snprintf(users->fault, sizeof(users->fault),
		    "the uid %lu is an account's by now",
		    (unsigned long)adding->uid);
		users_end(adding, USERS_AGAIN, adding->uid);
		return;
	case DIRECTORY_UNKNOWN:
		snprintf(users->fault, sizeof(users->fault),
		    "cannot tell whether the uid %lu is an account's: %s",
		    (unsigned long)adding->uid, answer->fault);
		spare_give_back(&users->spare, adding->uid);
		users_end(adding, USERS_UNKNOWN, adding->uid);
		return;
	}
}

void
users_add(struct users *users, struct users_adding *adding, const char *name,
    uid_t uid)
{
	struct users_adding **at = &users->first;

	while (*at != NULL)
		at = &(*at)->next;
	*at = adding;
	adding->next = NULL;
	adding->users = users;
	adding->state = USERS_ADDING_ASKS;
	adding->uid = uid;
	adding->end_ms = clock_now_ms() + USERS_ADDING_MS;
	snprintf(adding->name, sizeof(adding->name), "%s", name);
	if (users_settle(adding))
		return;
	users_touch(users);
	adding->question = (struct directory_question){
		.answer = users_on_account,
		.asker = adding,
		.known = true
	};
	directory_ask_uid(users->directory, &adding->question, uid);
}

void
users_forget(struct users_adding *adding)
{
	struct users_adding **at;

	if (adding->state == USERS_ADDING_NOT)
		return;
	directory_forget(&adding->question);
	at = &adding->users->first;
	while (*at != adding)
		at = &(*at)->next;
	*at = adding->next;
	adding->state = USERS_ADDING_NOT;
}

/*
 * What the keeper tells
 */

static void
users_on_table(void *context)
{
	struct users *users = context;

	users_touch(users);
	if (users->stocked)
		users->on_table(users->context);
}

/*
 * The map has been read, and uids for new users are there, or it is known why
 * not: whoever comes can be told.
 */
static void
users_open(struct users *users)
{
	users->stocked = true;
	users->on_table(users->context);
}

static void
users_on_change(void *context)
{
	users_touch(context);
}

static void
users_on_added(void *context, enum users_result result, uid_t uid,
    const char *fault)
{
	struct users *users = context;
	struct users_adding *adding = users->first;

	users_touch(users);
	snprintf(users->fault, sizeof(users->fault), "%s", fault);
	/* one that may be on the disk is among those given */
	if (result != USERS_OK)
		spare_give_back(&users->spare, uid);
	while (adding != NULL && adding->state != USERS_ADDING_WRITES)
		adding = adding->next;
	if (adding != NULL)
		users_end(adding, result, uid);
}

static const struct keeper_events users_events = {
	.table = users_on_table,
	.idle = users_on_change,
	.looked = users_on_looked,
	.added = users_on_added,
};

/* Give up those that have waited for too long.  Returns the next deadline. */
static int64_t
users_expire(struct users *users, int64_t now_ms)
{
	int64_t next_ms = INT64_MAX;

	for (struct users_adding *a = users->first; a != NULL; a = a->next) {
		/* a question and the keeper have deadlines of their own */
		if (a->state != USERS_ADDING_WAITS)
			continue;
		if (a->end_ms <= now_ms) {
			users_set_late(users);
			users_end(a, USERS_FAILED, a->uid);
			users_touch(users);
			return INT64_MAX;
		}
		next_ms = a->end_ms < next_ms ? a->end_ms : next_ms;
	}
	return next_ms;
}

static void
users_fire(void *context, int64_t now_ms)
{
	struct users *users = context;
	int64_t next_ms, at_ms;

	users_pump(users);
	users_tell_looking(users, 0, now_ms);
	next_ms = users_expire(users, now_ms);
	for (struct users_looking *l = users->looking; l != NULL; l = l->next)
		next_ms = l->end_ms < next_ms ? l->end_ms : next_ms;
	if (users_ready(users)) {
		at_ms = spare_fill(&users->spare, keeper_table(users->keeper),
		    now_ms);
		next_ms = at_ms < next_ms ? at_ms : next_ms;
		if (!users->stocked && users->spare.state == SPARE_IDLE)
			users_open(users);
	}
	if (!users->timer.on)
		loop_at(users->loop, &users->timer, next_ms);
}

struct users *
users_new(struct loop *loop, struct children *children,
    struct directory *directory, void (*on_table)(void *context), void *context)
{
	struct users *users = calloc(1, sizeof(*users));

	if (users == NULL)
		return NULL;
	users->loop = loop;
	users->timer.fire = users_fire;
	users->timer.context = users;
	users->directory = directory;
	users->on_table = on_table;
	users->context = context;
	spare_init(&users->spare, directory, users_on_change, users);
	users->keeper = keeper_new(loop, children, USERMAP_PATH, &users_events,
	    users);
	if (users->keeper != NULL)
		return users;
	free(users);
	return NULL;
}

void
users_free(struct users *users)
{
	if (users == NULL)
		return;
	while (users->first != NULL)
		users_forget(users->first);
	spare_end(&users->spare);
	keeper_free(users->keeper);
	loop_at(users->loop, &users->timer, INT64_MAX);
	free(users);
}
