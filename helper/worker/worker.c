#include "worker.h"

#include <libssh2.h>
#include <openssl/crypto.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../shim/lib/clock.h"
#include "../../shim/lib/fields.h"
#include "../../shim/lib/usermap.h"
#include "../log.h"
#include "../reexec.h"
#include "../sandbox.h"
#include "../weakness.h"
#include "algorithms.h"
#include "checkremote.h"
#include "login.h"
#include "readkeys.h"
#include "samename.h"
#include "startmosh.h"
#include "startrelay.h"
#include "work.h"

/* More than a command that does nothing can say. */
#define WORKER_OPEN_ANSWER_BYTES ((size_t)64 * 1024)

/* JOB_OPEN: start the shell, so that it is ready for the next login. */
static bool
worker_open(struct work *w, const struct frame *frame)
{
	struct shell_answer answer;
	const enum failure failure = shell_run(&w->shell, ":",
	    WORKER_OPEN_ANSWER_BYTES, &answer);

	(void)frame;
	if (failure != FAILURE_NONE) {
		report_failure(&w->report, failure, &w->facts);
		return false;
	}
	free(answer.text);
	return report_fields(&w->report, FRAME_OK, NULL);
}

/* JOB_PROBE: report that the remote was reached; that is all that was asked. */
static bool
worker_probe(struct work *w, const struct frame *frame)
{
	(void)frame;
	report_fields(&w->report, FRAME_OK, NULL);
	return false;
}

/* Each does its job for a frame.  Returns false when the worker is over. */
static bool (*const worker_jobs[])(struct work *, const struct frame *) = {
	[JOB_LOOKUP] = samename_run,
	[JOB_KEYS] = readkeys_run,
	[JOB_SESSION] = startmosh_run,
	[JOB_UDP] = startmosh_run_mark,
	[JOB_OPEN] = worker_open,
	[JOB_RELAY] = startrelay_run,
	[JOB_CHECK] = checkremote_run,
	[JOB_PROBE] = worker_probe,
};

/* Take what FRAME_START tells of the login. */
static bool
worker_take_login(struct work *w)
{
	const char *blob = fields_get(&w->start, "public");
	size_t len;

	w->login = WORK_WITHOUT;
	if (fields_get(&w->start, "password") != NULL)
		w->login = WORK_BY_PASSWORD;
	else if (fields_get(&w->start, "agent") != NULL)
		w->login = blob != NULL ? WORK_BY_AGENT_OR_KEY : WORK_BY_AGENT;
	else if (blob != NULL)
		w->login = WORK_BY_KEY;
	return blob == NULL ||
	    (sodium_base642bin(w->blob, sizeof(w->blob), blob, strlen(blob),
		 NULL, &len, NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
		len == sizeof(w->blob));
}

/* Take what FRAME_START tells. */
static bool
worker_begin(struct work *w)
{
	const char *first;

	orders_begin(&w->orders, REEXEC_FD);
	w->report.fd = REEXEC_FD;
	if (!orders_wait(&w->orders, ORDERS_NEW, &w->start))
		return false;
	w->config = calloc(1, sizeof(*w->config));
	w->user = fields_get(&w->start, "user");
	first = fields_get(&w->start, "first");
	if (w->config == NULL || w->user == NULL || first == NULL ||
	    !job_by_name(first, &w->first) || !username_valid(w->user) ||
	    !config_understand(&w->start, w->config) || !worker_take_login(w))
		return false;
	w->report.steps = w->first == JOB_CHECK;
	deadline_start(&w->deadline, REEXEC_FD, w->config->connect_timeout_s,
	    clock_now_ms());
	w->session = session_new(&w->deadline, &w->facts);
	w->shell.session = w->session;
	return w->session != NULL;
}

/* Report the step NAME, as report_outcome(). */
static bool
worker_step(struct work *w, const char *name, const char *text,
    enum failure failure)
{
	return report_outcome(&w->report, name, text, failure, &w->facts);
}

static bool
worker_find_host_keys(struct work *w)
{
	struct hostkey_fault fault;
	char name[HOSTKEY_NAME_BYTES];

	if (!w->config->verify_host_key)
		return true;
	hostkey_name(w->config->host, w->config->port, name);
	if (hostkey_find(w->config->known_hosts, name, &w->known, &fault))
		return true;
	report_step(&w->report,
	    &(struct report_step){ .name = "host key",
		.verdict = REPORT_BAD,
		.text = fault.detail,
		.remedy = fault.remedy });
	report_refused(&w->report,
	    &(struct refusal){ .reason = "known-hosts",
		.sentence = failure_sentence(FAILURE_INTERNAL),
		.remedy = fault.remedy,
		.detail = fault.detail },
	    true);
	return false;
}

/* If the kernel LACKS something for the sandbox, note it, and go on. */
static void
worker_note_lack(struct work *w, const char *lacks)
{
	if (lacks != NULL)
		report_note(&w->report, JOB_NOTE_SANDBOX, lacks,
		    "a newer kernel, or another configuration of it");
}

/* Tell which algorithms were agreed on, and note those that are weak. */
static void
worker_tell_algorithms(struct work *w)
{
	struct report_step step = { .name = "algorithms",
		.verdict = REPORT_GOOD };
	char allowed[WEAKNESS_BYTES];
	struct algorithms_agreed agreed;
	char text[sizeof(allowed) + sizeof(agreed)];

	algorithms_agree(session_ssh(w->session), &agreed);
	snprintf(text, sizeof(text), "%s", agreed.all);
	step.text = text;
	if (agreed.weak[0] != '\0')
		snprintf(text, sizeof(text), "agreed on %s; weak: %s",
		    agreed.all, agreed.weak);
	else if (weakness_allowed(w->config, allowed))
		snprintf(text, sizeof(text), "%s; weak ones are allowed: %s",
		    agreed.all, allowed);
	if (strcmp(text, agreed.all) != 0) {
		step.verdict = REPORT_WARNING;
		step.remedy = weakness_remedy;
	}
	report_step(&w->report, &step);
	if (agreed.weak[0] != '\0')
		report_note(&w->report, "weak-algorithm", text,
		    weakness_remedy);
}

/* Agree on keys over the connection FD, and check the host key. */
static bool
worker_shake_hands(struct work *w, int fd)
{
	const bool checked = w->config->verify_host_key;
	const enum failure failure = session_handshake(w->session, fd,
	    w->config, &w->known);

	if (failure == FAILURE_NO_COMMON)
		return worker_step(w, "algorithms", NULL, failure);
	if (failure == FAILURE_NONE)
		worker_tell_algorithms(w);
	if (!worker_step(w, "host key",
		checked ? "as in known_hosts"
			: "not checked: verify_host_key is no",
		failure))
		return false;
	if (!checked)
		report_note(&w->report, "host-key-unchecked",
		    "verify_host_key is no",
		    "put the remote's host key into known_hosts and remove "
		    "verify_host_key");
	return true;
}

static bool
worker_report_reached(struct work *w)
{
	struct fields fields = { 0 };
	bool told;

	fields_add(&fields, "address", connect_mosh_address(&w->connect));
	told = report_fields(&w->report, FRAME_REACHED, &fields);
	fields_free(&fields);
	return told;
}

/*
 * Connect to the remote and check its host key.  What a worker needs no more
 * after a step it gives up: files, then system calls.
 */
static bool
worker_reach(struct work *w)
{
	int fd = -1;

	if (!worker_step(w, "resolve", w->config->host,
		connect_resolve(&w->connect, w->config, &w->facts)) ||
	    !worker_find_host_keys(w))
		return false;
	worker_note_lack(w, sandbox_files());
	if (!worker_step(w, "connect", w->connect.reached,
		connect_race(&w->connect, &w->deadline, &w->facts, &fd)))
		return false;
	worker_note_lack(w, sandbox_keep(REEXEC_LEASH_FD));
	worker_note_lack(w, sandbox_calls());
	return worker_shake_hands(w, fd) && worker_report_reached(w);
}

/* Log in. */
static bool
worker_enter(struct work *w)
{
	return worker_step(w, "login", w->user, login_run(w)) &&
	    report_fields(&w->report, FRAME_ACCEPTED, NULL);
}

/* There is nothing to log in with: what could be done has been done. */
static bool
worker_end_without(struct work *w)
{
	report_step(&w->report,
	    &(struct report_step){ .name = "login",
		.verdict = REPORT_HINT,
		.text = "not tried: the gateway has no key, and users log in "
			"with what is their own" });
	return report_fields(&w->report, FRAME_OK, NULL);
}

/* Wait for the next job, and do it.  False when the worker is over. */
static bool
worker_next(struct work *w)
{
	struct frame frame;
	enum job job;
	bool more;

	if (!orders_wait_idle(&w->orders, ORDERS_FREE, w->session,
		w->shell.channel, &frame))
		return false;
	more = job_by_frame(frame.type, &job) && worker_jobs[job](w, &frame);
	frame_free(&frame);
	return more;
}

static void
worker_work(struct work *w)
{
	if (!worker_begin(w) || !worker_reach(w))
		return;
	if (w->first == JOB_CHECK && w->login == WORK_WITHOUT) {
		worker_end_without(w);
		return;
	}
	if (w->first != JOB_PROBE && !worker_enter(w))
		return;
	if (!worker_jobs[w->first](w, &w->start))
		return;
	while (worker_next(w))
		;
}

static void
worker_end(struct work *w)
{
	session_free(w->session);
	hostkey_free(&w->known);
	orders_end(&w->orders);
	frame_free(&w->start);
	config_free(w->config);
}

int
worker_main(void)
{
	struct work work = { 0 };

	if (!reexec_begin(REEXEC_WORKER))
		return 2;
	/* before files are out of reach: what a relay logs has the local time */
	tzset();
	/* resolv.conf(5): getaddrinfo() knows no other deadline */
	setenv("RES_OPTIONS", "timeout:3 attempts:2", 0);
	/* or OpenSSL would read its settings when they are out of reach */
	if (sodium_init() < 0 || libssh2_init(0) != 0 ||
	    OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL) != 1)
		return 1;
	worker_work(&work);
	worker_end(&work);
	log_end();
	libssh2_exit();
	return 0;
}
