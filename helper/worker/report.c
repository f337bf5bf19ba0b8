#include "report.h"

#define REPORT_TIMEOUT_MS 10000

bool
report_bytes(const struct report *report, enum frame_type type,
    const void *body, size_t len)
{
	return frame_send(report->fd, type, body, len, REPORT_TIMEOUT_MS);
}

bool
report_fields(const struct report *report, enum frame_type type,
    const struct fields *fields)
{
	const struct fields none = { 0 };

	if (fields == NULL)
		fields = &none;
	return !fields->failed &&
	    report_bytes(report, type, fields->text, fields->len);
}

void
report_refused(const struct report *report, const struct refusal *refusal,
    bool ends)
{
	struct fields fields = { 0 };

	refusal_add(&fields, refusal);
	if (ends)
		fields_add(&fields, "ends", "1");
	report_fields(report, FRAME_REFUSED, &fields);
	fields_free(&fields);
}

/* The worker is over, for REFUSAL, which FACTS are about. */
static void
report_end(const struct report *report, const struct refusal *refusal,
    const struct failure_facts *facts)
{
	struct fields fields = { 0 };

	refusal_add(&fields, refusal);
	fields_add(&fields, "ends", "1");
	if (facts->counted)
		fields_add(&fields, "counted", "1");
	report_fields(report, FRAME_REFUSED, &fields);
	fields_free(&fields);
}

void
report_failure(const struct report *report, enum failure failure,
    const struct failure_facts *facts)
{
	const struct refusal refusal = failure_refusal(failure, facts);

	report_end(report, &refusal, facts);
}

void
report_note(const struct report *report, const char *about, const char *text,
    const char *remedy)
{
	struct fields fields = { 0 };

	fields_add(&fields, "event", about);
	fields_add(&fields, "detail", text);
	fields_add(&fields, "remedy", remedy);
	report_fields(report, FRAME_NOTE, &fields);
	fields_free(&fields);
}

void
report_step(const struct report *report, const struct report_step *step)
{
	static const char *const verdicts[] = {
		[REPORT_BAD] = "0",
		[REPORT_GOOD] = "1",
		[REPORT_WARNING] = "warn",
		[REPORT_HINT] = "note",
	};
	struct fields fields = { 0 };

	if (!report->steps)
		return;
	fields_add(&fields, "step", step->name);
	fields_add(&fields, "ok", verdicts[step->verdict]);
	fields_add(&fields, "text", step->text != NULL ? step->text : "");
	fields_add(&fields, "remedy", step->remedy != NULL ? step->remedy : "");
	report_fields(report, FRAME_STEP, &fields);
	fields_free(&fields);
}

bool
report_outcome(const struct report *report, const char *name, const char *text,
    enum failure failure, const struct failure_facts *facts)
{
	const struct refusal refusal = failure_refusal(failure, facts);
	const bool good = failure == FAILURE_NONE;
	struct report_step step = { .name = name,
		.verdict = good ? REPORT_GOOD : REPORT_BAD,
		.text = text };

	if (!good) {
		step.text = refusal.detail[0] != '\0' ? refusal.detail
						      : refusal.sentence;
		step.remedy = refusal.remedy;
	}
	report_step(report, &step);
	if (!good)
		report_end(report, &refusal, facts);
	return good;
}
