#include "lastfailure.h"

#include <stdlib.h>
#include <string.h>

void
lastfailure_remember(struct lastfailure *failure, const struct frame *refusal,
    enum lastfailure_kind kind, int64_t took_ms, int64_t now_ms)
{
	lastfailure_forget(failure);
	failure->body = malloc(refusal->len + 1);
	if (failure->body == NULL)
		return;
	memcpy(failure->body, refusal->body, refusal->len);
	failure->body[refusal->len] = '\0';
	failure->len = refusal->len;
	failure->kind = kind;
	if ((took_ms < LASTFAILURE_MAX_MS) == (kind == LASTFAILURE_REFUSED))
		took_ms = LASTFAILURE_MAX_MS;
	failure->end_ms = now_ms + took_ms;
}

bool
lastfailure_counts(const struct lastfailure *failure, int64_t now_ms)
{
	return failure->body != NULL && now_ms < failure->end_ms;
}

struct frame
lastfailure_frame(const struct lastfailure *failure)
{
	return (struct frame){ .type = FRAME_REFUSED,
		.body = failure->body,
		.len = failure->len };
}

int64_t
lastfailure_tend(struct lastfailure *failure, int64_t now_ms)
{
	if (lastfailure_counts(failure, now_ms))
		return failure->end_ms;
	lastfailure_forget(failure);
	return INT64_MAX;
}

void
lastfailure_forget(struct lastfailure *failure)
{
	free(failure->body);
	failure->body = NULL;
}
