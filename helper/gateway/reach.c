#include "reach.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../log.h"

/* A remote with more addresses than this is tried more often. */
#define REACH_ADDRESSES_MAX 8
/* Until there is a connection, a mosh-server, and a verdict. */
#define REACH_CONNECTION_MS 15000
#define REACH_SERVER_MS 3000
#define REACH_CLIENT_MS 5000

/* An address that UDP has got to. */
struct reach_good {
	char address[MOSH_ADDRESS_BYTES];
	int64_t told_ms, end_ms;
};

enum reach_stage {
	STAGE_IDLE,
	STAGE_SERVER,  /* a mosh-server is to be started */
	STAGE_CLIENT,  /* the process is at work */
	STAGE_BLOCKED, /* it has seen nothing: but does the remote answer? */
};

/* What has come of a user's trials, and the one that is under way. */
struct reach_user {
	char user[USERNAME_MAX_CHARS + 1]; /* "": nobody's */
	/* the last verdict that isn't good, where, and how long it counts */
	enum reach_verdict verdict;
	char address[MOSH_ADDRESS_BYTES];
	int64_t told_ms, until_ms;
	/* the trial */
	enum reach_stage stage;
	char mark[MOSH_MARK_CHARS + 1];
	char tried[MOSH_ADDRESS_BYTES];
	bool alive; /* the remote has answered meanwhile */
	struct reach_trial trial;
	int64_t end_ms; /* of this stage */
};

struct reach {
	const struct config *config;
	char address[MOSH_ADDRESS_BYTES]; /* the last one; "": none */
	struct reach_good good[REACH_ADDRESSES_MAX];
	size_t next_good; /* of them, to be replaced */
	struct reach_user users[REACH_USERS_MAX];
	bool blocked; /* the log has said so last */
	bool news;
};

/*
 * What is known
 */

static const struct reach_good *
reach_find_good(const struct reach *reach, int64_t now_ms)
{
	for (size_t i = 0; i < REACH_ADDRESSES_MAX; i++) {
		const struct reach_good *good = &reach->good[i];

		if (good->end_ms > now_ms &&
		    strcmp(good->address, reach->address) == 0)
			return good;
	}
	return NULL;
}

static const struct reach_user *
reach_find_user(const struct reach *reach, const char *user)
{
	for (size_t i = 0; i < REACH_USERS_MAX; i++) {
		if (strcmp(reach->users[i].user, user) == 0)
			return &reach->users[i];
	}
	return NULL;
}

/* True if what U has met lately counts for the present address. */
static bool
reach_counts(const struct reach *reach, const struct reach_user *u,
    int64_t now_ms)
{
	return u != NULL && u->until_ms > now_ms &&
	    strcmp(u->address, reach->address) == 0;
}

/* True if U has met a bad verdict, and no good one has come since. */
static bool
reach_is_bad(const struct reach *reach, const struct reach_user *u,
    int64_t now_ms)
{
	const struct reach_good *good = reach_find_good(reach, now_ms);

	return reach_counts(reach, u, now_ms) && u->verdict == REACH_BAD &&
	    (good == NULL || good->told_ms < u->told_ms);
}

static size_t
reach_trials(const struct reach *reach)
{
	size_t count = 0;

	for (size_t i = 0; i < REACH_USERS_MAX; i++)
		count += reach->users[i].stage != STAGE_IDLE;
	return count;
}

/* A session's own mosh-server could not have it meanwhile. */
static bool
reach_has_one_port(const char *ports)
{
	const char *colon = strchr(ports, ':');

	return colon == NULL ||
	    strtol(ports, NULL, 10) == strtol(colon + 1, NULL, 10);
}

/* True if one is due by USER, if only there is room for it. */
static bool
reach_is_due(const struct reach *reach, const char *user, int64_t now_ms)
{
	return reach->config->fallback &&
	    !reach_has_one_port(reach->config->mosh_ports) &&
	    !reach_is_good(reach, now_ms) &&
	    !reach_counts(reach, reach_find_user(reach, user), now_ms);
}

enum reach_verdict
reach_now(const struct reach *reach, const char *user, int64_t now_ms)
{
	const struct reach_user *u = reach_find_user(reach, user);

	if (reach_is_bad(reach, u, now_ms))
		return REACH_BAD;
	if (reach_is_good(reach, now_ms))
		return REACH_GOOD;
	if (u != NULL && u->stage != STAGE_IDLE)
		return REACH_WAIT;
	return reach_trials(reach) >= REACH_TRIALS_MAX &&
		reach_is_due(reach, user, now_ms)
	    ? REACH_WAIT
	    : REACH_NONE;
}

bool
reach_is_good(const struct reach *reach, int64_t now_ms)
{
	return reach_find_good(reach, now_ms) != NULL;
}

size_t
reach_blocked(const struct reach *reach, int64_t now_ms)
{
	size_t count = 0;

	if (reach_is_good(reach, now_ms))
		return 0;
	for (size_t i = 0; i < REACH_USERS_MAX; i++)
		count += reach_is_bad(reach, &reach->users[i], now_ms);
	return count;
}

bool
reach_trying(const struct reach *reach, const char *user,
    struct reach_trial *trial)
{
	const struct reach_user *u = reach_find_user(reach, user);

	if (u == NULL || u->stage == STAGE_IDLE)
		return false;
	*trial = u->trial;
	return true;
}

const char *
reach_trial_at(const struct reach *reach, size_t at, struct reach_trial *trial)
{
	const struct reach_user *u = &reach->users[at];

	*trial = u->trial;
	return u->stage != STAGE_IDLE ? u->user : NULL;
}

bool
reach_may_try(const struct reach *reach, const char *user)
{
	const struct reach_user *u = reach_find_user(reach, user);

	return !reach_has_one_port(reach->config->mosh_ports) &&
	    reach_trials(reach) < REACH_TRIALS_MAX &&
	    (u == NULL || u->stage == STAGE_IDLE);
}

bool
reach_wants(const struct reach *reach, const char *user, int64_t now_ms)
{
	return reach_may_try(reach, user) && reach_is_due(reach, user, now_ms);
}

/*
 * What comes of trials
 */

/* UDP has got to ADDRESS: nobody else need find that out. */
static void
reach_remember_good(struct reach *reach, const char *address, int64_t now_ms)
{
	struct reach_good *good = NULL;

	for (size_t i = 0; i < REACH_USERS_MAX; i++) {
		struct reach_user *u = &reach->users[i];

		if (u->stage == STAGE_SERVER || strcmp(u->tried, address) == 0)
			u->stage = STAGE_IDLE;
	}

	for (size_t i = 0; i < REACH_ADDRESSES_MAX; i++) {
		if (strcmp(reach->good[i].address, address) == 0)
			good = &reach->good[i];
	}
	if (good == NULL) {
		good = &reach->good[reach->next_good];
		reach->next_good = (reach->next_good + 1) % REACH_ADDRESSES_MAX;
	}
	snprintf(good->address, sizeof(good->address), "%s", address);
	good->told_ms = now_ms;
	good->end_ms = now_ms + REACH_GOOD_MS;
}

/* The trial of U has brought VERDICT of ADDRESS, which is not a good one. */
static void
reach_remember_user(struct reach_user *u, const char *address,
    enum reach_verdict verdict, int64_t now_ms)
{
	static const int64_t kept_ms
	    [] = { [REACH_NONE] = REACH_NONE_MS, [REACH_BAD] = REACH_BAD_MS };

	/* what brings nothing takes nothing back */
	if (verdict == REACH_NONE && u->verdict == REACH_BAD &&
	    u->until_ms > now_ms && strcmp(u->address, address) == 0)
		return;
	snprintf(u->address, sizeof(u->address), "%s", address);
	u->verdict = verdict;
	u->told_ms = now_ms;
	u->until_ms = now_ms + kept_ms[verdict];
}

/*
 * Log the first bad verdict of U, unless a good one stands; and the first good
 * one after that.
 */
static void
reach_log(struct reach *reach, const struct reach_user *u, const char *address,
    enum reach_verdict verdict, int64_t now_ms)
{
	const char *host = reach->config->host;

	if (verdict == REACH_BAD && !reach->blocked &&
	    !reach_is_good(reach, now_ms)) {
		log_event(LOG_WARNING, "udp-blocked", "user", u->user, "remote",
		    host, "address", address, "remedy",
		    "let UDP through to the remote's ports that ports in "
		    "[mosh] says, and what answers back",
		    NULL);
		reach->blocked = true;
	} else if (verdict == REACH_GOOD && reach->blocked) {
		log_event(LOG_NOTICE, "udp-open", "remote", host, "address",
		    address, NULL);
		reach->blocked = false;
	}
}

/* What U has tried is over, with VERDICT. */
static void
reach_finish(struct reach *reach, struct reach_user *u,
    enum reach_verdict verdict, int64_t now_ms)
{
	const char *address = u->stage == STAGE_SERVER ? reach->address
						       : u->tried;

	u->stage = STAGE_IDLE;
	if (verdict == REACH_GOOD)
		reach_remember_good(reach, address, now_ms);
	else
		reach_remember_user(u, address, verdict, now_ms);
	reach_log(reach, u, address, verdict, now_ms);
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
	const bool blocked = reach->blocked && config->fallback;

	memset(reach, 0, sizeof(*reach));
	reach->config = config;
	reach->blocked = blocked;
	reach->news = true;
}

void
reach_address(struct reach *reach, const char *address)
{
	if (strlen(address) < sizeof(reach->address))
		memcpy(reach->address, address, strlen(address) + 1);
}

void
reach_make_mark(char mark[MOSH_MARK_CHARS + 1])
{
	for (size_t i = 0; i < MOSH_MARK_CHARS; i++)
		mark[i] = (char)('a' + randombytes_uniform(26));
	mark[MOSH_MARK_CHARS] = '\0';
}

/*
 * The place of USER: the one there is, or that of whoever has been known for
 * longest of those who try nothing.  There are more places than trials.
 */
static struct reach_user *
reach_place(struct reach *reach, const char *user)
{
	struct reach_user *oldest = NULL;

	for (size_t i = 0; i < REACH_USERS_MAX; i++) {
		struct reach_user *u = &reach->users[i];

		if (strcmp(u->user, user) == 0)
			return u;
		if (u->stage == STAGE_IDLE &&
		    (oldest == NULL || u->told_ms < oldest->told_ms))
			oldest = u;
	}
	*oldest = (struct reach_user){ 0 };
	snprintf(oldest->user, sizeof(oldest->user), "%s", user);
	return oldest;
}

void
reach_begin(struct reach *reach, const char *user, const char *mark,
    int64_t now_ms)
{
	struct reach_user *u = reach_place(reach, user);

	snprintf(u->mark, sizeof(u->mark), "%s", mark);
	u->stage = STAGE_SERVER;
	u->trial = (struct reach_trial){ .began_ms = now_ms,
		.client_ms = INT64_MAX };
	u->end_ms = now_ms + REACH_CONNECTION_MS;
}

/* Whose trial in STAGE has MARK; NULL: it may have been given up. */
static struct reach_user *
reach_find_trial(struct reach *reach, const char *mark, enum reach_stage stage)
{
	for (size_t i = 0; i < REACH_USERS_MAX; i++) {
		if (reach->users[i].stage == stage &&
		    strcmp(reach->users[i].mark, mark) == 0)
			return &reach->users[i];
	}
	return NULL;
}

void
reach_connected(struct reach *reach, const char *mark, int64_t now_ms)
{
	struct reach_user *u = reach_find_trial(reach, mark, STAGE_SERVER);

	if (u != NULL)
		u->end_ms = now_ms + REACH_SERVER_MS;
}

bool
reach_try(struct reach *reach, const char *mark, const char *address,
    int64_t now_ms)
{
	struct reach_user *u = reach_find_trial(reach, mark, STAGE_SERVER);

	if (u == NULL)
		return false;
	reach_address(reach, address);
	memcpy(u->tried, reach->address, sizeof(u->tried));
	u->stage = STAGE_CLIENT;
	u->alive = false;
	u->trial.client_ms = now_ms;
	u->end_ms = now_ms + REACH_CLIENT_MS;
	return true;
}

void
reach_give_up(struct reach *reach, const char *mark, int64_t now_ms)
{
	struct reach_user *u = reach_find_trial(reach, mark, STAGE_SERVER);

	if (u != NULL)
		reach_finish(reach, u, REACH_NONE, now_ms);
}

void
reach_alive(struct reach *reach)
{
	for (size_t i = 0; i < REACH_USERS_MAX; i++)
		reach->users[i].alive = true;
}

bool
reach_news(struct reach *reach)
{
	const bool news = reach->news;

	reach->news = false;
	return news;
}

void
reach_told(struct reach *reach, const char *mark, enum reach_verdict verdict,
    int64_t now_ms)
{
	struct reach_user *u = reach_find_trial(reach, mark, STAGE_CLIENT);

	if (u == NULL)
		return;
	if (verdict != REACH_BAD || u->alive)
		reach_finish(reach, u, verdict, now_ms);
	else
		u->stage = STAGE_BLOCKED;
}

bool
reach_has_client(const struct reach *reach, const char *mark)
{
	for (size_t i = 0; i < REACH_USERS_MAX; i++) {
		if (reach->users[i].stage == STAGE_CLIENT &&
		    strcmp(reach->users[i].mark, mark) == 0)
			return true;
	}
	return false;
}

/* The same as reach_tick() for one user. */
static int64_t
reach_tick_user(struct reach *reach, struct reach_user *u, int64_t now_ms)
{
	if (u->stage == STAGE_IDLE)
		return INT64_MAX;
	if (u->stage == STAGE_BLOCKED && u->alive)
		reach_finish(reach, u, REACH_BAD, now_ms);
	else if (now_ms < u->end_ms)
		return u->end_ms;
	else
		reach_finish(reach, u, REACH_NONE, now_ms);
	return INT64_MAX;
}

int64_t
reach_tick(struct reach *reach, int64_t now_ms)
{
	int64_t next_ms = INT64_MAX;

	for (size_t i = 0; i < REACH_USERS_MAX; i++) {
		const int64_t at_ms = reach_tick_user(reach, &reach->users[i],
		    now_ms);

		if (at_ms < next_ms)
			next_ms = at_ms;
	}
	return next_ms;
}
