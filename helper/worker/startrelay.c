#include "startrelay.h"

#include <sys/prctl.h>

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "../../shim/lib/locale.h"
#include "budget.h"
#include "channel.h"
#include "command.h"
#include "relay.h"

/* A relay in the making. */
struct startrelay {
	LIBSSH2_CHANNEL *channel;
	int fds[FRAME_FDS];
	struct frame later; /* FRAME_GO, for a worker that was held */
	const struct frame *asked;
	struct channel_start start;
	char *script; /* malloc'ed, or NULL */
	bool no_terminal;
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
	const char *subsystem = fields_get(r->asked, "subsystem");
	const char *original = fields_get(r->asked, "original");
	struct channel_start *start = &r->start;

	start->request = "shell";
	start->what = fields_get(r->asked, "command");
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

/* Wait for the relay that the worker is ready for, and its descriptors. */
static enum failure
startrelay_hold(struct work *w, struct startrelay *r)
{
	if (!orders_wait_idle(&w->orders, ORDERS_HELD, w->session, r->channel,
		&r->later))
		return FAILURE_LOST;
	memcpy(r->fds, w->orders.passed.fd, sizeof(r->fds));
	r->asked = &r->later;
	return FAILURE_NONE;
}

/* End the other jobs' loop: relays outlive the helper. */
static enum failure
startrelay_leave_jobs(struct work *w)
{
	if (prctl(PR_SET_PDEATHSIG, 0UL) < 0)
		return FAILURE_INTERNAL;
	return shell_end(&w->shell);
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
 * FRAME_HOLD, and wait for the relay if it is yet to come.
 */
static enum failure
startrelay_make_ready(struct work *w, const struct frame *first,
    struct startrelay *r)
{
	const bool kept = first->type == FRAME_HOLD;
	const bool spare = !kept && fields_get(first, "hold") != NULL;
	const bool terminal = fields_get(first, "terminal") != NULL;
	enum failure failure = kept ? startrelay_leave_jobs(w) : FAILURE_NONE;

	if (failure != FAILURE_NONE)
		return failure;
	failure_clear(&w->facts);
	session_allow(w->session, BUDGET_COMMAND_BYTES);
	failure = channel_open(w->session,
	    spare || terminal ? CHANNEL_TERMINAL : CHANNEL_COMMAND,
	    startrelay_window(first), &r->channel);
	session_end_login(w->session);
	if (failure != FAILURE_NONE)
		return failure;
	if (kept && !report_fields(&w->report, FRAME_ACCEPTED, NULL))
		return FAILURE_ABANDONED;
	return kept || spare ? startrelay_hold(w, r) : FAILURE_NONE;
}

/* Start in the channel what was asked for. */
static enum failure
startrelay_start(struct work *w, struct startrelay *r)
{
	enum failure failure;

	startrelay_read_terminal(r->asked, &r->start);
	startrelay_read_variable(r->asked, &r->start);
	if (!startrelay_read_program(w->config, r))
		return FAILURE_INTERNAL;
	failure = channel_start(w->session, r->channel, &r->start,
	    &r->no_terminal);
	if (failure == FAILURE_NONE)
		session_lift_limits(w->session);
	return failure;
}

/* Report that it runs, and carry its input and output to its END. */
static enum failure
startrelay_carry(struct work *w, struct startrelay *r, struct relay_end *end)
{
	struct fields running = { 0 };
	bool told;

	if (r->no_terminal)
		fields_add(&running, "no_terminal", "1");
	told = report_fields(&w->report, FRAME_RUNNING, &running);
	fields_free(&running);
	if (!told)
		return FAILURE_ABANDONED;
	return relay_run(w->session, r->channel, w->report.fd, r->fds,
	    r->start.term != NULL, end);
}

static void
startrelay_report_end(struct work *w, const struct relay_end *end)
{
	struct fields fields = { 0 };

	if (end->signal[0] != '\0')
		fields_add(&fields, "signal", end->signal);
	else
		fields_add_number(&fields, "status", end->status);
	report_fields(&w->report, FRAME_OK, &fields);
	fields_free(&fields);
}

bool
startrelay_run(struct work *w, const struct frame *frame)
{
	struct startrelay relay = { .asked = frame,
		.fds = { STARTRELAY_FD, STARTRELAY_FD + 1,
		    STARTRELAY_FD + 2 } };
	struct relay_end end;
	enum failure failure;

	failure = startrelay_make_ready(w, frame, &relay);
	if (failure == FAILURE_NONE)
		failure = startrelay_start(w, &relay);
	if (failure == FAILURE_NONE)
		failure = startrelay_carry(w, &relay, &end);
	if (failure == FAILURE_NONE)
		startrelay_report_end(w, &end);
	else
		report_failure(&w->report, failure, &w->facts);
	free(relay.script);
	frame_free(&relay.later);
	return false;
}
