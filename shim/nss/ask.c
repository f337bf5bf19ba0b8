#include "ask.h"

#include <sys/socket.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdint.h>
#include <unistd.h>

#include "../client.h"
#include "../lib/fields.h"
#include "../lib/usermap.h"
#include "account.h"
#include "sshd.h"

/* A helper answers at once, unless it is stuck, or being started. */
static const struct client_patience ask_patience = {
	.connected_ms = 300,
	.heeds_jam = true,
	.taken_ms = 2000,
	.silent_ms = 2000,
	.answered_ms = 10000,
};

#define ANSWER_MAX_BYTES ((size_t)1024)

/* The helper has not answered in time. */
static atomic_bool ask_stuck;

/*
 * True if the socket FD leads to root or the helper's user.  Nobody else can
 * make a socket where this one is, unless somebody has loosened the directory;
 * then anyone's answer would decide who logs in as which uid.
 */
static bool
ask_is_helper(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	    (peer.uid == 0 || account_is_service(peer.uid));
}

static bool
ask_send(const struct client *client, const char *name)
{
	char client_address[INET6_ADDRSTRLEN];
	struct fields fields = { 0 };
	bool sent;

	sshd_client(client_address, sizeof(client_address));
	fields_add(&fields, "name", name);
	fields_add_number(&fields, "sshd_pid", getpid());
	if (client_address[0] != '\0')
		fields_add(&fields, "address", client_address);
	sent = client_ask(client, FRAME_LOOKUP, &fields);
	fields_free(&fields);
	return sent;
}

/* Store the uid that the helper's FRAME tells in *UID; false if it has none. */
static bool
ask_take_uid(const struct frame *frame, uid_t *uid)
{
	long long number;

	if (frame->type != FRAME_OK || !fields_wellformed(frame) ||
	    !fields_get_number(frame, "uid", USERMAP_UID_MIN, USERMAP_UID_MAX,
		&number) ||
	    (!usermap_uid_valid((unsigned long)number) &&
		number != USERMAP_UID_DEAD_END))
		return false;
	*uid = (uid_t)number;
	return true;
}

/* Wait for the helper's answer. */
static bool
ask_wait(struct client *client, uid_t *uid)
{
	struct frame frame = { 0 };
	enum frame_result result;
	bool known;

	client->in.limit_bytes = ANSWER_MAX_BYTES;
	result = client_wait(client, &frame, INT64_MAX);
	if (result == FRAME_AGAIN)
		atomic_store(&ask_stuck, true);
	known = result == FRAME_COMPLETE && ask_take_uid(&frame, uid);
	frame_free(&frame);
	return known;
}

bool
ask_uid(const char *name, uid_t *uid)
{
	struct client client;
	bool known;

	if (atomic_load(&ask_stuck))
		return false;
	if (!client_open(&client, &ask_patience)) {
		if (errno == EAGAIN)
			atomic_store(&ask_stuck, true);
		return false;
	}
	known = ask_is_helper(client.fd) && ask_send(&client, name) &&
	    ask_wait(&client, uid);
	client_close(&client);
	return known;
}
