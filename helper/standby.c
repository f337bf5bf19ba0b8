#include "standby.h"

#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "../shim/frame.h"

/* The settings are not read more often than this, however many come. */
#define PAUSE_MS 20
/* How long somebody may take to ask. */
#define ASK_MS 100
#define QUESTION_BYTES 4096
#define READS_MAX 8

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
	char question[QUESTION_BYTES];

	/* what comes after a close is an error to whoever sends it */
	if (poll(&wait, 1, ASK_MS) > 0)
		for (size_t i = 0; i < READS_MAX &&
		     recv(fd, question, sizeof(question), MSG_DONTWAIT) ==
			 (ssize_t)sizeof(question);
		     i++)
			continue;
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
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	int64_t next_ms = 0;
	bool is_ready = false, on = true;

	sigaction(SIGHUP, &action, &before);
	while (on && !is_ready) {
		const int n = poll(&wait, 1, -1);
		const bool signalled = n < 0 && errno == EINTR;
		int peer;

		on = n > 0 || signalled;
		if (on && (signalled || frame_now_ms() >= next_ms)) {
			is_ready = ready(context);
			next_ms = frame_now_ms() + PAUSE_MS;
		}
		if (n <= 0 || is_ready)
			continue;
		peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (peer >= 0) {
			tell(peer);
			close(peer);
		} else if (errno != EAGAIN && errno != EINTR &&
		    errno != ECONNABORTED) {
			on = false;
		}
	}
	sigaction(SIGHUP, &before, NULL);
	return is_ready;
}
