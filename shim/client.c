#include "client.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/fields.h"

static const struct timeval connect_timeout = { .tv_sec = 10 };
static const int64_t send_timeout_ms = 5000;

/* Connect, with FLAGS for socket(2); as client_connect(). */
static int
client_dial(int flags)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX,
		.sun_path = RUNSTATEDIR "/moshgate/helper.sock" };
	int fd, error;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	if (fd < 0)
		return -1;
	/* for connect(), which waits while others wait for the helper */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &connect_timeout,
		sizeof(connect_timeout)) < 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

int
client_connect(void)
{
	return client_dial(0);
}

int
client_connect_now(void)
{
	return client_dial(SOCK_NONBLOCK);
}

bool
client_ask(int fd, enum frame_type type, const struct fields *fields)
{
	return !fields->failed &&
	    frame_send(fd, type, fields->text, fields->len, send_timeout_ms);
}

const char *
client_problem(int error)
{
	switch (error) {
	case ENOENT:
	case ECONNREFUSED:
		return "The moshgate helper is not running on this gateway.";
	case EAGAIN:
		return "The moshgate helper on this gateway is overloaded.";
	default:
		return "The moshgate helper on this gateway cannot be reached.";
	}
}
