#ifndef MOSHGATE_REPORT_H
#define MOSHGATE_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "../../shim/lib/fields.h"
#include "../refusal.h"
#include "failure.h"

/* What a worker tells the helper: see job.h. */
struct report {
	int fd;     /* the helper's socket */
	bool steps; /* `moshgate check` waits for the outcome of each step */
};

/* How a step of `moshgate check` went. */
enum report_verdict {
	REPORT_BAD,
	REPORT_GOOD,
	REPORT_WARNING,
	REPORT_HINT, /* neither: what is to be seen to elsewhere */
};

/* A step of `moshgate check`; all strings may be NULL for "". */
struct report_step {
	const char *name;
	enum report_verdict verdict;
	const char *text, *remedy;
};

/*
 * Tell FIELDS, or nothing but TYPE if that is NULL; or the LEN bytes at BODY.
 * Returns false if the helper does not take it.
 */
bool report_fields(const struct report *report, enum frame_type type,
    const struct fields *fields);
bool report_bytes(const struct report *report, enum frame_type type,
    const void *body, size_t len);

/* The job, or if it ENDS the worker, has failed by REFUSAL. */
void report_refused(const struct report *report, const struct refusal *refusal,
    bool ends);

/* The worker has failed by FAILURE, which FACTS are about, and ends. */
void report_failure(const struct report *report, enum failure failure,
    const struct failure_facts *facts);

/* Something for the log: the note ABOUT, with TEXT. */
void report_note(const struct report *report, const char *about,
    const char *text, const char *remedy);

/* A step has its outcome, which only `moshgate check` wants to know. */
void report_step(const struct report *report, const struct report_step *step);

/*
 * Report the step NAME, which had FAILURE, or went well, with TEXT.  After a
 * failure the worker is over.  Returns true if it went well.
 */
bool report_outcome(const struct report *report, const char *name,
    const char *text, enum failure failure, const struct failure_facts *facts);

#endif
