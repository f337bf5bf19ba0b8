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
#include "../refusal.h"
#include "../sandbox.h"

#define MOSH_CLIENT "/usr/bin/mosh-client"
#define DETAIL_CHARS ((size_t)200)
/* So much is kept of what mosh-client has written: more than a mark has. */
#define KEPT_BYTES DETAIL_CHARS

static const int64_t helper_timeout_ms = 10000;
static const int64_t answer_timeout_ms = 2000;
/*
 * mosh-client repeats a packet that got lost after a second, but sends a new
 * one 250 ms after the last.  With keystrokes it always has a new one to send.
 */
static const int64_t keystroke_interval_ms = 150;
static const char keystroke = ' ';

static bool
prober_mark_valid(const char *mark)
{
	return strlen(mark) == MOSH_MARK_CHARS &&
	    strspn(mark, "abcdefghijklmnopqrstuvwxyz") == MOSH_MARK_CHARS;
}

bool
prober_understand(const struct frame *frame, struct prober_target *target)
{
	const char *mark = fields_get(frame, "mark");

	if (!mosh_answer_valid(frame) || mark == NULL ||
	    !prober_mark_valid(mark))
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

/* What is known by now. */
enum prober_verdict {
	PROBER_UNDECIDED,
	PROBER_THROUGH,  /* the mark has come */
	PROBER_BLOCKED,  /* the mark has not come in time */
	PROBER_ENDED,    /* mosh-client has ended */
	PROBER_UNWANTED, /* the helper has gone, or wants to know no more */
};

struct prober {
	struct prober_target target;
	int master;          /* of the terminal; -1 if there is none */
	int terminal;        /* mosh-client's side, until that is started */
	pid_t client;        /* mosh-client, or -1 */
	int status;          /* how it has ended: waitpid(2) */
	int64_t deadline_ms; /* for the mark */
	struct prober_written written;
};

/* Tell the helper that nothing comes of it, and why. */
static void
prober_tell_refusal(const struct refusal *refusal)
{
	struct fields fields = { 0 };

	refusal_add(&fields, refusal);
	if (!fields.failed)
		frame_send(REEXEC_FD, FRAME_REFUSED, fields.text, fields.len,
		    helper_timeout_ms);
	fields_free(&fields);
}

/* Tell the helper that something has gone wrong here: DETAIL. */
static void
prober_tell_internal(const char *detail)
{
	const struct refusal refusal = { .reason = "internal",
		.detail = detail };

	prober_tell_refusal(&refusal);
}

/* The same, of what has FAILED, by errno. */
static void
prober_tell_failure(const char *failed)
{
	char detail[DETAIL_CHARS];

	snprintf(detail, sizeof(detail), "%s: %s", failed, strerror(errno));
	prober_tell_internal(detail);
}

/* Tell the helper that UDP does not get through. */
static void
prober_tell_blocked(void)
{
	static const struct refusal refusal = { .reason = "udp-blocked" };

	prober_tell_refusal(&refusal);
}

/*
 * Returns where in the LEN bytes at TEXT the part begins that a person can
 * read: behind the last escape sequence.
 */
static size_t
prober_skip_escapes(const char *text, size_t len)
{
	const char *escape = memrchr(text, '\033', len);
	size_t at;

	if (escape == NULL)
		return 0;
	/* a control sequence ends with a byte from @ to ~: ECMA-48, 5.4 */
	at = (size_t)(escape - text) + 1;
	if (at < len && text[at] == '[')
		at++;
	while (at < len && (text[at] < '@' || text[at] > '~'))
		at++;
	if (at < len)
		at++;
	return at;
}

/* Make one line of the LEN bytes at TEXT.  Returns its length. */
static size_t
prober_join_lines(char *text, size_t len)
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

/* Tell the helper how mosh-client has ended, and what it has written last. */
static void
prober_tell_end(struct prober *p)
{
	char how[32], said[DETAIL_CHARS + 1], detail[DETAIL_CHARS + 64];
	const size_t begin = p->written.len > KEPT_BYTES
	    ? p->written.len - KEPT_BYTES
	    : 0;
	char *text = p->written.text + begin;
	size_t len = p->written.len - begin, skip;

	skip = prober_skip_escapes(text, len);
	text += skip;
	len = prober_join_lines(text, len - skip);
	visible_copy(said, sizeof(said), text, len);
	if (WIFEXITED(p->status))
		snprintf(how, sizeof(how), "status %d", WEXITSTATUS(p->status));
	else
		snprintf(how, sizeof(how), "signal %d", WTERMSIG(p->status));
	snprintf(detail, sizeof(detail), "mosh-client ended with %s: %s", how,
	    said);
	prober_tell_internal(detail);
}

/* Make the terminal that mosh-client is to have. */
static bool
prober_open_terminal(struct prober *p)
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

/* Make mosh-client's environment, without anything of the helper's. */
static bool
prober_child_environment(const struct prober_target *target)
{
	return clearenv() == 0 && setenv("PATH", "/usr/bin:/bin", 1) == 0 &&
	    setenv("TERM", "xterm", 1) == 0 && locale_make_utf8() &&
	    setenv("MOSH_KEY", target->key, 1) == 0 &&
	    setenv("MOSH_PREDICTION_DISPLAY", "never", 1) == 0 &&
	    setenv("MOSH_ESCAPE_KEY", "", 1) == 0;
}

/* Make TERMINAL the controlling terminal, and all of the standard streams. */
static bool
prober_child_terminal(int terminal)
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
 * Become mosh-client.  Other processes of the service's user can look into its
 * memory, since execve(2) undoes prctl(PR_SET_DUMPABLE).  There is no secret in
 * it but the key of a session that ends with it.
 */
static void
prober_child_exec(struct prober *p, pid_t parent)
{
	/* not to be taken for the mosh-client of a session */
	char name[] = "moshgate-probe";
	char *argv[] = { name, p->target.host, p->target.port, NULL };

	signal(SIGPIPE, SIG_DFL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent ||
	    !prober_child_terminal(p->terminal))
		_exit(126);
	if (prober_child_environment(&p->target)) {
		/* a worker has told what the kernel lacks for that */
		sandbox_program(MOSH_CLIENT);
		execv(MOSH_CLIENT, argv);
	}
	dprintf(STDERR_FILENO, "it cannot be run: %s", strerror(errno));
	_exit(127);
}

/* Start mosh-client; the key is wiped here then. */
static bool
prober_start_client(struct prober *p)
{
	const pid_t parent = getpid();

	p->client = fork();
	if (p->client == 0)
		prober_child_exec(p, parent);
	p->deadline_ms = clock_now_ms() + answer_timeout_ms;
	close(p->terminal);
	p->terminal = -1;
	explicit_bzero(p->target.key, sizeof(p->target.key));
	return p->client > 0;
}

/*
 * Wait for mosh-client, which has closed its terminal; one that stays has the
 * time that the helper gives this process.
 */
static void
prober_reap_client(struct prober *p)
{
	while (waitpid(p->client, &p->status, 0) < 0 && errno == EINTR)
		continue;
}

/* Read some of what mosh-client writes. */
static enum prober_verdict
prober_read_client(struct prober *p)
{
	size_t room;
	char *text = prober_room(&p->written, &room);
	const ssize_t got = read(p->master, text, room);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return PROBER_UNDECIDED;
	/* EIO: nobody has the terminal open any more */
	if (got <= 0)
		return PROBER_ENDED;
	return prober_has_mark(&p->written, (size_t)got, p->target.mark)
	    ? PROBER_THROUGH
	    : PROBER_UNDECIDED;
}

/* Wait for mosh-client to write, or for the helper, until UNTIL_MS at most. */
static enum prober_verdict
prober_wait_client(struct prober *p, int64_t until_ms)
{
	const int64_t left_ms = until_ms - clock_now_ms();
	struct pollfd fds[2] = { { .fd = REEXEC_FD, .events = POLLIN },
		{ .fd = p->master, .events = POLLIN } };

	if (poll(fds, 2, left_ms > 0 ? (int)left_ms : 0) < 0)
		return errno == EINTR ? PROBER_UNDECIDED : PROBER_ENDED;
	/* the helper sends nothing more: it has closed the socket */
	if (fds[0].revents != 0)
		return PROBER_UNWANTED;
	return fds[1].revents != 0 ? prober_read_client(p) : PROBER_UNDECIDED;
}

/* Give mosh-client keystrokes, and look for the mark in what it writes. */
static enum prober_verdict
prober_watch_client(struct prober *p)
{
	int64_t keystroke_ms = clock_now_ms() + keystroke_interval_ms;
	enum prober_verdict verdict = PROBER_UNDECIDED;

	while (verdict == PROBER_UNDECIDED) {
		const int64_t now_ms = clock_now_ms();

		if (now_ms >= p->deadline_ms)
			return PROBER_BLOCKED;
		if (now_ms >= keystroke_ms) {
			keystroke_ms = now_ms + keystroke_interval_ms;
			/* a keystroke that finds no room isn't missed */
			if (write(p->master, &keystroke, 1) < 0 && errno == EIO)
				return PROBER_ENDED;
		}
		verdict = prober_wait_client(p,
		    keystroke_ms < p->deadline_ms ? keystroke_ms
						  : p->deadline_ms);
	}
	return verdict;
}

static void
prober_tell_verdict(struct prober *p, enum prober_verdict verdict)
{
	switch (verdict) {
	case PROBER_THROUGH:
		frame_send(REEXEC_FD, FRAME_OK, "", 0, helper_timeout_ms);
		break;
	case PROBER_BLOCKED:
		prober_tell_blocked();
		break;
	case PROBER_ENDED:
		prober_tell_end(p);
		break;
	default:
		break;
	}
}

/* Wait for FRAME_START, and take the target that it tells; false without. */
static bool
prober_take_target(struct prober *p)
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
		prober_tell_internal("what is asked for makes no sense");
	return good;
}

static void
prober_probe(struct prober *p)
{
	enum prober_verdict verdict;

	if (!prober_take_target(p))
		return;
	if (!prober_open_terminal(p)) {
		prober_tell_failure("there is no terminal for mosh-client");
		return;
	}
	if (!prober_start_client(p)) {
		prober_tell_failure("there is no process for mosh-client");
		return;
	}
	sandbox_files();
	sandbox_calls_and_wait(p->client);
	verdict = prober_watch_client(p);
	if (verdict == PROBER_ENDED)
		prober_reap_client(p);
	/* with this process the kernel ends mosh-client: it need not be killed */
	prober_tell_verdict(p, verdict);
}

int
prober_main(void)
{
	struct prober p = { .master = -1, .terminal = -1, .client = -1 };

	if (!reexec_begin(REEXEC_PROBER))
		return 2;
	prober_probe(&p);
	explicit_bzero(&p, sizeof(p));
	return 0;
}
