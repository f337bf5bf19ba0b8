#include "standby.h"

#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "../../shim/lib/clock.h"
#include "../../shim/lib/fields.h"
#include "../../shim/lib/frame.h"
#include "socket.h"

/* The settings are not read more often than this, however many come. */
#define PAUSE_MS 20
/* How long somebody may take to ask. */
#define ASK_MS 100

static void
woken(int signal)
{
	(void)signal;
}

/* Tell the one on FD, who has asked whatever it is. */
static void
tell(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	struct fields fields = { 0 };

	/* what comes after the end is an error to whoever sends it */
	poll(&wait, 1, ASK_MS);
	fields_add(&fields, "reason", "not-ready");
	fields_add(&fields, "sentence",
	    "This gateway is not set up yet, or has been set up wrong.");
	if (!fields.failed)
		frame_send(fd, FRAME_REFUSED, fields.text, fields.len, 0);
	fields_free(&fields);
}

bool
standby(int fd, bool (*ready)(void *context), void *context)
{
	struct sigaction action = { .sa_handler = woken }, before;
	/* socket_close() may have children, which nobody waits for here */
	struct sigaction ignore = { .sa_handler = SIG_IGN }, children;
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	int64_t next_ms = 0;
	bool is_ready = false, on = true;

	sigaction(SIGHUP, &action, &before);
	sigaction(SIGCHLD, &ignore, &children);
	while (on && !is_ready) {
		const int n = poll(&wait, 1, -1);
		const bool signalled = n < 0 && errno == EINTR;
		int peer;

		on = n > 0 || signalled;
		if (on && (signalled || clock_now_ms() >= next_ms)) {
			is_ready = ready(context);
			next_ms = clock_now_ms() + PAUSE_MS;
		}
		if (n <= 0 || is_ready)
			continue;
		peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (peer >= 0) {
			socket_guard(peer);
			tell(peer);
			socket_close(peer);
		} else if (errno != EAGAIN && errno != EINTR &&
		    errno != ECONNABORTED) {
			on = false;
		}
	}
	sigaction(SIGHUP, &before, NULL);
	sigaction(SIGCHLD, &children, NULL);
	return is_ready;
}
