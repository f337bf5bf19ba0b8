#include "prober.h"

#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../shim/lib/clock.h"
#include "../../shim/lib/fields.h"
#include "../../shim/lib/locale.h"
#include "../../shim/lib/visible.h"
#include "../reexec.h"
#include "../sandbox.h"

#define MOSH_CLIENT "/usr/bin/mosh-client"
#define DETAIL_CHARS ((size_t)200)
#define KEPT_BYTES DETAIL_CHARS /* of what is written; more than a mark */

static const int64_t helper_timeout_ms = 10000;
static const int64_t answer_timeout_ms = 2000;
/*
 * mosh-client says a thing that got lost again after a second, but a new thing
 * 250 ms after the last: so it gets keystrokes to say.
 */
static const int64_t keystroke_interval_ms = 150;
static const char keystroke = ' ';

static bool
mark_valid(const char *mark)
{
	return strlen(mark) == MOSH_MARK_CHARS &&
	    strspn(mark, "abcdefghijklmnopqrstuvwxyz") == MOSH_MARK_CHARS;
}

bool
prober_understand(const struct frame *frame, struct prober_target *target)
{
	const char *mark = fields_get(frame, "mark");

	if (!mosh_answer_valid(frame) || mark == NULL || !mark_valid(mark))
		return false;
	snprintf(target->host, sizeof(target->host), "%s",
	    fields_get(frame, "host"));
	snprintf(target->port, sizeof(target->port), "%s",
	    fields_get(frame, "port"));
	snprintf(target->key, sizeof(target->key), "%s",
	    fields_get(frame, "key"));
	snprintf(target->mark, sizeof(target->mark), "%s", mark);
	return true;
}

char *
prober_room(struct prober_written *written, size_t *room)
{
	if (written->len > KEPT_BYTES) {
		memmove(written->text,
		    written->text + written->len - KEPT_BYTES, KEPT_BYTES);
		written->len = KEPT_BYTES;
	}
	*room = sizeof(written->text) - written->len;
	return written->text + written->len;
}

bool
prober_has_mark(struct prober_written *written, size_t len, const char *mark)
{
	written->len += len;
	return memmem(written->text, written->len, mark, MOSH_MARK_CHARS) !=
	    NULL;
}

/* All that a prober has. */
struct probe {
	struct prober_target target;
	int master;          /* of the terminal; -1 if there is none */
	int terminal;        /* mosh-client's side of it, until that is there */
	pid_t client;        /* mosh-client, or -1 */
	int status;          /* its end's, as of waitpid(2) */
	int64_t deadline_ms; /* of its start */
	struct prober_written written;
};

/* Tell the helper; with DETAIL NULL there is none. */
static void
tell_refused(const char *reason, const char *detail)
{
	struct fields fields = { 0 };

	fields_add(&fields, "reason", reason);
	if (detail != NULL)
		fields_add(&fields, "detail", detail);
	if (!fields.failed)
		frame_send(REEXEC_FD, FRAME_REFUSED, fields.text, fields.len,
		    helper_timeout_ms);
	fields_free(&fields);
}

/* Tell the helper that FAILED, by errno. */
static void
tell_failure(const char *failed)
{
	char detail[DETAIL_CHARS];

	snprintf(detail, sizeof(detail), "%s: %s", failed, strerror(errno));
	tell_refused("internal", detail);
}

/* Where in LEN bytes at TEXT what a person can read begins. */
static size_t
skip_escapes(const char *text, size_t len)
{
	const char *escape = memrchr(text, '\033', len);
	size_t at;

	if (escape == NULL)
		return 0;
	/* a control sequence (ECMA-48, 5.4) ends with its first of these */
	at = (size_t)(escape - text) + 1;
	if (at < len && text[at] == '[')
		at++;
	while (at < len && (text[at] < '@' || text[at] > '~'))
		at++;
	if (at < len)
		at++;
	return at;
}

/* Make one line of LEN bytes at TEXT; returns its length. */
static size_t
join_lines(char *text, size_t len)
{
	size_t kept = 0;

	for (size_t i = 0; i < len; i++) {
		const bool gap = strchr(" \r\n", text[i]) != NULL;

		if (!gap)
			text[kept++] = text[i];
		else if (kept > 0 && text[kept - 1] != ' ')
			text[kept++] = ' ';
	}
	return kept > 0 && text[kept - 1] == ' ' ? kept - 1 : kept;
}

/* Tell the helper how mosh-client has ended, and what it said of that. */
static void
tell_end(struct probe *p)
{
	char how[32], said[DETAIL_CHARS + 1], detail[DETAIL_CHARS + 64];
	const size_t begin = p->written.len > KEPT_BYTES
	    ? p->written.len - KEPT_BYTES
	    : 0;
	char *text = p->written.text + begin;
	size_t len = p->written.len - begin, skip;

	skip = skip_escapes(text, len);
	text += skip;
	len = join_lines(text, len - skip);
	visible_copy(said, sizeof(said), text, len);
	if (WIFEXITED(p->status))
		snprintf(how, sizeof(how), "status %d", WEXITSTATUS(p->status));
	else
		snprintf(how, sizeof(how), "signal %d", WTERMSIG(p->status));
	snprintf(detail, sizeof(detail), "mosh-client ended with %s: %s", how,
	    said);
	tell_refused("internal", detail);
}

/* Make the terminal that mosh-client is to have. */
static bool
open_terminal(struct probe *p)
{
	const struct winsize size = { .ws_row = 24, .ws_col = 80 };
	char name[64];

	p->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (p->master < 0 || grantpt(p->master) < 0 || unlockpt(p->master) < 0)
		return false;
	errno = ptsname_r(p->master, name, sizeof(name));
	if (errno != 0)
		return false;
	p->terminal = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return p->terminal >= 0 && ioctl(p->terminal, TIOCSWINSZ, &size) == 0;
}

/* Of the helper's environment mosh-client gets nothing: see mosh-client(1). */
static bool
child_environment(const struct prober_target *target)
{
	return clearenv() == 0 && setenv("PATH", "/usr/bin:/bin", 1) == 0 &&
	    setenv("TERM", "xterm", 1) == 0 && locale_make_utf8() &&
	    setenv("MOSH_KEY", target->key, 1) == 0 &&
	    setenv("MOSH_PREDICTION_DISPLAY", "never", 1) == 0 &&
	    setenv("MOSH_ESCAPE_KEY", "", 1) == 0;
}

/* Leave nothing but TERMINAL, which rules this process. */
static bool
child_terminal(int terminal)
{
	if (setsid() < 0 || ioctl(terminal, TIOCSCTTY, 0) < 0)
		return false;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (dup2(terminal, fd) < 0)
			return false;
	}
	return true;
}

/*
 * Become mosh-client.  Others of the service's user can look into its memory,
 * which execve(2) undoes prctl(PR_SET_DUMPABLE) for: there is no secret in it
 * but the key of a session that lasts as long as it does.
 */
static void
child_exec(struct probe *p, pid_t parent)
{
	/* sessions' are called mosh-client */
	char name[] = "moshgate-probe";
	char *argv[] = { name, p->target.host, p->target.port, NULL };

	signal(SIGPIPE, SIG_DFL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent ||
	    !child_terminal(p->terminal))
		_exit(126);
	if (child_environment(&p->target)) {
		/* what it lacks has been told by a worker */
		sandbox_program(MOSH_CLIENT);
		execv(MOSH_CLIENT, argv);
	}
	dprintf(STDERR_FILENO, "it cannot be run: %s", strerror(errno));
	_exit(127);
}

static bool
start_client(struct probe *p)
{
	const pid_t parent = getpid();

	p->client = fork();
	if (p->client == 0)
		child_exec(p, parent);
	p->deadline_ms = clock_now_ms() + answer_timeout_ms;
	close(p->terminal);
	p->terminal = -1;
	explicit_bzero(p->target.key, sizeof(p->target.key));
	return p->client > 0;
}

/* It isn't asked to end, which it would take four seconds for. */
static void
end_client(struct probe *p)
{
	kill(p->client, SIGKILL);
	while (waitpid(p->client, &p->status, 0) < 0 && errno == EINTR)
		continue;
	close(p->master);
}

enum verdict {
	UNDECIDED,
	THROUGH,  /* the mark has come */
	BLOCKED,  /* it has not, in time */
	ENDED,    /* mosh-client has gone */
	UNWANTED, /* the helper has gone, or wants to know no more */
};

/* Take some of what mosh-client writes. */
static enum verdict
read_client(struct probe *p)
{
	size_t room;
	char *text = prober_room(&p->written, &room);
	const ssize_t got = read(p->master, text, room);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return UNDECIDED;
	/* EIO: nobody has the terminal open any more */
	if (got <= 0)
		return ENDED;
	return prober_has_mark(&p->written, (size_t)got, p->target.mark)
	    ? THROUGH
	    : UNDECIDED;
}

/* Wait until there is something to do, UNTIL_MS at most. */
static enum verdict
wait_client(struct probe *p, int64_t until_ms)
{
	const int64_t left_ms = until_ms - clock_now_ms();
	struct pollfd fds[2] = { { .fd = REEXEC_FD, .events = POLLIN },
		{ .fd = p->master, .events = POLLIN } };

	if (poll(fds, 2, left_ms > 0 ? (int)left_ms : 0) < 0)
		return errno == EINTR ? UNDECIDED : ENDED;
	/* it has nothing more to say */
	if (fds[0].revents != 0)
		return UNWANTED;
	return fds[1].revents != 0 ? read_client(p) : UNDECIDED;
}

static enum verdict
watch_client(struct probe *p)
{
	int64_t keystroke_ms = clock_now_ms() + keystroke_interval_ms;
	enum verdict verdict = UNDECIDED;

	while (verdict == UNDECIDED) {
		const int64_t now_ms = clock_now_ms();

		if (now_ms >= p->deadline_ms)
			return BLOCKED;
		if (now_ms >= keystroke_ms) {
			keystroke_ms = now_ms + keystroke_interval_ms;
			/* one that finds no room isn't missed */
			if (write(p->master, &keystroke, 1) < 0 && errno == EIO)
				return ENDED;
		}
		verdict = wait_client(p,
		    keystroke_ms < p->deadline_ms ? keystroke_ms
						  : p->deadline_ms);
	}
	return verdict;
}

static void
tell_verdict(struct probe *p, enum verdict verdict)
{
	switch (verdict) {
	case THROUGH:
		frame_send(REEXEC_FD, FRAME_OK, "", 0, helper_timeout_ms);
		break;
	case BLOCKED:
		tell_refused("udp-blocked", NULL);
		break;
	case ENDED:
		tell_end(p);
		break;
	default:
		break;
	}
}

/* Wait for FRAME_START, and take what it tells; false if there is none. */
static bool
begin(struct probe *p)
{
	struct frame_in in = { .limit_bytes = FRAME_REQUEST_MAX_BYTES };
	struct frame start;
	bool good;

	if (frame_wait(REEXEC_FD, &in, &start, helper_timeout_ms) !=
	    FRAME_COMPLETE) {
		frame_in_reset(&in);
		return false;
	}
	good = start.type == FRAME_START && fields_wellformed(&start) &&
	    prober_understand(&start, &p->target);
	frame_free(&start);
	if (!good)
		tell_refused("internal", "what is asked for makes no sense");
	return good;
}

static void
probe(struct probe *p)
{
	enum verdict verdict;

	if (!begin(p))
		return;
	if (!open_terminal(p)) {
		tell_failure("there is no terminal for mosh-client");
		return;
	}
	if (!start_client(p)) {
		tell_failure("there is no process for mosh-client");
		return;
	}
	sandbox_files();
	sandbox_calls_and_kill(p->client);
	verdict = watch_client(p);
	/* who waits for it needn't wait for this */
	if (verdict == THROUGH)
		tell_verdict(p, verdict);
	end_client(p);
	if (verdict != THROUGH)
		tell_verdict(p, verdict);
}

int
prober_main(void)
{
	struct probe p = { .master = -1, .terminal = -1, .client = -1 };

	if (!reexec_begin(REEXEC_PROBER))
		return 2;
	probe(&p);
	explicit_bzero(&p, sizeof(p));
	return 0;
}
