/*
 * on: what $BED is inside a bed (see tests/bed).
 *
 *	bed on HOST CMD...
 *	bed wan COMMAND...
 *	bed log HOST
 *	bed helper ...
 *	bed listens PID SOCKET
 *
 * It runs a command on another host, controls the link, and prints a log, in
 * a few milliseconds, since a test does that a hundred times.  All else it
 * leaves to the script, to which "listens" belongs.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The same as in tests/bed. */
#define SHARED "/run/moshgate-bed"
#define CLIENT "/run/client"
#define HOSTS "/run/hosts"
#define HOST_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

#define SCRIPT SHARED "/script"
#define LOG "/var/log/messages"

#define HOSTNAME_MAX 64
#define FILENAME_SIZE 128

/* How long "listens" waits in all, and between two looks. */
#define LISTENS_TRIES 5000
#define LISTENS_PAUSE_NS 2000000

/* How often it is seen whether a log still grows, and how long after. */
#define LOG_TRIES 100
#define LOG_PAUSE_NS 10000000

/* What env(1) exits with if there is no such command, or it can't be run. */
#define STATUS_NOT_FOUND 127
#define STATUS_NOT_RUN 126

/* Is HOST the one that this runs on? */
static bool
host_is_here(const char *host)
{
	char name[HOSTNAME_MAX + 1] = "";

	return gethostname(name, sizeof(name) - 1) == 0 &&
	    strcmp(host, name) == 0;
}

/* The pid of the init of HOST, which only the client knows. */
static pid_t
host_pid(const char *host)
{
	char path[FILENAME_SIZE];
	char text[FILENAME_SIZE];
	FILE *file;
	long pid;

	if (!host_is_here("client"))
		errx(2, "%s can't be reached from here, only from the client",
		    host);
	snprintf(path, sizeof(path), HOSTS "/%s/pid", host);
	file = fopen(path, "re");
	if (file == NULL || fgets(text, sizeof(text), file) == NULL)
		err(2, "%s", path);
	fclose(file);
	pid = strtol(text, NULL, 10);
	if (pid <= 0)
		errx(2, "%s: not a pid: \"%s\"", path, text);
	return (pid_t)pid;
}

/* Enter the namespaces of the process PID; its PID namespace is the children's. */
static void
host_enter(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0 ||
	    setns(fd,
		CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC |
		    CLONE_NEWUTS) < 0)
		err(2, "cannot enter the namespaces of process %ld", (long)pid);
	close(fd);
}

/* Run CMD in the environment that HOST has. */
_Noreturn static void
host_exec(const char *host, char **cmd)
{
	const char *term = getenv("TERM");
	char *kept = strdup(term != NULL ? term : "dumb");
	bool is_client = strcmp(host, "client") == 0;

	clearenv();
	setenv("PATH", HOST_PATH, 1);
	setenv("HOME", "/root", 1);
	setenv("LANG", "C.UTF-8", 1);
	setenv("TERM", kept != NULL ? kept : "dumb", 1);
	setenv("BED", SHARED "/bed", 1);
	if (is_client) {
		setenv("BED_DIR", CLIENT, 1);
		setenv("TMPDIR", CLIENT "/tmp", 1);
		setenv("TMUX_TMPDIR", CLIENT "/tmp", 1);
	} else if (chdir("/root") < 0) {
		err(2, "/root");
	}
	execvp(cmd[0], cmd);
	err(errno == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_RUN, "%s", cmd[0]);
}

/* Stop and go on as the child PID does, and end as it does. */
_Noreturn static void
end_as_child(pid_t pid)
{
	int status;

	for (;;) {
		if (waitpid(pid, &status, WUNTRACED) < 0) {
			if (errno == EINTR)
				continue;
			err(2, "waitpid");
		}
		if (!WIFSTOPPED(status))
			break;
		kill(getpid(), SIGSTOP);
		kill(pid, SIGCONT);
	}
	if (WIFSIGNALED(status)) {
		signal(WTERMSIG(status), SIG_DFL);
		kill(getpid(), WTERMSIG(status));
	}
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/* on HOST CMD... */
static int
on(int count, char **words)
{
	const char *host = count > 0 ? words[0] : "";
	pid_t pid;

	if (strcmp(host, "client") != 0 && strcmp(host, "gateway") != 0 &&
	    strcmp(host, "remote") != 0)
		errx(2, "on client, gateway or remote, not \"%s\"", host);
	if (count < 2)
		errx(2, "on %s: no CMD given", host);
	if (host_is_here(host))
		host_exec(host, words + 1);
	host_enter(host_pid(host));
	pid = fork();
	if (pid < 0)
		err(2, "fork");
	if (pid > 0)
		end_as_child(pid);
	/* Whoever kills this command means CMD. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	host_exec(host, words + 1);
}

/* Write LEN bytes of TEXT to standard output. */
static void
write_all(const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDOUT_FILENO, text, len);

		if (n < 0)
			err(1, "write");
		text += n;
		len -= (size_t)n;
	}
}

/* Let syslogd write to the log at FD what is on its way to it. */
static void
await_quiet(int fd)
{
	const struct timespec pause = { .tv_nsec = LOG_PAUSE_NS };
	struct stat before, after = { 0 };

	for (int i = 0; i < LOG_TRIES; i++) {
		if (fstat(fd, &before) < 0 || nanosleep(&pause, NULL) < 0 ||
		    fstat(fd, &after) < 0 || before.st_size == after.st_size)
			return;
	}
}

/* log HOST */
static int
print_log(int count, char **words)
{
	const char *host = count > 0 ? words[0] : "";
	bool is_gateway = strcmp(host, "gateway") == 0;
	const char *own;
	char path[FILENAME_SIZE] = LOG;
	char text[65536];
	ssize_t len;
	int fd;

	if (!is_gateway && strcmp(host, "remote") != 0)
		errx(2, "log gateway or remote, not \"%s\"", host);
	own = getenv(is_gateway ? "BED_ROOT_gateway" : "BED_ROOT_remote");
	if (own != NULL && own[0] != '\0') {
		char *journal[] = { words[0], "journalctl", "-q", "--no-pager",
			"-o", "short", NULL };

		return on(6, journal);
	}
	if (!host_is_here(host))
		snprintf(path, sizeof(path), "/proc/%ld/root" LOG,
		    (long)host_pid(host));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", path);
	await_quiet(fd);
	while ((len = read(fd, text, sizeof(text))) > 0)
		write_all(text, (size_t)len);
	if (len < 0)
		err(1, "%s", path);
	return 0;
}

/* wan COMMAND... */
_Noreturn static void
control_wan(int count, char **commands)
{
	char **words = calloc((size_t)count + 4, sizeof(*words));

	if (words == NULL)
		err(2, "no memory");
	words[0] = "wan";
	words[1] = "control";
	words[2] = SHARED "/wan.sock";
	memcpy(words + 3, commands, (size_t)count * sizeof(*words));
	execv(SHARED "/wan", words);
	err(2, SHARED "/wan");
}

/* Does the process PID have the socket with this INODE? */
static bool
process_has(const char *pid, unsigned long inode)
{
	char name[FILENAME_SIZE];
	char wanted[FILENAME_SIZE];
	const struct dirent *entry;
	bool found = false;
	DIR *fds;

	snprintf(name, sizeof(name), "/proc/%s/fd", pid);
	snprintf(wanted, sizeof(wanted), "socket:[%lu]", inode);
	fds = opendir(name);
	if (fds == NULL)
		return false;
	while (!found && (entry = readdir(fds)) != NULL) {
		char link[FILENAME_SIZE];
		ssize_t len = readlinkat(dirfd(fds), entry->d_name, link,
		    sizeof(link) - 1);

		if (len < 0)
			continue;
		link[len] = '\0';
		found = strcmp(link, wanted) == 0;
	}
	closedir(fds);
	return found;
}

/* Does the process PID listen at the socket PATH?  As /proc/net/unix has it. */
static bool
process_listens(const char *pid, const char *path)
{
	char line[BUFSIZ];
	bool found = false;
	FILE *sockets = fopen("/proc/net/unix", "re");

	if (sockets == NULL)
		err(2, "/proc/net/unix");
	while (!found && fgets(line, sizeof(line), sockets) != NULL) {
		char *fields[8];
		char *rest = line;
		size_t count = 0;

		while (
		    count < 8 && (fields[count] = strsep(&rest, " \n")) != NULL)
			if (fields[count][0] != '\0')
				count++;
		/* Num, RefCount, Protocol, Flags, Type, St, Inode, Path */
		found = count == 8 && strcmp(fields[3], "00010000") == 0 &&
		    strcmp(fields[7], path) == 0 &&
		    process_has(pid, strtoul(fields[6], NULL, 10));
	}
	fclose(sockets);
	return found;
}

/* listens PID SOCKET: wait until it does, or is gone; then the status is 1. */
static int
wait_until_listens(int count, char **words)
{
	const struct timespec pause = { .tv_nsec = LISTENS_PAUSE_NS };
	char program[FILENAME_SIZE];

	if (count != 2)
		errx(2, "listens takes PID and SOCKET");
	snprintf(program, sizeof(program), "/proc/%s/exe", words[0]);
	for (int i = 0; i < LISTENS_TRIES; i++) {
		char target[FILENAME_SIZE];

		if (process_listens(words[0], words[1]))
			return 0;
		if (readlink(program, target, sizeof(target)) < 0)
			return 1;
		nanosleep(&pause, NULL);
	}
	return 1;
}

/* helper ...: by the script, which is run where the helper is. */
static int
helper(int argc, char **argv)
{
	const char *own = getenv("BED_ROOT_gateway");
	char *there[] = { "gateway", SCRIPT, "helper", argc > 2 ? argv[2] : "",
		NULL };

	if (host_is_here("gateway") || (own != NULL && own[0] != '\0')) {
		execv(SCRIPT, argv);
		err(2, SCRIPT);
	}
	return on(4, there);
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "on") == 0)
		return on(argc - 2, argv + 2);
	if (strcmp(what, "log") == 0)
		return print_log(argc - 2, argv + 2);
	if (strcmp(what, "wan") == 0)
		control_wan(argc - 2, argv + 2);
	if (strcmp(what, "helper") == 0)
		return helper(argc, argv);
	if (strcmp(what, "listens") == 0)
		return wait_until_listens(argc - 2, argv + 2);
	execv(SCRIPT, argv);
	err(2, SCRIPT);
}
