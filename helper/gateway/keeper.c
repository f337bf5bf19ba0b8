#include "keeper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../shim/lib/clock.h"
#include "../log.h"
#include "../usernews.h"
#include "../userpieces.h"

/* What takes longer is slow. */
#define KEEPER_SLOW_MS 300
/* Another process is started this long after the last one has failed. */
#define KEEPER_AGAIN_MS 500
#define KEEPER_LOG_PAUSE_MS 60000

enum keeper_state {
	KEEPER_OFF,    /* there is no process */
	KEEPER_STARTS, /* it has not told its first table yet */
	KEEPER_IDLE,
	KEEPER_LOOKS,
	KEEPER_WRITES,
};

struct keeper {
	struct loop *loop;
	struct loop_timer timer;
	struct children *children;
	const char *path;
	const struct keeper_events *events;
	void *context;
	enum keeper_state state;
	struct child *child;
	struct usertable table;
	bool read;                         /* the table is of the file */
	struct userpieces pieces;          /* of the next one */
	unsigned looks;                    /* so many have begun */
	bool look;                         /* one more is wanted */
	int64_t since_ms;                  /* in this state */
	uid_t writes;                      /* with KEEPER_WRITES, whose uid */
	char name[USERNAME_MAX_CHARS + 1]; /* and whose name */
	int64_t again_ms;       /* not before that there is another process */
	int64_t quiet_until_ms; /* its failure has been logged */
};

static void
keeper_touch(struct keeper *keeper)
{
	loop_at(keeper->loop, &keeper->timer, clock_now_ms());
}

const struct usertable *
keeper_table(const struct keeper *keeper)
{
	return keeper->read ? &keeper->table : NULL;
}

/* It has done what it was told to. */
static void
keeper_rest(struct keeper *keeper)
{
	keeper->state = KEEPER_IDLE;
	child_deadline(keeper->child, INT64_MAX);
	keeper_touch(keeper);
	keeper->events->looked(keeper->context, keeper->looks);
	keeper->events->idle(keeper->context);
}

/*
 * What the process says
 */

/* UID has been written, or may be on the disk: it is nobody else's. */
static void
keeper_give(struct keeper *keeper, uid_t uid)
{
	if (!usertable_give(&keeper->table, uid))
		snprintf(keeper->table.fault, sizeof(keeper->table.fault),
		    "out of memory");
}

static bool
keeper_take_table(struct keeper *keeper, const struct frame *frame)
{
	struct usertable table = { 0 };

	userpieces_read(&keeper->pieces, &table, fields_get(frame, "fault"));
	/* what may be on the disk, or was, stays given */
	if (!usertable_record(&table) ||
	    !uidset_unite(&table.given, &keeper->table.given))
		snprintf(table.fault, sizeof(table.fault), "out of memory");
	usertable_free(&keeper->table);
	keeper->table = table;
	keeper->read = true;
	keeper->events->table(keeper->context);
	if (keeper->state == KEEPER_STARTS)
		keeper_rest(keeper);
	return true;
}

static bool
keeper_take_added(struct keeper *keeper, const struct frame *frame)
{
	const char *fault = fields_get(frame, "fault");
	struct usermap_entry entry = { 0 };
	long long result, uid;

	if (keeper->state != KEEPER_WRITES || fault == NULL ||
	    !fields_get_number(frame, "result", USERS_OK, USERS_FAILED,
		&result) ||
	    !fields_get_number(frame, "uid", USERMAP_UID_MIN, USERMAP_UID_MAX,
		&uid) ||
	    !usermap_uid_valid((unsigned long)uid))
		return false;
	if (result == USERS_OK &&
	    usertable_find(&keeper->table, keeper->name) == NULL) {
		/* a table that lacks the user would have come before */
		if ((uid_t)uid != keeper->writes ||
		    usertable_has_given(&keeper->table, (uid_t)uid))
			return false;
		entry.uid = (uid_t)uid;
		snprintf(entry.name, sizeof(entry.name), "%s", keeper->name);
		keeper_give(keeper, entry.uid);
		if (!usertable_append(&keeper->table, &entry)) {
			result = USERS_FAILED;
			fault = "out of memory";
		}
	}
	keeper->state = KEEPER_IDLE;
	child_deadline(keeper->child, INT64_MAX);
	keeper->events->added(keeper->context, (enum users_result)result,
	    (uid_t)uid, fault);
	keeper_rest(keeper);
	return true;
}

static bool
keeper_on_frame(void *context, const struct frame *frame)
{
	struct keeper *keeper = context;

	if (frame->type == FRAME_TEXT)
		return keeper->state != KEEPER_IDLE &&
		    userpieces_take(&keeper->pieces, frame);
	if (keeper->state == KEEPER_IDLE || !fields_wellformed(frame))
		return false;
	switch (frame->type) {
	case FRAME_NOTE:
		return usernews_read(frame, keeper->path);
	case FRAME_TABLE:
		return keeper_take_table(keeper, frame);
	case FRAME_ADDED:
		return keeper_take_added(keeper, frame);
	case FRAME_OK:
		if (keeper->state != KEEPER_LOOKS)
			return false;
		keeper_rest(keeper);
		return true;
	default:
		return false;
	}
}

/*
 * Its beginning and end
 */

/* The process has failed, since FAULT. */
static void
keeper_log(struct keeper *keeper, const char *fault)
{
	const int64_t now_ms = clock_now_ms();

	if (now_ms < keeper->quiet_until_ms)
		return;
	keeper->quiet_until_ms = now_ms + KEEPER_LOG_PAUSE_MS;
	log_event(LOG_ERR, "note", "about", "user-map", "detail", fault,
	    "remedy",
	    "see whether its disk answers; until then nobody new gets in",
	    NULL);
}

static void
keeper_on_end(void *context, enum child_end end)
{
	static const char late[] = "its disk has not answered in time";
	struct keeper *keeper = context;
	const enum keeper_state was = keeper->state;
	const char *fault = end == CHILD_LATE
	    ? late
	    : "the process that writes it has died";

	keeper->state = KEEPER_OFF;
	keeper->since_ms = clock_now_ms();
	keeper->child = NULL;
	userpieces_free(&keeper->pieces);
	keeper->again_ms = clock_now_ms() + KEEPER_AGAIN_MS;
	keeper_touch(keeper);
	keeper_log(keeper, fault);
	if (was != KEEPER_WRITES)
		return;
	/* it may be on the disk, or come to be: the next one will see */
	keeper_give(keeper, keeper->writes);
	keeper->events->added(keeper->context, USERS_FAILED, keeper->writes,
	    fault);
}

static const struct child_owner keeper_owner = {
	.on_frame = keeper_on_frame,
	.on_end = keeper_on_end,
};

static bool
keeper_send_piece(void *context, const char *piece, size_t len)
{
	const struct keeper *keeper = context;

	return child_send(keeper->child, FRAME_TEXT, piece, len);
}

/* Have the process do what TYPE says with FIELDS, which are freed. */
static void
keeper_send(struct keeper *keeper, enum keeper_state state,
    enum frame_type type, struct fields *fields)
{
	const int64_t now_ms = clock_now_ms();

	keeper->state = state;
	keeper->since_ms = now_ms;
	child_deadline(keeper->child, now_ms + KEEPER_ANSWER_MS);
	child_tell(keeper->child, type, fields);
	fields_free(fields);
}

/* Start a process, and tell it what is known; not beside one that ends. */
static void
keeper_start(struct keeper *keeper)
{
	static const struct reexec what = { .kind = REEXEC_USERS };
	struct fields fields = { 0 };

	keeper->again_ms = clock_now_ms() + KEEPER_AGAIN_MS;
	if (children_ending(keeper->children, REEXEC_USERS) > 0)
		return;
	keeper->child = child_start(keeper->children, &what, &keeper_owner,
	    keeper);
	if (keeper->child == NULL) {
		keeper_log(keeper, strerror(errno));
		return;
	}
	if (keeper->read) {
		if (!userpieces_send(&keeper->table, keeper_send_piece,
			keeper)) {
			/* one that knew less would mend the file by that */
			child_kill(keeper->child);
			keeper->child = NULL;
			keeper_log(keeper, "out of memory");
			return;
		}
		fields_add(&fields, "fault", keeper->table.fault);
	} else {
		fields_add(&fields, "first", "1");
	}
	keeper_send(keeper, KEEPER_STARTS, FRAME_START, &fields);
}

static void
keeper_begin_look(struct keeper *keeper)
{
	struct fields none = { 0 };

	keeper->look = false;
	keeper->looks++;
	keeper_send(keeper, KEEPER_LOOKS, FRAME_LOOK, &none);
}

static void
keeper_fire(void *context, int64_t now_ms)
{
	struct keeper *keeper = context;
	int64_t next_ms = INT64_MAX;

	if (keeper->state == KEEPER_OFF && now_ms >= keeper->again_ms)
		keeper_start(keeper);
	if (keeper->state == KEEPER_OFF)
		next_ms = keeper->again_ms;
	if (keeper->state == KEEPER_IDLE && keeper->look)
		keeper_begin_look(keeper);
	if (!keeper->timer.on)
		loop_at(keeper->loop, &keeper->timer, next_ms);
}

/*
 * What it can be asked
 */

unsigned
keeper_look(struct keeper *keeper)
{
	keeper->look = true;
	if (keeper->state == KEEPER_IDLE)
		keeper_touch(keeper);
	return keeper->looks + 1;
}

bool
keeper_is_slow(const struct keeper *keeper)
{
	return keeper->state != KEEPER_IDLE &&
	    clock_now_ms() >= keeper->since_ms + KEEPER_SLOW_MS;
}

bool
keeper_is_gone(const struct keeper *keeper)
{
	return keeper->state == KEEPER_OFF &&
	    clock_now_ms() >= keeper->since_ms + 2 * (int64_t)KEEPER_AGAIN_MS;
}

bool
keeper_add(struct keeper *keeper, const char *name, uid_t uid)
{
	struct fields fields = { 0 };

	if (keeper->state != KEEPER_IDLE)
		return false;
	keeper->writes = uid;
	snprintf(keeper->name, sizeof(keeper->name), "%s", name);
	fields_add(&fields, "name", name);
	fields_add_number(&fields, "uid", (long long)uid);
	keeper_send(keeper, KEEPER_WRITES, FRAME_ADD, &fields);
	return true;
}

struct keeper *
keeper_new(struct loop *loop, struct children *children, const char *path,
    const struct keeper_events *events, void *context)
{
	struct keeper *keeper = calloc(1, sizeof(*keeper));

	if (keeper == NULL)
		return NULL;
	keeper->loop = loop;
	keeper->timer.fire = keeper_fire;
	keeper->timer.context = keeper;
	keeper->children = children;
	keeper->path = path;
	keeper->events = events;
	keeper->context = context;
	keeper->since_ms = clock_now_ms();
	keeper_start(keeper);
	keeper_touch(keeper);
	return keeper;
}

void
keeper_free(struct keeper *keeper)
{
	if (keeper == NULL)
		return;
	if (keeper->child != NULL)
		child_kill(keeper->child);
	loop_at(keeper->loop, &keeper->timer, INT64_MAX);
	userpieces_free(&keeper->pieces);
	usertable_free(&keeper->table);
	free(keeper);
}
