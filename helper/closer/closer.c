#include "closer.h"

#include <sys/resource.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include "../reexec.h"

/* As many descriptors as this process may have. */
static void
closer_raise_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

/*
 * Take the next socket, which stays open until this process ends.  Returns false
 * when no more come.
 */
static bool
closer_take(void)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	char byte;
	struct iovec part = { .iov_base = &byte, .iov_len = sizeof(byte) };
	struct msghdr message = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };
	const ssize_t got = recvmsg(REEXEC_FD, &message, MSG_CMSG_CLOEXEC);

	return got > 0 || (got < 0 && errno == EINTR);
}

int
closer_main(void)
{
	if (!reexec_begin(REEXEC_CLOSER))
		return 2;
	closer_raise_limit();
	while (closer_take())
		continue;
	return 0;
}
