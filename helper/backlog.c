#include "backlog.h"

#include <stdlib.h>
#include <string.h>

bool
backlog_add(struct backlog *backlog, int level, const char *text)
{
	const size_t size = strlen(text) + 1;
	char *copy;

	if (backlog->count == BACKLOG_LINES ||
	    backlog->bytes + size > BACKLOG_BYTES)
		return false;
	copy = strdup(text);
	if (copy == NULL)
		return false;
	backlog->lines[(backlog->first + backlog->count) % BACKLOG_LINES] =
	    (struct backlog_line){ .level = level, .text = copy };
	backlog->count++;
	backlog->bytes += size;
	return true;
}

const struct backlog_line *
backlog_first(const struct backlog *backlog)
{
	return backlog->count > 0 ? &backlog->lines[backlog->first] : NULL;
}

void
backlog_drop_first(struct backlog *backlog)
{
	char *text = backlog->lines[backlog->first].text;

	backlog->bytes -= strlen(text) + 1;
	backlog->count--;
	backlog->first = (backlog->first + 1) % BACKLOG_LINES;
	free(text);
}
