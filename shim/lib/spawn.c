#include "spawn.h"

#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <unistd.h>

/*
 * Start the program ARGV, as for spawn_read().  Stores its process in *PID, and
 * in *FD the end of a pipe that its output comes out of.
 */
static bool
spawn_start(char *const argv[], enum spawn_stderr stderr_to, pid_t *pid,
    int *fd)
{
	char path[] = "PATH=/usr/bin:/bin";
	char *envp[] = { path, NULL };
	posix_spawn_file_actions_t actions;
	int out[2], error;

	if (pipe2(out, O_CLOEXEC) < 0)
		return false;
	if (posix_spawn_file_actions_init(&actions) != 0) {
		close(out[0]);
		close(out[1]);
		return false;
	}
	error = posix_spawn_file_actions_adddup2(&actions, out[1],
	    STDOUT_FILENO);
	if (error == 0 && stderr_to == SPAWN_STDERR_TAKEN)
		error = posix_spawn_file_actions_adddup2(&actions, out[1],
		    STDERR_FILENO);
	else if (error == 0 && stderr_to == SPAWN_STDERR_DROPPED)
		error = posix_spawn_file_actions_addopen(&actions,
		    STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (error == 0)
		error = posix_spawn(pid, argv[0], &actions, NULL, argv, envp);
	posix_spawn_file_actions_destroy(&actions);
	close(out[1]);
	if (error != 0) {
		close(out[0]);
		return false;
	}
	*fd = out[0];
	return true;
}

int
spawn_read(char *const argv[], enum spawn_stderr stderr_to, char *text,
    size_t size, size_t *len)
{
	int fd, status;
	pid_t pid;

	*len = 0;
	if (!spawn_start(argv, stderr_to, &pid, &fd))
		return -1;
	while (*len < size) {
		const ssize_t got = read(fd, text + *len, size - *len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		*len += (size_t)got;
	}
	close(fd);
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
