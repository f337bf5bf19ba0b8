#include "failure.h"

#include <stdlib.h>
#include <string.h>

void
failure_remember(struct failure *failure, const struct frame *refusal,
    enum failure_kind kind, int64_t took_ms, int64_t now_ms)
{
	failure_forget(failure);
	failure->body = malloc(refusal->len + 1);
	if (failure->body == NULL)
		return;
	memcpy(failure->body, refusal->body, refusal->len);
	failure->body[refusal->len] = '\0';
	failure->len = refusal->len;
	failure->kind = kind;
	if (kind == FAILURE_REFUSED || took_ms > FAILURE_MAX_MS)
		took_ms = FAILURE_MAX_MS;
	failure->end_ms = now_ms + took_ms;
}

bool
failure_counts(const struct failure *failure, int64_t now_ms)
{
	return failure->body != NULL && now_ms < failure->end_ms;
}

struct frame
failure_frame(const struct failure *failure)
{
	return (struct frame){ .type = FRAME_REFUSED,
		.body = failure->body,
		.len = failure->len };
}

void
failure_forget(struct failure *failure)
{
	free(failure->body);
	failure->body = NULL;
}
