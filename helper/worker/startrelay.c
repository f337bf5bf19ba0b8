#include "startrelay.h"

#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../shim/lib/clock.h"
#include "../../shim/lib/locale.h"
#include "../log.h"
#include "budget.h"
#include "channel.h"
#include "command.h"
#include "relay.h"
#include "streams.h"

/* A relay in the making. */
struct startrelay {
	LIBSSH2_CHANNEL *channel;
	struct frame go;    /* FRAME_GO: what was asked for */
	struct report shim; /* its fd is -1 before FRAME_GO */
	int fds[FRAME_FDS];
	struct channel_start start;
	char *script; /* malloc'ed, or NULL */
	bool no_terminal;
	int64_t began_ms; /* when the command ran; 0: not yet */
};

/* Take from what the shim has asked the terminal that it wants. */
static void
startrelay_read_terminal(const struct frame *asked, struct channel_start *start)
{
	const char *modes = fields_get(asked, "modes");
	size_t room;

	if (fields_get(asked, "terminal") == NULL)
		return;
	start->term = fields_get(asked, "term");
	if (start->term == NULL || strlen(start->term) >= CHANNEL_MODES_BYTES)
		start->term = "";
	relay_read_size(asked, &start->size);
	room = CHANNEL_MODES_BYTES - strlen(start->term);
	/* without any the remote has its own */
	if (modes == NULL ||
	    sodium_hex2bin(start->modes, room, modes, strlen(modes), NULL,
		&start->modes_len, NULL) != 0)
		start->modes_len = 0;
}

/*
 * Of the client's locale what says most: libssh2 has no way to set more than
 * one variable without a round trip for each.
 */
static void
startrelay_read_variable(const struct frame *asked, struct channel_start *start)
{
	static const char *const names[] = { "LC_ALL", "LANG", "LC_CTYPE" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = fields_get(asked, names[i]);

		if (value == NULL || !locale_value_valid(value))
			continue;
		start->name = names[i];
		start->value = value;
		return;
	}
}

/*
 * What is to run: a subsystem, a command, or the login shell.  A command goes
 * as it is, unless there is an original one that it must find in its
 * environment.  Returns false for want of memory, or if it is too long.
 */
static bool
startrelay_read_program(const struct config *config, struct startrelay *r)
{
	const char *subsystem = fields_get(&r->go, "subsystem");
	const char *original = fields_get(&r->go, "original");
	struct channel_start *start = &r->start;

	start->request = "shell";
	start->what = fields_get(&r->go, "command");
	if (start->what == NULL && start->term != NULL &&
	    config->command[0] != '\0')
		start->what = config->command;
	if (subsystem != NULL && start->term == NULL) {
		start->request = "subsystem";
		start->what = subsystem;
		return true;
	}
	if (start->what == NULL)
		return true;
	start->request = "exec";
	if (original == NULL)
		return true;
	r->script = command_new(start->what, original, "exec ");
	start->what = r->script;
	return r->script != NULL;
}

/*
 * Wait for the relay that the worker is ready for.  From then on the worker is
 * the shim's, and ends with it: the helper has let it go.
 */
static enum failure
startrelay_wait(struct work *w, struct startrelay *r)
{
	if (!orders_wait_idle(&w->orders, ORDERS_HELD, w->session, r->channel,
		&r->go))
		return FAILURE_LOST;
	r->shim.fd = w->orders.passed.fd[JOB_GO_SHIM];
	/* its steps end with the shim, too, and no longer with the helper */
	w->deadline.parent_fd = r->shim.fd;
	log_take(w->orders.passed.fd[JOB_GO_LOG]);
	return FAILURE_NONE;
}

/* How much may be on its way: as FIRST, the helper's word, says. */
static unsigned
startrelay_window(const struct frame *first)
{
	long long bytes;

	return fields_get_number(first, "window", 1, UINT_MAX, &bytes)
	    ? (unsigned)bytes
	    : CHANNEL_WINDOW_USUAL;
}

/*
 * Have a channel for the relay that FIRST is about, which is FRAME_START or
 * FRAME_HOLD, and wait for the relay.
 */
static enum failure
startrelay_make_ready(struct work *w, const struct frame *first,
    struct startrelay *r)
{
	const bool kept = first->type == FRAME_HOLD;
	const bool terminal = fields_get(first, "terminal") != NULL;
	enum failure failure = kept ? shell_end(&w->shell) : FAILURE_NONE;

	if (failure != FAILURE_NONE)
		return failure;
	failure_clear(&w->facts);
	session_allow(w->session, BUDGET_COMMAND_BYTES);
	failure = channel_open(w->session,
	    terminal ? CHANNEL_TERMINAL : CHANNEL_COMMAND,
	    startrelay_window(first), &r->channel);
	session_end_login(w->session);
	if (failure != FAILURE_NONE)
		return failure;
	if (!report_fields(&w->report, FRAME_ACCEPTED, NULL))
		return FAILURE_ABANDONED;
	return startrelay_wait(w, r);
}

/* Start in the channel what was asked for. */
static enum failure
startrelay_start(struct work *w, struct startrelay *r)
{
	enum failure failure;

	startrelay_read_terminal(&r->go, &r->start);
	startrelay_read_variable(&r->go, &r->start);
	if (!startrelay_read_program(w->config, r))
		return FAILURE_INTERNAL;
	failure = channel_start(w->session, r->channel, &r->start,
	    &r->no_terminal);
	if (failure == FAILURE_NONE)
		session_lift_limits(w->session);
	return failure;
}

/* There is no helper any more to log the end of the relay, which FIELDS tell. */
static void
startrelay_log_end(const struct work *w, const struct startrelay *r,
    const struct fields *fields)
{
	const struct frame end = { .body = fields->text, .len = fields->len };
	char duration[32];

	if (r->began_ms == 0 || fields->failed)
		return;
	snprintf(duration, sizeof(duration), "%lld",
	    (long long)(clock_now_ms() - r->began_ms) / 1000);
	log_event(LOG_INFO, "relay-end", "user", w->user, "status",
	    fields_get(&end, "status"), "signal", fields_get(&end, "signal"),
	    "reason", fields_get(&end, "reason"), "detail",
	    fields_get(&end, "detail"), "duration_s", duration, NULL);
}

/*
 * Tell the shim FIELDS, if there is one; and the helper, if that is still there,
 * whether the shim has been "told".  Returns false if the shim was not.
 */
static bool
startrelay_tell(const struct work *w, const struct startrelay *r,
    enum frame_type type, struct fields *fields)
{
	const bool told = r->shim.fd >= 0 &&
	    report_fields(&r->shim, type, fields);

	if (told)
		fields_add(fields, "told", "1");
	if (!report_fields(&w->report, type, fields) && type != FRAME_RUNNING)
		startrelay_log_end(w, r, fields);
	fields_free(fields);
	return told;
}

/* Add to FIELDS what of FRAME_GO is for the shim's eyes, as the field NAME. */
static void
startrelay_pass_on(const struct startrelay *r, struct fields *fields,
    const char *name)
{
	const char *value = fields_get(&r->go, name);

	if (value != NULL)
		fields_add(fields, name, value);
}

/* Tell that it runs, and carry its input and output to its END. */
static enum failure
startrelay_carry(struct work *w, struct startrelay *r, struct relay_end *end)
{
	struct fields running = { 0 };

	if (r->no_terminal)
		fields_add(&running, "no_terminal", "1");
	startrelay_pass_on(r, &running, "why");
	startrelay_pass_on(r, &running, "warning");
	r->began_ms = clock_now_ms();
	if (!startrelay_tell(w, r, FRAME_RUNNING, &running))
		return FAILURE_ABANDONED;
	return relay_run(w->session, r->channel, r->shim.fd, r->fds,
	    r->start.term != NULL, end);
}

static void
startrelay_tell_end(const struct work *w, const struct startrelay *r,
    const struct relay_end *end)
{
	struct fields fields = { 0 };

	if (end->signal[0] != '\0')
		fields_add(&fields, "signal", end->signal);
	else
		fields_add_number(&fields, "status", end->status);
	startrelay_tell(w, r, FRAME_OK, &fields);
}

/* Tell that it is over for WHY. */
static void
startrelay_tell_refused(const struct work *w, const struct startrelay *r,
    const struct refusal *why)
{
	struct fields fields = { 0 };

	refusal_add(&fields, why);
	fields_add(&fields, "ends", "1");
	startrelay_tell(w, r, FRAME_REFUSED, &fields);
}

/* The shim is there: begin, carry, and tell how it ended. */
static void
startrelay_go(struct work *w, struct startrelay *r)
{
	static const struct refusal malformed = { .reason = "malformed",
		.sentence = "That is no request." };
	enum failure failure = FAILURE_ABANDONED;
	struct relay_end end;

	switch (streams_take(r->shim.fd, r->fds)) {
	case STREAMS_TAKEN:
		failure = startrelay_start(w, r);
		break;
	case STREAMS_NONE:
		break;
	case STREAMS_WRONG:
		startrelay_tell_refused(w, r, &malformed);
		return;
	}
	if (failure == FAILURE_NONE)
		failure = startrelay_carry(w, r, &end);
	if (failure == FAILURE_NONE) {
		startrelay_tell_end(w, r, &end);
	} else {
		const struct refusal why = failure_refusal(failure, &w->facts);

		startrelay_tell_refused(w, r, &why);
	}
}

bool
startrelay_run(struct work *w, const struct frame *frame)
{
	struct startrelay relay = { .shim.fd = -1 };
	const enum failure failure = startrelay_make_ready(w, frame, &relay);

	if (failure == FAILURE_NONE)
		startrelay_go(w, &relay);
	else
		report_failure(&w->report, failure, &w->facts);
	free(relay.script);
	frame_free(&relay.go);
	return false;
}
