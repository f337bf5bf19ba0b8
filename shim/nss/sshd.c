#include "sshd.h"

#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <limits.h>
#include <string.h>
#include <unistd.h>

/*
 * sshd has its client's socket from the beginning: among the first descriptors
 * that it opened.  Those of its libraries come later.
 */
#define SSHD_SOCKET_MAX 15

bool
sshd_is_path(char *path)
{
	/* so ends, after an upgrade, the path of what has run since before */
	static const char deleted[] = " (deleted)";
	static const char *const programs[] = { "sshd", "sshd-session",
		"sshd-auth" };
	const size_t len = strlen(path), end = strlen(deleted);
	const char *name;

	if (len > end && strcmp(path + len - end, deleted) == 0)
		path[len - end] = '\0';
	name = strrchr(path, '/');
	if (name == NULL)
		return false;
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		if (strcmp(name + 1, programs[i]) == 0)
			return true;
	}
	return false;
}

bool
sshd_is_this(void)
{
	char path[PATH_MAX];
	ssize_t len;

	if (getuid() != 0 || geteuid() != 0)
		return false;
	len = readlink("/proc/self/exe", path, sizeof(path));
	if (len < 0 || (size_t)len >= sizeof(path))
		return false;
	path[len] = '\0';
	return sshd_is_path(path);
}

/* Store in TEXT whom the socket FD is connected to; false if it is none. */
static bool
sshd_peer_of(int fd, char *text, size_t size)
{
	union {
		struct sockaddr any;
		struct sockaddr_in ipv4;
		struct sockaddr_in6 ipv6;
	} peer = { 0 };
	socklen_t len = sizeof(peer);
	int type = 0;
	socklen_t type_len = sizeof(type);

	if (getpeername(fd, &peer.any, &len) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) < 0 ||
	    type != SOCK_STREAM)
		return false;
	switch (peer.any.sa_family) {
	case AF_INET:
		return inet_ntop(AF_INET, &peer.ipv4.sin_addr, text,
			   (socklen_t)size) != NULL;
	case AF_INET6:
		return inet_ntop(AF_INET6, &peer.ipv6.sin6_addr, text,
			   (socklen_t)size) != NULL;
	default:
		return false;
	}
}

void
sshd_client(char *text, size_t size)
{
	for (int fd = 0; fd <= SSHD_SOCKET_MAX; fd++) {
		if (sshd_peer_of(fd, text, size))
			return;
	}
	text[0] = '\0';
}
