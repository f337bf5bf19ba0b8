#include "socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
socket_compare(const void *a, const void *b)
{
	const int *one = a, *other = b;

	return (*one > *other) - (*one < *other);
}

/* Close all descriptors but KEPT and the COUNT at FDS. */
static void
socket_close_others(int kept, const int *fds, size_t count)
{
	int keep[FRAME_FDS_ROOM + 1];
	unsigned from = 0;

	memcpy(keep, fds, count * sizeof(*fds));
	keep[count] = kept;
	qsort(keep, count + 1, sizeof(*keep), socket_compare);
	for (size_t i = 0; i <= count; i++) {
		if ((unsigned)keep[i] > from)
			close_range(from, (unsigned)keep[i] - 1, 0);
		from = (unsigned)keep[i] + 1;
	}
	close_range(from, ~0U, 0);
}

/* Close the COUNT descriptors at FDS in a child.  The helper reaps all. */
static void
socket_close_in_child(const int *fds, size_t count)
{
	int ends[2] = { -1, -1 };
	char byte;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) == 0) {
		pid = fork();
		if (pid == 0) {
			/* it has all until the parent has let go of them */
			socket_close_others(ends[0], fds, count);
			while (read(ends[0], &byte, 1) > 0)
				continue;
			_exit(0);
		}
	}
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
	if (ends[0] >= 0) {
		close(ends[0]);
		close(ends[1]);
	}
}

void
socket_guard(int fd)
{
	const int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on));
}

void
socket_close(int fd)
{
	char rest[4096];

	/* from here on nothing more comes */
	shutdown(fd, SHUT_RD);
	for (;;) {
		bool descriptors;
		const ssize_t got = frame_peek(fd, rest, sizeof(rest),
		    &descriptors);

		if (descriptors) {
			socket_close_in_child(&fd, 1);
			return;
		}
		if (got <= 0 || recv(fd, rest, (size_t)got, MSG_DONTWAIT) < 0)
			break;
	}
	close(fd);
}
