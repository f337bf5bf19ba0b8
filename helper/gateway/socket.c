#include "socket.h"

#include <sys/socket.h>

#include <stdbool.h>
#include <unistd.h>

#include "../../shim/lib/frame.h"

void
socket_guard(int fd)
{
	const int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on));
}

void
socket_close(struct closers *closers, uid_t uid, int fd)
{
	char rest[4096];

	/* from here on nothing more comes */
	shutdown(fd, SHUT_RD);
	for (;;) {
		bool descriptors;
		const ssize_t got = frame_peek(fd, rest, sizeof(rest),
		    &descriptors);

		if (descriptors) {
			closers_take(closers, uid, fd);
			return;
		}
		if (got <= 0 || recv(fd, rest, (size_t)got, MSG_DONTWAIT) < 0)
			break;
	}
	close(fd);
}
