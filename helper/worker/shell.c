#include "shell.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../mosh.h"
#include "budget.h"
#include "channel.h"
#include "reply.h"

/* Less than what is kept of the noise, by "MOSH CONNECT 65535 " and a key. */
#define SHELL_NOISE_CHARS ((size_t)150)

/*
 * The loop.  IFS is empty so that a variable is one word without quotes.  A
 * reply stands between two lines with a mark that nobody can guess, since the
 * login shell's start-up files may print anything before.  hash -r, because
 * programs may have moved since the last command.
 */
static const char shell_loop[] =
    "exec /bin/sh -c '"
    "IFS=;set -f;"
    "r(){ echo $n-begin;hash -r;eval $c </dev/null;s=$?;echo;echo $n-end $s;};"
    "f(){ %s;};"
    "n=%s;c=f;r;"
    "while read -r n&&read -r c;do r;done'";

/* Start the loop, with COMMAND as its first, whose reply has MARK. */
static enum failure
shell_start(struct shell *shell, const char *command, const char *mark)
{
	struct channel_start start = { .request = "exec" };
	enum failure failure;
	bool refused;
	char *line;

	if (asprintf(&line, shell_loop, command, mark) < 0)
		return FAILURE_INTERNAL;
	start.what = line;
	failure = channel_open(shell->session, CHANNEL_SHELL,
	    CHANNEL_WINDOW_USUAL, &shell->channel);
	if (failure == FAILURE_NONE)
		failure = channel_start(shell->session, shell->channel, &start,
		    &refused);
	free(line);
	return failure;
}

/* Have the loop run COMMAND; its reply is going to have MARK. */
static enum failure
shell_ask(struct shell *shell, const char *command, const char *mark)
{
	enum failure failure;
	char *line;
	int len;

	if (shell->channel == NULL)
		return shell_start(shell, command, mark);
	len = asprintf(&line, "%s\n%s\n", mark, command);
	if (len < 0)
		return FAILURE_INTERNAL;
	failure = channel_write(shell->session, shell->channel, line,
	    (size_t)len);
	free(line);
	return failure;
}

/* Tell the last words of the login shell, but no key of a mosh-server. */
static void
shell_tell_noise(struct shell *shell, const struct reply *reply)
{
	struct failure_facts *facts = session_facts(shell->session);
	size_t len = reply->len;

	/* where the words are cut off in front, a key goes with them */
	if (len > SHELL_NOISE_CHARS)
		len = SHELL_NOISE_CHARS;
	if (memmem(reply->text, reply->len, "MOSH CONNECT", 12) != NULL)
		len = 0;
	failure_set_detail(facts, "the login shell ended: %.*s", (int)len,
	    reply->text + reply->len - len);
	mosh_redact(facts->detail, strlen(facts->detail));
}

/* GOT bytes of REPLY were read: *WHOLE is whether it is all there. */
static enum failure
shell_take(struct shell *shell, struct reply *reply, size_t got, bool *whole)
{
	const enum reply_result result = reply_add(reply, got);

	*whole = result == REPLY_WHOLE;
	if (*whole)
		return FAILURE_NONE;
	if (result == REPLY_MORE)
		return session_is_late(shell->session) ? FAILURE_TIMEOUT
						       : FAILURE_NONE;
	failure_set_detail(session_facts(shell->session), "read: %s",
	    reply->begun ? "the answer is too long"
			 : "too much comes before the answer");
	return FAILURE_TOO_BIG;
}

static enum failure
shell_read(struct shell *shell, struct reply *reply)
{
	bool whole = false;

	session_begin_step(shell->session, "read");
	while (!whole) {
		enum failure failure;
		size_t size;
		char *room = reply_room(reply, &size);
		ssize_t got;

		if (room == NULL)
			return FAILURE_INTERNAL;
		got = libssh2_channel_read(shell->channel, room, size);
		if (got == 0 && libssh2_channel_eof(shell->channel)) {
			shell_tell_noise(shell, reply);
			return FAILURE_NO_SHELL;
		}
		if (got < 0 && got != LIBSSH2_ERROR_EAGAIN)
			return session_why(shell->session, FAILURE_LOST);
		failure = got > 0
		    ? shell_take(shell, reply, (size_t)got, &whole)
		    : session_wait(shell->session);
		if (failure != FAILURE_NONE)
			return failure;
	}
	return FAILURE_NONE;
}

/* Have the loop run COMMAND, and read its reply. */
static enum failure
shell_ask_and_read(struct shell *shell, const char *command,
    struct reply *reply)
{
	const enum failure failure = shell_ask(shell, command, reply->mark);

	return failure == FAILURE_NONE ? shell_read(shell, reply) : failure;
}

enum failure
shell_run(struct shell *shell, const char *command, size_t limit_bytes,
    struct shell_answer *answer)
{
	enum failure failure = FAILURE_NONE;
	struct reply reply;

	failure_clear(session_facts(shell->session));
	session_allow(shell->session, BUDGET_COMMAND_BYTES);
	reply_init(&reply, limit_bytes);
	if (shell->channel == NULL && strpbrk(command, "'\"\\") != NULL) {
		/* its quotes would end those of the loop */
		failure = shell_ask_and_read(shell, ":", &reply);
		reply_free(&reply);
		reply_init(&reply, limit_bytes);
	}
	if (failure == FAILURE_NONE)
		failure = shell_ask_and_read(shell, command, &reply);
	if (failure != FAILURE_NONE) {
		reply_free(&reply);
		return failure;
	}
	session_end_login(shell->session);
	session_allow(shell->session, BUDGET_IDLE_BYTES);
	*answer = (struct shell_answer){ .text = reply.text,
		.len = reply.len,
		.status = reply.status };
	return FAILURE_NONE;
}

enum failure
shell_end(struct shell *shell)
{
	enum failure failure;

	failure_clear(session_facts(shell->session));
	if (shell->channel == NULL)
		return FAILURE_NONE;
	/* nobody waits for the loop's end, which brings little */
	failure = channel_end_input(shell->session, shell->channel);
	if (failure == FAILURE_NONE)
		shell->channel = NULL;
	return failure;
}
