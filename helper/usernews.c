#include "usernews.h"

#include "log.h"

void
usernews_add(struct fields *fields, enum usernews news, const char *detail)
{
	fields_add_number(fields, "news", (long long)news);
	fields_add(fields, "detail", detail);
}

bool
usernews_read(const struct frame *frame, const char *path)
{
	const char *detail = fields_get(frame, "detail");
	long long news;

	if (detail == NULL ||
	    !fields_get_number(frame, "news", USERNEWS_DAMAGED, USERNEWS_FAILED,
		&news))
		return false;
	usernews_log((enum usernews)news, detail, path);
	return true;
}

void
usernews_log(enum usernews news, const char *detail, const char *path)
{
	switch (news) {
	case USERNEWS_DAMAGED:
		log_event(LOG_ERR, "users-damaged", "file", path, "detail",
		    detail, "remedy",
		    "put back a copy, or take out the lines that are wrong, "
		    "whose users get other uids; until then nobody new gets in",
		    NULL);
		return;
	case USERNEWS_MENDED:
		log_event(LOG_WARNING, "users-mended", "detail", detail,
		    "remedy", "see who changed it; only the helper may", NULL);
		return;
	case USERNEWS_FAILED:
		log_event(LOG_ERR, "users-failed", "detail", detail, "remedy",
		    "it has been changed by somebody: see that _moshgate may "
		    "write it and that there is room, and the helper, which "
		    "has all of it, writes it anew; do not restart it before",
		    NULL);
		return;
	}
}
