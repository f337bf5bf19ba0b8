#include "client.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/jam.h"

/* From one try to connect to the next. */
static const int connect_pause_ms = 10;
/*
 * A helper that is being started takes what has come meanwhile.  On a slow
 * machine that may take a while, but those who wait are few: the others find
 * no place in the socket.
 */
static const int64_t starting_ms = 10000;

const struct client_patience client_patience_of_sshd = {
	.connected_ms = 300,
	.heeds_jam = true,
	.taken_ms = 2000,
	.silent_ms = 2000,
	.answered_ms = 100000, /* of LoginGraceTime, 120 s */
};

const struct client_patience client_patience_of_person = {
	.connected_ms = 5000,
	.taken_ms = 5000,
	.silent_ms = 5000,
	.answered_ms = 100000,
};

static int64_t
client_earlier(int64_t a_ms, int64_t b_ms)
{
	return a_ms < b_ms ? a_ms : b_ms;
}

/* Connect without waiting.  Returns the socket, or -1 with errno set. */
static int
client_dial(void)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX,
		.sun_path = RUNSTATEDIR "/moshgate/helper.sock" };
	const int fd = socket(AF_UNIX,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error;

	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) <
	    0) {
		error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

/*
 * True if nobody who could be stuck is at the other end of FD.  The kernel has
 * who it was that called listen(2) last (unix(7), SO_PEERCRED): root, which is
 * systemd, until the helper that it starts has done so; or a helper that is gone,
 * in whose place another is being started.
 */
static bool
client_finds_nobody(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	    (peer.uid == 0 ||
		(peer.pid > 0 && kill(peer.pid, 0) < 0 && errno == ESRCH));
}

/*
 * Try to connect until END_MS: a helper that is at work makes room in no time.
 * As client_dial().
 */
static int
client_dial_again(const struct client_patience *patience, int64_t end_ms)
{
	int fd = -1, error;

	if (patience->heeds_jam && jam_look(JAM_PATH) == JAM_LEAVE) {
		errno = EAGAIN;
		return -1;
	}
	do {
		poll(NULL, 0, connect_pause_ms);
		fd = client_dial();
	} while (fd < 0 && errno == EAGAIN && clock_now_ms() < end_ms);
	error = errno;
	if (patience->heeds_jam && (fd >= 0 || error == EAGAIN))
		jam_write(JAM_PATH, fd >= 0 ? JAM_NONE : JAM_FOUND);
	errno = error;
	return fd;
}

bool
client_open(struct client *client, const struct client_patience *patience)
{
	const int64_t now_ms = clock_now_ms();

	*client = (struct client){ .fd = client_dial(),
		.patience = *patience,
		.began_ms = now_ms,
		.silent_ms = patience->silent_ms,
		.silent_end_ms = now_ms + patience->taken_ms,
		.in = { .limit_bytes = FRAME_ANSWER_MAX_BYTES } };
	if (client->fd < 0 && errno == EAGAIN)
		client->fd = client_dial_again(patience,
		    now_ms + patience->connected_ms);
	if (client->fd < 0)
		return false;
	if (client_finds_nobody(client->fd))
		client->silent_end_ms = now_ms + starting_ms;
	return true;
}

bool
client_ask(const struct client *client, enum frame_type type,
    const struct fields *fields)
{
	return !fields->failed &&
	    frame_send(client->fd, type, fields->text, fields->len,
		client->patience.taken_ms);
}

bool
client_ask_fds(const struct client *client, enum frame_type type,
    const struct fields *fields, const int *fds, size_t count)
{
	return !fields->failed &&
	    frame_send_fds(client->fd, type, fields->text, fields->len, fds,
		count, client->patience.taken_ms);
}

int64_t
client_end_ms(const struct client *client)
{
	return client_earlier(client->silent_end_ms,
	    client->began_ms + client->patience.answered_ms);
}

enum frame_result
client_wait(struct client *client, struct frame *answer, int64_t until_ms)
{
	for (;;) {
		const enum frame_result result = frame_wait(client->fd,
		    &client->in, answer,
		    client_earlier(client_end_ms(client), until_ms) -
			clock_now_ms());

		if (result != FRAME_COMPLETE)
			return result;
		/* only the helper says that */
		if (answer->type == FRAME_TAKEN)
			client->silent_ms = client->patience.silent_ms;
		client->silent_end_ms = clock_now_ms() + client->silent_ms;
		if (answer->type != FRAME_TAKEN || answer->len > 0)
			return result;
		frame_free(answer);
	}
}

void
client_given(struct client *client)
{
	client->silent_ms = client->patience.answered_ms;
	client->silent_end_ms = INT64_MAX;
}

void
client_close(struct client *client)
{
	frame_in_reset(&client->in);
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
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
