#include "keeper.h"

#include <string.h>

#include "../../shim/lib/fields.h"
#include "../../shim/lib/frame.h"
#include "../reexec.h"
#include "../userpieces.h"
#include "confine.h"
#include "userfile.h"

/* Nothing is to be done between two requests, however long that is. */
#define KEEPER_WAIT_MS (INT64_C(24) * 3600 * 1000)
#define KEEPER_SEND_MS 10000

struct keeper {
	struct userfile file;
	struct usertable table;
	struct userpieces pieces; /* of the map as it was */
	bool started;             /* the table is there */
};

static bool
keeper_send(enum frame_type type, struct fields *fields)
{
	const bool sent = !fields->failed &&
	    frame_send(REEXEC_FD, type, fields->text, fields->len,
		KEEPER_SEND_MS);

	fields_free(fields);
	return sent;
}

static void
keeper_tell(void *context, enum usernews news, const char *detail)
{
	struct fields fields = { 0 };

	(void)context;
	usernews_add(&fields, news, detail);
	/* if that fails, so will the answer */
	keeper_send(FRAME_NOTE, &fields);
}

static bool
keeper_send_piece(void *context, const char *piece, size_t len)
{
	(void)context;
	return frame_send(REEXEC_FD, FRAME_TEXT, piece, len, KEEPER_SEND_MS);
}

static bool
keeper_send_table(const struct keeper *keeper)
{
	struct fields fields = { 0 };

	if (!userpieces_send(&keeper->table, keeper_send_piece, NULL))
		return false;
	fields_add(&fields, "fault", keeper->table.fault);
	return keeper_send(FRAME_TABLE, &fields);
}

/* The helper has told all that it knows of the map. */
static bool
keeper_start(struct keeper *keeper, const struct frame *frame)
{
	const bool first = fields_get(frame, "first") != NULL;

	if (keeper->started)
		return false;
	keeper->started = true;
	userpieces_read(&keeper->pieces, &keeper->table,
	    fields_get(frame, "fault"));
	if (first)
		userfile_open(&keeper->file, &keeper->table);
	else
		userfile_resume(&keeper->file, &keeper->table);
	return keeper_send_table(keeper);
}

static bool
keeper_look(struct keeper *keeper)
{
	struct fields none = { 0 };

	if (userfile_refresh(&keeper->file, &keeper->table) &&
	    !keeper_send_table(keeper))
		return false;
	return keeper_send(FRAME_OK, &none);
}

static bool
keeper_add(struct keeper *keeper, const struct frame *frame)
{
	const char *name = fields_get(frame, "name");
	char fault[USERTABLE_FAULT_CHARS] = "";
	struct fields fields = { 0 };
	enum users_result result;
	long long number;
	uid_t uid;

	if (name == NULL || !username_valid(name) ||
	    !fields_get_number(frame, "uid", USERMAP_UID_MIN, USERMAP_UID_MAX,
		&number) ||
	    !usermap_uid_valid((unsigned long)number))
		return false;
	uid = (uid_t)number;
	/* it may have been changed: then the helper is to know of that */
	if (userfile_refresh(&keeper->file, &keeper->table) &&
	    !keeper_send_table(keeper))
		return false;
	result = userfile_add(&keeper->file, &keeper->table, name, &uid, fault);
	fields_add_number(&fields, "result", (long long)result);
	fields_add_number(&fields, "uid", (long long)uid);
	fields_add(&fields, "fault", fault);
	return keeper_send(FRAME_ADDED, &fields);
}

/* Do what FRAME asks for.  Returns false if that makes no sense. */
static bool
keeper_obey(struct keeper *keeper, const struct frame *frame)
{
	if (frame->type == FRAME_TEXT)
		return !keeper->started &&
		    userpieces_take(&keeper->pieces, frame);
	if (!fields_wellformed(frame))
		return false;
	if (frame->type == FRAME_START)
		return keeper_start(keeper, frame);
	if (!keeper->started)
		return false;
	if (frame->type == FRAME_LOOK)
		return keeper_look(keeper);
	return frame->type == FRAME_ADD && keeper_add(keeper, frame);
}

int
keeper_main(void)
{
	struct keeper keeper = { .file = { .dir = USERMAP_DIR,
				     .tell = keeper_tell } };
	struct frame_in in = { .limit_bytes = FRAME_ANSWER_MAX_BYTES };
	enum frame_result result = FRAME_AGAIN;
	struct frame frame;
	bool good = true;

	if (!reexec_begin(REEXEC_USERS))
		return 2;
	confine_file(USERMAP_DIR);
	while (good && (result == FRAME_AGAIN || result == FRAME_COMPLETE)) {
		result = frame_wait(REEXEC_FD, &in, &frame, KEEPER_WAIT_MS);
		if (result != FRAME_COMPLETE)
			continue;
		good = keeper_obey(&keeper, &frame);
		frame_free(&frame);
	}
	frame_in_reset(&in);
	userpieces_free(&keeper.pieces);
	usertable_free(&keeper.table);
	return good ? 0 : 1;
}
