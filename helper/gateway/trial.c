#include "trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../shim/lib/clock.h"
#include "../log.h"
#include "../refusal.h"

#define TRIAL_DETAIL_BYTES 512

struct trial {
	struct loop *loop;
	struct children *children;
	const struct config *config;
	struct reach *reach;
	struct child *child; /* NULL: it doesn't run */
	struct loop_timer timer;
	void (*changed)(void *context);
	void *context;
};

/* Run the timer of the trial, and end a process that isn't needed any more. */
static void
trial_fire(void *context, int64_t now_ms)
{
	struct trial *trial = context;

	loop_at(trial->loop, &trial->timer, reach_tick(trial->reach, now_ms));
	if (trial->child != NULL && !reach_has_client(trial->reach)) {
		child_kill(trial->child);
		trial->child = NULL;
	}
	trial->changed(trial->context);
}

/* Something is new: see to it a little later, and not in the middle of it. */
static void
trial_touch(struct trial *trial)
{
	loop_at(trial->loop, &trial->timer, clock_now_ms());
}

struct trial *
trial_new(struct loop *loop, struct children *children,
    const struct config *config, void (*changed)(void *context), void *context)
{
	struct trial *trial = calloc(1, sizeof(*trial));

	if (trial == NULL)
		return NULL;
	trial->loop = loop;
	trial->children = children;
	trial->config = config;
	trial->timer.fire = trial_fire;
	trial->timer.context = trial;
	trial->changed = changed;
	trial->context = context;
	trial->reach = reach_new(config);
	if (trial->reach != NULL)
		return trial;
	free(trial);
	return NULL;
}

/* End the process, if there is one. */
static void
trial_end_child(struct trial *trial)
{
	if (trial->child != NULL)
		child_close(trial->child);
	trial->child = NULL;
}

void
trial_free(struct trial *trial)
{
	if (trial == NULL)
		return;
	trial_end_child(trial);
	loop_at(trial->loop, &trial->timer, INT64_MAX);
	reach_free(trial->reach);
	free(trial);
}

const struct reach *
trial_reach(const struct trial *trial)
{
	return trial->reach;
}

bool
trial_news(struct trial *trial)
{
	return reach_news(trial->reach);
}

void
trial_configure(struct trial *trial, const struct config *config)
{
	trial_end_child(trial);
	trial->config = config;
	reach_configure(trial->reach, config);
	trial_touch(trial);
}

void
trial_address(struct trial *trial, const char *address)
{
	reach_address(trial->reach, address);
}

void
trial_begin(struct trial *trial, const char *user, const char *mark)
{
	reach_begin(trial->reach, user, mark, clock_now_ms());
	trial_touch(trial);
}

void
trial_connected(struct trial *trial)
{
	reach_connected(trial->reach, clock_now_ms());
	trial_touch(trial);
}

void
trial_alive(struct trial *trial)
{
	reach_alive(trial->reach);
	trial_touch(trial);
}

void
trial_give_up(struct trial *trial, const char *mark)
{
	reach_give_up(trial->reach, mark, clock_now_ms());
	trial_touch(trial);
}

enum reach_verdict
trial_verdict(const struct frame *frame)
{
	struct refusal refusal;

	if (frame->type == FRAME_OK)
		return REACH_GOOD;
	if (!fields_wellformed(frame))
		return REACH_NONE;
	refusal = refusal_read(frame);
	return refusal_is(&refusal, "udp-blocked") ? REACH_BAD : REACH_NONE;
}

/* Log why the process, which has said FRAME last, has no verdict. */
static void
trial_note(const struct frame *frame)
{
	const char *told = NULL;
	char detail[TRIAL_DETAIL_BYTES] = "";

	if (frame->body != NULL && fields_wellformed(frame))
		told = fields_get(frame, "detail");
	if (told != NULL)
		snprintf(detail, sizeof(detail), "%s", told);
	/* mosh-client may have written what its server told it to */
	mosh_redact(detail, strlen(detail));
	log_event(LOG_NOTICE, "note", "about", "udp", "detail", detail,
	    "remedy",
	    "see that mosh-client runs on the gateway: whether UDP gets "
	    "through to the remote is not known",
	    NULL);
}

/* The process has said FRAME, which is its last word. */
static void
trial_told(struct trial *trial, const struct frame *frame)
{
	const enum reach_verdict verdict = trial_verdict(frame);

	if (verdict == REACH_NONE)
		trial_note(frame);
	reach_told(trial->reach, verdict, clock_now_ms());
	trial_touch(trial);
}

static bool
trial_on_frame(void *context, const struct frame *frame)
{
	struct trial *trial = context;

	trial_told(trial, frame);
	trial_end_child(trial);
	return true;
}

static void
trial_on_end(void *context, enum child_end end)
{
	struct trial *trial = context;
	const struct frame nothing = { .type = FRAME_REFUSED };

	(void)end;
	trial->child = NULL;
	trial_told(trial, &nothing);
}

void
trial_try(struct trial *trial, const char *mark, const struct frame *answer)
{
	static const struct child_owner owner = { trial_on_frame,
		trial_on_end };
	const struct reexec prober = { .kind = REEXEC_PROBER };
	struct fields fields = { 0 };

	if (!mosh_answer_allowed(trial->config, answer)) {
		trial_give_up(trial, mark);
		return;
	}
	if (!reach_try(trial->reach, mark, fields_get(answer, "host"),
		clock_now_ms()))
		return;
	trial_touch(trial);
	trial_end_child(trial);
	trial->child = child_start(trial->children, &prober, &owner, trial);
	if (trial->child == NULL) {
		reach_told(trial->reach, REACH_NONE, clock_now_ms());
		return;
	}
	fields_add(&fields, "host", fields_get(answer, "host"));
	fields_add(&fields, "port", fields_get(answer, "port"));
	fields_add(&fields, "key", fields_get(answer, "key"));
	fields_add(&fields, "mark", mark);
	child_tell(trial->child, FRAME_START, &fields);
	fields_free(&fields);
}
