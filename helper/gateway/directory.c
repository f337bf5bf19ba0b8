#include "directory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../shim/lib/clock.h"
#include "../log.h"
#include "dispatch.h"
#include "inquiry.h"

/* A process may fail once under an inquiry: it may have been killed. */
#define DIRECTORY_TRIES 2
#define DIRECTORY_LOG_PAUSE_MS 10000

struct directory_process {
	struct directory *directory;
	struct child *child;
	struct inquiry *at; /* NULL: it has nothing to do */
};

struct directory {
	struct loop *loop;
	struct loop_timer timer;
	struct children *children;
	struct dispatch dispatch;
	struct directory_process processes[DISPATCH_PLACES];
	struct inquiry *first;  /* the one that came first */
	int64_t quiet_until_ms; /* what is lacking has been logged */
};

static void
directory_touch(struct directory *directory)
{
	loop_at(directory->loop, &directory->timer, clock_now_ms());
}

/* Say in the log that nobody can tell about WHOM, since FAULT; not too often. */
static void
directory_log(struct directory *directory, const char *whom, const char *fault)
{
	const int64_t now_ms = clock_now_ms();
	char detail[USERNAME_MAX_CHARS + DIRECTORY_FAULT_CHARS + 16];

	if (now_ms < directory->quiet_until_ms)
		return;
	directory->quiet_until_ms = now_ms + DIRECTORY_LOG_PAUSE_MS;
	snprintf(detail, sizeof(detail), "%s: %s", whom, fault);
	log_event(LOG_WARNING, "note", "about", "name-service", "detail",
	    detail, "remedy",
	    "see why a source of passwd or group in /etc/nsswitch.conf, such "
	    "as a directory service, does not answer",
	    NULL);
}

/* Nobody can tell about INQUIRY, since FAULT: it is over. */
static void
directory_drop(struct directory *directory, struct inquiry *inquiry,
    const char *fault)
{
	struct directory_answer answer = { 0 };

	directory_answer_unknown(&answer, fault);
	directory_log(directory, inquiry->whom, answer.fault);
	inquiry_end(&directory->first, inquiry, &answer);
}

static const char directory_late[] =
    "the name service has not answered in time";

/*
 * Processes
 */

static int
directory_place(const struct directory_process *process)
{
	return (int)(process - process->directory->processes);
}

/* Take the answer of PROCESS.  Returns false if that is none. */
static bool
directory_on_frame(void *context, const struct frame *frame)
{
	struct directory_process *process = context;
	struct directory *directory = process->directory;
	struct inquiry *inquiry = process->at;
	const int64_t now_ms = clock_now_ms();
	const int place = directory_place(process);
	struct directory_answer answer;

	if (directory->dispatch.places[place].state != DISPATCH_BUSY ||
	    frame->type != FRAME_OK || !fields_wellformed(frame) ||
	    !directory_answer_read(frame, &answer))
		return false;
	process->at = NULL;
	child_deadline(process->child, INT64_MAX);
	/* another one may have been asked meanwhile */
	if (inquiry == NULL) {
		dispatch_answered(&directory->dispatch, place, now_ms);
		directory_touch(directory);
		return true;
	}
	dispatch_learn(&directory->dispatch, inquiry->whom,
	    answer.verdict == DIRECTORY_THERE,
	    now_ms - directory->dispatch.places[place].since_ms);
	dispatch_answered(&directory->dispatch, place, now_ms);
	directory_touch(directory);
	if (answer.verdict == DIRECTORY_UNKNOWN)
		directory_log(directory, inquiry->whom, answer.fault);
	inquiry_end(&directory->first, inquiry, &answer);
	return true;
}

static void
directory_on_end(void *context, enum child_end end)
{
	struct directory_process *process = context;
	struct directory *directory = process->directory;
	struct inquiry *inquiry = process->at;

	process->child = NULL;
	process->at = NULL;
	dispatch_over(&directory->dispatch, directory_place(process),
	    end == CHILD_LATE ? DISPATCH_LATE : DISPATCH_ENDED, clock_now_ms());
	directory_touch(directory);
	if (end == CHILD_NONSENSE)
		log_event(LOG_ERR, "note", "about", "name-service", "detail",
		    "a process that asks it has sent what is no answer", NULL);
	if (inquiry == NULL)
		return;
	inquiry->place = -1;
	if (end == CHILD_LATE)
		dispatch_learn(&directory->dispatch, inquiry->whom, false,
		    INT64_MAX);
	if (end != CHILD_CLOSED)
		directory_drop(directory, inquiry, directory_late);
	else if (++inquiry->tries >= DIRECTORY_TRIES)
		directory_drop(directory, inquiry,
		    "the process that asks the name service has died");
}

static const struct child_owner directory_owner = {
	.on_frame = directory_on_frame,
	.on_end = directory_on_end,
};

/* Have a process in PLACE, if there is none yet.  Returns false if it can't be. */
static bool
directory_start(struct directory *directory, int place)
{
	static const struct reexec what = { .kind = REEXEC_ACCOUNTS };
	struct directory_process *process = &directory->processes[place];

	if (process->child != NULL)
		return true;
	process->child = child_start(directory->children, &what,
	    &directory_owner, process);
	if (process->child == NULL) {
		directory_log(directory, "no process", strerror(errno));
		dispatch_failed(&directory->dispatch, clock_now_ms());
		return false;
	}
	dispatch_started(&directory->dispatch, place, clock_now_ms());
	return true;
}

/* Have the process in PLACE see to INQUIRY. */
static void
directory_send(struct directory *directory, int place, struct inquiry *inquiry)
{
	struct directory_process *process = &directory->processes[place];
	const int64_t now_ms = clock_now_ms();
	struct fields fields = { 0 };

	inquiry->place = place;
	process->at = inquiry;
	dispatch_asked(&directory->dispatch, place, inquiry->class, now_ms);
	child_deadline(process->child, now_ms + DISPATCH_ANSWER_MS);
	directory_asked_add(&fields, &inquiry->asked);
	child_tell(process->child, FRAME_ACCOUNT, &fields);
	fields_free(&fields);
}

/* The place for INQUIRY, with a process; -1 if there is none. */
static int
directory_find_place(struct directory *directory, const struct inquiry *inquiry)
{
	const int place = dispatch_find(&directory->dispatch, inquiry->class,
	    children_ending(directory->children, REEXEC_ACCOUNTS),
	    clock_now_ms());

	return place >= 0 && directory_start(directory, place) ? place : -1;
}

/* Have processes see to those that wait. */
static void
directory_pump(struct directory *directory)
{
	for (int class = DISPATCH_QUICK; class <= DISPATCH_STOCK; class ++) {
		struct inquiry *inquiry;
		int place;

		while ((inquiry = inquiry_next(directory->first,
			    (enum dispatch_class) class)) != NULL) {
			place = directory_find_place(directory, inquiry);
			if (place < 0)
				break;
			directory_send(directory, place, inquiry);
		}
	}
}

/*
 * Time
 */

/*
 * A process that takes long for somebody who was quick before may have been
 * stopped: have another one asked, too, once.  Returns when that is to be done.
 */
static int64_t
directory_lose_patience(struct directory *directory, struct inquiry *inquiry,
    int64_t now_ms)
{
	const int64_t at_ms =
	    directory->dispatch.places[inquiry->place].since_ms +
	    DISPATCH_PATIENCE_MS;

	if (inquiry->class != DISPATCH_QUICK || inquiry->tries > 0)
		return INT64_MAX;
	if (at_ms > now_ms)
		return at_ms;
	directory->processes[inquiry->place].at = NULL;
	inquiry->place = -1;
	inquiry->tries++;
	directory_touch(directory);
	return INT64_MAX;
}

/* Nobody waits for INQUIRY any longer, whatever is at work for it. */
static void
directory_expire_one(struct directory *directory, struct inquiry *inquiry)
{
	if (inquiry->place >= 0) {
		directory->processes[inquiry->place].at = NULL;
		dispatch_learn(&directory->dispatch, inquiry->whom, false,
		    INT64_MAX);
	}
	directory_drop(directory, inquiry, directory_late);
	directory_touch(directory);
}

/* Give up one that has taken too long.  Returns when the next is to be seen to. */
static int64_t
directory_expire(struct directory *directory, int64_t now_ms)
{
	int64_t next_ms = INT64_MAX, at_ms;

	for (struct inquiry *i = directory->first; i != NULL; i = i->next) {
		const int64_t end_ms = i->began_ms + DISPATCH_ANSWER_MS;

		if (end_ms <= now_ms) {
			/* whoever is told may have asked or forgotten others */
			directory_expire_one(directory, i);
			return INT64_MAX;
		}
		at_ms = i->place >= 0
		    ? directory_lose_patience(directory, i, now_ms)
		    : INT64_MAX;
		at_ms = end_ms < at_ms ? end_ms : at_ms;
		next_ms = at_ms < next_ms ? at_ms : next_ms;
	}
	return next_ms;
}

/* Let go of the processes that have long had nothing to do, but for one. */
static int64_t
directory_shrink(struct directory *directory, int64_t now_ms)
{
	int64_t next_ms;
	int place;

	while ((place = dispatch_excess(&directory->dispatch, now_ms,
		    &next_ms)) >= 0) {
		child_close(directory->processes[place].child);
		directory->processes[place].child = NULL;
		dispatch_over(&directory->dispatch, place, DISPATCH_LATE,
		    now_ms);
	}
	return next_ms;
}

static void
directory_fire(void *context, int64_t now_ms)
{
	struct directory *directory = context;
	int64_t next_ms, at_ms;

	directory_pump(directory);
	next_ms = directory_expire(directory, now_ms);
	at_ms = directory_shrink(directory, now_ms);
	next_ms = at_ms < next_ms ? at_ms : next_ms;
	at_ms = dispatch_again_ms(&directory->dispatch, now_ms);
	next_ms = at_ms < next_ms ? at_ms : next_ms;
	if (!directory->timer.on)
		loop_at(directory->loop, &directory->timer, next_ms);
}

/*
 * Questions
 */

static void
directory_ask(struct directory *directory, struct directory_question *question,
    const struct directory_asked *asked)
{
	struct inquiry *inquiry = inquiry_find(directory->first, asked);
	struct directory_answer answer = { 0 };

	if (inquiry == NULL)
		inquiry = inquiry_new(&directory->first, &directory->dispatch,
		    asked, question->known, clock_now_ms());
	if (inquiry == NULL) {
		directory_answer_unknown(&answer,
		    "too many wait for the name service");
		question->answer(question, &answer);
		return;
	}
	inquiry_attach(inquiry, question);
	directory_pump(directory);
	directory_touch(directory);
}

void
directory_ask_name(struct directory *directory,
    struct directory_question *question, const char *name)
{
	struct directory_asked asked = { .key = DIRECTORY_BY_NAME };

	snprintf(asked.name, sizeof(asked.name), "%s", name);
	directory_ask(directory, question, &asked);
}

void
directory_ask_uid(struct directory *directory,
    struct directory_question *question, uid_t uid)
{
	const struct directory_asked asked = { .key = DIRECTORY_BY_UID,
		.uid = uid };

	directory_ask(directory, question, &asked);
}

void
directory_ask_free(struct directory *directory,
    struct directory_question *question, uid_t first)
{
	const struct directory_asked asked = { .key = DIRECTORY_UIDS_FROM,
		.uid = first };

	directory_ask(directory, question, &asked);
}

void
directory_forget(struct directory_question *question)
{
	/* what is under way is seen to its end: it tells what is slow */
	inquiry_detach(question);
}

struct directory *
directory_new(struct loop *loop, struct children *children)
{
	struct directory *directory = calloc(1, sizeof(*directory));

	if (directory == NULL)
		return NULL;
	directory->loop = loop;
	directory->timer.fire = directory_fire;
	directory->timer.context = directory;
	directory->children = children;
	for (int i = 0; i < DISPATCH_PLACES; i++)
		directory->processes[i].directory = directory;
	/* so that the first who comes needn't wait for it */
	directory_start(directory, 0);
	return directory;
}

void
directory_free(struct directory *directory)
{
	if (directory == NULL)
		return;
	for (int i = 0; i < DISPATCH_PLACES; i++) {
		if (directory->processes[i].child != NULL)
			child_kill(directory->processes[i].child);
	}
	inquiry_free_all(&directory->first);
	loop_at(directory->loop, &directory->timer, INT64_MAX);
	free(directory);
}
