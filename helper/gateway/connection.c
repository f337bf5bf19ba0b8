#include "connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../shim/lib/clock.h"
#include "../log.h"
#include "credential.h"
#include "mishap.h"

/* Above the sum of the worker's own deadlines, which should come first. */
#define CONNECTION_STEPS_PER_JOB 4
/* So long one is held for a relay that is yet to come. */
#define CONNECTION_HELD_MS 10000
/* More frames than this make no sense from a worker. */
#define CONNECTION_FRAMES_PER_JOB 64

struct connection {
	struct connection_shared *shared;
	struct connection_facts facts;
	struct queue_entry entry;
	const struct connection_owner *owner;
	void *context;
	struct child *child;
	struct credential credential;
	char user[USERNAME_MAX_CHARS + 1];
	bool expired;           /* it is too old, whatever its age */
	unsigned notes, frames; /* for this job: lines for the log, and all */
};

static const struct child_owner connection_child;

/* The job that C begins must be done by then; others than C take MORE_MS. */
static void
connection_limit_job(const struct connection *c, int64_t more_ms)
{
	child_deadline(c->child,
	    clock_now_ms() + more_ms +
		(int64_t)c->shared->config->connect_timeout_s * 1000 *
		    CONNECTION_STEPS_PER_JOB);
}

/* From now on C is in PHASE, as the queue is told. */
static void
connection_enter(struct connection *c, enum phase phase)
{
	if (c->child != NULL)
		child_hold(c->child, !phase_outlives(phase));
	c->facts.phase = phase;
	c->entry.state = phase_in_queue(phase);
	c->shared->changed(c->shared->context);
}

struct connection *
connection_new(struct connection_shared *shared, const char *user,
    enum queue_class class, enum queue_claim claim,
    const struct connection_owner *owner, void *context)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->shared = shared;
	c->owner = owner;
	c->context = context;
	c->facts.began_ms = clock_now_ms();
	snprintf(c->user, sizeof(c->user), "%s", user);
	c->entry = (struct queue_entry){ .user = c->user,
		.class = class,
		.claim = claim };
	queue_add(&shared->queue, &c->entry);
	connection_enter(c, PHASE_QUEUED);
	return c;
}

/* Take C out of the queue, and free it: its process has been let go of. */
static void
connection_free(struct connection *c)
{
	credential_drop(&c->credential);
	queue_remove(&c->shared->queue, &c->entry);
	c->shared->changed(c->shared->context);
	free(c);
}

void
connection_close(struct connection *c)
{
	if (c->child != NULL)
		child_close(c->child);
	connection_free(c);
}

void
connection_kill(struct connection *c)
{
	if (c->child != NULL)
		child_kill(c->child);
	connection_free(c);
}

void
connection_give(struct connection *c, const struct connection_owner *owner,
    void *context)
{
	c->owner = owner;
	c->context = context;
}

/* C is over; LAST is as in connection_end. */
static void
connection_end(struct connection *c, const struct frame *last)
{
	const struct connection_owner *owner = c->owner;
	void *context = c->context;
	struct connection_end end = { .last = last,
		.reached = c->facts.phase > PHASE_REACHING,
		.facts = c->facts,
		.took_ms = clock_now_ms() - c->facts.began_ms };

	if (last != NULL && last->type == FRAME_REFUSED) {
		const struct refusal why = refusal_read(last);

		end.refused = refusal_is(&why, "refused") ||
		    fields_get(last, "counted") != NULL;
		if (c->facts.phase == PHASE_REACHING)
			c->shared->reached(c->shared->context, NULL, &why);
	}
	connection_close(c);
	owner->on_end(context, &end);
}

void
connection_evict(struct connection *c)
{
	connection_end(c, NULL);
}

/* C is over without having said why: WHY does. */
static void
connection_lose(struct connection *c, const struct refusal *why)
{
	struct fields fields = { 0 };
	const struct frame frame = refusal_frame(why, &fields);

	connection_end(c, &frame);
	fields_free(&fields);
}

/* Start the process of C as BRIEFING says.  Returns false if that fails. */
static bool
connection_spawn(struct connection *c, const struct briefing *briefing)
{
	const struct reexec what = {
		.kind = REEXEC_WORKER,
		.argument = c->user,
	};
	struct fields fields = { 0 };

	c->facts.job = briefing->job;
	c->child = child_start(c->shared->children, &what, &connection_child,
	    c);
	if (c->child == NULL) {
		log_event(LOG_ERR, "worker-failed", "user", c->user, "detail",
		    strerror(errno), "remedy", "raise the limit on processes",
		    NULL);
		return false;
	}
	c->facts.users = c->credential.users;
	c->facts.began_ms = clock_now_ms();
	connection_enter(c, PHASE_REACHING);
	connection_limit_job(c, 0);
	briefing_add(&fields, briefing, c->user, c->shared->config,
	    credential_public(&c->credential));
	briefing_add_window(&fields, &c->shared->queue, &c->entry);
	child_tell(c->child, FRAME_START, &fields);
	fields_free(&fields);
	return true;
}

void
connection_launch(struct connection *c)
{
	struct briefing briefing = { 0 };

	if (!c->owner->on_turn(c->context, &briefing))
		connection_free(c);
	else if (!credential_take(&c->credential, c->shared->keyring,
		     &briefing))
		connection_lose(c, &credential_none);
	else if (!connection_spawn(c, &briefing))
		connection_lose(c, &mishap_no_process);
}

void
connection_ask(struct connection *c, enum job job, const struct frame *asked,
    const char *mark)
{
	struct fields fields = { 0 };

	c->facts.job = job;
	c->notes = c->frames = 0;
	connection_enter(c, PHASE_AT_WORK);
	connection_limit_job(c, 0);
	if (mark != NULL)
		fields_add(&fields, "mark", mark);
	if (asked != NULL)
		briefing_add_request(&fields, asked);
	child_tell(c->child, job_frame(job), &fields);
	fields_free(&fields);
}

void
connection_hold(struct connection *c, const struct frame *asked,
    int64_t within_ms)
{
	struct fields fields = { 0 };

	c->facts.job = JOB_RELAY;
	c->entry.class = QUEUE_RELAY;
	c->entry.claim = QUEUE_ALONE;
	c->notes = c->frames = 0;
	connection_enter(c, PHASE_CLEARING);
	child_deadline(c->child, clock_now_ms() + within_ms);
	briefing_add_request(&fields, asked);
	briefing_add_window(&fields, &c->shared->queue, &c->entry);
	child_tell(c->child, FRAME_HOLD, &fields);
	fields_free(&fields);
}

bool
connection_go(struct connection *c, const struct fields *fields, int fd,
    uid_t uid)
{
	const int log_fd = log_give();
	/* without syslog's socket, where the helper's own errors go */
	const int fds[] = { fd, log_fd >= 0 ? log_fd : STDERR_FILENO };
	const bool told = child_tell_fds(c->child, FRAME_GO, fields, fds,
	    JOB_GO_FDS);

	if (log_fd >= 0)
		close(log_fd);
	if (!told)
		return false;
	child_blame(c->child, uid);
	connection_enter(c, PHASE_STARTING);
	connection_limit_job(c, 0);
	return true;
}

bool
connection_lend(struct connection *c, int fd, uid_t uid)
{
	const struct fields none = { 0 };

	if (!child_tell_fds(c->child, FRAME_SHIM, &none, &fd, JOB_SHIM_FDS))
		return false;
	child_blame(c->child, uid);
	connection_enter(c, PHASE_ASKING);
	connection_limit_job(c, JOB_AGENT_MS);
	return true;
}

void
connection_leave(struct connection *c)
{
	child_leave(c->child);
	connection_free(c);
}

void
connection_expire(struct connection *c)
{
	c->expired = true;
	c->facts.began_ms = clock_now_ms() -
	    (int64_t)c->shared->config->share_max_age_s * 1000;
}

/*
 * What a worker may say
 */

/* It asks for the one signature of its connection. */
static bool
connection_take_sign(struct connection *c, const struct frame *frame)
{
	unsigned char signature[SSHKEY_ED25519_SIGNATURE_BYTES];

	if (!child_has_taken_all(c->child))
		credential_drop(&c->credential);
	if (!credential_sign(&c->credential, c->user, frame, signature))
		return false;
	c->facts.users = c->credential.users;
	connection_enter(c, PHASE_PROVING);
	child_send(c->child, FRAME_SIGNED, (const char *)signature,
	    sizeof(signature));
	return true;
}

static bool
connection_take_note(struct connection *c, const struct frame *frame)
{
	return note_take(&c->shared->notes, c->user, &c->notes, frame);
}

static bool
connection_take_reached(struct connection *c, const struct frame *frame)
{
	const char *address = fields_get(frame, "address");

	if (address == NULL || !mosh_address_valid(address))
		return false;
	connection_enter(c, PHASE_ENTERING);
	c->shared->reached(c->shared->context, address, NULL);
	if (c->owner->on_reached != NULL)
		c->owner->on_reached(c->context);
	return true;
}

/* The remote lets it in; or it has the channel that it was to make. */
static bool
connection_take_accepted(struct connection *c, const struct frame *frame)
{
	const enum phase phase = phase_accepted(c->facts.phase, c->facts.job);

	(void)frame;
	credential_drop(&c->credential);
	connection_enter(c, phase);
	if (phase == PHASE_HELD)
		child_deadline(c->child, clock_now_ms() + CONNECTION_HELD_MS);
	if (c->owner->on_ready != NULL)
		c->owner->on_ready(c->context);
	return true;
}

/* Tell the owner what it has said of its job. */
static void
connection_tell(struct connection *c, const struct frame *frame)
{
	if (c->owner->on_answer != NULL)
		c->owner->on_answer(c->context, frame);
}

/* It has said something, and more is to come. */
static bool
connection_take_news(struct connection *c, const struct frame *frame)
{
	connection_tell(c, frame);
	return true;
}

static bool
connection_take_running(struct connection *c, const struct frame *frame)
{
	connection_enter(c, PHASE_RUNNING);
	c->facts.began_ms = clock_now_ms();
	child_deadline(c->child, INT64_MAX);
	return connection_take_news(c, frame);
}

/* It has done its job, or with FRAME_REFUSED could not: it waits for another. */
static void
connection_done(struct connection *c, const struct frame *frame)
{
	if (c->facts.served++ == 0 && !c->expired)
		c->facts.began_ms = clock_now_ms();
	connection_enter(c, PHASE_IDLE);
	child_deadline(c->child, INT64_MAX);
	connection_tell(c, frame);
}

/* The keys have come; after those of a lookup its answer does. */
static bool
connection_take_text(struct connection *c, const struct frame *frame)
{
	if (c->facts.job == JOB_LOOKUP)
		return connection_take_news(c, frame);
	connection_done(c, frame);
	return true;
}

static bool
connection_take_ok(struct connection *c, const struct frame *frame)
{
	if (phase_ends_with(c->facts.job))
		connection_end(c, frame);
	else
		connection_done(c, frame);
	return true;
}

static bool
connection_take_refused(struct connection *c, const struct frame *frame)
{
	if (phase_ends_with(c->facts.job) ||
	    fields_get(frame, "ends") != NULL ||
	    c->facts.phase != PHASE_AT_WORK)
		connection_end(c, frame);
	else if (c->facts.job != JOB_LOOKUP)
		connection_done(c, frame);
	/* else the keys don't come along: the lookup goes on */
	return true;
}

/* Who takes which frame, if it is legal. */
static const struct {
	enum frame_type type;
	bool (*take)(struct connection *c, const struct frame *frame);
} connection_frames[] = {
	{ FRAME_REACHED, connection_take_reached },
	{ FRAME_SIGN, connection_take_sign },
	{ FRAME_ACCEPTED, connection_take_accepted },
	{ FRAME_NOTE, connection_take_note },
	{ FRAME_STEP, connection_take_news },
	{ FRAME_TEXT, connection_take_text },
	{ FRAME_RUNNING, connection_take_running },
	{ FRAME_OK, connection_take_ok },
	{ FRAME_REFUSED, connection_take_refused },
};

/*
 * True if FRAME is one that it may send now.  Whatever has taken it over can
 * have the helper keep no more than that for whoever waits for its answer.
 */
static bool
connection_may_say(struct connection *c, const struct frame *frame)
{
	const bool bytes = frame->type == FRAME_TEXT ||
	    frame->type == FRAME_SIGN; /* these have no fields */

	return ++c->frames <= CONNECTION_FRAMES_PER_JOB &&
	    (frame->type == FRAME_TEXT ||
		frame->len <= FRAME_REQUEST_MAX_BYTES) &&
	    phase_allows(c->facts.phase, c->facts.job, frame->type) &&
	    (bytes || fields_wellformed(frame));
}

static bool
connection_on_frame(void *context, const struct frame *frame)
{
	struct connection *c = context;

	if (!connection_may_say(c, frame))
		return false;
	for (size_t i = 0;
	     i < sizeof(connection_frames) / sizeof(connection_frames[0]);
	     i++) {
		if (connection_frames[i].type == frame->type)
			return connection_frames[i].take(c, frame);
	}
	return false;
}

static void
connection_on_end(void *context, enum child_end end)
{
	struct connection *c = context;

	c->child = NULL; /* it has been let go of */
	if ((c->facts.phase == PHASE_IDLE && end == CHILD_CLOSED) ||
	    (c->facts.phase == PHASE_HELD && end == CHILD_LATE))
		connection_end(c, NULL);
	else
		connection_lose(c,
		    end == CHILD_LATE ? &mishap_late : &mishap_broken);
}

static const struct child_owner connection_child = {
	.on_frame = connection_on_frame,
	.on_end = connection_on_end,
};

/*
 * What is known of one
 */

const struct connection_facts *
connection_facts(const struct connection *c)
{
	return &c->facts;
}

struct queue_entry *
connection_entry(struct connection *c)
{
	return &c->entry;
}

struct connection *
connection_of(struct queue_entry *entry)
{
	return (struct connection *)((char *)entry -
	    offsetof(struct connection, entry));
}
