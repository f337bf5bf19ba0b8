#include "share.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../shim/lib/clock.h"
#include "../../shim/lib/fields.h"
#include "../../shim/lib/locale.h"
#include "../log.h"
#include "../mosh.h"
#include "../reexec.h"
#include "socket.h"

/* sshd's MaxStartups begins to drop connections at 10. */
#define STARTING_MAX 8
#define RELAYS_STARTING_MAX 4
#define USER_RELAYS_STARTING_MAX 2
#define UNCLAIMED_MAX 32
#define UNCLAIMED_IDLE_MS 30000
/* A lookup should know that the remote is gone before its time is over. */
#define LOOKUP_STEP_MAX_S 8
/* Above the sum of the worker's own deadlines, which should come first. */
#define STEPS_PER_JOB 4
/* A worker that was told to end is given this long. */
#define ENDING_MS 2000
/*
 * A failure is remembered as long as it took to learn it, at most this; a
 * refusal always so long, since the remote counts them, and bans for them.
 */
#define FAILURE_MAX_MS 15000
/* Who asked for something no longer ago may still be logging in. */
#define LOGIN_MS 10000
/*
 * A trial of UDP that has no verdict after so long may well get a bad one.  Who
 * is logging in then has a relay's connection made that is on hold, for so long.
 */
#define SPARE_MS 600
#define SPARE_KEPT_MS 10000
/*
 * So long a relay waits for a kept connection that is at work, and then for its
 * channel: longer than most take to make another.
 */
#define RELAY_WAIT_MS 3000
/* More lines for the log than this make no sense from a worker. */
#define NOTES_PER_JOB 16

enum worker_state {
	WORKER_QUEUED,   /* not started: too many are connecting */
	WORKER_STARTING, /* connecting, with its first job */
	WORKER_GIVEN,    /* kept before, has a channel made for its relay */
	WORKER_HELD,     /* connected, for a relay that is yet to come */
	WORKER_BUSY,
	WORKER_IDLE,
	WORKER_ENDING,
};

struct worker {
	struct worker *next;
	struct share *share;           /* NULL if alone, and when ending */
	struct share_request *request; /* what it works for, but keys */
	enum worker_state state;
	enum job job;
	bool opens;    /* its first job is to be there, for the next login */
	bool unasked;  /* which nobody waits for */
	bool replaced; /* a successor was tried: there is no second try */
	bool reached;  /* it has found the remote, with the right host key */
	bool held;     /* its relay is yet to come */
	bool given;    /* to a relay, after it was kept */
	char mark[MOSH_MARK_CHARS + 1]; /* of a trial of UDP, or "" */
	char user[65];
	pid_t pid;
	int fd;
	struct frame_in in;
	struct frame_out out;
	int64_t began_ms; /* queued, then started, then connected */
	int64_t end_ms;   /* the job's deadline, or when to kill it */
	unsigned served;
	unsigned notes; /* lines it has had logged for this job */
};

struct share {
	struct share *next;
	char user[65];
	struct worker *worker, *successor;
	struct share_request *requests;
	struct share_request *relay; /* waits for the worker, to have it */
	bool claimed;                /* there was a session */
	bool renew;   /* one is to be kept: a relay has it, or there was none */
	bool try_udp; /* a login is under way: is it time to? */
	bool ping;    /* it is to be known that the remote answers */
	int64_t asked_ms; /* when somebody asked for one last */
	int64_t spare_ms; /* of which trial there has been a spare relay */
	int64_t used_ms;  /* when a job for a login was done last */
	int64_t vain_ms; /* till then there is no use in keeping a connection */
	bool alone;      /* the remote has no second channel for a relay */
	char *keys;
	size_t keys_len;
	int64_t keys_ms; /* when they were asked for */
	char *failure;   /* the body of the last FRAME_REFUSED */
	size_t failure_len;
	int64_t failure_end_ms;
	bool refused; /* the failure is the remote's no to the gateway */
};

struct shares {
	const struct config *config;
	const struct signer *signer;
	struct reach *udp;
	share_answer *answer;
	share_reached *reached;
	void *context;
	struct share *first;
	struct worker *workers;
	bool lack_told; /* of something that the kernel lacks */
};

static void share_pump(struct shares *shares, struct share *share);
static void ask_alone(struct shares *shares, struct share_request *request);

/*
 * Requests
 */

static bool
unlink_request(struct share *share, struct share_request *request)
{
	for (struct share_request **at = &share->requests; *at != NULL;
	     at = &(*at)->next) {
		if (*at == request) {
			*at = request->next;
			request->next = NULL;
			return true;
		}
	}
	return false;
}

/* The first request that wants WANT and that no worker has yet. */
static struct share_request *
next_request(const struct share *share, enum job want)
{
	for (struct share_request *r = share->requests; r != NULL;
	     r = r->next) {
		if (r->want == want && !r->started)
			return r;
	}
	return NULL;
}

/* The first session that has no reason to wait. */
static struct share_request *
next_session(const struct shares *shares, const struct share *share)
{
	const bool waiting = reach_now(shares->udp, clock_now_ms()) ==
	    REACH_WAIT;

	for (struct share_request *r = share->requests; r != NULL;
	     r = r->next) {
		if (r->want == JOB_SESSION && !r->started &&
		    (r->at_once || !waiting))
			return r;
	}
	return NULL;
}

/* Answer REQUEST of SHARE, and forget it. */
static void
answer_one(struct shares *shares, struct share *share,
    struct share_request *request, enum frame_type type, const char *body,
    size_t len)
{
	unlink_request(share, request);
	shares->answer(request, type, body, len);
}

/* Answer all the requests that want WANT. */
static void
answer_all(struct shares *shares, struct share *share, enum job want,
    enum frame_type type, const char *body, size_t len)
{
	struct share_request *request, *next;

	for (request = share->requests; request != NULL; request = next) {
		next = request->next;
		if (request->want == want)
			answer_one(shares, share, request, type, body, len);
	}
}

/* The body of a refusal that no worker made. */
static void
make_refusal(struct fields *fields, const char *reason, const char *sentence,
    const char *remedy)
{
	*fields = (struct fields){ 0 };
	fields_add(fields, "reason", reason);
	fields_add(fields, "sentence", sentence);
	fields_add(fields, "remedy", remedy);
}

static void
refuse_memory(struct shares *shares, struct share_request *request)
{
	struct fields refusal;

	make_refusal(&refusal, "internal", "The gateway is out of memory.",
	    "give the gateway more memory");
	shares->answer(request, FRAME_REFUSED, refusal.text, refusal.len);
	fields_free(&refusal);
}

static void
refuse_all(struct shares *shares, struct share *share, const char *body,
    size_t len)
{
	answer_all(shares, share, JOB_LOOKUP, FRAME_REFUSED, body, len);
	answer_all(shares, share, JOB_KEYS, FRAME_REFUSED, body, len);
	answer_all(shares, share, JOB_SESSION, FRAME_REFUSED, body, len);
}

/*
 * What is kept of a user
 */

static void
forget_keys(struct share *share)
{
	free(share->keys);
	share->keys = NULL;
}

static void
forget_failure(struct share *share)
{
	free(share->failure);
	share->failure = NULL;
}

/* True if what failed lately is not to be tried again just now. */
static bool
failed_lately(const struct share *share)
{
	return share->failure != NULL && share->worker == NULL &&
	    clock_now_ms() < share->failure_end_ms;
}

static bool
keys_fresh(const struct shares *shares, const struct share *share)
{
	return share->keys != NULL &&
	    clock_now_ms() - share->keys_ms <
	    (int64_t)shares->config->cache_ttl_s * 1000;
}

static struct share *
find_share(struct shares *shares, const char *user)
{
	struct share *share;

	for (share = shares->first; share != NULL; share = share->next) {
		if (strcmp(share->user, user) == 0)
			return share;
	}
	share = calloc(1, sizeof(*share));
	if (share == NULL)
		return NULL;
	snprintf(share->user, sizeof(share->user), "%s", user);
	share->next = shares->first;
	shares->first = share;
	return share;
}

/* Free the shares of which nothing is kept. */
static void
sweep(struct shares *shares, int64_t now_ms)
{
	for (struct share **at = &shares->first; *at != NULL;) {
		struct share *share = *at;

		if (share->failure != NULL && now_ms >= share->failure_end_ms)
			forget_failure(share);
		if (share->keys != NULL && !keys_fresh(shares, share))
			forget_keys(share);
		if (share->worker != NULL || share->successor != NULL ||
		    share->requests != NULL || share->keys != NULL ||
		    share->relay != NULL || share->renew ||
		    now_ms < share->vain_ms || share->failure != NULL) {
			at = &share->next;
			continue;
		}
		*at = share->next;
		free(share);
	}
}

/* There was a session of the user of SHARE: a connection is kept for the next. */
static void
keep_connected(struct share *share)
{
	share->claimed = share->renew = true;
	share->used_ms = clock_now_ms();
}

/*
 * Workers
 */

/* Let go of WORKER: it sees the end of its socket and ends. */
static void
worker_end(struct worker *worker)
{
	struct share *share = worker->share;

	if (share != NULL && share->worker == worker)
		share->worker = NULL;
	if (share != NULL && share->successor == worker)
		share->successor = NULL;
	/* the next one is unclaimed until there is a session again */
	if (share != NULL && share->worker == NULL && share->successor == NULL)
		share->claimed = false;
	worker->share = NULL;
	worker->request = NULL;
	frame_in_reset(&worker->in);
	frame_out_reset(&worker->out);
	if (worker->fd >= 0)
		socket_close(worker->fd);
	worker->fd = -1;
	worker->state = WORKER_ENDING;
	worker->end_ms = clock_now_ms() + ENDING_MS;
}

static void
unlink_worker(struct shares *shares, struct worker *worker)
{
	for (struct worker **at = &shares->workers; *at != NULL;
	     at = &(*at)->next) {
		if (*at == worker) {
			*at = worker->next;
			free(worker);
			return;
		}
	}
}

/* A worker that has its connection already makes no handshake. */
static bool
is_connecting(const struct worker *worker)
{
	return worker->state == WORKER_STARTING && !worker->given;
}

static size_t
count_connecting(const struct shares *shares)
{
	size_t count = 0;

	for (struct worker *w = shares->workers; w != NULL; w = w->next)
		count += is_connecting(w);
	return count;
}

/* The workers that no session has asked for. */
static size_t
count_unclaimed(const struct shares *shares)
{
	size_t count = 0;

	for (struct worker *w = shares->workers; w != NULL; w = w->next)
		count += w->state != WORKER_ENDING && w->share != NULL &&
		    !w->share->claimed;
	return count;
}

/*
 * Make room among the kept workers of those who had a session: those that were
 * idle for longest go.
 */
static void
make_room(struct shares *shares)
{
	for (;;) {
		struct worker *oldest = NULL;
		int count = 0;

		for (struct worker *w = shares->workers; w != NULL;
		     w = w->next) {
			if (w->share == NULL || !w->share->claimed)
				continue;
			count++;
			if (w->state == WORKER_IDLE &&
			    (oldest == NULL ||
				w->share->used_ms < oldest->share->used_ms))
				oldest = w;
		}
		if (count <= shares->config->share_max || oldest == NULL)
			return;
		worker_end(oldest);
	}
}

static struct worker *
worker_new(struct shares *shares, const char *user)
{
	struct worker *worker = calloc(1, sizeof(*worker));

	if (worker == NULL)
		return NULL;
	snprintf(worker->user, sizeof(worker->user), "%s", user);
	worker->fd = -1;
	worker->pid = -1;
	worker->in.limit_bytes = FRAME_ANSWER_MAX_BYTES;
	worker->state = WORKER_QUEUED;
	worker->began_ms = clock_now_ms();
	worker->next = shares->workers;
	shares->workers = worker;
	return worker;
}

static int64_t
job_end_ms(const struct shares *shares)
{
	return clock_now_ms() +
	    (int64_t)shares->config->connect_timeout_s * 1000 * STEPS_PER_JOB;
}

/*
 * Add to FIELDS those of the shim's request that a worker may know: each once,
 * so that they stay as short as a worker takes them.
 */
static void
pass_on(struct fields *fields, const struct frame *asked)
{
	/* as they are; the worker looks at them */
	static const char *const any[] = { "command", "original", "terminal",
		"term", "modes", "columns", "rows", "xpixels", "ypixels" };
	long long colors;
	const char *value;

	for (size_t i = 0; i < LOCALE_NAMES; i++) {
		value = fields_get(asked, locale_names[i]);
		if (value != NULL && locale_value_valid(value))
			fields_add(fields, locale_names[i], value);
	}
	value = fields_get(asked, "COLORTERM");
	if (value != NULL && locale_value_valid(value))
		fields_add(fields, "COLORTERM", value);
	if (fields_get_number(asked, "colors", 0, INT_MAX, &colors))
		fields_add_number(fields, "colors", colors);
	value = fields_get(asked, "subsystem");
	if (value != NULL && strcmp(value, "sftp") == 0)
		fields_add(fields, "subsystem", value);
	for (size_t i = 0; i < sizeof(any) / sizeof(any[0]); i++) {
		value = fields_get(asked, any[i]);
		if (value != NULL)
			fields_add(fields, any[i], value);
	}
}

/* True if the next job of SHARE's WORKER is to start what tries UDP. */
static bool
wants_udp(const struct shares *shares, const struct share *share,
    const struct worker *worker)
{
	/* what sshd waits for comes before it, but not a person's session */
	if (worker->served == 0 &&
	    (next_request(share, JOB_LOOKUP) != NULL ||
		next_request(share, JOB_KEYS) != NULL))
		return false;
	return share->try_udp && clock_now_ms() - share->asked_ms <= LOGIN_MS &&
	    reach_wants(shares->udp, share->user, clock_now_ms());
}

/* Which job is next for the worker of SHARE, if there is one. */
static bool
choose_job(struct shares *shares, struct share *share, struct worker *worker)
{
	struct share_request *session;
	const bool keys = next_request(share, JOB_KEYS) != NULL;
	/* in turn, if there are both */
	const bool keys_last = worker->served > 0 && worker->job == JOB_KEYS;

	worker->request = NULL;
	worker->notes = 0;
	if (share->ping && worker->served > 0) {
		worker->job = JOB_OPEN;
		share->ping = false;
		return true;
	}
	if (wants_udp(shares, share, worker)) {
		worker->job = JOB_UDP;
		reach_make_mark(worker->mark);
		reach_begin(shares->udp, share->user, worker->mark,
		    clock_now_ms());
		share->try_udp = false;
		return true;
	}
	session = next_session(shares, share);
	if (next_request(share, JOB_LOOKUP) != NULL) {
		/* it brings the keys along */
		worker->job = JOB_LOOKUP;
		forget_keys(share);
		share->keys_ms = clock_now_ms();
		return true;
	}
	if (keys && (session == NULL || !keys_last)) {
		worker->job = JOB_KEYS;
		forget_keys(share);
		share->keys_ms = clock_now_ms();
		return true;
	}
	if (session != NULL) {
		worker->job = JOB_SESSION;
		worker->request = session;
		session->started = true;
		return true;
	}
	return false;
}

/* Start the process of a queued WORKER.  Returns false if that fails. */
static bool
worker_launch(struct shares *shares, struct worker *worker)
{
	char blob[SSHKEY_ED25519_BLOB_BYTES * 2];
	struct config config = *shares->config; /* as the worker is told it */
	struct fields fields = { 0 };
	struct share_request *alone = worker->share == NULL ? worker->request
							    : NULL;
	const bool relay = alone != NULL && worker->job == JOB_RELAY &&
	    !worker->held;
	const char *first = "open";
	bool queued;

	/* a relay that runs outlives the helper: see shares_keep_relays() */
	worker->pid = reexec_start(&(struct reexec){ .kind = REEXEC_WORKER,
				       .argument = worker->user,
				       .fds = relay ? alone->fds.fd : NULL,
				       .count = relay ? FRAME_FDS : 0,
				       .outlives = worker->share == NULL &&
					   worker->job == JOB_RELAY },
	    &worker->fd);
	if (relay)
		socket_close_fds(&alone->fds);
	if (worker->pid < 0) {
		log_event(LOG_ERR, "worker-failed", "user", worker->user,
		    "detail", strerror(errno), "remedy",
		    "raise the limit on processes", NULL);
		return false;
	}
	socket_guard(worker->fd);
	if (worker->share == NULL ||
	    (!worker->opens && choose_job(shares, worker->share, worker)))
		first = job_name(worker->job);
	else
		worker->opens = true;
	sodium_bin2base64(blob, sizeof(blob), signer_public(shares->signer),
	    SSHKEY_ED25519_BLOB_BYTES, sodium_base64_VARIANT_ORIGINAL);
	fields_add(&fields, "user", worker->user);
	fields_add(&fields, "first", first);
	fields_add(&fields, "public", blob);
	if (worker->request != NULL && worker->request->unknown)
		fields_add(&fields, "unknown", "1");
	if (worker->held)
		fields_add(&fields, "hold", "1");
	if (worker->request != NULL && worker->job == JOB_CHECK)
		memcpy(worker->mark, worker->request->mark,
		    sizeof(worker->mark));
	if (worker->mark[0] != '\0')
		fields_add(&fields, "mark", worker->mark);
	if (worker->job == JOB_LOOKUP &&
	    config.connect_timeout_s > LOOKUP_STEP_MAX_S)
		config.connect_timeout_s = LOOKUP_STEP_MAX_S;
	config_tell(&fields, &config);
	if (worker->request != NULL && !worker->held &&
	    (worker->job == JOB_SESSION || worker->job == JOB_RELAY))
		pass_on(&fields, worker->request->asked);
	queued = !fields.failed &&
	    frame_queue(&worker->out, FRAME_START, fields.text, fields.len);
	fields_free(&fields);
	worker->state = WORKER_STARTING;
	worker->began_ms = clock_now_ms();
	worker->end_ms = job_end_ms(shares);
	return queued && frame_flush(worker->fd, &worker->out);
}

/*
 * Give the idle worker of SHARE to the relay that waits for it, for good: it is
 * told to be ready, and is then one that was held.
 */
static void
give_worker(struct share *share)
{
	struct worker *worker = share->worker;
	struct fields fields = { 0 };
	bool sent;

	worker->request = share->relay;
	worker->share = NULL;
	worker->job = JOB_RELAY;
	worker->held = worker->given = true;
	worker->state = WORKER_GIVEN;
	worker->end_ms = clock_now_ms() + RELAY_WAIT_MS;
	share->relay = NULL;
	share->worker = NULL;
	keep_connected(share);
	pass_on(&fields, worker->request->asked);
	sent = !fields.failed &&
	    frame_queue(&worker->out, FRAME_HOLD, fields.text, fields.len) &&
	    frame_flush(worker->fd, &worker->out);
	fields_free(&fields);
	if (!sent)
		worker->end_ms = clock_now_ms();
}

/* The relay that waits for the worker of SHARE had better not wait. */
static void
relay_alone(struct shares *shares, struct share *share)
{
	struct share_request *relay = share->relay;

	share->relay = NULL;
	if (relay != NULL)
		ask_alone(shares, relay);
}

/* Give the idle worker of SHARE its next job, if there is one. */
static void
worker_next_job(struct shares *shares, struct share *share)
{
	struct worker *worker = share->worker;
	struct fields fields = { 0 };
	bool sent;

	if (!choose_job(shares, share, worker)) {
		/* there may be one that waits for the verdict on UDP */
		if (next_request(share, JOB_SESSION) != NULL)
			relay_alone(shares, share);
		else if (share->relay != NULL)
			give_worker(share);
		return;
	}
	if (worker->job == JOB_UDP) {
		reach_connected(shares->udp, clock_now_ms());
		fields_add(&fields, "mark", worker->mark);
	}
	if (worker->job == JOB_SESSION)
		pass_on(&fields, worker->request->asked);
	worker->state = WORKER_BUSY;
	worker->end_ms = job_end_ms(shares);
	sent = !fields.failed &&
	    frame_queue(&worker->out, job_frame(worker->job), fields.text,
		fields.len) &&
	    frame_flush(worker->fd, &worker->out);
	fields_free(&fields);
	if (!sent)
		worker->end_ms = clock_now_ms();
}

/*
 * What workers say
 */

/* The fields in BODY, to read from. */
static struct frame
frame_of(const char *body, size_t len)
{
	return (struct frame){ .body = (char *)(uintptr_t)body, .len = len };
}

/*
 * WORKER has failed, for the reason in BODY: tell if that was before it had
 * found the remote, and was not the gateway's own fault.
 */
static void
tell_not_reached(const struct shares *shares, const struct worker *worker,
    const char *body, size_t len)
{
	static const char *const own[] = { "internal", "abandoned" };
	const struct frame frame = frame_of(body, len);
	const char *reason = fields_get(&frame, "reason");

	if (worker->reached || worker->state != WORKER_STARTING ||
	    reason == NULL)
		return;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (strcmp(reason, own[i]) == 0)
			return;
	}
	shares->reached(shares->context, false, reason,
	    fields_get(&frame, "detail"));
}

/* Remember for a while that SHARE cannot be served. */
static void
remember_failure(struct share *share, const struct worker *worker,
    const char *body, size_t len, bool refused)
{
	const int64_t now_ms = clock_now_ms();
	int64_t kept_ms = now_ms - worker->began_ms;

	if (refused || kept_ms > FAILURE_MAX_MS)
		kept_ms = FAILURE_MAX_MS;
	forget_failure(share);
	share->failure = malloc(len + 1);
	if (share->failure == NULL)
		return;
	memcpy(share->failure, body, len);
	share->failure[len] = '\0';
	share->failure_len = len;
	share->failure_end_ms = now_ms + kept_ms;
	share->refused = refused;
}

/* The kept connection of SHARE could not be renewed, for the reason in BODY. */
static void
log_replace_failed(const struct share *share, const char *body, size_t len)
{
	const struct frame frame = frame_of(body, len);

	log_event(LOG_NOTICE, "replace-failed", "user", share->user, "reason",
	    fields_get(&frame, "reason"), "detail",
	    fields_get(&frame, "detail"), NULL);
}

/*
 * The kept connection that WORKER had could not be given to a relay, for the
 * reason in BODY.
 */
static void
log_give_failed(const struct worker *worker, const char *body, size_t len)
{
	const struct frame frame = frame_of(body, len);

	log_event(LOG_NOTICE, "kept-failed", "user", worker->user, "reason",
	    fields_get(&frame, "reason"), "detail",
	    fields_get(&frame, "detail"), NULL);
}

/* The remote has no channel, or no shell, for a worker: it is said in BODY. */
static bool
has_no_shell(const char *body, size_t len)
{
	const struct frame frame = frame_of(body, len);
	const char *reason = fields_get(&frame, "reason");

	return reason != NULL && strcmp(reason, "no-shell") == 0;
}

/* WORKER must not be used any more, once it has done what it is at. */
static void
let_go(const struct shares *shares, struct worker *worker)
{
	if (worker->state == WORKER_IDLE)
		worker_end(worker);
	else
		worker->began_ms = clock_now_ms() -
		    (int64_t)shares->config->share_max_age_s * 1000;
}

/*
 * WORKER is over, for the reason in BODY.  When it had served before, only the
 * kept connection is known to be bad: those who wait get a new one, once.
 */
static void
worker_failed(struct shares *shares, struct worker *worker, const char *body,
    size_t len, bool refused)
{
	struct share *share = worker->share;
	struct share_request *check = worker->request, *request, *next;
	const bool kept = worker->served > 0 && !refused;
	const bool successor = share != NULL && share->successor == worker;
	const bool reached = worker->reached;
	bool again, unasked;

	tell_not_reached(shares, worker, body, len);
	if (share != NULL && worker->job == JOB_UDP)
		reach_give_up(shares->udp, worker->mark, clock_now_ms());
	if (share == NULL) {
		if (refused && worker->job == JOB_RELAY)
			share = find_share(shares, worker->user);
		if (share != NULL)
			remember_failure(share, worker, body, len, true);
		again = worker->given && worker->held && check != NULL;
		if (again) {
			log_give_failed(worker, body, len);
			share = find_share(shares, worker->user);
			if (share != NULL && has_no_shell(body, len))
				share->alone = true;
		}
		worker_end(worker);
		if (again)
			ask_alone(shares, check);
		else if (check != NULL)
			shares->answer(check, FRAME_REFUSED, body, len);
		return;
	}
	unasked = worker->unasked && share->requests == NULL;
	if (unasked && has_no_shell(body, len))
		share->vain_ms = clock_now_ms() +
		    (int64_t)shares->config->share_idle_s * 1000;
	if (refused)
		forget_keys(share);
	if (refused && successor && share->worker != NULL)
		let_go(shares, share->worker);
	if (!successor && !kept && !unasked)
		remember_failure(share, worker, body, len, refused);
	worker_end(worker);
	if (successor || unasked)
		log_replace_failed(share, body, len);
	if (successor)
		return;
	/* else it goes alone: what went wrong may not be its concern */
	request = share->relay;
	if (request != NULL && (!reached || (refused && !unasked))) {
		share->relay = NULL;
		shares->answer(request, FRAME_REFUSED, body, len);
	}
	for (request = share->requests; request != NULL; request = next) {
		next = request->next;
		if (kept && !request->retried) {
			request->retried = true;
			request->started = false;
		} else {
			request->reached = reached;
			answer_one(shares, share, request, FRAME_REFUSED, body,
			    len);
		}
	}
	share_pump(shares, share);
}

/* WORKER is over without having said why. */
static void
worker_lost(struct shares *shares, struct worker *worker, const char *reason,
    const char *sentence, const char *remedy)
{
	struct fields fields;

	make_refusal(&fields, reason, sentence, remedy);
	worker_failed(shares, worker, fields.text, fields.len, false);
	fields_free(&fields);
}

/* WORKER has done its job. */
static void
worker_done(struct shares *shares, struct worker *worker)
{
	struct share *share = worker->share;

	if (worker->state == WORKER_STARTING) {
		worker->began_ms = clock_now_ms();
		forget_failure(share);
	}
	if (!worker->opens)
		share->vain_ms = 0;
	if (!worker->opens || share->requests != NULL)
		share->used_ms = clock_now_ms();
	worker->opens = worker->unasked = false;
	worker->state = WORKER_IDLE;
	worker->request = NULL;
	worker->served++;
	if (share->successor == worker) {
		if (share->worker != NULL &&
		    share->worker->state != WORKER_IDLE) {
			/* it is replaced when it has done its job */
			return;
		}
		if (share->worker != NULL)
			worker_end(share->worker);
		share->worker = worker;
		share->successor = NULL;
	} else if (share->successor != NULL &&
	    share->successor->state == WORKER_IDLE) {
		worker_end(worker);
		share->worker = share->successor;
		share->successor = NULL;
	}
	share_pump(shares, share);
}

/* The keys have come: keep them, and give them to all who wait. */
static void
take_keys(struct shares *shares, struct share *share, const struct frame *frame)
{
	forget_keys(share);
	share->keys = malloc(frame->len + 1);
	if (share->keys != NULL) {
		memcpy(share->keys, frame->body, frame->len);
		share->keys_len = frame->len;
	}
	answer_all(shares, share, JOB_KEYS, FRAME_TEXT, frame->body,
	    frame->len);
}

static void
take_session(struct shares *shares, struct worker *worker,
    const struct frame *frame)
{
	struct share *share = worker->share;
	struct share_request *request = worker->request;

	if (frame->type == FRAME_OK)
		share->claimed = true;
	worker->request = NULL;
	if (request != NULL)
		answer_one(shares, share, request, frame->type, frame->body,
		    frame->len);
	make_room(shares);
}

/* A mosh-server has been started to try UDP with, or not, says FRAME. */
static void
take_udp(const struct shares *shares, const struct worker *worker,
    const struct frame *frame)
{
	const int64_t now_ms = clock_now_ms();

	if (frame->type == FRAME_OK && mosh_answer_valid(frame) &&
	    mosh_port_wanted(shares->config, fields_get(frame, "port")))
		reach_try(shares->udp, worker->mark, fields_get(frame, "host"),
		    fields_get(frame, "port"), fields_get(frame, "key"),
		    now_ms);
	else
		reach_give_up(shares->udp, worker->mark, now_ms);
}

/*
 * The relay for which WORKER was held has come: tell it, once it is connected.
 * False if it can't be told.
 */
static bool
tell_go(const struct shares *shares, struct worker *worker)
{
	struct share_request *request = worker->request;
	struct fields fields = { 0 };
	bool told;

	if (worker->state != WORKER_HELD || request == NULL)
		return true;
	pass_on(&fields, request->asked);
	told = !fields.failed && worker->out.len == 0 &&
	    request->fds.count == FRAME_FDS &&
	    frame_send_fds(worker->fd, FRAME_GO, fields.text, fields.len,
		request->fds.fd, 0);
	fields_free(&fields);
	if (!told)
		return false;
	worker->held = false;
	worker->state = WORKER_STARTING;
	worker->end_ms = job_end_ms(shares);
	socket_close_fds(&request->fds);
	return true;
}

/* False: the worker has no use for that signature. */
static bool
sign_for(const struct shares *shares, struct worker *worker,
    const struct frame *frame)
{
	unsigned char signature[SSHKEY_ED25519_SIGNATURE_BYTES];
	const bool made = is_connecting(worker) &&
	    signer_sign(shares->signer, worker->user,
		(const unsigned char *)frame->body, frame->len, signature);

	if (!made) {
		log_event(LOG_ERR, "sign-refused", "user", worker->user,
		    "detail",
		    "a worker asked for a signature it has no use for", NULL);
		return false;
	}
	return frame_queue(&worker->out, FRAME_SIGNED, (const char *)signature,
	    sizeof(signature));
}

/* Log what WORKER has noted.  False: it notes too much. */
static bool
take_note(struct shares *shares, struct worker *worker,
    const struct frame *frame)
{
	const char *about = fields_get(frame, "event");

	if (++worker->notes > NOTES_PER_JOB)
		return false;
	if (about != NULL && strcmp(about, JOB_NOTE_SANDBOX) == 0) {
		if (shares->lack_told)
			return true;
		shares->lack_told = true;
	}
	log_event(LOG_NOTICE, "note", "user", worker->user, "about", about,
	    "detail", fields_get(frame, "detail"), "remedy",
	    fields_get(frame, "remedy"), NULL);
	return true;
}

/* The user of SHARE may log in to the remote: there is such a user. */
static void
tell_accepted(const struct shares *shares, const struct share *share)
{
	struct share_request *request, *next;

	for (request = share->requests; request != NULL; request = next) {
		next = request->next;
		if (request->want == JOB_LOOKUP)
			shares->answer(request, FRAME_ACCEPTED, NULL, 0);
	}
}

/* WORKER could not do its job, or is over, as FRAME tells. */
static void
worker_refused(struct shares *shares, struct worker *worker,
    const struct frame *frame)
{
	const char *reason = fields_get(frame, "reason");

	if (worker->share == NULL || fields_get(frame, "ends") != NULL) {
		worker_failed(shares, worker, frame->body, frame->len,
		    reason != NULL && strcmp(reason, "refused") == 0);
		return;
	}
	switch (worker->job) {
	case JOB_LOOKUP:
		/* those keys do not come along: the lookup goes on */
		return;
	case JOB_UDP:
		take_udp(shares, worker, frame);
		break;
	case JOB_KEYS:
		answer_all(shares, worker->share, JOB_KEYS, FRAME_REFUSED,
		    frame->body, frame->len);
		break;
	default:
		take_session(shares, worker, frame);
		break;
	}
	worker_done(shares, worker);
}

/* WORKER has done its job, as FRAME tells. */
static void
worker_succeeded(struct shares *shares, struct worker *worker,
    const struct frame *frame)
{
	struct share_request *request = worker->request;

	if (worker->share == NULL) {
		worker_end(worker);
		if (request != NULL)
			shares->answer(request, FRAME_OK, frame->body,
			    frame->len);
		return;
	}
	if (!worker->opens && worker->job == JOB_UDP)
		take_udp(shares, worker, frame);
	if (!worker->opens && worker->job == JOB_OPEN)
		reach_alive(shares->udp);
	if (!worker->opens && worker->job == JOB_SESSION)
		take_session(shares, worker, frame);
	if (!worker->opens && worker->job == JOB_LOOKUP)
		answer_all(shares, worker->share, JOB_LOOKUP, FRAME_OK, NULL,
		    0);
	worker_done(shares, worker);
}

/* Do what the frame that WORKER sent asks for.  False: it makes no sense. */
static bool
worker_said(struct shares *shares, struct worker *worker,
    const struct frame *frame)
{
	const bool working = worker->state == WORKER_STARTING ||
	    worker->state == WORKER_BUSY || worker->state == WORKER_GIVEN ||
	    worker->state == WORKER_HELD;
	struct share *share;

	if (frame->type == FRAME_SIGN)
		return worker->out.len == 0 && sign_for(shares, worker, frame);
	if (frame->type == FRAME_TEXT) {
		if (!working || worker->share == NULL || worker->opens ||
		    (worker->job != JOB_KEYS && worker->job != JOB_LOOKUP))
			return false;
		take_keys(shares, worker->share, frame);
		/* after those of a lookup there comes its answer */
		if (worker->job == JOB_KEYS)
			worker_done(shares, worker);
		return true;
	}
	if (!working || !fields_wellformed(frame))
		return false;
	switch (frame->type) {
	case FRAME_NOTE:
		return take_note(shares, worker, frame);
	case FRAME_REACHED: {
		const char *address = fields_get(frame, "address");

		if (!is_connecting(worker) || address == NULL ||
		    !mosh_address_valid(address))
			return false;
		worker->reached = true;
		reach_address(shares->udp, address);
		shares->reached(shares->context, true, NULL, NULL);
		return true;
	}
	case FRAME_ACCEPTED:
		if (worker->share != NULL && worker->job == JOB_UDP)
			reach_connected(shares->udp, clock_now_ms());
		if (worker->held && worker->state != WORKER_HELD) {
			worker->state = WORKER_HELD;
			worker->end_ms = clock_now_ms() + SPARE_KEPT_MS;
			return tell_go(shares, worker);
		}
		if (worker->share != NULL && worker->job == JOB_LOOKUP)
			tell_accepted(shares, worker->share);
		return true;
	case FRAME_RUNNING:
		if (worker->share != NULL || worker->job != JOB_RELAY ||
		    worker->held || worker->state != WORKER_STARTING)
			return false;
		worker->state = WORKER_BUSY;
		worker->began_ms = clock_now_ms();
		worker->end_ms = INT64_MAX;
		share = worker->given ? NULL : find_share(shares, worker->user);
		if (share != NULL)
			keep_connected(share);
		if (worker->request != NULL)
			shares->answer(worker->request, FRAME_RUNNING,
			    frame->body, frame->len);
		return true;
	case FRAME_STEP:
		if (worker->share != NULL || worker->job != JOB_CHECK)
			return false;
		if (worker->request != NULL)
			shares->answer(worker->request, FRAME_STEP, frame->body,
			    frame->len);
		return true;
	case FRAME_REFUSED:
		worker_refused(shares, worker, frame);
		return true;
	case FRAME_OK:
		if (worker->held)
			return false;
		worker_succeeded(shares, worker, frame);
		return true;
	default:
		return false;
	}
}

/* Read what WORKER has to say: one frame, so that all get their turn. */
static void
worker_read(struct shares *shares, struct worker *worker)
{
	struct frame frame = { 0 };
	bool sense;

	switch (frame_read(worker->fd, &worker->in, &frame)) {
	case FRAME_AGAIN:
		return;
	case FRAME_COMPLETE:
		sense = worker_said(shares, worker, &frame);
		frame_free(&frame);
		if (sense)
			return;
		break;
	default:
		if (worker->state == WORKER_IDLE) {
			/* the remote has closed the kept connection */
			struct share *share = worker->share;

			worker_end(worker);
			share_pump(shares, share);
			return;
		}
		break;
	}
	worker_lost(shares, worker, "internal",
	    "The connection to the remote server broke on the gateway.",
	    "a worker ended unexpectedly: see this log for a crash");
}

/*
 * A share
 */

/* When the connection of WORKER is too old to be used. */
static int64_t
worker_max_ms(const struct shares *shares, const struct worker *worker)
{
	return worker->began_ms +
	    (int64_t)shares->config->share_max_age_s * 1000;
}

/*
 * Make room for another worker that no session has asked for: the one among
 * them that was idle for longest goes.  False if all are at work.
 */
static bool
make_unclaimed_room(struct shares *shares)
{
	struct worker *oldest = NULL;

	if (count_unclaimed(shares) < UNCLAIMED_MAX)
		return true;
	for (struct worker *w = shares->workers; w != NULL; w = w->next) {
		if (w->state == WORKER_IDLE && w->share != NULL &&
		    !w->share->claimed &&
		    (oldest == NULL ||
			w->share->used_ms < oldest->share->used_ms))
			oldest = w;
	}
	if (oldest == NULL)
		return false;
	worker_end(oldest);
	return true;
}

/* See that the first of the requests of SHARE gets on. */
static void
share_pump(struct shares *shares, struct share *share)
{
	struct fields refusal;

	if (keys_fresh(shares, share))
		answer_all(shares, share, JOB_KEYS, FRAME_TEXT, share->keys,
		    share->keys_len);
	if (failed_lately(share)) {
		answer_all(shares, share, JOB_KEYS, FRAME_REFUSED,
		    share->failure, share->failure_len);
		if (share->refused)
			answer_all(shares, share, JOB_SESSION, FRAME_REFUSED,
			    share->failure, share->failure_len);
	}
	if (share->worker != NULL && share->worker->state == WORKER_IDLE &&
	    clock_now_ms() >= worker_max_ms(shares, share->worker))
		worker_end(share->worker);
	if (share->worker == NULL && share->successor != NULL &&
	    share->successor->state == WORKER_IDLE) {
		share->worker = share->successor;
		share->successor = NULL;
	}
	if (share->worker != NULL) {
		if (share->worker->state == WORKER_IDLE)
			worker_next_job(shares, share);
		return;
	}
	relay_alone(shares, share);
	if (share->requests == NULL)
		return;
	if (!share->claimed && next_request(share, JOB_SESSION) == NULL &&
	    !make_unclaimed_room(shares)) {
		make_refusal(&refusal, "busy",
		    "Too many logins are under way; try again in a minute.",
		    "somebody may be guessing names: see sshd's log");
		refuse_all(shares, share, refusal.text, refusal.len);
		fields_free(&refusal);
		return;
	}
	share->worker = worker_new(shares, share->user);
	if (share->worker != NULL) {
		share->worker->share = share;
		return;
	}
	make_refusal(&refusal, "internal", "The gateway is out of memory.",
	    "give the gateway more memory");
	refuse_all(shares, share, refusal.text, refusal.len);
	fields_free(&refusal);
}

/* The relays that are connecting, of USER or, if that is NULL, of all. */
static size_t
count_relays_starting(const struct shares *shares, const char *user)
{
	size_t count = 0;

	for (struct worker *w = shares->workers; w != NULL; w = w->next)
		count += is_connecting(w) && w->job == JOB_RELAY &&
		    w->share == NULL &&
		    (user == NULL || strcmp(w->user, user) == 0);
	return count;
}

/* Does nobody wait for what WORKER is to do? */
static bool
is_unasked(const struct worker *worker)
{
	return worker->unasked && worker->share->requests == NULL &&
	    worker->share->relay == NULL;
}

/*
 * Which of the queued workers is next, if CONNECTING do connect: the one that
 * waits for longest, but relays, of which a user may want many at once, leave
 * room for logins and for those of others, and what nobody asked for comes last.
 */
static struct worker *
next_queued(const struct shares *shares, size_t connecting)
{
	const bool relays = count_relays_starting(shares, NULL) <
	    RELAYS_STARTING_MAX;
	struct worker *login = NULL, *relay = NULL, *unasked = NULL;

	for (struct worker *w = shares->workers; w != NULL; w = w->next) {
		/* new ones are put in front */
		if (w->state != WORKER_QUEUED)
			continue;
		if (w->share != NULL && is_unasked(w))
			unasked = w;
		else if (w->share != NULL || w->job != JOB_RELAY)
			login = w;
		else if (relays &&
		    count_relays_starting(shares, w->user) <
			USER_RELAYS_STARTING_MAX)
			relay = w;
	}
	if (login != NULL)
		return login;
	if (relay != NULL)
		return relay;
	return connecting < RELAYS_STARTING_MAX ? unasked : NULL;
}

/* Start queued workers while there are not too many handshakes. */
static void
start_queued(struct shares *shares)
{
	size_t connecting = count_connecting(shares);

	/* without the key there are only those that run */
	while (connecting < STARTING_MAX && shares->signer != NULL) {
		struct worker *next = next_queued(shares, connecting);

		if (next == NULL)
			return;
		if (next->share != NULL && next->share->requests == NULL &&
		    next->share->relay == NULL && !next->opens) {
			worker_end(next);
			unlink_worker(shares, next);
			continue;
		}
		connecting++;
		if (!worker_launch(shares, next))
			worker_lost(shares, next, "internal",
			    "The gateway could not start a process.",
			    "raise the limit on processes");
	}
}

struct shares *
shares_new(const struct config *config, const struct signer *signer,
    struct reach *udp, share_answer *answer, share_reached *reached,
    void *context)
{
	struct shares *shares = calloc(1, sizeof(*shares));

	if (shares == NULL)
		return NULL;
	shares->config = config;
	shares->signer = signer;
	shares->udp = udp;
	shares->answer = answer;
	shares->reached = reached;
	shares->context = context;
	return shares;
}

static void
end_at_once(struct shares *shares, struct worker *worker)
{
	if (worker->pid > 0)
		kill(worker->pid, SIGKILL);
	worker_end(worker);
	unlink_worker(shares, worker);
}

void
shares_free(struct shares *shares)
{
	if (shares == NULL)
		return;
	while (shares->workers != NULL)
		end_at_once(shares, shares->workers);
	while (shares->first != NULL) {
		struct share *share = shares->first;

		shares->first = share->next;
		forget_keys(share);
		forget_failure(share);
		free(share);
	}
	free(shares);
}

void
shares_keep_relays(struct shares *shares)
{
	struct worker *worker, *next;

	shares->signer = NULL;
	for (struct share *share = shares->first; share != NULL;
	     share = share->next) {
		share->relay = NULL;
		share->renew = false;
	}
	for (worker = shares->workers; worker != NULL; worker = next) {
		next = worker->next;
		if (worker->job == JOB_RELAY && worker->state == WORKER_BUSY) {
			worker->pid = -1;
			continue;
		}
		end_at_once(shares, worker);
	}
}

void
shares_leave_relays(struct shares *shares)
{
	for (struct worker *w = shares->workers; w != NULL; w = w->next) {
		/* nothing but our own descriptor of the socket they share */
		close(w->fd);
		w->fd = -1;
	}
}

/* Whoever was held for a relay is not needed. */
static void
end_spares(struct shares *shares)
{
	for (struct worker *w = shares->workers; w != NULL; w = w->next) {
		if (w->held && w->request == NULL && w->state != WORKER_ENDING)
			worker_end(w);
	}
}

void
shares_configure(struct shares *shares, const struct config *config,
    const struct signer *signer)
{
	shares->config = config;
	shares->signer = signer;
	end_spares(shares);
	for (struct worker *w = shares->workers; w != NULL; w = w->next) {
		if (w->share != NULL && w->state != WORKER_QUEUED)
			worker_end(w);
	}
	for (struct share *share = shares->first; share != NULL;
	     share = share->next) {
		forget_keys(share);
		forget_failure(share);
		share->alone = false;
		share->vain_ms = 0;
		share->try_udp = share->requests != NULL;
		for (struct share_request *r = share->requests; r != NULL;
		     r = r->next)
			r->started = false;
		share_pump(shares, share);
	}
}

/* The worker that is held for a relay like REQUEST, or NULL. */
static struct worker *
find_spare(const struct shares *shares, const struct share_request *request)
{
	/* they are for a terminal */
	if (request->want != JOB_RELAY ||
	    fields_get(request->asked, "terminal") == NULL)
		return NULL;
	for (struct worker *w = shares->workers; w != NULL; w = w->next) {
		if (w->held && w->request == NULL &&
		    w->state != WORKER_ENDING &&
		    strcmp(w->user, request->user) == 0)
			return w;
	}
	return NULL;
}

/*
 * If it looks as if UDP was blocked, have those who are logging in have a
 * connection for a relay; and see that the remote answers at all.  Returns when
 * to call again.
 */
static int64_t
tick_spares(struct shares *shares, int64_t now_ms)
{
	struct reach_trial trial;

	if (!reach_trying(shares->udp, &trial) || trial.client_ms == INT64_MAX)
		return INT64_MAX;
	if (now_ms < trial.client_ms + SPARE_MS)
		return trial.client_ms + SPARE_MS;
	for (struct share *share = shares->first; share != NULL;
	     share = share->next) {
		struct worker *spare;

		/* of whom it is known that the remote lets them in */
		if (share->worker == NULL || share->worker->served == 0 ||
		    share->spare_ms == trial.began_ms ||
		    now_ms - share->asked_ms > LOGIN_MS)
			continue;
		share->spare_ms = trial.began_ms;
		share->ping = true;
		share_pump(shares, share);
		if (reach_now(shares->udp, now_ms) != REACH_WAIT)
			continue; /* nobody waits for the verdict */
		spare = worker_new(shares, share->user);
		if (spare == NULL)
			continue;
		spare->job = JOB_RELAY;
		spare->held = true;
	}
	return INT64_MAX;
}

/* Is there a spare for the relay REQUEST that is there before what is kept? */
static bool
prefers_spare(const struct shares *shares, const struct share *share,
    const struct share_request *request)
{
	const struct worker *spare = find_spare(shares, request);

	return spare != NULL &&
	    (spare->state == WORKER_HELD || share == NULL ||
		share->worker == NULL || share->worker->state != WORKER_IDLE);
}

/*
 * Have the relay REQUEST wait for the kept connection of SHARE, if it is worth
 * it: one of two relays does, and none before those who want mosh.
 */
static bool
wait_for_kept(struct shares *shares, struct share *share,
    struct share_request *request)
{
	if (share == NULL || share->alone || share->relay != NULL ||
	    share->worker == NULL || share->worker->state == WORKER_QUEUED ||
	    next_request(share, JOB_SESSION) != NULL)
		return false;
	share->relay = request;
	request->end_ms = clock_now_ms() + RELAY_WAIT_MS;
	share_pump(shares, share);
	return true;
}

/* Is a relay of USER making a connection of its own, or about to? */
static bool
relay_connects(const struct shares *shares, const char *user)
{
	for (struct worker *w = shares->workers; w != NULL; w = w->next) {
		if (w->share == NULL && w->job == JOB_RELAY &&
		    (w->state == WORKER_QUEUED || is_connecting(w)) &&
		    strcmp(w->user, user) == 0)
			return true;
	}
	return false;
}

/*
 * See that a connection is kept for SHARE, once the relays that connect
 * themselves have theirs.
 */
static void
renew(struct shares *shares, struct share *share, int64_t now_ms)
{
	struct worker *worker;

	if (!share->renew || relay_connects(shares, share->user))
		return;
	share->renew = false;
	if (share->worker == NULL && share->successor == NULL) {
		share->claimed = false;
		if (shares->config->share_idle_s == 0 || failed_lately(share) ||
		    now_ms < share->vain_ms)
			return;
		worker = worker_new(shares, share->user);
		if (worker == NULL)
			return;
		worker->share = share;
		worker->opens = worker->unasked = true;
		share->worker = worker;
		share->claimed = true;
	}
	make_room(shares);
}

/*
 * The relay of SHARE may have waited for the kept connection long enough, or it
 * is time for another one.  Returns when to call again.
 */
static int64_t
tick_share(struct shares *shares, struct share *share, int64_t now_ms)
{
	const struct worker *worker = share->worker;
	/* which another connection, begun later, would hardly overtake */
	const bool soon = worker != NULL && worker->state == WORKER_STARTING &&
	    worker->opens;

	if (share->relay != NULL && !soon && now_ms >= share->relay->end_ms)
		relay_alone(shares, share);
	renew(shares, share, now_ms);
	return share->relay != NULL && !soon ? share->relay->end_ms : INT64_MAX;
}

/* Have a worker of its own do what REQUEST wants. */
static void
ask_alone(struct shares *shares, struct share_request *request)
{
	struct worker *worker;

	worker = find_spare(shares, request);
	if (worker != NULL) {
		worker->request = request;
		if (tell_go(shares, worker))
			return;
		worker_end(worker);
	}
	worker = worker_new(shares, request->user);
	if (worker == NULL) {
		refuse_memory(shares, request);
		return;
	}
	worker->job = request->want;
	worker->request = request;
}

void
shares_ask(struct shares *shares, struct share_request *request)
{
	struct share_request **last;
	struct share *share;

	request->next = NULL;
	request->retried = request->started = request->reached = false;
	if (request->want == JOB_RELAY) {
		share = find_share(shares, request->user);
		if (share != NULL && failed_lately(share) && share->refused) {
			shares->answer(request, FRAME_REFUSED, share->failure,
			    share->failure_len);
			return;
		}
		if (!prefers_spare(shares, share, request) &&
		    wait_for_kept(shares, share, request))
			return;
	}
	if (request->want == JOB_CHECK || request->want == JOB_RELAY ||
	    request->want == JOB_PROBE) {
		ask_alone(shares, request);
		return;
	}
	share = find_share(shares, request->user);
	if (share == NULL) {
		refuse_memory(shares, request);
		return;
	}
	for (last = &share->requests; *last != NULL; last = &(*last)->next)
		continue;
	*last = request;
	share->try_udp = true;
	share->asked_ms = clock_now_ms();
	share_pump(shares, share);
}

void
shares_forget(struct shares *shares, struct share_request *request)
{
	for (struct worker *w = shares->workers; w != NULL; w = w->next) {
		if (w->request != request)
			continue;
		w->request = NULL;
		if (w->share == NULL)
			worker_end(w);
	}
	for (struct share *share = shares->first; share != NULL;
	     share = share->next) {
		if (share->relay == request)
			share->relay = NULL;
		if (unlink_request(share, request))
			return;
	}
}

void
shares_resume(struct shares *shares)
{
	if (reach_now(shares->udp, clock_now_ms()) == REACH_GOOD)
		end_spares(shares);
	for (struct share *share = shares->first; share != NULL;
	     share = share->next)
		share_pump(shares, share);
}

size_t
shares_poll_count(const struct shares *shares)
{
	size_t count = 0;

	for (struct worker *w = shares->workers; w != NULL; w = w->next)
		count += w->fd >= 0;
	return count;
}

size_t
shares_poll(struct shares *shares, struct pollfd *fds)
{
	size_t count = 0;

	for (struct worker *w = shares->workers; w != NULL; w = w->next) {
		if (w->fd < 0)
			continue;
		fds[count].fd = w->fd;
		fds[count].events = (short)(w->out.len > 0 ? POLLIN | POLLOUT
							   : POLLIN);
		fds[count].revents = 0;
		count++;
	}
	return count;
}

static struct worker *
find_worker_fd(const struct shares *shares, int fd)
{
	for (struct worker *w = shares->workers; w != NULL; w = w->next) {
		if (w->fd == fd)
			return w;
	}
	return NULL;
}

void
shares_polled(struct shares *shares, const struct pollfd *fds, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct worker *worker = find_worker_fd(shares, fds[i].fd);

		if (worker == NULL || fds[i].revents == 0)
			continue;
		if ((fds[i].revents & POLLOUT) != 0)
			frame_flush(worker->fd, &worker->out);
		if ((fds[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
			worker_read(shares, worker);
		if (worker->fd >= 0 && worker->out.len > 0)
			frame_flush(worker->fd, &worker->out);
	}
}

/* How long before share_max_age a kept connection is replaced. */
static int64_t
replace_age_ms(const struct config *config)
{
	const int64_t max_ms = (int64_t)config->share_max_age_s * 1000;

	return max_ms - (max_ms / 4 < 30000 ? max_ms / 4 : 30000);
}

/* Start the successor of an idle WORKER. */
static void
replace(struct shares *shares, struct worker *worker)
{
	struct worker *successor = worker_new(shares, worker->user);

	if (successor == NULL)
		return;
	successor->share = worker->share;
	successor->opens = successor->unasked = true;
	worker->replaced = true;
	worker->share->successor = successor;
}

/* An idle WORKER: until when may it be? */
static int64_t
tick_idle(struct shares *shares, struct worker *worker, int64_t now_ms)
{
	const struct config *config = shares->config;
	struct share *share = worker->share;
	const int64_t idle_end_ms = share->used_ms +
	    (share->claimed ? (int64_t)config->share_idle_s * 1000
			    : UNCLAIMED_IDLE_MS);
	const int64_t replace_ms = worker->began_ms + replace_age_ms(config);
	const int64_t max_ms = worker_max_ms(shares, worker);
	int64_t next_ms = idle_end_ms < max_ms ? idle_end_ms : max_ms;

	if (share->worker != worker)
		return INT64_MAX; /* a successor that waits for its turn */
	if (now_ms >= next_ms) {
		worker_end(worker);
		share_pump(shares, share);
		return worker->end_ms;
	}
	if (share->successor != NULL || worker->replaced)
		return next_ms;
	if (now_ms < replace_ms)
		return replace_ms < next_ms ? replace_ms : next_ms;
	if (idle_end_ms > max_ms)
		replace(shares, worker);
	return next_ms;
}

static int64_t
tick_worker(struct shares *shares, struct worker *worker, int64_t now_ms)
{
	switch (worker->state) {
	case WORKER_QUEUED:
		return INT64_MAX;
	case WORKER_IDLE:
		return tick_idle(shares, worker, now_ms);
	case WORKER_HELD:
		if (now_ms >= worker->end_ms)
			worker_end(worker);
		return worker->end_ms;
	case WORKER_ENDING:
		if (now_ms < worker->end_ms)
			return worker->end_ms;
		if (worker->pid > 0)
			kill(worker->pid, SIGKILL);
		return INT64_MAX;
	default:
		if (now_ms < worker->end_ms)
			return worker->end_ms;
		if (worker->pid > 0)
			kill(worker->pid, SIGKILL);
		worker_lost(shares, worker, "timeout",
		    "The remote server did not answer in time.",
		    "check the link to the remote, and DNS on the gateway");
		return now_ms;
	}
}

int64_t
shares_tick(struct shares *shares, int64_t now_ms)
{
	int64_t next_ms = tick_spares(shares, now_ms);
	struct worker *worker, *next;

	for (worker = shares->workers; worker != NULL; worker = next) {
		int64_t at_ms;

		next = worker->next;
		if (worker->state == WORKER_ENDING && worker->pid < 0) {
			unlink_worker(shares, worker);
			continue;
		}
		at_ms = tick_worker(shares, worker, now_ms);
		if (at_ms < next_ms)
			next_ms = at_ms;
	}
	for (struct share *share = shares->first; share != NULL;
	     share = share->next) {
		const int64_t at_ms = tick_share(shares, share, now_ms);

		if (at_ms < next_ms)
			next_ms = at_ms;
	}
	start_queued(shares);
	for (worker = shares->workers; worker != NULL; worker = worker->next) {
		if (worker->state != WORKER_IDLE &&
		    worker->state != WORKER_QUEUED && worker->end_ms > now_ms &&
		    worker->end_ms < next_ms)
			next_ms = worker->end_ms;
	}
	sweep(shares, now_ms);
	return next_ms;
}

bool
shares_reap(struct shares *shares, pid_t pid)
{
	for (struct worker *w = shares->workers; w != NULL; w = w->next) {
		if (w->pid != pid)
			continue;
		w->pid = -1;
		/* what it said last may still be there to read */
		if (w->state == WORKER_ENDING)
			unlink_worker(shares, w);
		return true;
	}
	return false;
}

void
shares_each(const struct shares *shares, int64_t now_ms,
    void (*each)(void *context, const struct share_status *status),
    void *context)
{
	static const char *const states[] = {
		[WORKER_QUEUED] = "queued",
		[WORKER_STARTING] = "connecting",
		[WORKER_GIVEN] = "busy",
		[WORKER_HELD] = "spare",
		[WORKER_BUSY] = "busy",
		[WORKER_IDLE] = "connected",
		[WORKER_ENDING] = "ending",
	};

	for (struct worker *w = shares->workers; w != NULL; w = w->next) {
		struct share_status status = { .user = w->user,
			.state = states[w->state],
			.age_ms = w->state == WORKER_BUSY ||
				w->state == WORKER_IDLE
			    ? now_ms - w->began_ms
			    : -1 };

		each(context, &status);
	}
}
