#include "server.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../shim/lib/clock.h"
#include "../../shim/lib/fields.h"
#include "../../shim/lib/frame.h"
#include "../../shim/lib/locale.h"
#include "../../shim/lib/usermap.h"
#include "../authkeys.h"
#include "../file.h"
#include "../log.h"
#include "../mosh.h"
#include "banner.h"
#include "limits.h"
#include "lookup.h"
#include "share.h"
#include "socket.h"
#include "users.h"

#define REQUEST_MS 5000 /* a request must be whole by then */
#define ANSWER_MS 5000  /* and its answer taken */
#define PEERS_PER_UID_MAX 64
/* Local users who have not asked yet, whatever number of uids they have. */
#define ASKING_MAX 512
#define ACCEPTS_PER_TURN 64
#define GROUPS_MAX 1024
#define ACCEPT_PAUSE_MS 100 /* when there are no descriptors left */
#define OUT_OF_MEMORY_PAUSE_MS 100
#define CLIENT_CHARS 64
#define SESSION_SHELL LIBEXECDIR "/moshgate/moshgate-session"
/*
 * When the remote has said nothing for so long, so many go on waiting for it
 * with sshd before them, which takes few who have not logged in yet
 * (MaxStartups), the gateway's own users among them.
 */
#define SILENT_MS 3000
#define SILENT_WAITING_MAX 4
/* Who a probe connects as, without ever saying so. */
#define PROBE_NAME "_moshgate"
/* How many lines one user, or all strangers together, may cause in how long. */
#define LOGGED_MAX 50
#define LOGGED_MS 10000
/* A session waits for a verdict on UDP so long. */
#define VERDICT_MS 3000

enum peer_state {
	PEER_ASKING,    /* its request is being read */
	PEER_WAITING,   /* a share works for it */
	PEER_ANSWERING, /* its last answer is being written */
	PEER_SESSION,   /* it is a session, until it closes */
};

/* What has been logged because of somebody lately. */
struct quota {
	struct quota *next;
	uid_t uid;
	int64_t since_ms;
	unsigned logged;
};

/* Somebody connected to the socket. */
struct peer {
	struct peer *next;
	struct server *server;
	enum peer_state state;
	int fd;
	uid_t uid;
	int64_t end_ms; /* when it is cut off; INT64_MAX: never */
	struct frame_in in;
	struct frame_out out;
	struct frame asked;
	struct share_request request;
	struct lookup_request lookup;
	bool session;    /* once it is answered it is one, of mosh */
	bool terminal;   /* it has one */
	bool insists;    /* it is to be mosh, or nothing */
	const char *why; /* it is over SSH: a sentence, or NULL */
	bool running;    /* its relay has begun */
	bool tries_udp;  /* its check waits for nothing but that */
	char client[CLIENT_CHARS];
	char sshd_pid[16];
	char mosh_at[96]; /* where its mosh-server is */
	int64_t asked_ms, began_ms;
};

struct server {
	int listen_fd, signal_fd;
	const char *config_path;
	struct config *config;
	struct signer *signer;
	struct shares *shares;
	struct peer *peers;
	struct users *known;
	struct limits *limits;
	struct lookups *lookups;
	struct reach *udp;
	struct share_request probe;
	bool probing;
	bool banner;       /* it is there */
	int64_t accept_ms; /* not before */
	struct quota strangers, unknown;
	/* the one who was logged last as unknown, and of which sshd */
	char unknown_name[USERNAME_MAX_CHARS + 1], unknown_pid[16];
	struct quota *users; /* one for each gateway user who failed lately */
	bool over;
	bool leaving; /* nothing but relays are to be seen to their end */
};

/*
 * Answers
 */

static void
peer_answer(struct peer *peer, enum frame_type type, const char *body,
    size_t len)
{
	peer->state = peer->session && type == FRAME_OK ? PEER_SESSION
							: PEER_ANSWERING;
	peer->end_ms = peer->state == PEER_SESSION ? INT64_MAX
						   : clock_now_ms() + ANSWER_MS;
	if (!frame_queue(&peer->out, type, body, len) ||
	    !frame_flush(peer->fd, &peer->out)) {
		peer->state = PEER_ANSWERING;
		peer->end_ms = 0;
	}
}

static bool
is_trusted(uid_t uid)
{
	return uid == 0 || uid == geteuid();
}

/* True if one more line may be logged that counts on QUOTA. */
static bool
quota_allows(struct quota *quota, const char *user, const char *detail)
{
	const int64_t now_ms = clock_now_ms();

	if (now_ms - quota->since_ms >= LOGGED_MS) {
		quota->since_ms = now_ms;
		quota->logged = 0;
	}
	if (quota->logged > LOGGED_MAX)
		return false;
	if (quota->logged++ < LOGGED_MAX)
		return true;
	log_event(LOG_NOTICE, "log-paused", "user", user, "detail", detail,
	    NULL);
	return false;
}

/*
 * True if what PEER did wrong may be logged: everybody can connect, and nobody
 * shall fill the disk.
 */
static bool
may_log(const struct peer *peer)
{
	return is_trusted(peer->uid) ||
	    quota_allows(&peer->server->strangers, NULL,
		"too many refusals of local users for the next seconds");
}

/*
 * The same of a login of PEER that failed.  Who can have one has an account in
 * the group, and is not silenced by what others do.
 */
static bool
may_log_failure(const struct peer *peer)
{
	const int64_t now_ms = clock_now_ms();
	struct quota **at = &peer->server->users, *quota = NULL;

	if (is_trusted(peer->uid))
		return true;
	while (*at != NULL) {
		struct quota *q = *at;

		if (q->uid == peer->uid) {
			quota = q;
		} else if (now_ms - q->since_ms >= LOGGED_MS) {
			*at = q->next;
			free(q);
			continue;
		}
		at = &q->next;
	}
	if (quota == NULL) {
		quota = calloc(1, sizeof(*quota));
		if (quota == NULL)
			return false;
		quota->uid = peer->uid;
		quota->since_ms = now_ms;
		quota->next = peer->server->users;
		peer->server->users = quota;
	}
	return quota_allows(quota, peer->request.user,
	    "too many failed logins of this user for the next seconds");
}

/* Refuse what PEER asks for, with a line in the log. */
static void
peer_refuse(struct peer *peer, const char *reason, const char *sentence,
    const char *remedy)
{
	struct fields fields = { 0 };
	char uid[16];

	snprintf(uid, sizeof(uid), "%lu", (unsigned long)peer->uid);
	if (may_log(peer))
		log_event(LOG_NOTICE, "refused", "uid", uid, "user",
		    peer->request.user[0] != '\0' ? peer->request.user : NULL,
		    "reason", reason, "remedy",
		    remedy[0] != '\0' ? remedy : NULL, "sshd_pid",
		    peer->sshd_pid[0] != '\0' ? peer->sshd_pid : NULL, NULL);
	/* whoever asked may wait for their end */
	socket_close_fds(&peer->request.fds);
	fields_add(&fields, "reason", reason);
	fields_add(&fields, "sentence", sentence);
	fields_add(&fields, "remedy", remedy);
	peer_answer(peer, FRAME_REFUSED, fields.text, fields.len);
	fields_free(&fields);
}

/* A share could not do what PEER asked for: log it. */
static void
log_share_refused(const struct peer *peer, const struct frame *answer)
{
	if (!may_log_failure(peer))
		return;
	log_event(LOG_WARNING, "login-failed", "user", peer->request.user,
	    "asked", job_name(peer->request.want), "remote",
	    peer->server->config->host, "reason", fields_get(answer, "reason"),
	    "detail", fields_get(answer, "detail"), "remedy",
	    fields_get(answer, "remedy"), "sshd_pid",
	    peer->sshd_pid[0] != '\0' ? peer->sshd_pid : NULL, "client",
	    peer->client[0] != '\0' ? peer->client : NULL, NULL);
}

/*
 * Anybody could be where PEER's session goes: have that said on its terminal,
 * by a field of the answer, and in the log.
 */
static void
warn_unchecked(const struct peer *peer, struct fields *answer)
{
	fields_add(answer, "warning",
	    "WARNING: the remote server's host key is not checked "
	    "(verify_host_key = no).");
	log_event(LOG_WARNING, "note", "user", peer->request.user, "about",
	    "host-key-unchecked", "detail",
	    "a session begins with verify_host_key = no", "remedy",
	    "put the remote's host key into known_hosts and remove "
	    "verify_host_key",
	    NULL);
}

/* PEER has got a session: remember where, and add the gateway's settings. */
static void
answer_session(struct peer *peer, const struct frame *answer)
{
	const struct config *config = peer->server->config;
	const char *host = fields_get(answer, "host");
	const char *port = fields_get(answer, "port");
	const char *key = fields_get(answer, "key");
	struct fields fields = { 0 };

	if (!mosh_answer_valid(answer)) {
		peer->session = false;
		peer_refuse(peer, "internal",
		    "The gateway's answer makes no sense.",
		    "a worker said what no worker says");
		return;
	}
	snprintf(peer->mosh_at, sizeof(peer->mosh_at),
	    strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s", host, port);
	fields_add(&fields, "host", host);
	fields_add(&fields, "port", port);
	fields_add(&fields, "key", key);
	fields_add(&fields, "predict", config->predict);
	fields_add(&fields, "escape_key", config->escape_key);
	fields_add(&fields, "title_prefix", config->title_prefix ? "1" : "0");
	peer->began_ms = clock_now_ms();
	log_event(LOG_INFO, "session", "user", peer->request.user, "remote",
	    config->host, "mosh", peer->mosh_at, "client",
	    peer->client[0] != '\0' ? peer->client : NULL, NULL);
	if (!config->verify_host_key)
		warn_unchecked(peer, &fields);
	if (fields.failed)
		peer->end_ms = 0;
	else
		peer_answer(peer, FRAME_OK, fields.text, fields.len);
	fields_free(&fields);
}

/* The command of PEER runs: tell it so. */
static void
relay_begun(struct peer *peer, const struct frame *answer)
{
	const struct config *config = peer->server->config;
	const bool refused = fields_get(answer, "no_terminal") != NULL;
	struct fields fields = { 0 };

	peer->running = true;
	peer->began_ms = clock_now_ms();
	log_event(LOG_INFO, "relay", "user", peer->request.user, "remote",
	    config->host, "terminal",
	    !peer->terminal ? NULL
		: refused   ? "refused"
			    : "yes",
	    "client", peer->client[0] != '\0' ? peer->client : NULL, NULL);
	if (peer->why != NULL)
		fields_add(&fields, "why", peer->why);
	if (refused)
		fields_add(&fields, "no_terminal", "1");
	if (!config->verify_host_key)
		warn_unchecked(peer, &fields);
	if (!frame_queue(&peer->out, FRAME_RUNNING, fields.text, fields.len) ||
	    !frame_flush(peer->fd, &peer->out))
		peer->end_ms = 0;
	fields_free(&fields);
}

/* The relay of PEER is over, with the ANSWER, or because PEER is gone. */
static void
log_relay_end(const struct peer *peer, const struct frame *answer)
{
	char duration[32];

	snprintf(duration, sizeof(duration), "%lld",
	    (long long)(clock_now_ms() - peer->began_ms) / 1000);
	log_event(LOG_INFO, "relay-end", "user", peer->request.user, "status",
	    answer != NULL ? fields_get(answer, "status") : NULL, "signal",
	    answer != NULL ? fields_get(answer, "signal") : NULL, "reason",
	    answer != NULL ? fields_get(answer, "reason") : "abandoned",
	    "detail", answer != NULL ? fields_get(answer, "detail") : NULL,
	    "duration_s", duration, NULL);
}

/* True if PEER's session may go over SSH instead. */
static bool
may_fall_back(const struct peer *peer)
{
	return peer->server->config->fallback && !peer->insists &&
	    peer->request.fds.count == FRAME_FDS;
}

/*
 * True if PEER, whose session mosh can't have for the REASON, gets it over SSH.
 * SENTENCE is static.
 */
static bool
fall_back(struct peer *peer, const char *reason, const char *sentence,
    const char *detail, const char *remedy)
{
	if (!may_fall_back(peer))
		return false;
	if (may_log_failure(peer))
		log_event(LOG_NOTICE, "fallback", "user", peer->request.user,
		    "remote", peer->server->config->host, "reason", reason,
		    "detail", detail, "remedy", remedy, NULL);
	peer->why = sentence;
	peer->session = false;
	peer->request.want = JOB_RELAY;
	return true;
}

/*
 * True if PEER, whom the remote has refused a mosh-server with ANSWER, gets a
 * session over SSH instead, for which the remote has been asked.
 */
static bool
fall_back_refused(struct peer *peer, const struct frame *answer)
{
	const char *reason = fields_get(answer, "reason");
	enum mosh_result result;

	if (!peer->session || reason == NULL ||
	    !mosh_find_reason(reason, &result) ||
	    !fall_back(peer, reason, mosh_sentence(result),
		fields_get(answer, "detail"), fields_get(answer, "remedy")))
		return false;
	shares_ask(peer->server->shares, &peer->request);
	return true;
}

/*
 * Sessions and UDP
 */

static const char udp_sentence[] =
    "UDP does not get through to the remote server, which mosh needs.";
static const char udp_remedy[] =
    "let UDP through to the ports on the remote that ports in [mosh] says, and "
    "back";

/* True if UDP is blocked, so that PEER gets its session over SSH. */
static bool
fall_back_blocked(struct peer *peer)
{
	return fall_back(peer, "udp-blocked", udp_sentence, NULL, udp_remedy);
}

/* True if PEER's session waits to be asked for until there is a verdict. */
static bool
waits_for_verdict(const struct peer *peer)
{
	return peer->state == PEER_WAITING && peer->session &&
	    peer->request.want == JOB_SESSION && !peer->request.started &&
	    !peer->request.at_once;
}

/* PEER, which has waited for a verdict, goes over SSH. */
static void
go_over_ssh(struct peer *peer)
{
	struct shares *shares = peer->server->shares;

	if (!fall_back_blocked(peer))
		return;
	shares_forget(shares, &peer->request);
	shares_ask(shares, &peer->request);
}

static void end_check(struct peer *peer);

/*
 * The check of PEER has had a mosh-server started, which ANSWER tells of.  Try
 * UDP with it; false if that isn't to be.
 */
static bool
check_udp(struct peer *peer, const struct frame *answer)
{
	struct reach *udp = peer->server->udp;
	const int64_t now_ms = clock_now_ms();

	if (peer->request.mark[0] == '\0' || !mosh_answer_valid(answer) ||
	    !reach_idle(udp) ||
	    !mosh_port_wanted(peer->server->config, fields_get(answer, "port")))
		return false;
	peer->tries_udp = true;
	reach_begin(udp, peer->request.user, peer->request.mark, now_ms);
	reach_try(udp, peer->request.mark, fields_get(answer, "host"),
	    fields_get(answer, "port"), fields_get(answer, "key"), now_ms);
	/* by which it has just told */
	reach_alive(udp);
	return true;
}

/* Tell PEER, whose check it is, a step that was made here: "1", "0", "warn". */
static void
tell_step(struct peer *peer, const char *step, const char *ok, const char *text,
    const char *remedy)
{
	struct fields fields = { 0 };

	fields_add(&fields, "step", step);
	fields_add(&fields, "ok", ok);
	fields_add(&fields, "text", text);
	fields_add(&fields, "remedy", remedy);
	if (fields.failed ||
	    !frame_queue(&peer->out, FRAME_STEP, fields.text, fields.len) ||
	    !frame_flush(peer->fd, &peer->out))
		peer->end_ms = 0;
	fields_free(&fields);
}

/* PEER, whose check has tried UDP, has the VERDICT. */
static void
take_check_verdict(struct peer *peer, enum reach_verdict verdict)
{
	peer->tries_udp = false;
	if (verdict == REACH_GOOD)
		tell_step(peer, "UDP", "1", "it gets through, and back", "");
	else if (verdict == REACH_BAD)
		tell_step(peer, "UDP",
		    peer->server->config->fallback ? "warn" : "0",
		    peer->server->config->fallback
			? "it does not get through: sessions go over SSH"
			: udp_sentence,
		    udp_remedy);
	else
		tell_step(peer, "UDP", "warn", "mosh-client does not tell",
		    "check again, or see the log: journalctl -t "
		    "moshgate-helper");
	if (verdict == REACH_BAD && !peer->server->config->fallback)
		peer_answer(peer, FRAME_REFUSED, NULL, 0);
	else
		end_check(peer);
}

/* A trial of UDP is over: go on with the sessions that have waited for it. */
static void
take_verdict(struct server *server)
{
	const enum reach_verdict verdict = reach_now(server->udp,
	    clock_now_ms());

	for (struct peer *p = server->peers; p != NULL; p = p->next) {
		if (p->tries_udp)
			take_check_verdict(p, verdict);
		else if (verdict == REACH_BAD && waits_for_verdict(p))
			go_over_ssh(p);
	}
	shares_resume(server->shares);
}

/* What time does to those sessions; returns when it does more. */
static int64_t
tick_verdict(struct server *server, int64_t now_ms)
{
	int64_t next_ms = reach_tick(server->udp, now_ms);
	struct reach_trial trial;

	if (reach_news(server->udp))
		take_verdict(server);
	if (reach_now(server->udp, now_ms) != REACH_WAIT ||
	    !reach_trying(server->udp, &trial))
		return next_ms;
	for (struct peer *p = server->peers; p != NULL; p = p->next) {
		int64_t at_ms = p->asked_ms > trial.began_ms ? p->asked_ms
							     : trial.began_ms;

		if (!waits_for_verdict(p))
			continue;
		at_ms += VERDICT_MS;
		if (now_ms >= at_ms) {
			p->request.at_once = true;
			shares_resume(server->shares);
		} else if (at_ms < next_ms) {
			next_ms = at_ms;
		}
	}
	return next_ms;
}

/*
 * The remote
 */

/* Have the banner say what is known of the remote. */
static void
update_banner(struct server *server)
{
	const bool down = limits_down(server->limits);

	if (down == server->banner)
		return;
	server->banner = down;
	if (!banner_show(down))
		log_event(LOG_WARNING, "note", "about", "banner", "detail",
		    strerror(errno), "remedy",
		    "let root make " BANNER_PATH
		    ", for group _moshgate to write: systemd-tmpfiles --create",
		    NULL);
}

/* A share tells how a connection fared. */
static void
remote_told(void *context, bool reached, const char *reason, const char *detail)
{
	struct server *server = context;

	if (!limits_remote(server->limits, reached, clock_now_ms()))
		return;
	if (reached)
		log_event(LOG_NOTICE, "remote-up", "remote",
		    server->config->host, NULL);
	else
		log_event(LOG_WARNING, "remote-down", "remote",
		    server->config->host, "reason", reason, "detail", detail,
		    NULL);
	update_banner(server);
}

/* See whether the remote is back, if it was gone. */
static int64_t
tick_remote(struct server *server, int64_t now_ms)
{
	int64_t next_ms;

	if (limits_probe(server->limits, now_ms, &next_ms) &&
	    !server->probing) {
		server->probing = true;
		server->probe = (struct share_request){ .want = JOB_PROBE,
			.user = PROBE_NAME,
			.asker = server };
		shares_ask(server->shares, &server->probe);
	}
	update_banner(server);
	return next_ms;
}

/* True if sshd waits for keys of the remote's for PEER. */
static bool
waits_for_keys(const struct peer *peer)
{
	return peer->state == PEER_WAITING && peer->asked.type == FRAME_KEYS;
}

/*
 * When the remote, if it says nothing until then, has been silent for too long;
 * INT64_MAX if nobody waits for keys.
 */
static int64_t
silent_from_ms(const struct server *server)
{
	int64_t from_ms = INT64_MAX;

	for (const struct peer *p = server->peers; p != NULL; p = p->next) {
		if (!waits_for_keys(p))
			continue;
		if (limits_down(server->limits))
			return INT64_MIN;
		if (!limits_reached_since(server->limits, p->asked_ms) &&
		    p->asked_ms + SILENT_MS < from_ms)
			from_ms = p->asked_ms + SILENT_MS;
	}
	return from_ms;
}

static void
refuse_keys(struct peer *peer)
{
	struct fields fields = { 0 };
	struct frame refusal;

	shares_forget(peer->server->shares, &peer->request);
	fields_add(&fields, "reason", "busy");
	fields_add(&fields, "sentence",
	    "The remote server does not answer; try again in a minute.");
	fields_add(&fields, "detail",
	    "others wait for the remote already, which does not answer");
	fields_add(&fields, "remedy", "check the link to the remote");
	refusal = (struct frame){ .type = FRAME_REFUSED,
		.body = fields.text,
		.len = fields.len };
	if (!fields.failed)
		log_share_refused(peer, &refusal);
	peer_answer(peer, FRAME_REFUSED, fields.text, fields.len);
	fields_free(&fields);
}

/*
 * While the remote is silent, have no more than a few wait for it: those who
 * have done so for longest.  Returns when to look again.
 */
static int64_t
tick_waiting(struct server *server, int64_t now_ms)
{
	const int64_t from_ms = silent_from_ms(server);
	size_t waiting = 0;

	if (from_ms > now_ms)
		return from_ms;
	for (const struct peer *p = server->peers; p != NULL; p = p->next)
		waiting += waits_for_keys(p);
	/* new ones are put in front */
	for (struct peer *p = server->peers;
	     p != NULL && waiting > SILENT_WAITING_MAX; p = p->next) {
		if (waits_for_keys(p)) {
			refuse_keys(p);
			waiting--;
		}
	}
	return INT64_MAX;
}

/* The shares' answer to a request. */
static void
answered(struct share_request *request, enum frame_type type, const char *body,
    size_t len)
{
	char empty[1] = "";
	struct peer *peer = request->asker;
	/* only read from, and for the time of this call */
	struct frame answer = { .type = type,
		.body = body != NULL ? (char *)(uintptr_t)body : empty,
		.len = len };

	if (request->want == JOB_LOOKUP) {
		lookups_answered(request, type, &answer);
		return;
	}
	if (request->want == JOB_PROBE) {
		struct server *server = request->asker;

		server->probing = false;
		return;
	}
	if (type == FRAME_RUNNING) {
		relay_begun(peer, &answer);
		return;
	}
	if (type == FRAME_STEP) {
		if (!frame_queue(&peer->out, type, body, len) ||
		    !frame_flush(peer->fd, &peer->out))
			peer->end_ms = 0;
		return;
	}
	if (peer->running) {
		log_relay_end(peer, &answer);
		peer->running = false;
	} else if (type == FRAME_REFUSED) {
		if (fall_back_refused(peer, &answer))
			return;
		log_share_refused(peer, &answer);
	}
	/* of no use for mosh, or with whoever had asked for a relay */
	socket_close_fds(&peer->request.fds);
	if (type == FRAME_OK && peer->session)
		answer_session(peer, &answer);
	else if (type != FRAME_OK || request->want != JOB_CHECK)
		peer_answer(peer, type, body, len);
	else if (!check_udp(peer, &answer))
		end_check(peer);
}

/*
 * Who may ask
 */

/* True if the account NAME, of group GID, is one of the gateway's users. */
static bool
is_gateway_user(const char *name, gid_t gid)
{
	const struct group *group = getgrnam(SERVER_GROUP);
	gid_t groups[GROUPS_MAX], wanted;
	int count = GROUPS_MAX;

	if (group == NULL)
		return false;
	wanted = group->gr_gid;
	if (getgrouplist(name, gid, groups, &count) < 0)
		return false;
	for (int i = 0; i < count; i++) {
		if (groups[i] == wanted)
			return true;
	}
	return false;
}

/* True if NAME, to the letter, is what UID is called. */
static bool
is_name_of_uid(const char *name, uid_t uid)
{
	const struct passwd *account = getpwuid(uid);

	return account != NULL && strcmp(account->pw_name, name) == 0;
}

/*
 * True if ACCOUNT (NULL if there is none) may go to the remote; else PEER is
 * refused.  The name of the account is the one of the peer's request.
 */
static bool
may_go(struct peer *peer, const struct passwd *account)
{
	static const char sentence[] =
	    "This account does not go to the remote server.";
	const char *name = peer->request.user;
	bool has_shell;
	uid_t uid;
	gid_t gid;

	if (account == NULL) {
		peer_refuse(peer, "no-account", sentence,
		    users_find(peer->server->known, name, &uid)
			? "the user is known, but the name service says "
			  "otherwise: moshgate check tells why"
			: "the user has no account on the gateway");
		return false;
	}
	uid = account->pw_uid;
	gid = account->pw_gid;
	/* sshd hands a forced command to the login shell, which must be ours */
	has_shell = peer->server->config->forced_commands != AUTHKEYS_HONOR ||
	    strcmp(account->pw_shell, SESSION_SHELL) == 0;
	if (uid == 0) {
		peer_refuse(peer, "root", sentence,
		    "root never goes to the remote: see that sshd asks "
		    "moshgate-keys only in Match Group " SERVER_GROUP);
	} else if (!username_valid(account->pw_name)) {
		peer_refuse(peer, "bad-name", sentence,
		    "the user's name may not be one on the remote");
	} else if (strcmp(account->pw_name, name) != 0 ||
	    !is_name_of_uid(name, uid)) {
		peer_refuse(peer, "shared-uid", sentence,
		    "the uid says who a user is: give each account its own");
	} else if (!is_gateway_user(name, gid)) {
		peer_refuse(peer, "not-in-group", sentence,
		    "to let this account go to the remote, put it in the "
		    "group " SERVER_GROUP);
	} else if (!has_shell) {
		peer_refuse(peer, "other-shell", sentence,
		    "with forced_commands = honor the login shell of the "
		    "gateway's users must be " SESSION_SHELL);
	} else if (!config_wants_user(peer->server->config, name)) {
		peer_refuse(peer, "not-wanted", sentence,
		    "the setting users in [clients] excludes this name");
	} else {
		return true;
	}
	return false;
}

/*
 * Requests
 */

/* Take the field NAME of the request into OUT, if it has nothing odd in it. */
static void
take_word(const struct frame *asked, const char *name, char *out, size_t size)
{
	static const char allowed[] = "0123456789abcdefABCDEF.:%-"
				      "ghijklmnopqrstuvwxyz";
	const char *value = fields_get(asked, name);

	out[0] = '\0';
	if (value != NULL && strlen(value) < size &&
	    value[strspn(value, allowed)] == '\0')
		memcpy(out, value, strlen(value) + 1);
}

/* Answer with the keys in LEN bytes at TEXT, a file of the gateway's. */
static void
answer_keys_in(struct peer *peer, const char *text, size_t len)
{
	struct authkeys_report report;
	size_t filtered_len;
	char *filtered;

	filtered = authkeys_filter(text, len,
	    signer_public(peer->server->signer), SSHKEY_ED25519_BLOB_BYTES,
	    (enum authkeys_forced)peer->server->config->forced_commands,
	    &filtered_len, &report);
	if (filtered == NULL) {
		peer_refuse(peer, "internal", "Out of memory.", "");
		return;
	}
	if (report.note[0] != '\0')
		log_event(LOG_NOTICE, "note", "user", peer->request.user,
		    "about", "authorized-keys", "detail", report.note, "remedy",
		    "such lines cannot be honoured through the gateway, see "
		    "moshgate-keys(8)",
		    NULL);
	peer_answer(peer, FRAME_TEXT, filtered, filtered_len);
	free(filtered);
}

/* Answer with the keys of [clients] authorized_keys, or of its content. */
static void
answer_file_keys(struct peer *peer)
{
	const struct config *config = peer->server->config;
	const char *content = config->authorized_keys_content;
	char fault[FILE_FAULT_BYTES];
	struct file file;

	if (config->authorized_keys[0] == '\0') {
		answer_keys_in(peer, content, strlen(content));
		return;
	}
	if (file_read_public(config->authorized_keys, 0, AUTHKEYS_MAX_BYTES,
		&file, fault)) {
		answer_keys_in(peer, file.text, file.len);
	} else {
		log_event(LOG_ERR, "note", "user", peer->request.user, "about",
		    "authorized-keys-file", "detail", fault, NULL);
		peer_refuse(peer, "authorized-keys-file",
		    "The gateway's file of keys cannot be used.",
		    "mend the file that authorized_keys in [clients] names");
	}
	file_free(&file);
}

/*
 * True if it is for the same NAME and sshd that somebody was logged as unknown
 * last; from now on it is this one.
 */
static bool
is_last_unknown(struct server *server, const char *name, const char *sshd_pid)
{
	const bool last = sshd_pid[0] != '\0' &&
	    strcmp(server->unknown_name, name) == 0 &&
	    strcmp(server->unknown_pid, sshd_pid) == 0;

	snprintf(server->unknown_name, sizeof(server->unknown_name), "%s",
	    name);
	snprintf(server->unknown_pid, sizeof(server->unknown_pid), "%s",
	    sshd_pid);
	return last;
}

/* The answer to what sshd has asked by the name service. */
static void
looked_up(struct lookup_request *request, uid_t uid,
    const struct lookup_refusal *refusal)
{
	struct peer *peer = request->asker;
	struct fields fields = { 0 };

	if (refusal == NULL) {
		fields_add_number(&fields, "uid", (long long)uid);
		peer_answer(peer, FRAME_OK, fields.text, fields.len);
		fields_free(&fields);
		return;
	}
	/* sshd asks twice for each login */
	if (!is_last_unknown(peer->server, request->name, peer->sshd_pid) &&
	    quota_allows(&peer->server->unknown, NULL,
		"too many unknown users for the next seconds"))
		log_event(LOG_INFO, "unknown-user", "user", request->name,
		    "reason", refusal->reason, "detail", refusal->detail,
		    "remedy", refusal->remedy, "sshd_pid",
		    peer->sshd_pid[0] != '\0' ? peer->sshd_pid : NULL, NULL);
	fields_add(&fields, "reason", refusal->reason);
	fields_add(&fields, "sentence",
	    "The gateway does not ask the remote server for this name.");
	fields_add(&fields, "remedy",
	    refusal->remedy != NULL ? refusal->remedy : "");
	peer_answer(peer, FRAME_REFUSED, fields.text, fields.len);
	fields_free(&fields);
}

/* The name service, inside sshd, asks who a user is. */
static void
ask_lookup(struct peer *peer)
{
	static const struct lookup_refusal bad_name = { .reason = "bad-name",
		.remedy = "no user can have that name" };
	const char *name = fields_get(&peer->asked, "name");

	take_word(&peer->asked, "sshd_pid", peer->sshd_pid,
	    sizeof(peer->sshd_pid));
	if (peer->uid != 0) {
		peer_refuse(peer, "not-root", "Only root may ask that.", "");
		return;
	}
	peer->lookup.asker = peer;
	if (name == NULL || !username_valid(name)) {
		looked_up(&peer->lookup, 0, &bad_name);
		return;
	}
	snprintf(peer->lookup.name, sizeof(peer->lookup.name), "%s", name);
	lookups_ask(peer->server->lookups, &peer->lookup);
	/* so that whoever asks knows that this is no dead socket */
	if (peer->state == PEER_WAITING &&
	    (!frame_queue(&peer->out, FRAME_TAKEN, NULL, 0) ||
		!frame_flush(peer->fd, &peer->out)))
		peer->end_ms = 0;
}

/* sshd has moshgate-keys ask which keys may log in as a user. */
static void
ask_keys(struct peer *peer)
{
	const char *user = fields_get(&peer->asked, "user");
	const char *type = fields_get(&peer->asked, "type");
	const char *blob = fields_get(&peer->asked, "blob");
	const struct config *config = peer->server->config;
	char line[FRAME_REQUEST_MAX_BYTES];

	take_word(&peer->asked, "sshd_pid", peer->sshd_pid,
	    sizeof(peer->sshd_pid));
	if (peer->uid != 0 && peer->uid != geteuid()) {
		peer_refuse(peer, "not-sshd", "Only sshd may ask for keys.",
		    "AuthorizedKeysCommandUser must be _moshgate");
		return;
	}
	if (user == NULL || !username_valid(user)) {
		peer_refuse(peer, "bad-name", "That is no user name.", "");
		return;
	}
	memcpy(peer->request.user, user, strlen(user) + 1);
	/* also for those who are in what is left of the map */
	users_refresh(peer->server->known);
	if (!may_go(peer, getpwnam(user)))
		return;
	if (config->keys == CONFIG_KEYS_FILE) {
		answer_file_keys(peer);
	} else if (config->keys == CONFIG_KEYS_ANY) {
		if (type == NULL || blob == NULL ||
		    !authkeys_offered(type, blob,
			(enum authkeys_forced)config->forced_commands, line,
			sizeof(line)))
			peer_refuse(peer, "not-a-key", "That is no key.",
			    "the drop-in must give moshgate-keys %u %t %k");
		else
			peer_answer(peer, FRAME_TEXT, line, strlen(line));
	} else {
		peer->request.want = JOB_KEYS;
		limits_wanted(peer->server->limits, clock_now_ms());
		shares_ask(peer->server->shares, &peer->request);
	}
}

/*
 * True if this gateway carries what PEER's session wants; else it is refused.
 * How sshd called moshgate-session is "via": as the ForceCommand of its
 * configuration, or as the login shell, with what a key forces, if it does.
 */
static bool
may_run(struct peer *peer)
{
	const bool honor = peer->server->config->forced_commands ==
	    AUTHKEYS_HONOR;
	const char *via = fields_get(&peer->asked, "via");
	const struct frame_fds *fds = &peer->request.fds;

	if ((fds->count != FRAME_FDS && !(peer->session && fds->count == 0)) ||
	    !socket_streams(fds)) {
		peer_refuse(peer, "malformed", "That is no request.", "");
	} else if (honor && (via == NULL || strcmp(via, "shell") != 0)) {
		peer_refuse(peer, "force-command",
		    "This gateway's settings contradict each other; the "
		    "administrator must look into it.",
		    "say ForceCommand none in Match Group " SERVER_GROUP
		    " of sshd's configuration, or take forced_commands = honor "
		    "out of moshgate.ini");
	} else {
		return true;
	}
	return false;
}

/*
 * True if sshd let PEER in by the name that its uid has now; else it is refused.
 * There may have been another in the user map, before it was mended.
 */
static bool
has_kept_name(struct peer *peer)
{
	const char *login = fields_get(&peer->asked, "login");

	if (login == NULL || strcmp(login, peer->request.user) == 0)
		return true;
	peer_refuse(peer, "other-uid",
	    "This account has just got another uid; please log in again.",
	    "the user map has been mended since sshd read it: the next login "
	    "goes");
	return false;
}

/*
 * Choose between mosh and SSH for PEER's session, as far as that can be done
 * before the remote is asked.  False if it gets none: it is refused then.
 */
static bool
choose_way(struct peer *peer)
{
	static const struct {
		const char *what, *reason, *sentence, *remedy;
	} unfit[] = { { "terminal", "dumb-terminal",
			  "mosh cannot use a dumb terminal (TERM=dumb).", "" },
		{ "locale", "gateway-locale",
		    "This gateway has no UTF-8 locale, which mosh needs.",
		    "install the locale C.UTF-8 or another one in UTF-8 on "
		    "the gateway" } };
	const char *way = fields_get(&peer->asked, "way");
	const char *what = fields_get(&peer->asked, "unfit");

	peer->insists = way != NULL && strcmp(way, "mosh") == 0;
	peer->request.want = peer->session ? JOB_SESSION : JOB_RELAY;
	if (peer->session && peer->request.fds.count > 0 && way != NULL &&
	    strcmp(way, "ssh") == 0) {
		peer->why = "MOSHGATE=ssh asks for it.";
		peer->session = false;
		peer->request.want = JOB_RELAY;
	}
	for (size_t i = 0; peer->session && what != NULL &&
	     i < sizeof(unfit) / sizeof(unfit[0]);
	     i++) {
		if (strcmp(what, unfit[i].what) != 0 ||
		    fall_back(peer, unfit[i].reason, unfit[i].sentence, NULL,
			unfit[i].remedy))
			continue;
		peer_refuse(peer, unfit[i].reason, unfit[i].sentence,
		    unfit[i].remedy);
		return false;
	}
	peer->request.at_once = !may_fall_back(peer);
	if (peer->session &&
	    reach_now(peer->server->udp, clock_now_ms()) == REACH_BAD)
		fall_back_blocked(peer);
	return true;
}

/*
 * moshgate-session asks for a mosh-server or, without a terminal, for a relay.
 * Who it is the kernel says.
 */
static void
ask_session(struct peer *peer)
{
	const struct passwd *account = getpwuid(peer->uid);

	take_word(&peer->asked, "client", peer->client, sizeof(peer->client));
	if (account != NULL && username_valid(account->pw_name))
		memcpy(peer->request.user, account->pw_name,
		    strlen(account->pw_name) + 1);
	peer->terminal = fields_get(&peer->asked, "terminal") != NULL;
	/* until it turns out that it is not to be, or can't be */
	peer->session = peer->terminal;
	if (!may_go(peer, account) || !has_kept_name(peer) || !may_run(peer) ||
	    !choose_way(peer))
		return;
	limits_wanted(peer->server->limits, clock_now_ms());
	shares_ask(peer->server->shares, &peer->request);
}

/* True if the remote may be asked for the user of PEER's check. */
static bool
may_be_user(struct peer *peer)
{
	peer->lookup.asker = peer;
	snprintf(peer->lookup.name, sizeof(peer->lookup.name), "%s",
	    peer->request.user);
	return lookups_allow(peer->server->lookups, &peer->lookup);
}

/* The check of a user without an account went well: so there is one now. */
static void
admit_checked(struct peer *peer)
{
	struct lookup_refusal refusal = { 0 };
	char text[64];
	uid_t uid = 0;
	bool admitted;

	admitted = lookups_admit(peer->server->lookups, peer->request.user,
	    &uid, &refusal);
	snprintf(text, sizeof(text), "the uid is %lu", (unsigned long)uid);
	if (!admitted && refusal.detail == NULL)
		refusal.detail = refusal.reason;
	tell_step(peer, "user map", admitted ? "1" : "0",
	    admitted ? text : refusal.detail,
	    refusal.remedy != NULL ? refusal.remedy : "");
	peer_answer(peer, admitted ? FRAME_OK : FRAME_REFUSED, NULL, 0);
}

/* All the steps of PEER's check went well. */
static void
end_check(struct peer *peer)
{
	if (peer->request.unknown)
		admit_checked(peer);
	else
		peer_answer(peer, FRAME_OK, NULL, 0);
}

static void
ask_check(struct peer *peer)
{
	const char *user = fields_get(&peer->asked, "user");
	const struct passwd *account;

	if (peer->uid != 0) {
		peer_refuse(peer, "not-root", "Only root may ask that.", "");
		return;
	}
	if (user == NULL || !username_valid(user)) {
		peer_refuse(peer, "bad-name", "That is no user name.", "");
		return;
	}
	memcpy(peer->request.user, user, strlen(user) + 1);
	account = getpwnam(user);
	peer->request.unknown = account == NULL;
	if (account == NULL ? !may_be_user(peer) : !may_go(peer, account))
		return;
	peer->request.want = JOB_CHECK;
	if (reach_idle(peer->server->udp))
		reach_make_mark(peer->request.mark);
	shares_ask(peer->server->shares, &peer->request);
}

static void
print_age(FILE *out, int64_t age_ms)
{
	const int64_t s = age_ms / 1000;

	fprintf(out, "%lld:%02lld:%02lld", (long long)(s / 3600),
	    (long long)(s / 60 % 60), (long long)(s % 60));
}

static void
print_share(void *context, const struct share_status *status)
{
	FILE *out = context;

	fprintf(out, "connection\t%s\t%s\t", status->user, status->state);
	if (status->age_ms >= 0)
		print_age(out, status->age_ms);
	else
		fputc('-', out);
	fputc('\n', out);
}

/* Lines of "session" and "connection", with tabs between their fields. */
static void
ask_status(struct peer *peer)
{
	const int64_t now_ms = clock_now_ms();
	char *text = NULL;
	size_t len = 0;
	FILE *out;

	if (peer->uid != 0) {
		peer_refuse(peer, "not-root", "Only root may ask that.", "");
		return;
	}
	out = open_memstream(&text, &len);
	if (out == NULL) {
		peer_refuse(peer, "internal", "Out of memory.", "");
		return;
	}
	if (reach_now(peer->server->udp, now_ms) == REACH_BAD)
		fprintf(out, "remote\t%s\tUDP blocked\t-\n",
		    peer->server->config->host);
	if (limits_down(peer->server->limits))
		fprintf(out, "remote\t%s\tout of reach\t-\n",
		    peer->server->config->host);
	for (struct peer *p = peer->server->peers; p != NULL; p = p->next) {
		const bool over_ssh = p->running && p->terminal;

		if (p->state != PEER_SESSION && !over_ssh)
			continue;
		fprintf(out, "session\t%s\t%s\t", p->request.user,
		    over_ssh ? "ssh" : p->mosh_at);
		print_age(out, now_ms - p->began_ms);
		fputc('\n', out);
	}
	shares_each(peer->server->shares, now_ms, print_share, out);
	if (fclose(out) != 0 || len > FRAME_ANSWER_MAX_BYTES)
		peer_refuse(peer, "internal", "Out of memory.", "");
	else
		peer_answer(peer, FRAME_TEXT, text, len);
	free(text);
}

static void
peer_asked(struct peer *peer)
{
	peer->state = PEER_WAITING;
	peer->end_ms = INT64_MAX;
	peer->asked_ms = clock_now_ms();
	peer->request.asked = &peer->asked;
	peer->request.asker = peer;
	if (!fields_wellformed(&peer->asked)) {
		peer_refuse(peer, "malformed", "That is no request.", "");
		return;
	}
	if (peer->asked.type != FRAME_SESSION)
		socket_close_fds(&peer->request.fds);
	switch (peer->asked.type) {
	case FRAME_KEYS:
		ask_keys(peer);
		break;
	case FRAME_SESSION:
		ask_session(peer);
		break;
	case FRAME_CHECK:
		ask_check(peer);
		break;
	case FRAME_STATUS:
		ask_status(peer);
		break;
	case FRAME_LOOKUP:
		ask_lookup(peer);
		break;
	default:
		peer_refuse(peer, "unknown-request",
		    "The helper does not know this request.",
		    "restart the helper: it is of another version");
		break;
	}
}

/*
 * Connections
 */

static void
log_session_end(const struct peer *peer)
{
	char duration[32];

	snprintf(duration, sizeof(duration), "%lld",
	    (long long)(clock_now_ms() - peer->began_ms) / 1000);
	log_event(LOG_INFO, "session-end", "user", peer->request.user, "mosh",
	    peer->mosh_at, "duration_s", duration, NULL);
}

/* Close PEER and free it. */
static void
peer_close(struct server *server, struct peer *peer)
{
	if (peer->state == PEER_SESSION && !server->over)
		log_session_end(peer);
	if (peer->state == PEER_WAITING)
		shares_forget(server->shares, &peer->request);
	lookups_forget(&peer->lookup);
	for (struct peer **at = &server->peers; *at != NULL;
	     at = &(*at)->next) {
		if (*at == peer) {
			*at = peer->next;
			break;
		}
	}
	if (peer->running && !server->over)
		log_relay_end(peer, NULL);
	socket_close(peer->fd);
	socket_close_fds(&peer->request.fds);
	frame_in_reset(&peer->in);
	frame_out_reset(&peer->out);
	frame_free(&peer->asked);
	free(peer);
}

static void
log_malformed(const struct peer *peer, const char *detail)
{
	char uid[16];

	if (!may_log(peer))
		return;
	snprintf(uid, sizeof(uid), "%lu", (unsigned long)peer->uid);
	log_event(LOG_NOTICE, "malformed", "uid", uid, "detail", detail, NULL);
}

/* Read what PEER sends: its request, and nothing after it. */
static void
peer_read(struct peer *peer)
{
	char byte;

	if (peer->state != PEER_ASKING) {
		if (recv(peer->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
		    (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
			peer->end_ms = 0;
		return;
	}
	switch (frame_read(peer->fd, &peer->in, &peer->asked)) {
	case FRAME_AGAIN:
		return;
	case FRAME_COMPLETE:
		peer_asked(peer);
		return;
	case FRAME_OTHER_VERSION:
		peer_refuse(peer, "version",
		    "The gateway is being upgraded; try again in a minute.",
		    "restart the helper: it is of another version");
		return;
	case FRAME_CLOSED:
		break;
	case FRAME_DESCRIPTORS:
		log_malformed(peer,
		    "a local process sent descriptors with its request");
		break;
	default:
		log_malformed(peer, "a local process sent what is no request");
		break;
	}
	peer->end_ms = 0;
}

static size_t
count_peers(const struct server *server, uid_t uid)
{
	size_t count = 0;

	for (struct peer *p = server->peers; p != NULL; p = p->next)
		count += p->uid == uid;
	return count;
}

/*
 * Keep the number of local users who have not asked for anything yet within
 * bounds: the one who has been at it for longest is cut off.  A shim asks at
 * once.
 */
static void
make_asking_room(struct server *server)
{
	struct peer *oldest = NULL;
	size_t count = 0;

	for (struct peer *p = server->peers; p != NULL; p = p->next) {
		if (p->state != PEER_ASKING || is_trusted(p->uid))
			continue;
		count++;
		oldest = p; /* new ones are put in front */
	}
	if (count >= ASKING_MAX)
		peer_close(server, oldest);
}

/* Take one who has connected.  False if there is none, or no room. */
static bool
accept_peer(struct server *server)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	struct peer *peer;
	bool too_many;
	int fd;

	fd = accept4(server->listen_fd, NULL, NULL,
	    SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
			server->accept_ms = clock_now_ms() + ACCEPT_PAUSE_MS;
		return false;
	}
	socket_guard(fd);
	peer = calloc(1, sizeof(*peer));
	if (peer == NULL ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0) {
		free(peer);
		socket_close(fd);
		return false;
	}
	too_many = !is_trusted(cred.uid) &&
	    count_peers(server, cred.uid) >= PEERS_PER_UID_MAX;
	make_asking_room(server);
	peer->server = server;
	peer->fd = fd;
	peer->uid = cred.uid;
	peer->in.limit_bytes = FRAME_REQUEST_MAX_BYTES;
	peer->in.fds = &peer->request.fds;
	peer->end_ms = clock_now_ms() + REQUEST_MS;
	peer->next = server->peers;
	server->peers = peer;
	if (too_many)
		peer_refuse(peer, "too-many",
		    "You have too many sessions on this gateway.", "");
	return true;
}

/* So many at a time that a flood of them is no queue for the others. */
static void
accept_peers(struct server *server)
{
	for (int i = 0; i < ACCEPTS_PER_TURN && accept_peer(server); i++)
		continue;
}

/* Close those whose time is over.  Returns when the next one's will be. */
static int64_t
tick_peers(struct server *server, int64_t now_ms)
{
	int64_t next_ms = INT64_MAX;
	struct peer *peer, *next;

	for (peer = server->peers; peer != NULL; peer = next) {
		next = peer->next;
		if (peer->end_ms <= now_ms ||
		    (peer->state == PEER_ANSWERING && peer->out.len == 0))
			peer_close(server, peer);
		else if (peer->end_ms < next_ms)
			next_ms = peer->end_ms;
	}
	return next_ms;
}

/*
 * Signals
 */

static void
configure_lookups(struct server *server, const struct config *config)
{
	char error[CONFIG_ERROR_BYTES];

	if (!lookups_configure(server->lookups, config, error))
		log_event(LOG_ERR, "note", "about", "reserved-names", "detail",
		    error, "remedy",
		    "install moshgate anew; until then no new user gets in",
		    NULL);
}

static void
reload(struct server *server)
{
	char error[CONFIG_ERROR_BYTES];
	struct config *config = config_read(server->config_path, error);
	struct signer *signer = NULL;

	if (config != NULL)
		signer = signer_open(config, error);
	if (signer == NULL) {
		log_event(LOG_ERR, "reload-failed", "detail", error, "remedy",
		    "mend the file and reload again; until then the old "
		    "configuration holds",
		    NULL);
		config_free(config);
		return;
	}
	reach_configure(server->udp, config);
	shares_configure(server->shares, config, signer);
	configure_lookups(server, config);
	users_refresh(server->known);
	config_free(server->config);
	signer_close(server->signer);
	server->config = config;
	server->signer = signer;
	log_event(LOG_NOTICE, "reload", "remote", config->host, "key",
	    signer_fingerprint(signer), NULL);
}

static void
take_signals(struct server *server)
{
	struct signalfd_siginfo info;

	while (read(server->signal_fd, &info, sizeof(info)) ==
	    (ssize_t)sizeof(info)) {
		pid_t pid;

		switch (info.ssi_signo) {
		case SIGHUP:
			if (!server->leaving)
				reload(server);
			break;
		case SIGCHLD:
			while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
				shares_reap(server->shares, pid);
			break;
		default:
			server->over = true;
			break;
		}
	}
}

static int
open_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/*
 * The loop
 */

static struct peer *
find_peer(const struct server *server, int fd)
{
	for (struct peer *p = server->peers; p != NULL; p = p->next) {
		if (p->fd == fd)
			return p;
	}
	return NULL;
}

/* Do what the polled COUNT descriptors of peers at FDS call for. */
static void
peers_polled(struct server *server, const struct pollfd *fds, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct peer *peer;

		if (fds[i].revents == 0)
			continue;
		peer = find_peer(server, fds[i].fd);
		if (peer == NULL)
			continue;
		if ((fds[i].revents & POLLOUT) != 0 &&
		    !frame_flush(peer->fd, &peer->out))
			peer->end_ms = 0;
		if ((fds[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
			peer_read(peer);
	}
}

static size_t
poll_peers(const struct server *server, struct pollfd *fds)
{
	size_t count = 0;

	for (struct peer *p = server->peers; p != NULL; p = p->next) {
		fds[count++] = (struct pollfd){ .fd = p->fd,
			.events = (short)(p->out.len > 0 ? POLLIN | POLLOUT
							 : POLLIN) };
	}
	return count;
}

static int
milliseconds_until(int64_t at_ms)
{
	const int64_t left_ms = at_ms - clock_now_ms();

	if (at_ms == INT64_MAX)
		return -1;
	if (left_ms < 0)
		return 0;
	return left_ms < INT_MAX ? (int)left_ms : INT_MAX;
}

/* What time does to those who wait for the remote; returns when it does more. */
static int64_t
tick_questions(struct server *server, int64_t now_ms)
{
	int64_t next_ms, at_ms;

	if (server->leaving)
		return INT64_MAX;
	next_ms = lookups_tick(server->lookups, now_ms);
	at_ms = tick_remote(server, now_ms);
	if (at_ms < next_ms)
		next_ms = at_ms;
	at_ms = tick_waiting(server, now_ms);
	if (at_ms < next_ms)
		next_ms = at_ms;
	at_ms = tick_verdict(server, now_ms);
	return at_ms < next_ms ? at_ms : next_ms;
}

/* Wait for something to happen, and do what it calls for. */
static bool
turn(struct server *server)
{
	const int64_t now_ms = clock_now_ms();
	int64_t next_ms = tick_peers(server, now_ms), at_ms;
	const bool accepting = now_ms >= server->accept_ms;
	size_t peers = 0, workers;
	struct pollfd *fds;

	at_ms = tick_questions(server, now_ms);
	if (at_ms < next_ms)
		next_ms = at_ms;
	/* these may have asked for workers */
	at_ms = shares_tick(server->shares, now_ms);
	if (at_ms < next_ms)
		next_ms = at_ms;
	/* an answer may have been given meanwhile */
	at_ms = tick_peers(server, now_ms);
	if (at_ms < next_ms)
		next_ms = at_ms;
	if (server->leaving && server->peers == NULL)
		return true;
	if (!accepting && server->accept_ms < next_ms)
		next_ms = server->accept_ms;
	for (struct peer *p = server->peers; p != NULL; p = p->next)
		peers++;
	fds = calloc(3 + peers + shares_poll_count(server->shares),
	    sizeof(*fds));
	if (fds == NULL)
		return false;
	fds[0] = (struct pollfd){ .fd = server->signal_fd, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = accepting ? server->listen_fd : -1,
		.events = POLLIN };
	fds[2] = reach_poll(server->udp);
	peers = poll_peers(server, fds + 3);
	workers = shares_poll(server->shares, fds + 3 + peers);
	if (poll(fds, (nfds_t)(3 + peers + workers),
		milliseconds_until(next_ms)) > 0) {
		peers_polled(server, fds + 3, peers);
		shares_polled(server->shares, fds + 3 + peers, workers);
		if (fds[2].revents != 0)
			reach_polled(server->udp, clock_now_ms());
		if (fds[0].revents != 0)
			take_signals(server);
		if (fds[1].revents != 0)
			accept_peers(server);
	}
	free(fds);
	return true;
}

static void
turns(struct server *server)
{
	if (!turn(server)) {
		log_event(LOG_ERR, "out-of-memory", NULL);
		poll(NULL, 0, OUT_OF_MEMORY_PAUSE_MS);
	}
}

/* Of a process that has nothing left but relays: see them to their end. */
static _Noreturn void
end_relays(struct server *server)
{
	prctl(PR_SET_NAME, "moshgate-relays");
	close(server->listen_fd);
	server->listen_fd = -1;
	server->over = false;
	while (server->peers != NULL && !server->over)
		turns(server);
	_exit(0);
}

/*
 * The helper ends while relays run, with people's files on the way: a process of
 * their own carries on with them, without the key or anything else.
 */
static void
leave_relays(struct server *server)
{
	struct peer *peer, *next;

	for (peer = server->peers; peer != NULL; peer = next) {
		next = peer->next;
		if (!peer->running)
			peer_close(server, peer);
	}
	if (server->peers == NULL)
		return;
	shares_keep_relays(server->shares);
	reach_configure(server->udp, server->config);
	signer_close(server->signer);
	server->signer = NULL;
	server->leaving = true;
	switch (fork()) {
	case 0:
		end_relays(server);
	case -1:
		return;
	default:
		/* nothing but our own descriptors of what the two share */
		for (peer = server->peers; peer != NULL; peer = peer->next) {
			close(peer->fd);
			peer->fd = -1;
		}
		shares_leave_relays(server->shares);
		return;
	}
}

int
server_run(int listen_fd, const char *config_path, struct config *config,
    struct signer *signer)
{
	struct server server = { .listen_fd = listen_fd,
		.config_path = config_path,
		.config = config,
		.signer = signer };
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	server.signal_fd = open_signals();
	server.udp = reach_new(config);
	if (server.udp != NULL)
		server.shares = shares_new(config, signer, server.udp, answered,
		    remote_told, &server);
	server.known = users_open(USERMAP_DIR);
	server.limits = limits_new();
	if (server.shares != NULL && server.known != NULL &&
	    server.limits != NULL)
		server.lookups = lookups_new(config, server.shares,
		    server.known, server.limits, looked_up);
	if (server.signal_fd < 0 || server.lookups == NULL) {
		log_event(LOG_ERR, "start-failed", "detail", strerror(errno),
		    NULL);
		return 1;
	}
	log_event(LOG_NOTICE, "start", "version", MOSHGATE_VERSION, "remote",
	    config->host, "key", signer_fingerprint(signer), NULL);
	configure_lookups(&server, config);
	banner_show(false);
	while (!server.over)
		turns(&server);
	log_event(LOG_NOTICE, "stop", NULL);
	leave_relays(&server);
	while (server.peers != NULL)
		peer_close(&server, server.peers);
	while (server.users != NULL) {
		struct quota *quota = server.users;

		server.users = quota->next;
		free(quota);
	}
	lookups_free(server.lookups);
	limits_free(server.limits);
	users_close(server.known);
	shares_free(server.shares);
	reach_free(server.udp);
	banner_show(false);
	close(server.signal_fd);
	config_free(server.config);
	signer_close(server.signer);
	return 0;
}
