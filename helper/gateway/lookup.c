#include "lookup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../shim/lib/clock.h"
#include "../../shim/lib/fields.h"
#include "../log.h"
#include "account.h"
#include "reserved.h"

/* How many may wait for those that are being asked... */
#define WAITING_MAX 8
/* ... while the remote does not take so long to say anything. */
#define SILENT_MS 2000

enum lookup_state {
	LOOKUP_WAITING, /* for others to be done */
	LOOKUP_ASKING,
	LOOKUP_ACCEPTED, /* by the remote, which still has to say as whom */
};

/* A name that the remote is asked for, or is going to be. */
struct lookup {
	struct lookup *next;
	struct lookups *lookups;
	char name[USERNAME_MAX_CHARS + 1];
	enum lookup_state state;
	int64_t began_ms;
	int64_t asked_ms; /* when asking began */
	struct share_request share;
	struct lookup_request *requests;
};

struct lookups {
	const struct config *config;
	struct shares *shares;
	struct users *users;
	struct limits *limits;
	lookup_answer *answer;
	struct reserved *reserved; /* NULL: it can't be read */
	struct lookup *first;      /* the one who came last */
};

static void
refuse(struct lookups *lookups, struct lookup_request *request,
    const char *reason, const char *detail, const char *remedy)
{
	const struct lookup_refusal refusal = { .reason = reason,
		.detail = detail,
		.remedy = remedy };

	lookups->answer(request, 0, &refusal);
}

/* Answer all who wait for LOOKUP: with UID, or with REFUSAL if it isn't NULL */
static void
answer_requests(struct lookups *lookups, struct lookup *lookup, uid_t uid,
    const struct lookup_refusal *refusal)
{
	while (lookup->requests != NULL) {
		struct lookup_request *request = lookup->requests;

		lookup->requests = request->next;
		request->lookup = NULL;
		lookups->answer(request, uid, refusal);
	}
}

static void
lookup_free(struct lookups *lookups, struct lookup *lookup)
{
	for (struct lookup **at = &lookups->first; *at != NULL;
	     at = &(*at)->next) {
		if (*at == lookup) {
			*at = lookup->next;
			break;
		}
	}
	free(lookup);
}

/*
 * Policy
 */

static const struct lookup_refusal local_account = { .reason = "local",
	.remedy =
	    "this is an account of the gateway, or of a directory service "
	    "that did not answer sshd" };

#define ASK_DIRECTORY                                                  \
	"see why a source of passwd in /etc/nsswitch.conf, such as a " \
	"directory service, does not answer"

/*
 * True if NAME is no account of the gateway's.  If it is one, or nobody can
 * tell, the reason is in *REFUSAL.
 */
static bool
is_no_account(const char *name, struct lookup_refusal *refusal)
{
	switch (account_by_name(name)) {
	case ACCOUNT_NONE:
		return true;
	case ACCOUNT_THERE:
		*refusal = local_account;
		return false;
	default:
		*refusal = (struct lookup_refusal){ .reason = "name-service",
			.detail = strerror(errno),
			.remedy = ASK_DIRECTORY };
		return false;
	}
}

/*
 * Give NAME a uid, unless it has become an account of the gateway.  Returns true
 * with it in *UID; or false, and in *REFUSAL why not.
 */
static bool
add(struct lookups *lookups, const char *name, uid_t *uid,
    struct lookup_refusal *refusal)
{
	char number[16];

	if (!is_no_account(name, refusal))
		return false;
	switch (users_add(lookups->users, name, (uid_t)lookups->config->uid_min,
	    (uid_t)lookups->config->uid_max, uid)) {
	case USERS_OK:
		snprintf(number, sizeof(number), "%lu", (unsigned long)*uid);
		log_event(LOG_NOTICE, "user-added", "user", name, "uid", number,
		    NULL);
		return true;
	case USERS_FULL:
		*refusal = (struct lookup_refusal){ .reason = "no-uid",
			.remedy = "raise uid_max in [users]" };
		break;
	case USERS_AGAIN:
		*refusal = (struct lookup_refusal){ .reason = "name-service",
			.remedy = "the next try goes on with the uids behind "
				  "them; set uid_min in [users] to where there "
				  "are none" };
		break;
	case USERS_UNKNOWN:
		*refusal = (struct lookup_refusal){ .reason = "name-service",
			.remedy = ASK_DIRECTORY };
		break;
	case USERS_DAMAGED:
		*refusal = (struct lookup_refusal){ .reason = "users-damaged",
			.remedy = "put back a copy of " USERMAP_PATH
				  ", or take out the lines that are wrong" };
		break;
	default:
		*refusal = (struct lookup_refusal){ .reason = "users-failed",
			.remedy = "make room on the disk, and see that "
				  "_moshgate may write to " USERMAP_DIR };
		break;
	}
	refusal->detail = users_fault(lookups->users);
	return false;
}

bool
lookups_allow(struct lookups *lookups, struct lookup_request *request)
{
	struct lookup_refusal refusal;
	const char *name = request->name;

	/* in the helper the name service knows accounts and the map alone */
	if (!is_no_account(name, &refusal))
		lookups->answer(request, 0, &refusal);
	else if (!config_wants_user(lookups->config, name))
		refuse(lookups, request, "not-wanted", NULL,
		    "the setting users in [clients] excludes this name");
	else if (lookups->reserved == NULL)
		refuse(lookups, request, "internal",
		    "the list of reserved names has not been read",
		    "install moshgate anew");
	else if (reserved_has(lookups->reserved, name) ||
	    config_reserves_user(lookups->config, name))
		refuse(lookups, request, "reserved", NULL,
		    "services have such names; to let this one in put it into "
		    "names in [users]");
	else
		return true;
	return false;
}

/* Say in words why the limits don't let REQUEST go. */
static void
refuse_limited(struct lookups *lookups, struct lookup_request *request,
    enum limits_answer answer)
{
	switch (answer) {
	case LIMITS_REFUSED:
		refuse(lookups, request, "refused-before", NULL,
		    "the remote said no within the last negative_ttl seconds");
		break;
	case LIMITS_UNREACHABLE:
		refuse(lookups, request, "unreachable", NULL,
		    "the remote is out of reach: see event=remote-down");
		break;
	case LIMITS_TOO_MANY:
		refuse(lookups, request, "too-many", NULL,
		    "somebody is guessing names; lookups_per_minute in [users] "
		    "says how many may be asked");
		break;
	default:
		refuse(lookups, request, "busy", NULL,
		    "many unknown users at once; try again in a few seconds");
		break;
	}
}

static void
refuse_slow(struct lookups *lookups, struct lookup_request *request)
{
	refuse(lookups, request, "slow", NULL,
	    "the remote takes long to answer; the next try may find it done");
}

/*
 * Asking
 */

static void
start(struct lookups *lookups, struct lookup *lookup)
{
	lookup->state = LOOKUP_ASKING;
	lookup->asked_ms = clock_now_ms();
	lookup->share = (struct share_request){ .want = JOB_LOOKUP,
		.asker = lookup };
	snprintf(lookup->share.user, sizeof(lookup->share.user), "%s",
	    lookup->name);
	shares_ask(lookups->shares, &lookup->share);
}

static size_t
count(const struct lookups *lookups, enum lookup_state state)
{
	size_t found = 0;

	for (const struct lookup *l = lookups->first; l != NULL; l = l->next)
		found += l->state == state;
	return found;
}

/*
 * When the remote, if it says nothing until then, has been silent for so long
 * that nobody should wait for it any more; INT64_MAX if nothing is asked of it.
 * Those who wait keep sshd from taking others, who may be the gateway's own.
 */
static int64_t
silent_from_ms(const struct lookups *lookups)
{
	int64_t from_ms = INT64_MAX;

	for (const struct lookup *l = lookups->first; l != NULL; l = l->next) {
		if (l->state == LOOKUP_ASKING &&
		    !limits_reached_since(lookups->limits, l->asked_ms) &&
		    l->asked_ms + SILENT_MS < from_ms)
			from_ms = l->asked_ms + SILENT_MS;
	}
	return from_ms;
}

/* See whether one that waits may go, or has to be refused. */
static void
pump(struct lookups *lookups)
{
	for (;;) {
		struct lookup *oldest = NULL;
		enum limits_answer answer;

		for (struct lookup *l = lookups->first; l != NULL; l = l->next)
			oldest = l->state == LOOKUP_WAITING ? l : oldest;
		if (oldest == NULL)
			return;
		answer = limits_ask(lookups->limits, oldest->name,
		    clock_now_ms());
		if (answer == LIMITS_LATER)
			return;
		if (answer == LIMITS_GO) {
			start(lookups, oldest);
			continue;
		}
		while (oldest->requests != NULL) {
			struct lookup_request *request = oldest->requests;

			oldest->requests = request->next;
			request->lookup = NULL;
			refuse_limited(lookups, request, answer);
		}
		lookup_free(lookups, oldest);
	}
}

/* Have REQUEST wait for LOOKUP, but not for one that takes too long already. */
static void
attach(struct lookups *lookups, struct lookup *lookup,
    struct lookup_request *request)
{
	request->end_ms = lookup->began_ms + LOOKUP_MS;
	if (request->end_ms <= clock_now_ms()) {
		refuse_slow(lookups, request);
		return;
	}
	request->lookup = lookup;
	request->next = lookup->requests;
	lookup->requests = request;
}

void
lookups_ask(struct lookups *lookups, struct lookup_request *request)
{
	struct lookup_refusal refusal;
	enum limits_answer answer;
	struct lookup *lookup;
	uid_t uid = 0;

	request->lookup = NULL;
	users_refresh(lookups->users);
	if (users_find(lookups->users, request->name, &uid)) {
		lookups->answer(request, uid, NULL);
		return;
	}
	if (config_names_user(lookups->config, request->name)) {
		const bool added = add(lookups, request->name, &uid, &refusal);

		lookups->answer(request, uid, added ? NULL : &refusal);
		return;
	}
	if (!lookups_allow(lookups, request))
		return;
	for (lookup = lookups->first; lookup != NULL; lookup = lookup->next) {
		if (strcmp(lookup->name, request->name) == 0) {
			attach(lookups, lookup, request);
			return;
		}
	}
	answer = limits_ask(lookups->limits, request->name, clock_now_ms());
	if (answer != LIMITS_GO &&
	    (answer != LIMITS_LATER ||
		count(lookups, LOOKUP_WAITING) >= WAITING_MAX ||
		silent_from_ms(lookups) <= clock_now_ms())) {
		refuse_limited(lookups, request, answer);
		return;
	}
	lookup = calloc(1, sizeof(*lookup));
	if (lookup == NULL) {
		if (answer == LIMITS_GO)
			limits_done(lookups->limits, request->name,
			    LIMITS_FAILED, clock_now_ms());
		refuse(lookups, request, "internal", "out of memory", NULL);
		return;
	}
	snprintf(lookup->name, sizeof(lookup->name), "%s", request->name);
	lookup->lookups = lookups;
	lookup->began_ms = clock_now_ms();
	lookup->next = lookups->first;
	lookups->first = lookup;
	attach(lookups, lookup, request);
	if (answer == LIMITS_GO)
		start(lookups, lookup);
}

bool
lookups_admit(struct lookups *lookups, const char *name, uid_t *uid,
    struct lookup_refusal *refusal)
{
	users_refresh(lookups->users);
	return users_find(lookups->users, name, uid) ||
	    add(lookups, name, uid, refusal);
}

void
lookups_forget(struct lookup_request *request)
{
	if (request->lookup == NULL)
		return;
	for (struct lookup_request **at = &request->lookup->requests;
	     *at != NULL; at = &(*at)->next) {
		if (*at == request) {
			*at = request->next;
			break;
		}
	}
	request->lookup = NULL;
}

void
lookups_answered(struct share_request *request, enum frame_type type,
    const struct frame *answer)
{
	struct lookup *lookup = request->asker;
	struct lookups *lookups = lookup->lookups;
	struct lookup_refusal refusal = { 0 };
	enum limits_outcome outcome = LIMITS_IS_USER;
	bool found = type == FRAME_OK;
	uid_t uid = 0;

	if (type == FRAME_ACCEPTED) {
		if (lookup->state == LOOKUP_ACCEPTED)
			return;
		/* no refusal any more, so that another may be asked for */
		lookup->state = LOOKUP_ACCEPTED;
		limits_done(lookups->limits, lookup->name, outcome,
		    clock_now_ms());
		pump(lookups);
		return;
	}
	if (found) {
		found = lookups_admit(lookups, lookup->name, &uid, &refusal);
	} else {
		refusal.reason = fields_get(answer, "reason");
		if (refusal.reason == NULL)
			refusal.reason = "internal";
		refusal.detail = fields_get(answer, "detail");
		refusal.remedy = fields_get(answer, "remedy");
		outcome = request->reached ? LIMITS_NO_USER : LIMITS_FAILED;
	}
	if (lookup->state != LOOKUP_ACCEPTED)
		limits_done(lookups->limits, lookup->name, outcome,
		    clock_now_ms());
	else if (outcome == LIMITS_NO_USER)
		limits_remember(lookups->limits, lookup->name, clock_now_ms());
	answer_requests(lookups, lookup, uid, found ? NULL : &refusal);
	lookup_free(lookups, lookup);
	pump(lookups);
}

/*
 * Time
 */

/* Refuse those of LOOKUP whose time is over; returns when the next one's is. */
static int64_t
tick_requests(struct lookups *lookups, struct lookup *lookup, int64_t now_ms)
{
	const int64_t silent_ms = lookup->state == LOOKUP_WAITING
	    ? silent_from_ms(lookups)
	    : INT64_MAX;
	int64_t next_ms = INT64_MAX;

	for (struct lookup_request **at = &lookup->requests; *at != NULL;) {
		struct lookup_request *request = *at;
		const int64_t end_ms = request->end_ms < silent_ms
		    ? request->end_ms
		    : silent_ms;

		if (end_ms > now_ms) {
			if (end_ms < next_ms)
				next_ms = end_ms;
			at = &request->next;
			continue;
		}
		*at = request->next;
		request->lookup = NULL;
		if (lookup->state == LOOKUP_WAITING)
			refuse_limited(lookups, request, LIMITS_BUSY);
		else
			refuse_slow(lookups, request);
	}
	return next_ms;
}

int64_t
lookups_tick(struct lookups *lookups, int64_t now_ms)
{
	int64_t next_ms = INT64_MAX;
	struct lookup *lookup, *next;

	for (lookup = lookups->first; lookup != NULL; lookup = next) {
		const int64_t at_ms = tick_requests(lookups, lookup, now_ms);

		next = lookup->next;
		if (at_ms < next_ms)
			next_ms = at_ms;
		/* one that is being asked goes on, for the next time */
		if (lookup->state == LOOKUP_WAITING && lookup->requests == NULL)
			lookup_free(lookups, lookup);
	}
	pump(lookups);
	return next_ms;
}

struct lookups *
lookups_new(const struct config *config, struct shares *shares,
    struct users *users, struct limits *limits, lookup_answer *answer)
{
	struct lookups *lookups = calloc(1, sizeof(*lookups));

	if (lookups == NULL)
		return NULL;
	lookups->config = config;
	lookups->shares = shares;
	lookups->users = users;
	lookups->limits = limits;
	lookups->answer = answer;
	return lookups;
}

void
lookups_free(struct lookups *lookups)
{
	if (lookups == NULL)
		return;
	while (lookups->first != NULL) {
		shares_forget(lookups->shares, &lookups->first->share);
		lookup_free(lookups, lookups->first);
	}
	reserved_free(lookups->reserved);
	free(lookups);
}

bool
lookups_configure(struct lookups *lookups, const struct config *config,
    char error[CONFIG_ERROR_BYTES])
{
	lookups->config = config;
	limits_configure(lookups->limits, config->lookups_per_minute,
	    config->negative_ttl_s);
	reserved_free(lookups->reserved);
	lookups->reserved = reserved_read(RESERVED_PATH, error);
	return lookups->reserved != NULL;
}
