#include "log.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../shim/lib/clock.h"
#include "../shim/lib/visible.h"
#include "backlog.h"

/*
 * Two lists of algorithms in one value leave room for a remedy, and a pipe takes
 * a line whole or not.
 */
#define LINE_BYTES (PIPE_BUF - 32)
#define VALUE_BYTES 2304

#define LOG_SOCKET_PATH "/dev/log"
#define LOG_HEADER_BYTES 64
#define LOG_END_MS 500

static bool stderr_is_log;
static bool log_taken;  /* log_fd is of log_take() */
static int log_fd = -1; /* of log_take(), or of syslog's socket */
static struct backlog log_backlog;
static unsigned long
    log_lost; /* lines for which there was no room even there */

/* Connect to syslog's socket, of TYPE, which is never waited for. */
static int
log_connect(int type)
{
	static const struct sockaddr_un address = { .sun_family = AF_UNIX,
		.sun_path = LOG_SOCKET_PATH };
	const int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) ==
		0)
		return fd;
	close(fd);
	return -1;
}

void
log_open(bool to_stderr)
{
	stderr_is_log = to_stderr;
	if (log_fd >= 0)
		close(log_fd);
	log_fd = -1;
}

int
log_give(void)
{
	return stderr_is_log ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)
			     : log_connect(SOCK_DGRAM);
}

void
log_take(int fd)
{
	log_fd = fd;
	log_taken = fd >= 0;
}

/*
 * Write LINE to FD, a file, a terminal or a pipe, unless there is no room for it
 * now: pipe(7).  Returns false then.
 */
static bool
log_print(int fd, const char *line)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };
	char text[PIPE_BUF];
	const int len = snprintf(text, sizeof(text), "moshgate-helper: %s\n",
	    line);

	return poll(&room, 1, 0) > 0 && write(fd, text, (size_t)len) >= 0;
}

/* Send LINE to syslog by FD as syslog(3) would: RFC 3164.  False with errno set. */
static bool
log_send(int fd, int type, int level, const char *line)
{
	char message[LOG_HEADER_BYTES + LINE_BYTES], date[32];
	const time_t now = time(NULL);
	struct tm local;
	int len;

	/* unlike localtime(3) this opens no file */
	localtime_r(&now, &local);
	strftime(date, sizeof(date), "%b %e %H:%M:%S", &local);
	len = snprintf(message, sizeof(message),
	    "<%d>%s moshgate-helper[%ld]: %s", LOG_AUTHPRIV | level, date,
	    (long)getpid(), line);
	/* in a stream a NUL ends it */
	return len > 0 &&
	    send(fd, message, (size_t)len + (type == SOCK_STREAM),
		MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

/* True if a line is lost since it would have to wait, as errno says. */
static bool
log_would_wait(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS;
}

/* Send LINE to syslog, which may have been started anew.  False as above. */
static bool
log_send_own(int level, const char *line)
{
	static int type = SOCK_DGRAM;

	if (log_fd >= 0 && log_send(log_fd, type, level, line))
		return true;
	if (log_fd >= 0 && log_would_wait())
		return false;
	log_open(false);
	type = SOCK_DGRAM;
	log_fd = log_connect(type);
	if (log_fd < 0 && errno == EPROTOTYPE) {
		type = SOCK_STREAM;
		log_fd = log_connect(type);
	}
	/* where there is no syslog, nothing is lost */
	return log_fd < 0 || log_send(log_fd, type, level, line) ||
	    !log_would_wait();
}

/* Write LINE where lines go.  Returns false if it would have to wait there. */
static bool
log_write(int level, const char *line)
{
	int type = SOCK_DGRAM;
	socklen_t size = sizeof(int);

	if (log_fd < 0 && stderr_is_log)
		return log_print(STDERR_FILENO, line);
	if (!log_taken)
		return log_send_own(level, line);
	if (getsockopt(log_fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0 ||
	    type != SOCK_DGRAM)
		return log_print(log_fd, line);
	return log_send(log_fd, type, level, line) || !log_would_wait();
}

/* True if VALUE can stand in a line without quotes. */
static bool
log_is_plain(const char *value)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._-:/@+%,[]*";

	return *value != '\0' && value[strspn(value, plain)] == '\0';
}

/* Append VALUE to the USED bytes of LINE, quoted where it must be. */
static size_t
log_append(char *line, size_t used, const char *value)
{
	char visible[VALUE_BYTES];
	size_t room = LINE_BYTES - used - 3; /* two quotes and a NUL */

	if (log_is_plain(value)) {
		for (; *value != '\0' && used < LINE_BYTES - 4; value++)
			line[used++] = *value;
		return used;
	}
	if (room > sizeof(visible))
		room = sizeof(visible);
	visible_copy(visible, room, value, strlen(value));
	line[used++] = '"';
	for (const char *c = visible; *c != '\0'; c++)
		line[used++] = (char)(*c == '"' ? '\'' : *c);
	line[used++] = '"';
	return used;
}

/* If lines have been lost say how many. */
static void
log_tell_lost(void)
{
	const unsigned long lost = log_lost;
	char detail[64];

	if (lost == 0)
		return;
	log_lost = 0;
	snprintf(detail, sizeof(detail), "%lu lines have been lost", lost);
	log_event(LOG_WARNING, "log-lost", "detail", detail, "remedy",
	    "see why the system's log did not take them", NULL);
}

bool
log_flush(void)
{
	const struct backlog_line *line;

	while ((line = backlog_first(&log_backlog)) != NULL) {
		if (!log_write(line->level, line->text))
			return false;
		backlog_drop_first(&log_backlog);
	}
	log_tell_lost();
	return backlog_first(&log_backlog) == NULL;
}

void
log_end(void)
{
	const int64_t end_ms = clock_now_ms() + LOG_END_MS;

	while (!log_flush() && clock_now_ms() < end_ms)
		poll(NULL, 0, LOG_END_MS / 50);
}

void
log_event(int level, const char *event, ...)
{
	char line[LINE_BYTES];
	const char *name;
	va_list pairs;
	size_t used;

	used = (size_t)snprintf(line, sizeof(line), "event=%s", event);
	va_start(pairs, event);
	while ((name = va_arg(pairs, const char *)) != NULL) {
		const char *value = va_arg(pairs, const char *);

		if (value == NULL || used + strlen(name) + 16 > LINE_BYTES)
			continue;
		line[used++] = ' ';
		used += (size_t)snprintf(line + used, sizeof(line) - used,
		    "%s=", name);
		used = log_append(line, used, value);
	}
	va_end(pairs);
	line[used] = '\0';
	if (log_flush() && log_write(level, line))
		return;
	if (!backlog_add(&log_backlog, level, line))
		log_lost++;
}
