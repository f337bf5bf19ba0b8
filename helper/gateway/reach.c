#include "reach.h"

#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../shim/lib/fields.h"
#include "../../shim/lib/frame.h"
#include "../log.h"
#include "../mosh.h"
#include "../reexec.h"
#include "socket.h"

/* A remote with more addresses than this is tried more often. */
#define KNOWN_MAX 8
/* Until there is a connection, a mosh-server, and a verdict. */
#define CONNECTION_MS 15000
#define SERVER_MS 3000
#define CLIENT_MS 5000

struct known {
	char address[MOSH_ADDRESS_BYTES];
	enum reach_verdict verdict;
	char user[USERNAME_MAX_CHARS + 1]; /* who has shown it */
	bool confirmed;                    /* as has another */
	int64_t end_ms;
};

enum stage {
	STAGE_IDLE,
	STAGE_SERVER,  /* somebody is to start a mosh-server */
	STAGE_CLIENT,  /* the process is at work */
	STAGE_BLOCKED, /* it has seen nothing: but does the remote answer? */
};

struct reach {
	const struct config *config;
	char address[MOSH_ADDRESS_BYTES]; /* the last one; "": none */
	struct known known[KNOWN_MAX];
	size_t next; /* of them, to be replaced */
	bool blocked, news, alive;
	enum stage stage;
	char user[USERNAME_MAX_CHARS + 1];
	char mark[MOSH_MARK_CHARS + 1];
	char tried[MOSH_ADDRESS_BYTES];
	pid_t pid;
	int fd;
	struct frame_in in;
	struct frame_out out;
	struct reach_trial trial;
	int64_t end_ms; /* of this stage */
};

static const struct known *
find(const struct reach *reach, const char *address, int64_t now_ms)
{
	for (size_t i = 0; i < KNOWN_MAX; i++) {
		const struct known *k = &reach->known[i];

		if (k->end_ms > now_ms && strcmp(k->address, address) == 0)
			return k;
	}
	return NULL;
}

/* Remember VERDICT of ADDRESS, which the last trial has brought. */
static void
remember(struct reach *reach, const char *address, enum reach_verdict verdict,
    int64_t now_ms)
{
	static const int64_t kept_ms[] = { [REACH_NONE] = REACH_NONE_MS,
		[REACH_GOOD] = REACH_GOOD_MS,
		[REACH_BAD] = REACH_BAD_MS };
	const struct known *old = find(reach, address, now_ms);
	bool confirmed = false;
	struct known *k = NULL;

	/* what brings nothing takes nothing back */
	if (old != NULL && old->verdict == REACH_GOOD && verdict == REACH_NONE)
		return;
	if (old != NULL && old->verdict == REACH_BAD && verdict != REACH_GOOD) {
		/* but it is enough that another has tried */
		confirmed = old->confirmed ||
		    strcmp(old->user, reach->user) != 0;
		verdict = REACH_BAD;
	}
	for (size_t i = 0; i < KNOWN_MAX; i++) {
		if (strcmp(reach->known[i].address, address) == 0)
			k = &reach->known[i];
	}
	if (k == NULL) {
		k = &reach->known[reach->next];
		reach->next = (reach->next + 1) % KNOWN_MAX;
	}
	snprintf(k->address, sizeof(k->address), "%s", address);
	if (old == NULL || old->verdict != REACH_BAD || verdict != REACH_BAD)
		snprintf(k->user, sizeof(k->user), "%s", reach->user);
	k->verdict = verdict;
	k->confirmed = confirmed;
	if (old != NULL && old->verdict == verdict && verdict == REACH_BAD)
		return; /* it ends when it would have ended */
	k->end_ms = now_ms + kept_ms[verdict];
}

/* Let go of the process, which then ends, if it has not yet. */
static void
close_process(struct reach *reach)
{
	if (reach->fd >= 0)
		socket_close(reach->fd);
	reach->fd = -1;
	frame_in_reset(&reach->in);
	frame_out_reset(&reach->out);
	/* it ends without the socket */
	reach->pid = -1;
	reach->stage = STAGE_IDLE;
}

/* What was tried is over, with VERDICT. */
static void
finish(struct reach *reach, enum reach_verdict verdict, int64_t now_ms)
{
	const char *address = reach->stage == STAGE_SERVER ? reach->address
							   : reach->tried;

	close_process(reach);
	remember(reach, address, verdict, now_ms);
	if (verdict == REACH_BAD && !reach->blocked) {
		log_event(LOG_WARNING, "udp-blocked", "user", reach->user,
		    "remote", reach->config->host, "address", address, "remedy",
		    "let UDP through to the remote's ports that ports in "
		    "[mosh] says, and what answers back",
		    NULL);
		reach->blocked = true;
	} else if (verdict == REACH_GOOD && reach->blocked) {
		log_event(LOG_NOTICE, "udp-open", "remote", reach->config->host,
		    "address", address, NULL);
		reach->blocked = false;
	}
	reach->news = true;
}

struct reach *
reach_new(const struct config *config)
{
	struct reach *reach = calloc(1, sizeof(*reach));

	if (reach == NULL)
		return NULL;
	reach->config = config;
	reach->fd = -1;
	reach->pid = -1;
	return reach;
}

void
reach_free(struct reach *reach)
{
	if (reach == NULL)
		return;
	close_process(reach);
	free(reach);
}

void
reach_configure(struct reach *reach, const struct config *config)
{
	close_process(reach);
	reach->config = config;
	reach->news = true;
	reach->blocked = reach->blocked && config->fallback;
	reach->address[0] = '\0';
	memset(reach->known, 0, sizeof(reach->known));
}

void
reach_address(struct reach *reach, const char *address)
{
	if (strlen(address) < sizeof(reach->address))
		memcpy(reach->address, address, strlen(address) + 1);
}

/* A session's own mosh-server could not have it meanwhile. */
static bool
single_port(const char *ports)
{
	const char *colon = strchr(ports, ':');

	return colon == NULL ||
	    strtol(ports, NULL, 10) == strtol(colon + 1, NULL, 10);
}

bool
reach_idle(const struct reach *reach)
{
	return !single_port(reach->config->mosh_ports) &&
	    reach->stage == STAGE_IDLE;
}

bool
reach_wants(const struct reach *reach, const char *user, int64_t now_ms)
{
	const struct known *known = find(reach, reach->address, now_ms);

	if (!reach->config->fallback || !reach_idle(reach))
		return false;
	return known == NULL ||
	    (known->verdict != REACH_GOOD && !known->confirmed &&
		strcmp(known->user, user) != 0);
}

void
reach_make_mark(char mark[MOSH_MARK_CHARS + 1])
{
	for (size_t i = 0; i < MOSH_MARK_CHARS; i++)
		mark[i] = (char)('a' + randombytes_uniform(26));
	mark[MOSH_MARK_CHARS] = '\0';
}

void
reach_begin(struct reach *reach, const char *user, const char *mark,
    int64_t now_ms)
{
	snprintf(reach->user, sizeof(reach->user), "%s", user);
	snprintf(reach->mark, sizeof(reach->mark), "%s", mark);
	reach->stage = STAGE_SERVER;
	reach->trial = (struct reach_trial){ .began_ms = now_ms,
		.client_ms = INT64_MAX };
	reach->end_ms = now_ms + CONNECTION_MS;
}

void
reach_connected(struct reach *reach, int64_t now_ms)
{
	if (reach->stage == STAGE_SERVER)
		reach->end_ms = now_ms + SERVER_MS;
}

void
reach_try(struct reach *reach, const char *mark, const char *address,
    const char *port, const char *key, int64_t now_ms)
{
	const struct reexec prober = { .kind = REEXEC_PROBER };
	struct fields fields = { 0 };

	/* it may be of a trial that was given up */
	if (reach->stage != STAGE_SERVER || strcmp(mark, reach->mark) != 0)
		return;
	reach_address(reach, address);
	memcpy(reach->tried, reach->address, sizeof(reach->tried));
	reach->stage = STAGE_CLIENT;
	reach->alive = false;
	reach->trial.client_ms = now_ms;
	reach->end_ms = now_ms + CLIENT_MS;
	reach->in.limit_bytes = FRAME_REQUEST_MAX_BYTES;
	reach->pid = reexec_start(&prober, &reach->fd);
	if (reach->pid < 0) {
		reach->fd = -1;
		finish(reach, REACH_NONE, now_ms);
		return;
	}
	socket_guard(reach->fd);
	fields_add(&fields, "host", address);
	fields_add(&fields, "port", port);
	fields_add(&fields, "key", key);
	fields_add(&fields, "mark", reach->mark);
	if (fields.failed ||
	    !frame_queue(&reach->out, FRAME_START, fields.text, fields.len) ||
	    !frame_flush(reach->fd, &reach->out))
		finish(reach, REACH_NONE, now_ms);
	fields_free(&fields);
}

void
reach_give_up(struct reach *reach, const char *mark, int64_t now_ms)
{
	if (reach->stage == STAGE_SERVER && strcmp(mark, reach->mark) == 0)
		finish(reach, REACH_NONE, now_ms);
}

enum reach_verdict
reach_now(const struct reach *reach, int64_t now_ms)
{
	const struct known *known = find(reach, reach->address, now_ms);

	if (known != NULL && known->verdict != REACH_NONE)
		return known->verdict;
	return reach->stage == STAGE_IDLE ? REACH_NONE : REACH_WAIT;
}

bool
reach_trying(const struct reach *reach, struct reach_trial *trial)
{
	*trial = reach->trial;
	return reach->stage != STAGE_IDLE;
}

void
reach_alive(struct reach *reach)
{
	reach->alive = true;
}

bool
reach_news(struct reach *reach)
{
	const bool news = reach->news;

	reach->news = false;
	return news;
}

struct pollfd
reach_poll(const struct reach *reach)
{
	return (struct pollfd){ .fd = reach->fd,
		.events = (short)(reach->out.len > 0 ? POLLIN | POLLOUT
						     : POLLIN) };
}

/* Say why the process, as it tells by FRAME, has no verdict. */
static void
note_failed(const struct frame *frame)
{
	const char *told = NULL;
	char detail[512] = "";

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

void
reach_polled(struct reach *reach, int64_t now_ms)
{
	enum reach_verdict verdict = REACH_NONE;
	struct frame frame = { 0 };
	const char *reason = NULL;

	if (reach->fd < 0)
		return;
	if (reach->out.len > 0)
		frame_flush(reach->fd, &reach->out);
	switch (frame_read(reach->fd, &reach->in, &frame)) {
	case FRAME_AGAIN:
		return;
	case FRAME_COMPLETE:
		if (frame.type == FRAME_OK)
			verdict = REACH_GOOD;
		else if (fields_wellformed(&frame))
			reason = fields_get(&frame, "reason");
		if (reason != NULL && strcmp(reason, "udp-blocked") == 0)
			verdict = REACH_BAD;
		break;
	default:
		break;
	}
	if (verdict == REACH_NONE)
		note_failed(&frame);
	frame_free(&frame);
	if (verdict != REACH_BAD || reach->alive) {
		finish(reach, verdict, now_ms);
		return;
	}
	close_process(reach);
	reach->stage = STAGE_BLOCKED;
}

int64_t
reach_tick(struct reach *reach, int64_t now_ms)
{
	if (reach->stage == STAGE_IDLE)
		return INT64_MAX;
	if (reach->stage == STAGE_BLOCKED && reach->alive) {
		finish(reach, REACH_BAD, now_ms);
		return INT64_MAX;
	}
	if (now_ms < reach->end_ms)
		return reach->end_ms;
	if (reach->pid > 0)
		kill(reach->pid, SIGKILL);
	finish(reach, REACH_NONE, now_ms);
	return INT64_MAX;
}
