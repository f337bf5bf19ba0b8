#include "server.h"

#include <sys/prctl.h>
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
#include "banner.h"
#include "beat.h"
#include "check.h"
#include "gateway.h"
#include "keys.h"
#include "lookup.h"
#include "newcomers.h"
#include "probe.h"
#include "session.h"
#include "signals.h"
#include "status.h"

#define SERVER_ACCEPTS_PER_TURN 64
#define SERVER_ACCEPT_PAUSE_MS 100 /* when there are no descriptors left */
/*
 * So long whoever has come waits for the user map to be read in the beginning.
 * After that those are served who need nothing of it.
 */
#define SERVER_TABLE_MS 1500

struct server {
	struct gateway gateway;
	const char *config_path;
	struct config *config;
	struct reserved *reserved;
	struct children *children;
	struct probe *probe;
	struct loop_watch listening, signals;
	struct loop_timer accept_again;
	bool banner; /* it is there */
	enum {
		SERVER_SERVES,
		SERVER_LEAVES, /* nothing but relays are seen to their end */
		SERVER_OVER,
	} state;
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
	if (reach_now(trial_reach(gateway->trial), clock_now_ms()) ==
	    REACH_GOOD)
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

/* Have CONFIG hold for those who are let in. */
static void
server_admit_by(struct server *server, const struct config *config)
{
	struct gateway *gateway = &server->gateway;
	char error[CONFIG_ERROR_BYTES];

	gateway->config = gateway->admission.config = config;
	users_configure(gateway->users, (uid_t)config->uid_min,
	    (uid_t)config->uid_max);
	newcomers_configure(gateway);
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

	*config = config_read(server->config_path, error);
	if (*config == NULL)
		return false;
	signer = signer_open(*config, error);
	if (signer != NULL &&
	    pool_configure(server->gateway.pool, *config, signer))
		return true;
	if (signer != NULL)
		memcpy(error, "out of memory", sizeof("out of memory"));
	signer_close(signer);
	config_free(*config);
	return false;
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
	carries_end_spares(gateway->carries);
	shares_configure(gateway->shares);
	users_refresh(gateway->users);
	config_free(server->config);
	server->config = config;
	log_event(LOG_NOTICE, "reload", "remote", config->host, "key",
	    signer_fingerprint(pool_signer(gateway->pool)), NULL);
}

/*
 * Descriptors
 */

static void
server_reap(struct server *server)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		children_reap(server->children, pid);
}

static void
server_take_signals(void *context, short revents)
{
	struct server *server = context;
	enum signals_event event;

	(void)revents;
	while ((event = signals_next(server->signals.fd)) != SIGNALS_NONE) {
		if (event == SIGNALS_END)
			server->state = SERVER_OVER;
		else if (event == SIGNALS_CHILD)
			server_reap(server);
		else if (server->state == SERVER_SERVES)
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
		    server->listening.fd);
	if (accepted != PEERS_NO_ROOM)
		return;
	server->listening.events = 0;
	loop_at(server->gateway.loop, &server->accept_again,
	    clock_now_ms() + SERVER_ACCEPT_PAUSE_MS);
}

static void
server_accept_again(void *context, int64_t now_ms)
{
	struct server *server = context;

	(void)now_ms;
	/* the first time: on one of systemd's it does already */
	listen(server->listening.fd, SERVER_BACKLOG);
	server->listening.events = POLLIN;
}

/*
 * Beginning and end
 */

static const struct peer_kind *const server_kinds[] = { &lookup_kind,
	&keys_kind, &session_kind, &check_kind, &status_kind };

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

	g->loop = loop_new();
	if (g->loop == NULL)
		return false;
	server->children = children_new(g->loop);
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
	g->peers = peers_new(g->loop, server_kinds,
	    sizeof(server_kinds) / sizeof(server_kinds[0]), g);
	return newcomers_init(g) && g->peers != NULL;
}

/* Listen to LISTEN_FD and SIGNAL_FD.  Returns false for want of memory. */
static bool
server_listen(struct server *server, int listen_fd, int signal_fd)
{
	server->listening = (struct loop_watch){ .fd = listen_fd,
		.ready = server_accept,
		.context = server };
	server->signals = (struct loop_watch){ .fd = signal_fd,
		.events = POLLIN,
		.ready = server_take_signals,
		.context = server };
	server->accept_again = (struct loop_timer){ .fire = server_accept_again,
		.context = server };
	loop_at(server->gateway.loop, &server->accept_again,
	    clock_now_ms() + SERVER_TABLE_MS);
	return loop_watch(server->gateway.loop, &server->signals) &&
	    loop_watch(server->gateway.loop, &server->listening);
}

/* Of a process that has nothing left but relays: see them to their end. */
static _Noreturn void
server_end_relays(struct server *server)
{
	prctl(PR_SET_NAME, "moshgate-relays");
	/* those that end are the other process's to reap, and their pids free */
	children_disown(server->children);
	loop_unwatch(server->gateway.loop, &server->listening);
	close(server->listening.fd);
	server->state = SERVER_LEAVES;
	while (!peers_none(server->gateway.peers) &&
	    server->state == SERVER_LEAVES)
		loop_turn(server->gateway.loop);
	_exit(0);
}

/* Close PEER unless it is a relay that runs. */
static void
server_close_idle(void *context, struct peer *peer)
{
	struct session_status status;

	(void)context;
	if (!session_status(peer, &status) || status.phase != SESSION_SSH)
		peer_close(peer);
}

/*
 * The helper ends.  If relays run, a process of their own carries on with them,
 * without the key or anything else.  Returns false if there are none.
 */
static bool
server_leave_relays(struct server *server)
{
	struct gateway *gateway = &server->gateway;
	pid_t pid;

	peers_close_unasked(gateway->peers);
	peers_each(gateway->peers, server_close_idle, NULL);
	if (peers_none(gateway->peers))
		return false;
	carries_end_spares(gateway->carries);
	shares_retire(gateway->shares);
	trial_configure(gateway->trial, gateway->config);
	probe_free(server->probe);
	server->probe = NULL;
	pool_retire(gateway->pool);
	gateway->over = false;
	pid = fork();
	if (pid == 0)
		server_end_relays(server);
	return pid > 0;
}

static void
server_free(struct server *server)
{
	struct gateway *g = &server->gateway;

	g->over = true;
	peers_free(g->peers);
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
	loop_free(g->loop);
}

enum server_end
server_run(int listen_fd, int signal_fd, const char *config_path,
    struct config *config, struct signer *signer)
{
	struct server server = { .config_path = config_path, .config = config };
	struct gateway *gateway = &server.gateway;

	server_raise_limits();
	if (!server_make_lower(&server, config, signer) ||
	    !server_make_upper(&server) ||
	    !server_listen(&server, listen_fd, signal_fd)) {
		log_event(LOG_ERR, "start-failed", "detail", strerror(errno),
		    NULL);
		return SERVER_FAILED;
	}
	log_event(LOG_NOTICE, "start", "version", MOSHGATE_VERSION, "remote",
	    config->host, "key", signer_fingerprint(pool_signer(gateway->pool)),
	    NULL);
	server_admit_by(&server, config);
	banner_show(false);
	while (server.state == SERVER_SERVES)
		loop_turn(gateway->loop);
	log_event(LOG_NOTICE, "stop", NULL);
	gateway->over = true;
	if (server_leave_relays(&server)) {
		banner_show(false);
		return SERVER_LEFT_RELAYS;
	}
	server_free(&server);
	banner_show(false);
	return SERVER_ENDED;
}
