#include "refusal.h"

#include <string.h>

void
refusal_add(struct fields *fields, const struct refusal *refusal)
{
	fields_add(fields, "reason", refusal->reason);
	fields_add(fields, "sentence",
	    refusal->sentence != NULL ? refusal->sentence : "");
	fields_add(fields, "remedy",
	    refusal->remedy != NULL ? refusal->remedy : "");
	if (refusal->detail != NULL && refusal->detail[0] != '\0')
		fields_add(fields, "detail", refusal->detail);
}

struct frame
refusal_frame(const struct refusal *refusal, struct fields *fields)
{
	static char nothing[1] = "";

	refusal_add(fields, refusal);
	return (struct frame){ .type = FRAME_REFUSED,
		.body = fields->failed ? nothing : fields->text,
		.len = fields->failed ? 0 : fields->len };
}

struct refusal
refusal_read(const struct frame *frame)
{
	struct refusal refusal = {
		.reason = fields_get(frame, "reason"),
		.sentence = fields_get(frame, "sentence"),
		.remedy = fields_get(frame, "remedy"),
		.detail = fields_get(frame, "detail"),
	};

	if (refusal.reason == NULL)
		refusal.reason = "internal";
	return refusal;
}

bool
refusal_is(const struct refusal *refusal, const char *reason)
{
	return strcmp(refusal->reason, reason) == 0;
}
