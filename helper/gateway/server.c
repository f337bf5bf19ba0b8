#include "server.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../shim/lib/clock.h"
#include "../log.h"
#include "../weakness.h"
#include "banner.h"
#include "beat.h"
#include "check.h"
#include "gateway.h"
#include "keys.h"
#include "lookup.h"
#include "newcomers.h"
#include "password.h"
#include "probe.h"
#include "session.h"
#include "signals.h"
#include "status.h"

/*
 * So many, and one more, wait until they are taken.  A helper that is stuck lets
 * no more of sshd's processes wait for it than leave room for others: sshd
 * begins to turn away whoever comes when 10 are under way (MaxStartups).
 */
#define SERVER_BACKLOG 4
#define SERVER_ACCEPTS_PER_TURN 64
#define SERVER_ACCEPT_PAUSE_MS 100 /* when there are no descriptors left */
#define SERVER_LOG_PAUSE_MS 20     /* when the log has no room */
/*
 * So long whoever has come waits for the user map to be read in the beginning.
 * After that those are served who need nothing of it.
 */
#define SERVER_TABLE_MS 4000

struct server {
	struct gateway gateway;
	const struct means *means;
	struct config *config;
	struct reserved *reserved;
	struct children *children;
	struct probe *probe;
	struct loop_watch listening, signals;
	struct loop_timer accept_again, log_again;
	bool banner; /* it is there */
	bool over;   /* it is to end */
};

/*
 * The remote
 */

/* Have the banner say what is known of the remote. */
static void
server_show_banner(struct server *server)
{
	const bool down = server->gateway.outage.down;

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

/* There are no more probes: the remote counts as in reach. */
static void
server_on_lapse(void *context)
{
	server_show_banner(context);
}

/* A connection has reached the remote at ADDRESS; or not, for REFUSAL. */
static void
server_on_reached(void *context, const char *address,
    const struct refusal *refusal)
{
	struct server *server = context;
	struct gateway *gateway = &server->gateway;
	const char *host = gateway->config->host;
	bool news;

	if (address != NULL)
		trial_address(gateway->trial, address);
	news = outage_told(&gateway->outage, address != NULL, clock_now_ms());
	/* the next probe is another time from now on */
	probe_touch(server->probe);
	if (!news)
		return;
	if (refusal == NULL)
		log_event(LOG_NOTICE, "remote-up", "remote", host, NULL);
	else
		log_event(LOG_WARNING, "remote-down", "remote", host, "reason",
		    refusal->reason, "detail", refusal->detail, NULL);
	server_show_banner(server);
	keys_touch(gateway);
	logins_touch(gateway->logins);
}

/* Something has changed about some connection. */
static void
server_on_change(void *context)
{
	struct server *server = context;

	shares_touch(server->gateway.shares);
	carries_touch(server->gateway.carries);
}

static void
server_tell_verdict(void *context, struct peer *peer)
{
	(void)context;
	check_verdict(peer);
	session_verdict(peer);
}

static void
server_tell_trial(void *context, struct peer *peer)
{
	(void)context;
	session_verdict(peer);
}

/* A trial of UDP has begun, or is over. */
static void
server_on_trial(void *context)
{
	struct server *server = context;
	struct gateway *gateway = &server->gateway;

	if (!trial_news(gateway->trial)) {
		peers_each(gateway->peers, server_tell_trial, server);
		carries_touch(gateway->carries);
		return;
	}
	peers_each(gateway->peers, server_tell_verdict, server);
	if (reach_is_good(trial_reach(gateway->trial), clock_now_ms()))
		carries_end_spares(gateway->carries);
	shares_resume(gateway->shares);
}

/* The user map has been read: those who have come can be served. */
static void
server_on_table(void *context)
{
	struct server *server = context;

	loop_at(server->gateway.loop, &server->accept_again, clock_now_ms());
}

static const struct pool_events server_pool_events = {
	.reached = server_on_reached,
	.changed = server_on_change,
};

/*
 * Settings
 */

/* Say which weak algorithms CONFIG allows. */
static void
server_note_weakness(const struct config *config)
{
	char allowed[WEAKNESS_BYTES];

	if (weakness_allowed(config, allowed))
		log_event(LOG_WARNING, "note", "about", "weak-algorithms",
		    "detail", allowed, "remedy", weakness_remedy, NULL);
}

/* Have CONFIG hold for those who are let in. */
static void
server_admit_by(struct server *server, const struct config *config)
{
	struct gateway *gateway = &server->gateway;
	char error[CONFIG_ERROR_BYTES];

	gateway->config = gateway->admission.config = config;
	server_note_weakness(config);
	newcomers_configure(gateway);
	if (!password_configure(gateway))
		log_event(LOG_ERR, "out-of-memory", NULL);
	/* below there are uids that names have for a while */
	users_configure(gateway->users,
	    (uid_t)provisional_fresh(gateway->provisional),
	    (uid_t)config->uid_max);
	reserved_free(server->reserved);
	server->reserved = reserved_read(RESERVED_PATH, error);
	gateway->admission.reserved = server->reserved;
	if (server->reserved == NULL)
		log_event(LOG_ERR, "note", "about", "reserved-names", "detail",
		    error, "remedy",
		    "install moshgate anew; until then no new user gets in",
		    NULL);
}

/* Read settings and key again.  Returns false, with the fault in ERROR. */
static bool
server_reread(struct server *server, struct config **config,
    char error[CONFIG_ERROR_BYTES])
{
	struct signer *signer;

	*config = config_read(server->means->config_path, error);
	if (*config == NULL)
		return false;
	signer = signer_open(*config, error);
	if ((signer != NULL || error[0] == '\0') &&
	    pool_configure(server->gateway.pool, *config, signer))
		return true;
	if (error[0] == '\0')
		memcpy(error, "out of memory", sizeof("out of memory"));
	signer_close(signer);
	config_free(*config);
	return false;
}

/* The fingerprint of the gateway's key, or that it has none. */
static const char *
server_key(const struct server *server)
{
	const struct signer *signer = pool_signer(server->gateway.pool);

	return signer != NULL ? signer_fingerprint(signer) : "none";
}

/* Say that nobody is let in by a key, if that is so for want of one here. */
static void
server_note_no_key(const struct server *server)
{
	if (pool_signer(server->gateway.pool) == NULL &&
	    server->config->keys == CONFIG_KEYS_REMOTE)
		log_event(LOG_WARNING, "note", "about", "no-gateway-key",
		    "detail", signer_none.detail, "remedy", signer_none.remedy,
		    NULL);
}

static void
server_reload(struct server *server)
{
	struct gateway *gateway = &server->gateway;
	char error[CONFIG_ERROR_BYTES];
	struct config *config;

	if (!server_reread(server, &config, error)) {
		log_event(LOG_ERR, "reload-failed", "detail", error, "remedy",
		    "mend the file and reload again; until then the old "
		    "configuration holds",
		    NULL);
		return;
	}
	server_admit_by(server, config);
	trial_configure(gateway->trial, config);
	proofs_configure(gateway->proofs);
	carries_end_spares(gateway->carries);
	shares_configure(gateway->shares);
	users_refresh(gateway->users);
	config_free(server->config);
	server->config = config;
	log_event(LOG_NOTICE, "reload", "remote", config->host, "key",
	    server_key(server), NULL);
	server_note_no_key(server);
}

/*
 * Descriptors
 */

static void
server_reap(struct server *server)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
		if (!closers_reap(server->means->closers, pid))
			children_reap(server->children, pid);
	}
}

static void
server_take_signals(void *context, short revents)
{
	struct server *server = context;
	enum signals_event event;

	(void)revents;
	while ((event = signals_next(server->signals.fd)) != SIGNALS_NONE) {
		if (event == SIGNALS_END)
			server->over = true;
		else if (event == SIGNALS_CHILD)
			server_reap(server);
		else
			server_reload(server);
	}
}

/* Take those who have connected: so many that no flood keeps the others. */
static void
server_accept(void *context, short revents)
{
	struct server *server = context;
	enum peers_accepted accepted = PEERS_ACCEPTED;

	(void)revents;
	for (int i = 0;
	     i < SERVER_ACCEPTS_PER_TURN && accepted == PEERS_ACCEPTED; i++)
		accepted = peers_accept(server->gateway.peers,
		    server->means->listen_fd);
	if (accepted != PEERS_NO_ROOM)
		return;
	server->listening.fd = -1;
	loop_at(server->gateway.loop, &server->accept_again,
	    clock_now_ms() + SERVER_ACCEPT_PAUSE_MS);
}

static void
server_accept_again(void *context, int64_t now_ms)
{
	struct server *server = context;

	(void)now_ms;
	/*
	 * The first time; on one of systemd's, too: from now on the kernel tells
	 * whoever comes that it is this process (unix(7), SO_PEERCRED).
	 */
	listen(server->means->listen_fd, SERVER_BACKLOG);
	server->listening.fd = server->means->listen_fd;
}

static void
server_log_again(void *context, int64_t now_ms)
{
	struct server *server = context;

	if (!log_flush())
		loop_at(server->gateway.loop, &server->log_again,
		    now_ms + SERVER_LOG_PAUSE_MS);
}

/*
 * Beginning and end
 */

static const struct peer_kind *const server_kinds[] = { &lookup_kind,
	&keys_kind, &password_kind, &session_kind, &check_kind, &status_kind };

/* As many descriptors as this process may have. */
static void
server_raise_limits(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

/* Make what speaks to the remote.  Returns false for want of memory. */
static bool
server_make_lower(struct server *server, struct config *config,
    struct signer *signer)
{
	struct gateway *g = &server->gateway;

	g->loop = server->means->loop;
	server->children = children_new(g->loop, server->means->closers);
	if (server->children == NULL)
		return false;
	g->trial = trial_new(g->loop, server->children, config, server_on_trial,
	    server);
	g->pool = pool_new(g->loop, server->children, config, signer,
	    &server_pool_events, server);
	if (g->trial == NULL || g->pool == NULL)
		return false;
	g->shares = shares_new(g->loop, g->pool, g->trial);
	if (g->shares == NULL)
		return false;
	g->carries = carries_new(g->loop, g->pool, g->shares, g->trial);
	server->probe = probe_new(g->loop, g->pool, &g->outage, server_on_lapse,
	    server);
	return g->carries != NULL && server->probe != NULL;
}

/* Make what serves the peers.  Returns false for want of memory. */
static bool
server_make_upper(struct server *server)
{
	struct gateway *g = &server->gateway;

	outage_init(&g->outage);
	keys_init(g);
	g->directory = directory_new(g->loop, server->children);
	beat_init(g);
	if (g->directory != NULL)
		g->users = users_new(g->loop, server->children, g->directory,
		    server_on_table, server);
	g->loginlog.users = quotas_new();
	if (g->directory == NULL || g->users == NULL ||
	    g->loginlog.users == NULL)
		return false;
	g->admission = (struct admission){ .users = g->users };
	g->peers = peers_new(g->loop, server->means->closers, server_kinds,
	    sizeof(server_kinds) / sizeof(server_kinds[0]), g);
	return newcomers_init(g) && password_init(g, server->children) &&
	    g->peers != NULL;
}

/* Listen.  Returns false for want of memory. */
static bool
server_listen(struct server *server)
{
	/* not yet: poll(2) reports one that does not listen, without an end */
	server->listening = (struct loop_watch){ .fd = -1,
		.events = POLLIN,
		.ready = server_accept,
		.context = server };
	server->signals = (struct loop_watch){ .fd = server->means->signal_fd,
		.events = POLLIN,
		.ready = server_take_signals,
		.context = server };
	server->accept_again = (struct loop_timer){ .fire = server_accept_again,
		.context = server };
	server->log_again = (struct loop_timer){ .fire = server_log_again,
		.context = server };
	loop_at(server->gateway.loop, &server->accept_again,
	    clock_now_ms() + SERVER_TABLE_MS);
	return loop_watch(server->gateway.loop, &server->signals) &&
	    loop_watch(server->gateway.loop, &server->listening);
}

static void
server_free(struct server *server)
{
	struct gateway *g = &server->gateway;

	g->over = true;
	peers_free(g->peers);
	password_end(g);
	newcomers_end(g);
	probe_free(server->probe);
	carries_free(g->carries);
	shares_free(g->shares);
	pool_free(g->pool);
	trial_free(g->trial);
	users_free(g->users);
	directory_free(g->directory);
	children_free(server->children);
	quotas_free(g->loginlog.users);
	reserved_free(server->reserved);
	config_free(server->config);
}

enum server_end
server_run(const struct means *means, struct config *config,
    struct signer *signer)
{
	struct server server = { .means = means, .config = config };
	struct gateway *gateway = &server.gateway;

	server_raise_limits();
	if (!server_make_lower(&server, config, signer) ||
	    !server_make_upper(&server) || !server_listen(&server)) {
		log_event(LOG_ERR, "start-failed", "detail", strerror(errno),
		    NULL);
		return SERVER_FAILED;
	}
	log_event(LOG_NOTICE, "start", "version", MOSHGATE_VERSION, "remote",
	    config->host, "key", server_key(&server), NULL);
	server_note_no_key(&server);
	server_admit_by(&server, config);
	banner_show(false);
	while (!server.over) {
		server_log_again(&server, clock_now_ms());
		loop_turn(gateway->loop);
	}
	log_event(LOG_NOTICE, "stop", NULL);
	server_free(&server);
	banner_show(false);
	log_end();
	return SERVER_ENDED;
}
