/*
 * moshgate-session: what a gateway user's session runs, as sshd's ForceCommand
 * and as the login shell.  It has the helper start a mosh-server on the remote,
 * and runs the mosh-client of that, on the session's own terminal.  Where
 * mosh can't go, or without a terminal, it has the helper carry a session or a
 * command over SSH, and ends as that does.
 */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../client.h"
#include "../lib/clock.h"
#include "../lib/fields.h"
#include "ending.h"
#include "environment.h"
#include "moshclient.h"
#include "pump.h"
#include "request.h"
#include "sentence.h"
#include "terminal.h"

static const int64_t tick_ms = 1000;
/* A script may wait for its turn; but not for a helper that is stuck. */
static const struct client_patience relay_patience = {
	.connected_ms = 5000,
	.taken_ms = 5000,
	.silent_ms = 5000,
	.answered_ms = INT64_MAX / 2,
};

static void
session_usage(void)
{
	fputs("usage: moshgate-session [-c command]\n"
	      "\n"
	      "What sshd runs for a user of this gateway; see "
	      "moshgate-session(8).\n",
	    stdout);
}

/*
 * A worker has ASKED for what REQUEST has, or for STREAMS.  Returns false
 * when it did not take that.
 */
static bool
session_give(const struct request *request, struct client *client,
    const int streams[FRAME_FDS], enum frame_type asked)
{
	return asked == FRAME_READY ? request_send_streams(client, streams)
				    : request_send_agent(request, client);
}

/* True if a worker asks by FRAME for what this process has. */
static bool
session_is_asked(const struct frame *frame)
{
	return frame->type == FRAME_READY || frame->type == FRAME_NEEDED;
}

/*
 * Wait for the helper's ANSWER to REQUEST, and show the person for how long.  A
 * worker that is ready to carry the session over SSH is given STREAMS.
 */
static bool
session_wait_answer(const struct request *request, struct client *client,
    const int streams[FRAME_FDS], struct frame *answer)
{
	const int64_t began_ms = clock_now_ms();
	int64_t now_ms = began_ms;
	enum frame_result result;

	do {
		const int64_t elapsed_ms = now_ms - began_ms;

		terminal_show_progress(STDOUT_FILENO, elapsed_ms);
		result = client_wait(client, answer,
		    now_ms + tick_ms - elapsed_ms % tick_ms);
		if (result == FRAME_COMPLETE && session_is_asked(answer)) {
			frame_free(answer);
			result = session_give(request, client, streams,
				     answer->type)
			    ? FRAME_AGAIN
			    : FRAME_FAILED;
		}
		now_ms = clock_now_ms();
	} while (result == FRAME_AGAIN && now_ms < client_end_ms(client));
	terminal_hide_progress(STDOUT_FILENO);
	return result == FRAME_COMPLETE && fields_wellformed(answer);
}

/*
 * Be the near end, PUMP, of a session over SSH, which has begun as ANSWER says.
 * Returns the exit status.
 */
static int
session_over_ssh(struct pump *pump, struct frame *answer)
{
	sentence_say_warning(answer);
	sentence_say_why(answer);
	/* as ssh(1), it goes on without */
	pump->raw = fields_get(answer, "no_terminal") == NULL;
	if (!pump->raw)
		sentence_say("The remote server gives this user no terminal.");
	frame_free(answer);
	switch (pump_run(pump, answer)) {
	case PUMP_ANSWERED:
		if (answer->type == FRAME_OK)
			return ending_as(answer);
		/* the cursor may be anywhere */
		fputc('\n', stderr);
		sentence_say_refusal(answer);
		break;
	case PUMP_LOST:
		fputc('\n', stderr);
		sentence_say_no_answer();
		break;
	case PUMP_LEFT:
		break;
	}
	return ENDING_FAILED;
}

/* Run a session at a terminal.  Returns the exit status. */
static int
session_at_terminal(struct request *request, struct client *client)
{
	static struct frame answer;
	int data[2], control[2];
	struct pump pump = { .terminal = &request->tty,
		.helper_fd = client->fd };
	bool answered;

	terminal_make_size(STDIN_FILENO);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, data) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) < 0) {
		sentence_say_no_memory();
		return 1;
	}
	answered = request_send(request, client) &&
	    session_wait_answer(request, client,
		(const int[]){ data[1], data[1], control[1] }, &answer);
	close(data[1]);
	close(control[1]);
	if (!answered) {
		sentence_say_no_answer();
		return 1;
	}
	switch (answer.type) {
	case FRAME_RUNNING:
		pump.data_fd = data[0];
		pump.control_fd = control[0];
		return session_over_ssh(&pump, &answer);
	case FRAME_REFUSED:
		sentence_say_refusal(&answer);
		return 1;
	default:
		close(data[0]);
		close(control[0]);
		return moshclient_run(&request->tty, &answer);
	}
}

/* For poll(2): until nothing can come from CLIENT any more. */
static int
session_left_ms(const struct client *client)
{
	const int64_t left_ms = client_end_ms(client) - clock_now_ms();

	return left_ms < 0 ? 0 : left_ms < INT_MAX ? (int)left_ms : INT_MAX;
}

/*
 * Wait for the helper: while the command is RUNNING for as long as it takes;
 * before that, only while the helper is not stuck, and somebody is there to take
 * the output.  Returns false if nobody is.
 */
static bool
session_wait_relay(const struct client *client, bool running)
{
	struct pollfd fds[2] = { { .fd = client->fd, .events = POLLIN },
		{ .fd = running ? -1 : STDOUT_FILENO } };

	while (poll(fds, 2, running ? -1 : session_left_ms(client)) < 0) {
		if (errno != EINTR)
			return false;
	}
	return fds[1].revents == 0;
}

/*
 * Have standard input and output lead nowhere: the worker has them now, and
 * whoever is at their other ends shall see when it closes them.
 */
static void
session_leave_streams(void)
{
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	close(null);
}

/* Returns the exit status of a relay that ANSWER is the end of. */
static int
session_end_relay(const struct frame *answer, bool running)
{
	if (answer->type == FRAME_OK)
		return ending_as(answer);
	sentence_say_refusal(answer);
	return running ? ENDING_FAILED : 1;
}

/*
 * A worker has said NEWS of the command of REQUEST, which goes on.  Returns false
 * if it can't.
 */
static bool
session_go_on(const struct request *request, struct client *client,
    const struct frame *news)
{
	static const int streams[FRAME_FDS] = { STDIN_FILENO, STDOUT_FILENO,
		STDERR_FILENO };

	if (session_is_asked(news))
		return session_give(request, client, streams, news->type);
	session_leave_streams();
	sentence_say_warning(news);
	return true;
}

/*
 * Have the helper carry a session or a command without a terminal.  Returns the
 * exit status.
 */
static int
session_relay(const struct request *request, struct client *client)
{
	static struct frame answer;
	bool running = false;

	if (!request_send(request, client)) {
		sentence_say_no_answer();
		return ENDING_FAILED;
	}
	while (session_wait_relay(client, running)) {
		const enum frame_result result = client_wait(client, &answer,
		    clock_now_ms());

		if (result == FRAME_AGAIN &&
		    (running || session_left_ms(client) > 0))
			continue;
		if (result != FRAME_COMPLETE || !fields_wellformed(&answer)) {
			sentence_say_no_answer();
			return ENDING_FAILED;
		}
		if (!session_is_asked(&answer) && answer.type != FRAME_RUNNING)
			return session_end_relay(&answer, running);
		running |= answer.type == FRAME_RUNNING;
		if (!session_go_on(request, client, &answer)) {
			sentence_say_no_answer();
			return ENDING_FAILED;
		}
		frame_free(&answer);
	}
	return ENDING_FAILED;
}

int
main(int argc, char **argv)
{
	static struct request request;
	struct client client;
	int status;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		session_usage();
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("moshgate-session %s\n", MOSHGATE_VERSION);
		return 0;
	}
	if (!request_read(&request, argc, argv)) {
		sentence_say_no_memory();
		return ENDING_FAILED;
	}
	if (request_is_too_long(&request)) {
		sentence_say("That command is too long for this gateway.");
		return 1;
	}
	if (request.terminal && !environment_make(&request))
		return 1;
	if (!client_open(&client,
		request.terminal ? &client_patience_of_person
				 : &relay_patience)) {
		sentence_say(client_problem(errno));
		return 1;
	}
	status = request.terminal ? session_at_terminal(&request, &client)
				  : session_relay(&request, &client);
	request_free(&request);
	return status;
}
