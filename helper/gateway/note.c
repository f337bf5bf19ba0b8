#include "note.h"

#include <string.h>

#include "../../shim/lib/fields.h"
#include "../job.h"
#include "../log.h"
#include "logpause.h"

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
	if (logpause_allows(&notes->quota, user,
		"too many notes of workers for the next seconds"))
		log_event(LOG_NOTICE, "note", "user", user, "about", about,
		    "detail", fields_get(frame, "detail"), "remedy",
		    fields_get(frame, "remedy"), NULL);
	return true;
}
