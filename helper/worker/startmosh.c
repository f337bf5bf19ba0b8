#include "startmosh.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../shim/lib/locale.h"
#include "../mosh.h"
#include "command.h"
#include "moshserver.h"

#define STARTMOSH_ANSWER_MAX_BYTES ((size_t)64 * 1024)
#define STARTMOSH_DETAIL_BYTES 256
/* So much of what mosh-server says is told. */
#define STARTMOSH_TOLD_CHARS ((size_t)200)
/* Longer than anybody waits for a mosh-server that tries UDP. */
#define STARTMOSH_MARK_S 5

/* Take from FRAME what the client's side is like. */
static void
startmosh_read_client(const struct frame *frame,
    struct moshserver_client *client)
{
	long long colors;

	*client = (struct moshserver_client){ 0 };
	if (fields_get_number(frame, "colors", 0, 1 << 24, &colors))
		client->colors = (int)colors;
	client->colorterm = fields_get(frame, "COLORTERM");
	if (client->colorterm != NULL && !locale_value_valid(client->colorterm))
		client->colorterm = NULL;
	for (size_t i = 0; i < LOCALE_NAMES; i++) {
		const char *value = fields_get(frame, locale_names[i]);

		if (value == NULL || !locale_value_valid(value))
			continue;
		client->locale[client->locales].name = locale_names[i];
		client->locale[client->locales].value = value;
		client->locales++;
	}
}

/* Refuse what is too long, or too much for the memory there is. */
static void
startmosh_refuse_room(struct work *w)
{
	report_refused(&w->report,
	    &(struct refusal){ .reason = "internal",
		.sentence = failure_sentence(FAILURE_INTERNAL),
		.remedy = "shorten server in [mosh], or the command; or give "
			  "the gateway more memory" },
	    false);
}

/* Have the shell run COMMAND, which starts a mosh-server. */
static enum failure
startmosh_ask(struct work *w, const char *command, struct shell_answer *answer)
{
	const enum failure failure = shell_run(&w->shell, command,
	    STARTMOSH_ANSWER_MAX_BYTES, answer);

	if (failure != FAILURE_NONE)
		report_failure(&w->report, failure, &w->facts);
	return failure;
}

/* Put into DETAIL what ANSWER says besides. */
static void
startmosh_tell_answer(const struct shell_answer *answer,
    char detail[STARTMOSH_DETAIL_BYTES])
{
	size_t len = answer->len;

	mosh_redact(answer->text, answer->len);
	if (len > STARTMOSH_TOLD_CHARS)
		len = STARTMOSH_TOLD_CHARS;
	/* a server that did start has said its key */
	if (memmem(answer->text, answer->len, "MOSH CONNECT", 12) != NULL)
		len = 0;
	snprintf(detail, STARTMOSH_DETAIL_BYTES, "exit status %d: %.*s",
	    answer->status, (int)len, answer->text);
}

/*
 * Report that there is none, as RESULT and ANSWER say; PORT is the one that it
 * may not have.
 */
static void
startmosh_report_failed(struct work *w, enum mosh_result result,
    const struct shell_answer *answer, int port)
{
	const bool unclear = result == MOSH_FAILED || result == MOSH_OTHER_PORT;
	char detail[STARTMOSH_DETAIL_BYTES];

	if (result == MOSH_OTHER_PORT)
		snprintf(detail, sizeof(detail),
		    "mosh-server has UDP port %d, ports is %s", port,
		    w->config->mosh_ports);
	else
		startmosh_tell_answer(answer, detail);
	report_step(&w->report,
	    &(struct report_step){ .name = "session",
		.verdict = REPORT_BAD,
		.text = unclear ? detail : mosh_sentence(result),
		.remedy = mosh_remedy(result) });
	report_refused(&w->report,
	    &(struct refusal){ .reason = mosh_reason(result),
		.sentence = mosh_sentence(result),
		.remedy = mosh_remedy(result),
		.detail = unclear ? detail : NULL },
	    false);
}

/* Report where it is, as REPLY says. */
static void
startmosh_report_started(struct work *w, const struct moshserver_reply *reply)
{
	struct fields fields = { 0 };
	char where[32];

	snprintf(where, sizeof(where), "mosh-server has UDP port %d",
	    reply->port);
	report_step(&w->report,
	    &(struct report_step){ .name = "session",
		.verdict = REPORT_GOOD,
		.text = where });
	fields_add(&fields, "host", connect_mosh_address(&w->connect));
	fields_add_number(&fields, "port", reply->port);
	fields_add(&fields, "key", reply->key);
	report_fields(&w->report, FRAME_OK, &fields);
	fields_free(&fields);
}

/* Report what has come of a mosh-server that was to start; ANSWER is wiped. */
static void
startmosh_report(struct work *w, struct shell_answer *answer)
{
	struct moshserver_reply reply = { 0 };
	const enum mosh_result result = moshserver_parse(w->config,
	    answer->text, answer->len, answer->status, &reply);

	if (result == MOSH_STARTED)
		startmosh_report_started(w, &reply);
	else
		startmosh_report_failed(w, result, answer, reply.port);
	explicit_bzero(&reply, sizeof(reply));
	explicit_bzero(answer->text, answer->len);
}

/*
 * Start a mosh-server, as CONFIG says, for CLIENT, and report where it is.
 * False when the worker is over.
 */
static bool
startmosh_start(struct work *w, const struct config *config,
    struct moshserver_client *client)
{
	char *command = malloc(MOSHSERVER_COMMAND_BYTES);
	struct shell_answer answer;
	enum failure failure;

	/* by -s it listens where SSH came to; mosh-client goes elsewhere */
	if (config->mosh_host[0] != '\0')
		client->bind = strchr(connect_mosh_address(&w->connect), ':') !=
			NULL
		    ? "-i ::"
		    : "-i 0.0.0.0";
	if (command == NULL ||
	    !moshserver_command(config, client, command,
		MOSHSERVER_COMMAND_BYTES)) {
		free(command);
		startmosh_refuse_room(w);
		return true;
	}
	failure = startmosh_ask(w, command, &answer);
	free(command);
	if (failure != FAILURE_NONE)
		return false;
	startmosh_report(w, &answer);
	free(answer.text);
	return true;
}

bool
startmosh_run(struct work *w, const struct frame *frame)
{
	const char *asked = fields_get(frame, "command");
	struct moshserver_client client;
	char *script = NULL;
	bool more = true;

	startmosh_read_client(frame, &client);
	if (asked == NULL && w->config->command[0] != '\0')
		asked = w->config->command;
	if (asked != NULL)
		script = command_new(asked, fields_get(frame, "original"), "");
	client.script = script;
	/* a command that is not carried must not become a shell */
	if (script == NULL && asked != NULL)
		startmosh_refuse_room(w);
	else
		more = startmosh_start(w, w->config, &client);
	free(script);
	return more;
}

bool
startmosh_run_mark(struct work *w, const struct frame *frame)
{
	/* the locale that is nearly everywhere: no client's is known yet */
	struct moshserver_client client = { .colors = 8,
		.locales = 1,
		.locale = { { "LC_ALL", "C.UTF-8" } } };
	const char *mark = fields_get(frame, "mark");
	struct config brief = *w->config;
	char *script;
	bool more;

	/*
	 * It waits so long for a client.  Once one has come, the script ends
	 * it: the first signal has it tell the client, the second has it wait
	 * for nobody.
	 */
	brief.network_timeout_s = STARTMOSH_MARK_S;
	if (mark == NULL ||
	    asprintf(&script,
		"/bin/sh -c 'printf %s;sleep 2;kill $PPID;sleep 1;"
		"kill $PPID'",
		mark) < 0) {
		startmosh_refuse_room(w);
		return true;
	}
	client.script = script;
	more = startmosh_start(w, &brief, &client);
	free(script);
	return more;
}
