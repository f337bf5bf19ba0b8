#include "log.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../shim/lib/visible.h"

/* Two lists of algorithms in one value leave room for a remedy. */
#define LINE_BYTES 4096
#define VALUE_BYTES 2304

#define LOG_SOCKET_PATH "/dev/log"
#define LOG_HEADER_BYTES 64

static bool stderr_is_log;
static int log_fd = -1; /* of log_take() */

void
log_open(bool to_stderr)
{
	stderr_is_log = to_stderr;
	if (!to_stderr)
		openlog("moshgate-helper", LOG_PID, LOG_AUTHPRIV);
}

int
log_give(void)
{
	static const struct sockaddr_un address = { .sun_family = AF_UNIX,
		.sun_path = LOG_SOCKET_PATH };
	int fd;

	if (stderr_is_log)
		return fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) ==
		0)
		return fd;
	close(fd);
	return -1;
}

void
log_take(int fd)
{
	log_fd = fd;
}

/* Write LINE by the descriptor of log_take(), as syslog(3) would: RFC 3164. */
static void
log_write(int level, const char *line)
{
	char message[LOG_HEADER_BYTES + LINE_BYTES], date[32];
	const time_t now = time(NULL);
	socklen_t size = sizeof(int);
	struct tm local;
	int type, len;

	if (getsockopt(log_fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0 ||
	    type != SOCK_DGRAM) {
		dprintf(log_fd, "moshgate-helper: %s\n", line);
		return;
	}
	/* unlike localtime(3) this opens no file */
	localtime_r(&now, &local);
	strftime(date, sizeof(date), "%b %e %H:%M:%S", &local);
	len = snprintf(message, sizeof(message),
	    "<%d>%s moshgate-helper[%ld]: %s", LOG_AUTHPRIV | level, date,
	    (long)getpid(), line);
	if (len > 0)
		send(log_fd, message, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL);
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
	if (log_fd >= 0)
		log_write(level, line);
	else if (stderr_is_log)
		fprintf(stderr, "moshgate-helper: %s\n", line);
	else
		syslog(LOG_AUTHPRIV | level, "%s", line);
}
