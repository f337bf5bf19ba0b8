/*
 * moshgate-session: what a gateway user's session runs, as sshd's ForceCommand
 * and as the login shell.  It has the helper start a mosh-server on the remote,
 * and becomes the mosh-client of that, on the session's own terminal.  Where
 * mosh can't go, or without a terminal, it has the helper carry a session or a
 * command over SSH, and ends as that does.
 */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
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

static const int64_t answer_timeout_ms = 100000;
static const int64_t tick_ms = 1000;

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
 * Wait for the helper's ANSWER, at FD, and show the person for how long.  A
 * worker that is ready to carry the session over SSH is given STREAMS.
 */
static bool
session_wait_answer(int fd, const int streams[FRAME_FDS], struct frame *answer)
{
	struct frame_in in = { .limit_bytes = FRAME_ANSWER_MAX_BYTES };
	const int64_t began_ms = clock_now_ms();
	enum frame_result result;

	do {
		const int64_t elapsed_ms = clock_now_ms() - began_ms;

		terminal_show_progress(STDOUT_FILENO, elapsed_ms);
		result = frame_wait(fd, &in, answer,
		    tick_ms - elapsed_ms % tick_ms);
		if (result == FRAME_COMPLETE && answer->type == FRAME_READY) {
			frame_free(answer);
			result = request_send_streams(fd, streams)
			    ? FRAME_AGAIN
			    : FRAME_FAILED;
		}
	} while (result == FRAME_AGAIN &&
	    clock_now_ms() - began_ms < answer_timeout_ms);
	terminal_hide_progress(STDOUT_FILENO);
	frame_in_reset(&in);
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

/*
 * Run a session at a terminal.  Returns the exit status, unless this process
 * becomes mosh-client.
 */
static int
session_at_terminal(struct request *request, int fd)
{
	/* it ends with the program, or as that becomes another */
	static struct frame answer;
	int data[2], control[2];
	struct pump pump = { .terminal = &request->tty, .helper_fd = fd };
	bool answered;

	terminal_make_size(STDIN_FILENO);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, data) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) < 0) {
		sentence_say_no_memory();
		return 1;
	}
	answered = request_send(request, fd) &&
	    session_wait_answer(fd,
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
		moshclient_become(fd, &answer);
		return 1;
	}
}

/*
 * Wait for the helper, at FD: while the command is RUNNING for as long as it
 * takes; before that, only while somebody is there to take its output.
 */
static bool
session_wait_relay(int fd, bool running)
{
	struct pollfd fds[2] = { { .fd = fd, .events = POLLIN },
		{ .fd = running ? -1 : STDOUT_FILENO } };

	while (poll(fds, 2, -1) < 0) {
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
 * A worker, at FD, has said NEWS of the command, which goes on.  Returns false
 * if it doesn't.
 */
static bool
session_go_on(int fd, const struct frame *news)
{
	static const int streams[FRAME_FDS] = { STDIN_FILENO, STDOUT_FILENO,
		STDERR_FILENO };

	if (news->type == FRAME_READY)
		return request_send_streams(fd, streams);
	session_leave_streams();
	sentence_say_warning(news);
	return true;
}

/*
 * Have the helper, at FD, carry a session or a command without a terminal.
 * Returns the exit status.
 */
static int
session_relay(const struct request *request, int fd)
{
	struct frame_in in = { .limit_bytes = FRAME_ANSWER_MAX_BYTES };
	static struct frame answer;
	bool running = false;

	if (!request_send(request, fd)) {
		sentence_say_no_answer();
		return ENDING_FAILED;
	}
	while (session_wait_relay(fd, running)) {
		const enum frame_result result = frame_read(fd, &in, &answer);

		if (result == FRAME_AGAIN)
			continue;
		if (result != FRAME_COMPLETE || !fields_wellformed(&answer)) {
			sentence_say_no_answer();
			return ENDING_FAILED;
		}
		if (answer.type != FRAME_READY && answer.type != FRAME_RUNNING)
			return session_end_relay(&answer, running);
		running |= answer.type == FRAME_RUNNING;
		if (!session_go_on(fd, &answer)) {
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
	int fd, status;

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
	fd = client_connect();
	if (fd < 0) {
		sentence_say(client_problem(errno));
		return 1;
	}
	status = request.terminal ? session_at_terminal(&request, fd)
				  : session_relay(&request, fd);
	request_free(&request);
	return status;
}
