/*
 * moshgate-helper: owns the gateway's key and all policy, serves the shims on
 * one Unix socket, and starts a worker for each connection to the remote.
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../shim/lib/jam.h"
#include "../shim/lib/usermap.h"
#include "accounts/accounts.h"
#include "accounts/keeper.h"
#include "closer/closer.h"
#include "config.h"
#include "gateway/banner.h"
#include "gateway/means.h"
#include "gateway/server.h"
#include "gateway/signals.h"
#include "gateway/signer.h"
#include "gateway/standby.h"
#include "hasher/hasher.h"
#include "hasher/newhash.h"
#include "log.h"
#include "prober/prober.h"
#include "reexec.h"
#include "worker/worker.h"

#define SERVICE_USER "_moshgate"
#define RUN_DIR RUNSTATEDIR "/moshgate"
#define EMPTY_DIR "empty"
#define STATE_DIR USERMAP_DIR
#define SOCKET_PATH RUN_DIR "/helper.sock"
#define SERVED_WAIT_S 5 /* for a socket to be let go of */
#define SYSTEMD_FD 3    /* sd_listen_fds(3) */

struct options {
	bool log_to_stderr, test;
	const char *config_path;
};

static void
usage(FILE *to)
{
	fprintf(to,
	    "usage: moshgate-helper [-etV] [-f file]\n"
	    "\n"
	    "Serves moshgate's programs on " SOCKET_PATH ",\n"
	    "in the foreground.\n"
	    "\n"
	    "  -e, --stderr       log to standard error, not to syslog\n"
	    "  -f, --config FILE  read FILE instead of " CONFIG_PATH "\n"
	    "  -t, --test         read the settings and the key, say what is\n"
	    "                     wrong with them, and exit\n"
	    "      --passwords-file, --hash-password, --check-passwords: for moshgate\n"
	    "                 passwd\n"
	    "  -V, --version      print the version, and exit\n"
	    "  -h, --help         print this, and exit\n");
}

/* Returns false when there is nothing more to do, with *STATUS to exit with. */
static bool
parse_options(int argc, char **argv, struct options *options, int *status)
{
	static const struct option names[] = {
		{ "stderr", no_argument, NULL, 'e' },
		{ "config", required_argument, NULL, 'f' },
		{ "test", no_argument, NULL, 't' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	*status = 0;
	while ((c = getopt_long(argc, argv, "ef:tVh", names, NULL)) != -1) {
		switch (c) {
		case 'e':
			options->log_to_stderr = true;
			break;
		case 'f':
			options->config_path = optarg;
			break;
		case 't':
			options->test = true;
			break;
		case 'V':
			printf("moshgate-helper %s\n", MOSHGATE_VERSION);
			return false;
		case 'h':
			usage(stdout);
			return false;
		default:
			usage(stderr);
			*status = 2;
			return false;
		}
	}
	if (optind < argc) {
		usage(stderr);
		*status = 2;
		return false;
	}
	return true;
}

/* Say why the helper does not start: on the terminal, and in the log. */
static void
complain(const struct options *options, const char *text)
{
	fprintf(stderr, "moshgate-helper: %s\n", text);
	if (!options->test && !options->log_to_stderr)
		log_event(LOG_ERR, "start-failed", "detail", text, NULL);
}

/*
 * Make sure of the directory NAME in the one open at DIR_FD: of root's, of the
 * group GID, with MODE.  One that is there and not root's is refused, whatever
 * it is, and no link is followed.
 */
static bool
make_dir(int dir_fd, const char *name, gid_t gid, mode_t mode)
{
	struct stat st;
	bool made;
	int fd;

	if (mkdirat(dir_fd, name, 0700) < 0 && errno != EEXIST)
		return false;
	fd = openat(dir_fd, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return false;
	made = fstat(fd, &st) == 0 && st.st_uid == 0 &&
	    fchown(fd, 0, gid) == 0 && fchmod(fd, mode) == 0;
	close(fd);
	return made;
}

/*
 * Make the empty file NAME in the directory open at DIR_FD, root's, in the place
 * of an older one: those of the group GID may write to it.  Nobody has ever done
 * that by its time.
 */
static bool
make_file(int dir_fd, const char *name, gid_t gid)
{
	static const struct timespec never[2] = { { 0 } };
	bool made;
	int fd;

	if (unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT)
		return false;
	fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    0600);
	if (fd < 0)
		return false;
	made = fchown(fd, 0, gid) == 0 && fchmod(fd, 0664) == 0 &&
	    futimens(fd, never) == 0;
	close(fd);
	return made;
}

/*
 * RUN_DIR is sticky and root's, so that the service can make its socket there,
 * but cannot put another directory in the place of its users' home, nor a link
 * in the place of the banner, which sshd reads as root.
 */
static bool
make_run_dir(gid_t gid)
{
	bool made;
	int fd;

	if (!make_dir(AT_FDCWD, RUN_DIR, gid, 01775))
		return false;
	fd = open(RUN_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return false;
	made = make_dir(fd, EMPTY_DIR, 0, 0555) &&
	    make_file(fd, BANNER_NAME, gid) && make_file(fd, JAM_NAME, gid);
	close(fd);
	return made;
}

/* The directory of the user map, the service's; one that is there stays. */
static bool
make_state_dir(const struct passwd *service)
{
	if (mkdir(STATE_DIR, 0700) < 0)
		return errno == EEXIST;
	return chown(STATE_DIR, service->pw_uid, service->pw_gid) == 0 &&
	    chmod(STATE_DIR, 0755) == 0;
}

/*
 * Started by root: make what only root can, and become the service's user for
 * good.
 */
static bool
become_service(const struct options *options)
{
	const struct passwd *service;

	if (geteuid() != 0)
		return true;
	service = getpwnam(SERVICE_USER);
	if (service == NULL || service->pw_uid == 0) {
		complain(options,
		    "there is no user " SERVICE_USER
		    " (systemd-sysusers, or useradd --system)");
		return false;
	}
	if (!options->test && !make_run_dir(service->pw_gid)) {
		complain(options,
		    RUN_DIR
		    ": cannot be made, or is not root's (it and what is in it "
		    "may be removed while no helper runs)");
		return false;
	}
	if (!options->test && !make_state_dir(service)) {
		complain(options, STATE_DIR ": cannot be made");
		return false;
	}
	if (initgroups(service->pw_name, service->pw_gid) < 0 ||
	    setresgid(service->pw_gid, service->pw_gid, service->pw_gid) < 0 ||
	    setresuid(service->pw_uid, service->pw_uid, service->pw_uid) < 0) {
		complain(options, "cannot become " SERVICE_USER);
		return false;
	}
	return true;
}

/* No core file, no debugger: the key is going to be in this process. */
static void
guard_memory(void)
{
	const struct rlimit no_core = { 0, 0 };

	setrlimit(RLIMIT_CORE, &no_core);
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* The socket that systemd gives, or -1 if it gives none. */
static int
systemd_socket(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	struct sockaddr_un name = { 0 };
	socklen_t len = sizeof(name);
	bool given;

	given = pid != NULL && fds != NULL &&
	    strtol(pid, NULL, 10) == (long)getpid() && strcmp(fds, "1") == 0 &&
	    getsockname(SYSTEMD_FD, (struct sockaddr *)&name, &len) == 0 &&
	    name.sun_family == AF_UNIX;
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (!given || fcntl(SYSTEMD_FD, F_SETFD, FD_CLOEXEC) < 0 ||
	    fcntl(SYSTEMD_FD, F_SETFL, O_NONBLOCK) < 0)
		return -1;
	return SYSTEMD_FD;
}

/*
 * True if a helper serves the socket at ADDRESS.  One that was killed may have
 * left a child that has the socket, too, as long as it has not become another
 * program: whoever has come to it is hung up on then.
 */
static bool
is_served(const struct sockaddr_un *address)
{
	const struct timeval limit = { .tv_sec = SERVED_WAIT_S };
	bool hung_up = true;

	for (int i = 0; i < 2 && hung_up; i++) {
		const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		struct pollfd other = { .fd = fd, .events = POLLIN };
		int error = 0;

		if (fd < 0)
			return true;
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
		if (connect(fd, (const struct sockaddr *)address,
			sizeof(*address)) < 0)
			error = errno;
		else
			hung_up = poll(&other, 1, SERVED_WAIT_S * 1000) > 0;
		close(fd);
		if (error != 0)
			return error == EAGAIN;
	}
	return true;
}

/*
 * Make the socket, on which the server will listen.  Returns -1 after a
 * complaint when that fails.
 */
static int
own_socket(const struct options *options)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX,
		.sun_path = SOCKET_PATH };
	const int fd = socket(AF_UNIX,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask;
	int bound;

	if (is_served(&address)) {
		complain(options, SOCKET_PATH ": a helper is running already");
		goto fail;
	}
	unlink(SOCKET_PATH);
	mask = umask(0111);
	bound = bind(fd, (const struct sockaddr *)&address, sizeof(address));
	umask(mask);
	if (bound < 0) {
		complain(options,
		    SOCKET_PATH ": cannot be made (is " RUN_DIR
				" there, and " SERVICE_USER "'s?)");
		goto fail;
	}
	return fd;
fail:
	if (fd >= 0)
		close(fd);
	return -1;
}

/* What is to be read before anybody is served. */
struct settings {
	const struct options *options;
	struct config *config;
	struct signer *signer;
	char error[CONFIG_ERROR_BYTES]; /* why they could not be read */
};

/* Read them; false after a complaint, unless it is the same as before. */
static bool
read_settings(void *context)
{
	struct settings *settings = context;
	char error[CONFIG_ERROR_BYTES];

	settings->signer = NULL;
	settings->config = config_read(settings->options->config_path, error);
	if (settings->config != NULL)
		settings->signer = signer_open(settings->config, error);
	if (settings->signer != NULL ||
	    (settings->config != NULL && error[0] == '\0'))
		return true;
	config_free(settings->config);
	settings->config = NULL;
	if (strcmp(settings->error, error) != 0)
		complain(settings->options, error);
	snprintf(settings->error, sizeof(settings->error), "%s", error);
	return false;
}

static void
free_settings(struct settings *settings)
{
	config_free(settings->config);
	signer_close(settings->signer);
}

/* The settings are fine: say so. */
static void
print_settings(const struct settings *settings)
{
	const struct signer *signer = settings->signer;

	printf("%s: ok, remote %s, key %s\n", settings->options->config_path,
	    settings->config->host,
	    signer != NULL ? signer_fingerprint(signer) : "none");
}

/*
 * Make what the helper has, but for the socket.  Returns false after a complaint
 * when that fails.
 */
static bool
make_means(const struct options *options, struct means *means)
{
	means->config_path = options->config_path;
	means->signal_fd = signals_open();
	means->loop = loop_new();
	if (means->loop != NULL)
		means->closers = closers_new(means->loop);
	if (sodium_init() >= 0 && means->signal_fd >= 0 &&
	    means->closers != NULL)
		return true;
	complain(options, "libsodium or signalfd(2) does not start");
	return false;
}

/* Only read the settings.  Returns the exit status. */
static int
test_settings(struct settings *settings)
{
	int status;

	if (sodium_init() < 0) {
		complain(settings->options, "libsodium does not start");
		return 1;
	}
	if (!become_service(settings->options))
		return 1;
	guard_memory();
	if (!read_settings(settings))
		return 1;
	status = newhash_test(settings->config);
	if (status == 0)
		print_settings(settings);
	free_settings(settings);
	return status;
}

/* Serve, once the settings can be read.  Returns the exit status. */
static int
serve(struct means *means, struct settings *settings)
{
	enum server_end end;
	bool ready, own;

	guard_memory();
	ready = read_settings(settings);
	means->listen_fd = systemd_socket();
	own = means->listen_fd < 0;
	/* who starts it by hand sees that it doesn't start */
	if (!ready && own)
		return 1;
	if (!ready && !standby(means, read_settings, settings))
		return 0;
	if (own)
		means->listen_fd = own_socket(settings->options);
	if (means->listen_fd < 0) {
		free_settings(settings);
		return 1;
	}
	end = server_run(means, settings->config, settings->signer);
	if (own)
		unlink(SOCKET_PATH);
	/* Not closed: what waits in it may take its time, but not at exit. */
	return end == SERVER_ENDED ? 0 : 1;
}

/* What the helper does when it has been executed anew as one of its processes. */
static int (*const kinds[])(void) = {
	[REEXEC_WORKER] = worker_main,
	[REEXEC_PROBER] = prober_main,
	[REEXEC_CLOSER] = closer_main,
	[REEXEC_ACCOUNTS] = accounts_main,
	[REEXEC_USERS] = keeper_main,
	[REEXEC_HASHER] = hasher_main,
};

int
main(int argc, char **argv)
{
	struct options options = { .config_path = CONFIG_PATH };
	struct settings settings = { .options = &options };
	struct means means = { 0 };
	enum reexec_kind kind;
	int status;

	if (reexec_asked(argc, argv, &kind))
		return kinds[kind]();
	if (newhash_asked(argc, argv))
		return newhash_main(argv[1], CONFIG_PATH);
	if (!parse_options(argc, argv, &options, &status))
		return status;
	log_open(options.log_to_stderr);
	/* who has it tested may want to interrupt that */
	if (options.test)
		return test_settings(&settings);
	status = make_means(&options, &means) && become_service(&options)
	    ? serve(&means, &settings)
	    : 1;
	closers_free(means.closers);
	loop_free(means.loop);
	return status;
}
