#include "agent.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/clock.h"

/* How long sshd may take to have room for another client of the agent's. */
#define AGENT_CONNECT_MS 2000
#define AGENT_PAUSE_MS 10

#define AGENT_PATH_BYTES sizeof(((struct sockaddr_un *)NULL)->sun_path)

char *
agent_path(void)
{
	const char *path = getenv("SSH_AUTH_SOCK");

	if (path == NULL || path[0] != '/' || strlen(path) >= AGENT_PATH_BYTES)
		return NULL;
	return strdup(path);
}

int
agent_connect(const char *path)
{
	const int64_t end_ms = clock_now_ms() + AGENT_CONNECT_MS;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	while (connect(fd, (const struct sockaddr *)&address, sizeof(address)) <
	    0) {
		if ((errno != EAGAIN && errno != EINTR) ||
		    clock_now_ms() >= end_ms) {
			close(fd);
			return -1;
		}
		poll(NULL, 0, AGENT_PAUSE_MS);
	}
	return fd;
}
