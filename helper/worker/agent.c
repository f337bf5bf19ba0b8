#include "agent.h"

#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../shim/lib/clock.h"
#include "../job.h"

/* The shim connects to the agent's socket meanwhile. */
#define AGENT_SHIM_MS 10000
/* What no person has to confirm. */
#define AGENT_LIST_MS 10000
/* A person may have to be asked: ssh-add(1), -c. */
#define AGENT_SIGN_MS 30000

/*
 * Wait until the agent is ready for EVENTS.  If the shim, or the helper, is gone
 * nobody needs it.
 */
static enum failure
agent_wait(const struct agent *agent, short events, int64_t end_ms)
{
	struct pollfd fds[3] = { { .fd = agent->fd, .events = events },
		{ .fd = agent->shim_fd } };
	const enum failure failure = deadline_wait(agent->deadline, fds, 3,
	    end_ms);

	if (failure == FAILURE_TIMEOUT)
		return FAILURE_AGENT_SILENT;
	if (failure == FAILURE_NONE && fds[1].revents != 0)
		return FAILURE_ABANDONED;
	return failure;
}

/* What becomes of it when the agent takes or gives nothing, by errno. */
static enum failure
agent_no_bytes(const struct agent *agent, short events, int64_t end_ms)
{
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return agent_wait(agent, events, end_ms);
	return errno == EINTR ? FAILURE_NONE : FAILURE_AGENT_BROKEN;
}

/* Send LEN BYTES. */
static enum failure
agent_send(const struct agent *agent, const unsigned char *bytes, size_t len,
    int64_t end_ms)
{
	enum failure failure = FAILURE_NONE;

	while (len > 0 && failure == FAILURE_NONE) {
		const ssize_t put = send(agent->fd, bytes, len,
		    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (put < 0) {
			failure = agent_no_bytes(agent, POLLOUT, end_ms);
		} else {
			bytes += put;
			len -= (size_t)put;
		}
	}
	return failure;
}

/* Receive LEN bytes in TO. */
static enum failure
agent_receive(const struct agent *agent, unsigned char *to, size_t len,
    int64_t end_ms)
{
	enum failure failure = FAILURE_NONE;

	while (len > 0 && failure == FAILURE_NONE) {
		const ssize_t got = recv(agent->fd, to, len, MSG_DONTWAIT);

		if (got == 0)
			return FAILURE_AGENT_BROKEN;
		if (got < 0) {
			failure = agent_no_bytes(agent, POLLIN, end_ms);
		} else {
			to += got;
			len -= (size_t)got;
		}
	}
	return failure;
}

/* Receive the next message. */
static enum failure
agent_receive_answer(struct agent *agent, int64_t end_ms)
{
	unsigned char head[AGENTWIRE_LENGTH_BYTES];
	enum failure failure = agent_receive(agent, head, sizeof(head), end_ms);

	free(agent->answer);
	agent->answer = NULL;
	if (failure != FAILURE_NONE)
		return failure;
	if (!agentwire_length(head, &agent->answer_len))
		return FAILURE_AGENT_BROKEN;
	agent->answer = malloc(agent->answer_len);
	if (agent->answer == NULL)
		return FAILURE_INTERNAL;
	return agent_receive(agent, agent->answer, agent->answer_len, end_ms);
}

/* Ask by the LEN bytes at REQUEST, and have the answer within WITHIN_MS. */
static enum failure
agent_ask(struct agent *agent, const unsigned char *request, size_t len,
    int64_t within_ms)
{
	const int64_t began_ms = clock_now_ms();
	const int64_t end_ms = began_ms +
	    (within_ms < agent->left_ms ? within_ms : agent->left_ms);
	enum failure failure = agent_send(agent, request, len, end_ms);
	int64_t took_ms;

	if (failure == FAILURE_NONE)
		failure = agent_receive_answer(agent, end_ms);
	took_ms = clock_now_ms() - began_ms;
	agent->left_ms -= took_ms;
	deadline_extend(agent->deadline, took_ms);
	return failure;
}

/*
 * True if FD is a stream socket.  Other things that a user may send can be waited
 * for in ways that know no deadline.
 */
static bool
agent_is_socket(int fd)
{
	socklen_t len = sizeof(int);
	int type;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	    type == SOCK_STREAM;
}

enum failure
agent_open(struct agent *agent, int shim_fd, struct deadline *deadline)
{
	struct frame_fds given = { 0 };
	struct frame_in in = { .limit_bytes = 0,
		.fds = &given,
		.fds_wanted = 1 };
	const int64_t began_ms = clock_now_ms();
	struct frame frame = { 0 };
	enum frame_result result = FRAME_CLOSED;

	*agent = (struct agent){ .shim_fd = shim_fd,
		.fd = -1,
		.deadline = deadline,
		.left_ms = JOB_AGENT_MS };
	if (frame_send(shim_fd, FRAME_NEEDED, NULL, 0, AGENT_SHIM_MS))
		result = frame_wait(shim_fd, &in, &frame, AGENT_SHIM_MS);
	deadline_extend(deadline, clock_now_ms() - began_ms);
	frame_in_reset(&in);
	frame_free(&frame);
	/* what else has come is closed as this process ends */
	if (given.count == 1)
		agent->fd = given.fd[0];
	switch (result) {
	case FRAME_COMPLETE:
		return frame.type == FRAME_AGENT && agent->fd >= 0 &&
			agent_is_socket(agent->fd)
		    ? FAILURE_NONE
		    : FAILURE_AGENT_NONE;
	case FRAME_CLOSED:
	case FRAME_CUT:
		return FAILURE_ABANDONED;
	default:
		return FAILURE_AGENT_NONE;
	}
}

enum failure
agent_list(struct agent *agent, bool newer, size_t max,
    struct agentwire_keys *keys)
{
	const enum failure failure = agent_ask(agent,
	    (const unsigned char *)AGENTWIRE_LIST, AGENTWIRE_LIST_BYTES,
	    AGENT_LIST_MS);

	if (failure != FAILURE_NONE)
		return failure;
	free(agent->keys);
	agent->keys = agent->answer;
	agent->answer = NULL;
	return agentwire_read_keys(agent->keys, agent->answer_len, newer, max,
		   keys)
	    ? FAILURE_NONE
	    : FAILURE_AGENT_BROKEN;
}

enum failure
agent_sign(struct agent *agent, const struct agentwire_key *key,
    const unsigned char *data, size_t len, struct sshwire *signature)
{
	struct sshwire algorithm;
	unsigned char *request;
	enum failure failure;
	size_t request_len;

	if (!agentwire_read_algorithm(data, len, &algorithm))
		return FAILURE_AGENT_DENIED;
	request_len = agentwire_ask_signature(&key->blob, &algorithm, data, len,
	    &request);
	if (request_len == 0)
		return FAILURE_AGENT_DENIED;
	failure = agent_ask(agent, request, request_len, AGENT_SIGN_MS);
	free(request);
	if (failure != FAILURE_NONE)
		return failure;
	switch (agentwire_read_signature(agent->answer, agent->answer_len,
	    &algorithm, signature)) {
	case AGENTWIRE_SIGNED:
		return FAILURE_NONE;
	case AGENTWIRE_DENIED:
		return FAILURE_AGENT_DENIED;
	default:
		return FAILURE_AGENT_BROKEN;
	}
}

void
agent_close(struct agent *agent)
{
	free(agent->answer);
	free(agent->keys);
	if (agent->fd >= 0)
		close(agent->fd);
	if (agent->shim_fd >= 0)
		close(agent->shim_fd);
	*agent = (struct agent){ .shim_fd = -1, .fd = -1 };
}
