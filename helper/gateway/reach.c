#include "reach.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../log.h"
#include "../mosh.h"

/* A remote with more addresses than this is tried more often. */
#define REACH_KNOWN_MAX 8
/* Until there is a connection, a mosh-server, and a verdict. */
#define REACH_CONNECTION_MS 15000
#define REACH_SERVER_MS 3000
#define REACH_CLIENT_MS 5000

struct reach_known {
	char address[MOSH_ADDRESS_BYTES];
	enum reach_verdict verdict;
	char user[USERNAME_MAX_CHARS + 1]; /* who has shown it */
	bool confirmed;                    /* as has another */
	int64_t end_ms;
};

enum reach_stage {
	STAGE_IDLE,
	STAGE_SERVER,  /* somebody is to start a mosh-server */
	STAGE_CLIENT,  /* the process is at work */
	STAGE_BLOCKED, /* it has seen nothing: but does the remote answer? */
};

struct reach {
	const struct config *config;
	char address[MOSH_ADDRESS_BYTES]; /* the last one; "": none */
	struct reach_known known[REACH_KNOWN_MAX];
	size_t next; /* of them, to be replaced */
	bool blocked, news, alive;
	enum reach_stage stage;
	char user[USERNAME_MAX_CHARS + 1];
	char mark[MOSH_MARK_CHARS + 1];
	char tried[MOSH_ADDRESS_BYTES];
	struct reach_trial trial;
	int64_t end_ms; /* of this stage */
};

static const struct reach_known *
reach_find(const struct reach *reach, const char *address, int64_t now_ms)
{
	for (size_t i = 0; i < REACH_KNOWN_MAX; i++) {
		const struct reach_known *k = &reach->known[i];

		if (k->end_ms > now_ms && strcmp(k->address, address) == 0)
			return k;
	}
	return NULL;
}

/* Remember VERDICT of ADDRESS, which the last trial has brought. */
static void
reach_remember(struct reach *reach, const char *address,
    enum reach_verdict verdict, int64_t now_ms)
{
	static const int64_t kept_ms[] = { [REACH_NONE] = REACH_NONE_MS,
		[REACH_GOOD] = REACH_GOOD_MS,
		[REACH_BAD] = REACH_BAD_MS };
	const struct reach_known *old = reach_find(reach, address, now_ms);
	bool confirmed = false;
	struct reach_known *k = NULL;

	/* what brings nothing takes nothing back */
	if (old != NULL && old->verdict == REACH_GOOD && verdict == REACH_NONE)
		return;
	if (old != NULL && old->verdict == REACH_BAD && verdict != REACH_GOOD) {
		/* but it is enough that another has tried */
		confirmed = old->confirmed ||
		    strcmp(old->user, reach->user) != 0;
		verdict = REACH_BAD;
	}
	for (size_t i = 0; i < REACH_KNOWN_MAX; i++) {
		if (strcmp(reach->known[i].address, address) == 0)
			k = &reach->known[i];
	}
	if (k == NULL) {
		k = &reach->known[reach->next];
		reach->next = (reach->next + 1) % REACH_KNOWN_MAX;
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

/* What was tried is over, with VERDICT. */
static void
reach_finish(struct reach *reach, enum reach_verdict verdict, int64_t now_ms)
{
	const char *address = reach->stage == STAGE_SERVER ? reach->address
							   : reach->tried;

	reach->stage = STAGE_IDLE;
	reach_remember(reach, address, verdict, now_ms);
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
	return reach;
}

void
reach_free(struct reach *reach)
{
	free(reach);
}

void
reach_configure(struct reach *reach, const struct config *config)
{
	reach->stage = STAGE_IDLE;
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
reach_has_one_port(const char *ports)
{
	const char *colon = strchr(ports, ':');

	return colon == NULL ||
	    strtol(ports, NULL, 10) == strtol(colon + 1, NULL, 10);
}

bool
reach_idle(const struct reach *reach)
{
	return !reach_has_one_port(reach->config->mosh_ports) &&
	    reach->stage == STAGE_IDLE;
}

bool
reach_wants(const struct reach *reach, const char *user, int64_t now_ms)
{
	const struct reach_known *known = reach_find(reach, reach->address,
	    now_ms);

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
	reach->end_ms = now_ms + REACH_CONNECTION_MS;
}

void
reach_connected(struct reach *reach, int64_t now_ms)
{
	if (reach->stage == STAGE_SERVER)
		reach->end_ms = now_ms + REACH_SERVER_MS;
}

bool
reach_try(struct reach *reach, const char *mark, const char *address,
    int64_t now_ms)
{
	/* it may be of a trial that was given up */
	if (reach->stage != STAGE_SERVER || strcmp(mark, reach->mark) != 0)
		return false;
	reach_address(reach, address);
	memcpy(reach->tried, reach->address, sizeof(reach->tried));
	reach->stage = STAGE_CLIENT;
	reach->alive = false;
	reach->trial.client_ms = now_ms;
	reach->end_ms = now_ms + REACH_CLIENT_MS;
	return true;
}

void
reach_give_up(struct reach *reach, const char *mark, int64_t now_ms)
{
	if (reach->stage == STAGE_SERVER && strcmp(mark, reach->mark) == 0)
		reach_finish(reach, REACH_NONE, now_ms);
}

enum reach_verdict
reach_now(const struct reach *reach, int64_t now_ms)
{
	const struct reach_known *known = reach_find(reach, reach->address,
	    now_ms);

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

void
reach_told(struct reach *reach, enum reach_verdict verdict, int64_t now_ms)
{
	if (reach->stage != STAGE_CLIENT)
		return;
	if (verdict != REACH_BAD || reach->alive)
		reach_finish(reach, verdict, now_ms);
	else
		reach->stage = STAGE_BLOCKED;
}

bool
reach_has_client(const struct reach *reach)
{
	return reach->stage == STAGE_CLIENT;
}

int64_t
reach_tick(struct reach *reach, int64_t now_ms)
{
	if (reach->stage == STAGE_IDLE)
		return INT64_MAX;
	if (reach->stage == STAGE_BLOCKED && reach->alive) {
		reach_finish(reach, REACH_BAD, now_ms);
		return INT64_MAX;
	}
	if (now_ms < reach->end_ms)
		return reach->end_ms;
	reach_finish(reach, REACH_NONE, now_ms);
	return INT64_MAX;
}
