#include "worker.h"

#include <sys/prctl.h>

#include <errno.h>
#include <libssh2.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../shim/lib/fields.h"
#include "../../shim/lib/locale.h"
#include "../../shim/lib/usermap.h"
#include "../authkeys.h"
#include "../config.h"
#include "../job.h"
#include "../mosh.h"
#include "../reexec.h"
#include "../refusal.h"
#include "../sandbox.h"
#include "../sshkey.h"
#include "hostkey.h"
#include "keyfiles.h"
#include "moshserver.h"
#include "relay.h"
#include "remote.h"

#define HELPER_FD REEXEC_FD
#define RELAY_FD (HELPER_FD + 1) /* and the next: what a relay carries */
#define HELPER_TIMEOUT_MS 10000
#define REPLY_MAX_BYTES ((size_t)64 * 1024)
#define DETAIL_CHARS ((size_t)200)
/* Longer than anybody waits for a mosh-server that tries UDP. */
#define UDP_SERVER_S 5

/* All that a worker has. */
struct work {
	struct config *config;
	struct frame start;
	struct frame_in in;
	const char *user;
	unsigned char blob[SSHKEY_ED25519_BLOB_BYTES];
	struct hostkeys known;
	struct remote *remote;
	enum job first;
};

static bool
tell(enum frame_type type, const struct fields *fields)
{
	return !fields->failed &&
	    frame_send(HELPER_FD, type, fields->text, fields->len,
		HELPER_TIMEOUT_MS);
}

/* Tell the helper that a job, or with ENDS the worker, has failed. */
static void
tell_refused(const char *reason, const char *sentence, const char *remedy,
    const char *detail, bool ends)
{
	struct fields fields = { 0 };

	refusal_add(&fields,
	    &(struct refusal){ reason, sentence, remedy, detail });
	if (ends)
		fields_add(&fields, "ends", "1");
	tell(FRAME_REFUSED, &fields);
	fields_free(&fields);
}

/* A line for the log. */
static void
tell_note(const char *event, const char *text, const char *remedy)
{
	struct fields fields = { 0 };

	fields_add(&fields, "event", event);
	fields_add(&fields, "detail", text);
	fields_add(&fields, "remedy", remedy);
	tell(FRAME_NOTE, &fields);
	fields_free(&fields);
}

/* The outcome of a step of `moshgate check`: "1", "0", or "warn". */
static void
tell_step(const struct work *w, const char *step, const char *ok,
    const char *text, const char *remedy)
{
	struct fields fields = { 0 };

	if (w->first != JOB_CHECK)
		return;
	fields_add(&fields, "step", step);
	fields_add(&fields, "ok", ok);
	fields_add(&fields, "text", text);
	fields_add(&fields, "remedy", remedy);
	tell(FRAME_STEP, &fields);
	fields_free(&fields);
}

/* remote_authenticate()'s way to sign: the helper does it. */
static bool
ask_signature(void *context, const unsigned char *data, size_t len,
    unsigned char *signature)
{
	struct work *w = context;
	struct frame answer;
	bool signed_;

	if (!frame_send(HELPER_FD, FRAME_SIGN, (const char *)data, len,
		HELPER_TIMEOUT_MS) ||
	    frame_wait(HELPER_FD, &w->in, &answer, HELPER_TIMEOUT_MS) !=
		FRAME_COMPLETE)
		return false;
	signed_ = answer.type == FRAME_SIGNED &&
	    answer.len == SSHKEY_ED25519_SIGNATURE_BYTES;
	if (signed_)
		memcpy(signature, answer.body, SSHKEY_ED25519_SIGNATURE_BYTES);
	frame_free(&answer);
	return signed_;
}

/* Take what FRAME_START tells. */
static bool
begin(struct work *w)
{
	const char *blob, *first;
	size_t len;

	/* a shim's request, and the settings */
	w->in.limit_bytes = 2 * FRAME_REQUEST_MAX_BYTES;
	if (frame_wait(HELPER_FD, &w->in, &w->start, HELPER_TIMEOUT_MS) !=
		FRAME_COMPLETE ||
	    w->start.type != FRAME_START || !fields_wellformed(&w->start))
		return false;
	w->config = calloc(1, sizeof(*w->config));
	w->user = fields_get(&w->start, "user");
	blob = fields_get(&w->start, "public");
	first = fields_get(&w->start, "first");
	if (w->config == NULL || w->user == NULL || blob == NULL ||
	    first == NULL || !job_by_name(first, &w->first) ||
	    !username_valid(w->user) ||
	    !config_understand(&w->start, w->config))
		return false;
	return sodium_base642bin(w->blob, sizeof(w->blob), blob, strlen(blob),
		   NULL, &len, NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
	    len == sizeof(w->blob);
}

static bool
find_host_keys(struct work *w)
{
	struct hostkey_fault fault;
	char name[HOSTKEY_NAME_BYTES];

	if (!w->config->verify_host_key)
		return true;
	hostkey_name(w->config->host, w->config->port, name);
	if (hostkey_find(w->config->known_hosts, name, &w->known, &fault))
		return true;
	tell_step(w, "host key", "0", fault.detail, fault.remedy);
	tell_refused("known-hosts", remote_sentence(REMOTE_INTERNAL),
	    fault.remedy, fault.detail, true);
	return false;
}

/* After a step: true if it went well; else the helper is told why not. */
static bool
went_well(struct work *w, const char *step, enum remote_result result,
    const char *text)
{
	if (result == REMOTE_OK) {
		tell_step(w, step, "1", text, "");
		return true;
	}
	tell_step(w, step, "0",
	    remote_detail(w->remote)[0] != '\0' ? remote_detail(w->remote)
						: remote_sentence(result),
	    remote_remedy(w->remote, result));
	tell_refused(remote_reason(result), remote_sentence(result),
	    remote_remedy(w->remote, result), remote_detail(w->remote), true);
	return false;
}

/* If the kernel LACKS something for the sandbox, it is told, and that is all. */
static void
tell_lack(const char *lacks)
{
	if (lacks != NULL)
		tell_note(JOB_NOTE_SANDBOX, lacks,
		    "a newer kernel, or another configuration of it");
}

/* From nothing to a connection to what is the remote, by its host key. */
static bool
reach_remote(struct work *w)
{
	struct fields fields = { 0 };
	bool told_it;

	w->remote = remote_new(w->config, w->user, HELPER_FD);
	if (w->remote == NULL)
		return false;
	if (!went_well(w, "resolve", remote_resolve(w->remote),
		w->config->host))
		return false;
	if (!find_host_keys(w))
		return false;
	tell_lack(sandbox_files());
	if (!went_well(w, "connect", remote_connect(w->remote),
		remote_address(w->remote)))
		return false;
	tell_lack(sandbox_calls());
	if (!went_well(w, "host key", remote_handshake(w->remote, &w->known),
		w->config->verify_host_key ? "as in known_hosts"
					   : "not checked: verify_host_key "
					     "is no"))
		return false;
	if (!w->config->verify_host_key)
		tell_note("host-key-unchecked", "verify_host_key is no",
		    "put the remote's host key into known_hosts and remove "
		    "verify_host_key");
	fields_add(&fields, "address", remote_mosh_address(w->remote));
	told_it = tell(FRAME_REACHED, &fields);
	fields_free(&fields);
	return told_it;
}

/* Log in to it. */
static bool
enter_remote(struct work *w)
{
	struct fields none = { 0 };

	return went_well(w, "login",
		   remote_authenticate(w->remote, w->blob, sizeof(w->blob),
		       ask_signature, w),
		   w->user) &&
	    tell(FRAME_ACCEPTED, &none);
}

/* Tell the outcome of a failed remote_run(); the worker is then over. */
static bool
run_failed(struct work *w, enum remote_result result)
{
	tell_refused(remote_reason(result), remote_sentence(result),
	    remote_remedy(w->remote, result), remote_detail(w->remote), true);
	return false;
}

/* Files of keys on the remote were not read: FAULTS are the paths to blame. */
static void
tell_key_faults(const char *faults)
{
	static const char others[] =
	    "not a plain file, or others than the user may change it: ";
	char detail[sizeof(others) + KEYFILES_FAULT_BYTES];

	snprintf(detail, sizeof(detail), "%s%s", others, faults);
	tell_note("key-files", detail,
	    "on the remote: chown it to the user, chmod go-w");
}

/* Filter the LEN bytes at TEXT, which are authorized_keys, and tell the rest */
static bool
tell_keys(struct work *w, const char *text, size_t len)
{
	struct authkeys_report report;
	size_t filtered_len;
	char *filtered;
	bool sent = true;

	filtered = authkeys_filter(text, len, w->blob, sizeof(w->blob),
	    (enum authkeys_forced)w->config->forced_commands, &filtered_len,
	    &report);
	if (filtered == NULL)
		return false;
	if (report.note[0] != '\0')
		tell_note("authorized-keys", report.note,
		    "such lines cannot be honoured through the gateway, see "
		    "moshgate-keys(8)");
	if (len > AUTHKEYS_MAX_BYTES || filtered_len > FRAME_ANSWER_MAX_BYTES)
		tell_refused(remote_reason(REMOTE_TOO_BIG),
		    remote_sentence(REMOTE_TOO_BIG),
		    remote_remedy(w->remote, REMOTE_TOO_BIG), "", false);
	else
		sent = frame_send(HELPER_FD, FRAME_TEXT, filtered, filtered_len,
		    HELPER_TIMEOUT_MS);
	free(filtered);
	return sent;
}

static const char other_name[] =
    "The remote server calls this user by another name.";
static const char other_name_remedy[] =
    "log in by the name that \"id -un\" says on the remote";

/*
 * See that the user is called on the remote as the gateway calls them: a remote
 * may fold case, or have two names for a uid.  The keys come along, and save
 * sshd's next question its round trip.  False when all is over.
 */
static bool
do_lookup(struct work *w)
{
	static const char ask[] = "id -un;";
	char command[sizeof(ask) + KEYFILES_COMMAND_BYTES];
	char *keys = command + sizeof(ask) - 1;
	char faults[KEYFILES_FAULT_BYTES], detail[DETAIL_CHARS];
	struct fields none = { 0 };
	enum remote_result result;
	const char *content;
	size_t len, name_len, content_len;
	int status;
	char *text;
	bool more = true;

	memcpy(command, ask, sizeof(ask));
	if (w->config->keys != CONFIG_KEYS_REMOTE ||
	    !keyfiles_command(w->config->remote_keys, w->user,
		AUTHKEYS_MAX_BYTES, keys))
		keys[0] = '\0';
	result = remote_run(w->remote, command,
	    AUTHKEYS_MAX_BYTES + KEYFILES_HEADER_MAX_BYTES, &text, &len,
	    &status);
	if (result != REMOTE_OK)
		return run_failed(w, result);
	name_len = strcspn(text, "\n");
	if (name_len != strlen(w->user) ||
	    memcmp(text, w->user, name_len) != 0) {
		snprintf(detail, sizeof(detail), "id -un says: %.*s",
		    (int)(name_len < 100 ? name_len : 100), text);
		tell_refused("other-name", other_name, other_name_remedy,
		    detail, true);
		free(text);
		return false;
	}
	/* where the files can't be read, sshd's next question says why */
	if (keys[0] != '\0' && name_len < len &&
	    keyfiles_parse(text + name_len + 1, len - name_len - 1, &content,
		&content_len, faults) &&
	    content_len <= AUTHKEYS_MAX_BYTES) {
		if (faults[0] != '\0')
			tell_key_faults(faults);
		more = tell_keys(w, content, content_len);
	}
	free(text);
	return more && tell(FRAME_OK, &none);
}

/* Read and filter the user's authorized_keys.  False when all is over. */
static bool
do_keys(struct work *w)
{
	char command[KEYFILES_COMMAND_BYTES], faults[KEYFILES_FAULT_BYTES];
	const char *content;
	enum remote_result result;
	size_t len, content_len;
	int status;
	char *text;
	bool more = true;

	if (!keyfiles_command(w->config->remote_keys, w->user,
		AUTHKEYS_MAX_BYTES, command)) {
		tell_refused("internal", remote_sentence(REMOTE_INTERNAL),
		    "shorten remote_keys in [clients]", "", false);
		return true;
	}
	result = remote_run(w->remote, command,
	    AUTHKEYS_MAX_BYTES + KEYFILES_HEADER_MAX_BYTES, &text, &len,
	    &status);
	if (result != REMOTE_OK)
		return run_failed(w, result);
	if (keyfiles_parse(text, len, &content, &content_len, faults)) {
		if (faults[0] != '\0')
			tell_key_faults(faults);
		more = tell_keys(w, content, content_len);
	} else {
		tell_refused("key-files",
		    "The gateway cannot read this user's keys on the remote "
		    "server.",
		    "see that the remote has id, find, readlink, tr and dd, "
		    "and its /bin/sh is one of POSIX",
		    "", false);
	}
	free(text);
	return more;
}

/* Take from FRAME what the client's side is like. */
static void
read_client(const struct frame *frame, struct moshserver_client *client)
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

/* What was asked for is too long, or this process has no memory for it. */
static void
tell_no_room(void)
{
	tell_refused("internal", remote_sentence(REMOTE_INTERNAL),
	    "shorten server in [mosh], or the command; or give the gateway "
	    "more memory",
	    "", false);
}

/*
 * COMMAND, with what FRAME says that the client asked for, behind BEFORE, as
 * words of sh: malloc'ed, or NULL if COMMAND is NULL or too long, or there is no
 * memory.
 */
static char *
make_script(const struct frame *frame, const char *command, const char *before)
{
	const size_t len = strlen(before);
	char *script;

	if (command == NULL)
		return NULL;
	script = malloc(len + COMMAND_SCRIPT_BYTES);
	if (script == NULL)
		return NULL;
	memcpy(script, before, len);
	if (command_script(command, fields_get(frame, "original"), script + len,
		COMMAND_SCRIPT_BYTES))
		return script;
	free(script);
	return NULL;
}

/*
 * Start a mosh-server, as CONFIG says, that runs the words of SCRIPT, or if that
 * is NULL the login shell, for CLIENT, and tell where it is.  False when all is
 * over.
 */
static bool
start_server(struct work *w, const struct config *config,
    struct moshserver_client *client, const char *script)
{
	struct moshserver_reply reply = { 0 };
	struct fields fields = { 0 };
	enum remote_result result = REMOTE_INTERNAL;
	enum mosh_result started;
	char *command, *text = NULL;
	size_t len, text_len;
	int status;

	/* -s is the address that SSH came to, and mosh-client goes elsewhere */
	if (config->mosh_host[0] != '\0')
		client->bind = strchr(remote_mosh_address(w->remote), ':') !=
			NULL
		    ? "-i ::"
		    : "-i 0.0.0.0";
	client->script = script;
	command = malloc(MOSHSERVER_COMMAND_BYTES);
	if (command == NULL ||
	    !moshserver_command(config, client, command,
		MOSHSERVER_COMMAND_BYTES)) {
		free(command);
		tell_no_room();
		return true;
	}
	result = remote_run(w->remote, command, REPLY_MAX_BYTES, &text, &len,
	    &status);
	free(command);
	if (result != REMOTE_OK)
		return run_failed(w, result);
	text_len = len;
	started = moshserver_parse(text, len, status, &reply);
	if (started != MOSH_STARTED) {
		char detail[256];

		mosh_redact(text, len);
		/* a server that did start has said its key */
		if (memmem(text, len, "MOSH CONNECT", 12) != NULL)
			len = 0;
		snprintf(detail, sizeof(detail), "exit status %d: %.*s", status,
		    (int)(len < DETAIL_CHARS ? len : DETAIL_CHARS), text);
		tell_step(w, "session", "0",
		    started == MOSH_FAILED ? detail : mosh_sentence(started),
		    mosh_remedy(started));
		tell_refused(mosh_reason(started), mosh_sentence(started),
		    mosh_remedy(started), started == MOSH_FAILED ? detail : "",
		    false);
	} else {
		char where[32];

		snprintf(where, sizeof(where), "mosh-server has UDP port %d",
		    reply.port);
		tell_step(w, "session", "1", where, "");
		fields_add(&fields, "host", remote_mosh_address(w->remote));
		fields_add_number(&fields, "port", reply.port);
		fields_add(&fields, "key", reply.key);
		tell(FRAME_OK, &fields);
		fields_free(&fields);
	}
	explicit_bzero(text, text_len);
	explicit_bzero(&reply, sizeof(reply));
	free(text);
	return true;
}

/* Start a mosh-server for the client in FRAME.  False when all is over. */
static bool
do_session(struct work *w, const struct frame *frame)
{
	const char *asked = fields_get(frame, "command");
	struct moshserver_client client;
	char *script;
	bool more = true;

	read_client(frame, &client);
	if (asked == NULL && w->config->command[0] != '\0')
		asked = w->config->command;
	script = make_script(frame, asked, "");
	/* a command that is not carried must not become a shell */
	if (script == NULL && asked != NULL)
		tell_no_room();
	else
		more = start_server(w, w->config, &client, script);
	free(script);
	return more;
}

/*
 * Start one that shows the mark in FRAME, and is there no longer than it takes
 * to see that.  False when all is over.
 */
static bool
do_udp(struct work *w, const struct frame *frame)
{
	/* the one that is nearly everywhere: nobody's own is known yet */
	struct moshserver_client client = { .colors = 8,
		.locales = 1,
		.locale = { { "LC_ALL", "C.UTF-8" } } };
	const char *mark = fields_get(frame, "mark");
	struct config brief = *w->config;
	char *script;
	bool more;

	/* until a client comes; then what it runs ends it: the first signal
	 * has it tell the client, the second has it wait for nobody */
	brief.network_timeout_s = UDP_SERVER_S;
	if (mark == NULL ||
	    asprintf(&script,
		"/bin/sh -c 'printf %s;sleep 2;kill $PPID;sleep 1;"
		"kill $PPID'",
		mark) < 0) {
		tell_no_room();
		return true;
	}
	more = start_server(w, &brief, &client, script);
	free(script);
	return more;
}

/* Wait for the next job while the remote is answered.  False at the end. */
static bool
next_job(struct work *w, struct frame *job)
{
	for (;;) {
		struct pollfd fds[2] = { { .fd = HELPER_FD, .events = POLLIN },
			{ .fd = remote_fd(w->remote), .events = POLLIN } };
		enum frame_result result;

		/* what it has to say may have been read already */
		if (remote_idle(w->remote) != REMOTE_OK ||
		    (poll(fds, 2, -1) < 0 && errno != EINTR))
			return false;
		if (fds[0].revents == 0)
			continue;
		result = frame_read(HELPER_FD, &w->in, job);
		if (result == FRAME_COMPLETE)
			return fields_wellformed(job);
		if (result != FRAME_AGAIN)
			return false;
	}
}

/* Take from what the shim has asked the terminal that it wants. */
static void
read_terminal(const struct frame *asked, struct remote_start *start)
{
	const char *modes = fields_get(asked, "modes");
	size_t room;

	if (fields_get(asked, "terminal") == NULL)
		return;
	start->term = fields_get(asked, "term");
	if (start->term == NULL || strlen(start->term) >= REMOTE_MODES_BYTES)
		start->term = "";
	relay_read_size(asked, &start->size);
	room = REMOTE_MODES_BYTES - strlen(start->term);
	/* without any the remote has its own */
	if (modes == NULL ||
	    sodium_hex2bin(start->modes, room, modes, strlen(modes), NULL,
		&start->modes_len, NULL) != 0)
		start->modes_len = 0;
}

/*
 * Of the client's locale what says most: libssh2 has no way to set more than one
 * variable without a round trip for each.
 */
static void
read_variable(const struct frame *asked, struct remote_start *start)
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
 * For a relay that is yet to come: wait until it does, with what was asked for
 * in *ASKED and its descriptors in FDS.
 */
static enum remote_result
hold(struct work *w, struct frame *asked, int fds[FRAME_FDS])
{
	static struct frame_fds passed;

	w->in.fds = &passed;
	if (!next_job(w, asked) || asked->type != FRAME_GO ||
	    passed.count != FRAME_FDS)
		return REMOTE_LOST;
	memcpy(fds, passed.fd, FRAME_FDS * sizeof(*fds));
	return REMOTE_OK;
}

/*
 * Have a channel for the relay that FIRST is about, which is FRAME_START or
 * FRAME_HOLD, and wait for it if it is yet to come, as hold() does.
 */
static enum remote_result
make_ready(struct work *w, const struct frame *first, struct frame *asked,
    int fds[FRAME_FDS])
{
	const bool kept = first->type == FRAME_HOLD;
	const bool spare = !kept && fields_get(first, "hold") != NULL;
	const bool terminal = fields_get(first, "terminal") != NULL;
	struct fields none = { 0 };
	enum remote_result result = REMOTE_OK;

	/* relays outlive the helper */
	if (kept && prctl(PR_SET_PDEATHSIG, 0UL) < 0)
		result = REMOTE_INTERNAL;
	if (result == REMOTE_OK && kept)
		result = remote_end_loop(w->remote);
	if (result == REMOTE_OK)
		result = remote_open(w->remote, spare || terminal);
	if (result == REMOTE_OK && kept && !tell(FRAME_ACCEPTED, &none))
		result = REMOTE_ABANDONED;
	if (result == REMOTE_OK && (kept || spare))
		result = hold(w, asked, fds);
	return result;
}

/*
 * Start in the open channel what was asked for: a subsystem, a command, or the
 * login shell.  With an original one a command is told it; else it goes as it
 * is.
 */
static enum remote_result
start_relay(struct work *w, const struct frame *asked,
    struct remote_start *start, bool *refused)
{
	enum remote_result result;
	char *script = NULL;

	read_variable(asked, start);
	start->request = "shell";
	start->what = fields_get(asked, "command");
	if (start->what == NULL && start->term != NULL &&
	    w->config->command[0] != '\0')
		start->what = w->config->command;
	if (fields_get(asked, "subsystem") != NULL && start->term == NULL) {
		start->request = "subsystem";
		start->what = fields_get(asked, "subsystem");
	} else if (start->what != NULL) {
		start->request = "exec";
		if (fields_get(asked, "original") != NULL) {
			script = make_script(asked, start->what, "exec ");
			if (script == NULL)
				return REMOTE_INTERNAL;
			start->what = script;
		}
	}
	result = remote_start(w->remote, start, refused);
	free(script);
	return result;
}

/* Run what was asked for, and carry its input and output. */
static void
do_relay(struct work *w, const struct frame *first)
{
	int fds[FRAME_FDS] = { RELAY_FD, RELAY_FD + 1, RELAY_FD + 2 };
	struct fields fields = { 0 }, running = { 0 };
	struct remote_start start = { 0 };
	struct frame later = { 0 };
	const struct frame *asked;
	enum remote_result result;
	struct relay_end end;
	bool refused;

	result = make_ready(w, first, &later, fds);
	asked = later.type == FRAME_GO ? &later : first;
	if (result == REMOTE_OK) {
		read_terminal(asked, &start);
		result = start_relay(w, asked, &start, &refused);
	}
	if (result == REMOTE_OK) {
		if (refused)
			fields_add(&running, "no_terminal", "1");
		result = tell(FRAME_RUNNING, &running)
		    ? relay_run(w->remote, HELPER_FD, fds, start.term != NULL,
			  &end)
		    : REMOTE_ABANDONED;
	}
	fields_free(&running);
	frame_free(&later);
	if (result != REMOTE_OK) {
		run_failed(w, result);
		return;
	}
	if (end.signal[0] != '\0')
		fields_add(&fields, "signal", end.signal);
	else
		fields_add_number(&fields, "status", end.status);
	tell(FRAME_OK, &fields);
	fields_free(&fields);
}

/* Nothing but an open channel, ready for the next login. */
static bool
do_open(struct work *w)
{
	struct fields fields = { 0 };
	enum remote_result result;
	char *text;
	size_t len;
	int status;

	result = remote_run(w->remote, ":", REPLY_MAX_BYTES, &text, &len,
	    &status);
	if (result != REMOTE_OK)
		return run_failed(w, result);
	free(text);
	return tell(FRAME_OK, &fields);
}

/* See whether there could be a session over SSH. */
static void
check_terminal(struct work *w)
{
	bool gives;

	if (remote_try_terminal(w->remote, &gives) != REMOTE_OK)
		return;
	if (gives)
		tell_step(w, "terminal", "1", "sessions over SSH have one", "");
	else
		tell_step(w, "terminal", "warn",
		    "the remote gives this user none: sessions over SSH, where "
		    "mosh cannot go, have none",
		    "in the authorized_keys line of the gateway's key there, "
		    "say restrict,pty; see PermitTTY in its sshd_config");
}

/*
 * The rest of `moshgate check`, on the remote.  For one without an account on
 * the gateway the name has to be the same there.
 */
static void
do_check(struct work *w)
{
	const bool unknown = fields_get(&w->start, "unknown") != NULL;
	char command[1024], *text, *path;
	enum remote_result result;
	struct fields fields = { 0 };
	const char *server = w->config->mosh_server;
	bool named, found;
	int status;
	size_t len;

	/* Only the word itself, not its arguments, can be looked for. */
	snprintf(command, sizeof(command), "id -un;command -v %.*s",
	    (int)strcspn(server, " "), server);
	result = remote_run(w->remote, command, REPLY_MAX_BYTES, &text, &len,
	    &status);
	if (!went_well(w, "shell", result, "the remote runs commands"))
		return;
	path = text + strcspn(text, "\n");
	if (*path != '\0')
		*path++ = '\0';
	path[strcspn(path, "\n")] = '\0';
	named = !unknown || strcmp(text, w->user) == 0;
	if (unknown)
		tell_step(w, "name", named ? "1" : "0", text,
		    other_name_remedy);
	if (named)
		check_terminal(w);
	found = status == 0 && *path != '\0';
	tell_step(w, "mosh-server", found ? "1" : "0",
	    found ? path : "not found", mosh_remedy(MOSH_NOT_FOUND));
	if (!named)
		tell_refused("other-name", other_name, other_name_remedy, "",
		    true);
	else if (!found)
		tell_refused(mosh_reason(MOSH_NOT_FOUND),
		    mosh_sentence(MOSH_NOT_FOUND), mosh_remedy(MOSH_NOT_FOUND),
		    "", true);
	else if (fields_get(&w->start, "mark") != NULL)
		do_udp(w, &w->start);
	else
		tell(FRAME_OK, &fields);
	free(text);
}

/* Do JOB, which FRAME asks for.  False when all is over. */
static bool
do_job(struct work *w, enum job job, const struct frame *frame)
{
	struct fields none = { 0 };

	switch (job) {
	case JOB_LOOKUP:
		return do_lookup(w);
	case JOB_KEYS:
		return do_keys(w);
	case JOB_SESSION:
		return do_session(w, frame);
	case JOB_UDP:
		return do_udp(w, frame);
	case JOB_OPEN:
		return do_open(w);
	case JOB_RELAY:
		do_relay(w, frame);
		return false;
	case JOB_CHECK:
		do_check(w);
		return false;
	case JOB_PROBE:
		tell(FRAME_OK, &none);
		return false;
	}
	return false;
}

static void
work(struct work *w)
{
	struct frame frame;
	enum job job;

	if (!begin(w) || !reach_remote(w) ||
	    (w->first != JOB_PROBE && !enter_remote(w)) ||
	    !do_job(w, w->first, &w->start))
		return;
	while (next_job(w, &frame)) {
		const bool more = job_by_frame(frame.type, &job) &&
		    do_job(w, job, &frame);

		frame_free(&frame);
		if (!more)
			return;
	}
}

int
worker_main(void)
{
	struct work w = { 0 };

	if (!reexec_begin(REEXEC_WORKER))
		return 2;
	/* resolv.conf(5): getaddrinfo() knows no other deadline */
	setenv("RES_OPTIONS", "timeout:3 attempts:2", 0);
	/* libssh2's crypto would read its settings when they are out of reach */
	if (sodium_init() < 0 || libssh2_init(0) != 0 ||
	    OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL) != 1)
		return 1;
	work(&w);
	remote_free(w.remote);
	hostkey_free(&w.known);
	frame_in_reset(&w.in);
	frame_free(&w.start);
	config_free(w.config);
	libssh2_exit();
	return 0;
}
