#include "note.h"

#include <string.h>

#include "../../shim/lib/clock.h"
#include "../../shim/lib/fields.h"
#include "../job.h"
#include "../log.h"

/* True if one more may be logged for now. */
static bool
note_allowed(struct notes *notes, const char *user)
{
	switch (quota_take(&notes->quota, clock_now_ms())) {
	case QUOTA_LOG:
		return true;
	case QUOTA_PAUSE:
		log_event(LOG_NOTICE, "log-paused", "user", user, "detail",
		    "too many notes of workers for the next seconds", NULL);
		return false;
	default:
		return false;
	}
}

bool
note_take(struct notes *notes, const char *user, unsigned *count,
    const struct frame *frame)
{
	const char *about = fields_get(frame, "event");

	if (++*count > NOTE_PER_JOB)
		return false;
	if (about != NULL && strcmp(about, JOB_NOTE_SANDBOX) == 0) {
		if (notes->lack_told)
			return true;
		notes->lack_told = true;
	}
	if (note_allowed(notes, user))
		log_event(LOG_NOTICE, "note", "user", user, "about", about,
		    "detail", fields_get(frame, "detail"), "remedy",
		    fields_get(frame, "remedy"), NULL);
	return true;
}
