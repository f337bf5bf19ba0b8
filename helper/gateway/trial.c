#include "trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../shim/lib/clock.h"
#include "../log.h"
#include "../refusal.h"

#define TRIAL_DETAIL_BYTES 512

/* The process that runs a mosh-client. */
struct trial_client {
	struct trial *trial;
	struct child *child; /* NULL: there is none */
	char mark[MOSH_MARK_CHARS + 1];
};

struct trial {
	struct loop *loop;
	struct children *children;
	const struct config *config;
	struct reach *reach;
	struct trial_client clients[REACH_TRIALS_MAX];
	struct loop_timer timer;
	void (*changed)(void *context);
	void *context;
};

/* Run the timer of the trials, and end processes that aren't needed any more. */
static void
trial_fire(void *context, int64_t now_ms)
{
	struct trial *trial = context;

	loop_at(trial->loop, &trial->timer, reach_tick(trial->reach, now_ms));
	for (size_t i = 0; i < REACH_TRIALS_MAX; i++) {
		struct trial_client *client = &trial->clients[i];

		if (client->child == NULL ||
		    reach_has_client(trial->reach, client->mark))
			continue;
		child_kill(client->child);
		client->child = NULL;
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
	for (size_t i = 0; i < REACH_TRIALS_MAX; i++)
		trial->clients[i].trial = trial;
	trial->reach = reach_new(config);
	if (trial->reach != NULL)
		return trial;
	free(trial);
	return NULL;
}

/* End the process, if there is one. */
static void
trial_end_client(struct trial_client *client)
{
	if (client->child != NULL)
		child_close(client->child);
	client->child = NULL;
}

static void
trial_end_clients(struct trial *trial)
{
	for (size_t i = 0; i < REACH_TRIALS_MAX; i++)
		trial_end_client(&trial->clients[i]);
}

void
trial_free(struct trial *trial)
{
	if (trial == NULL)
		return;
	trial_end_clients(trial);
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
	trial_end_clients(trial);
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
trial_connected(struct trial *trial, const char *mark)
{
	reach_connected(trial->reach, mark, clock_now_ms());
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

/* The process of CLIENT has said FRAME, which is its last word. */
static void
trial_told(struct trial_client *client, const struct frame *frame)
{
	struct trial *trial = client->trial;
	const enum reach_verdict verdict = trial_verdict(frame);

	if (verdict == REACH_NONE)
		trial_note(frame);
	reach_told(trial->reach, client->mark, verdict, clock_now_ms());
	trial_touch(trial);
}

static bool
trial_on_frame(void *context, const struct frame *frame)
{
	struct trial_client *client = context;

	trial_told(client, frame);
	trial_end_client(client);
	return true;
}

static void
trial_on_end(void *context, enum child_end end)
{
	struct trial_client *client = context;
	const struct frame nothing = { .type = FRAME_REFUSED };

	(void)end;
	client->child = NULL;
	trial_told(client, &nothing);
}

/*
 * A place for a process: a free one, or that of a trial which has been given up.
 * There is one for each trial that there may be.
 */
static struct trial_client *
trial_place(struct trial *trial)
{
	struct trial_client *client = trial->clients;

	for (size_t i = 0; i < REACH_TRIALS_MAX; i++) {
		client = &trial->clients[i];
		if (client->child == NULL ||
		    !reach_has_client(trial->reach, client->mark))
			break;
	}
	trial_end_client(client);
	return client;
}

/* Start the process for MARK; false if that fails. */
static bool
trial_start(struct trial *trial, const char *mark, const struct frame *answer)
{
	static const struct child_owner owner = { trial_on_frame,
		trial_on_end };
	const struct reexec prober = { .kind = REEXEC_PROBER };
	struct trial_client *client = trial_place(trial);
	struct fields fields = { 0 };

	snprintf(client->mark, sizeof(client->mark), "%s", mark);
	client->child = child_start(trial->children, &prober, &owner, client);
	if (client->child == NULL)
		return false;
	fields_add(&fields, "host", fields_get(answer, "host"));
	fields_add(&fields, "port", fields_get(answer, "port"));
	fields_add(&fields, "key", fields_get(answer, "key"));
	fields_add(&fields, "mark", mark);
	child_tell(client->child, FRAME_START, &fields);
	fields_free(&fields);
	return true;
}

void
trial_try(struct trial *trial, const char *mark, const struct frame *answer)
{
	if (!mosh_answer_allowed(trial->config, answer)) {
		trial_give_up(trial, mark);
		return;
	}
	if (!reach_try(trial->reach, mark, fields_get(answer, "host"),
		clock_now_ms()))
		return;
	trial_touch(trial);
	if (!trial_start(trial, mark, answer))
		reach_told(trial->reach, mark, REACH_NONE, clock_now_ms());
}
