#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../shim/lib/visible.h"

/* Two lists of algorithms in one value leave room for a remedy. */
#define LINE_BYTES 4096
#define VALUE_BYTES 2304

static bool stderr_is_log;

void
log_open(bool to_stderr)
{
	stderr_is_log = to_stderr;
	if (!to_stderr)
		openlog("moshgate-helper", LOG_PID, LOG_AUTHPRIV);
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
	if (stderr_is_log)
		fprintf(stderr, "moshgate-helper: %s\n", line);
	else
		syslog(LOG_AUTHPRIV | level, "%s", line);
}
