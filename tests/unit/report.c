/* What a worker tells the helper. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>

#include <string.h>
#include <unistd.h>

#include "../../helper/worker/report.h"

/* A worker's report, and the helper's end of it. */
struct told {
	struct report report;
	int helper_fd;
	struct frame_in in;
	struct frame frame;
};

static void
begin(struct told *told, bool steps)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	*told = (struct told){ .report = { .fd = pair[0], .steps = steps },
		.helper_fd = pair[1],
		.in.limit_bytes = FRAME_ANSWER_MAX_BYTES };
}

/* Read the next frame, which must be of TYPE. */
static void
next(struct told *told, enum frame_type type)
{
	frame_free(&told->frame);
	assert_int_equal(frame_read(told->helper_fd, &told->in, &told->frame),
	    FRAME_COMPLETE);
	assert_int_equal(told->frame.type, type);
	assert_true(fields_wellformed(&told->frame));
}

/* See that the field NAME of the frame is VALUE. */
static void
has(const struct told *told, const char *name, const char *value)
{
	const char *is = fields_get(&told->frame, name);

	if (value == NULL)
		assert_null(is);
	else
		assert_string_equal(is, value);
}

/* See that there is nothing more. */
static void
end(struct told *told)
{
	frame_free(&told->frame);
	close(told->report.fd);
	assert_int_equal(frame_read(told->helper_fd, &told->in, &told->frame),
	    FRAME_CLOSED);
	close(told->helper_fd);
}

static void
a_refusal_may_end_the_worker_or_not(void **state)
{
	const struct refusal refusal = { .reason = "key-files" };
	struct told told;

	(void)state;
	begin(&told, false);
	report_refused(&told.report, &refusal, false);
	report_refused(&told.report, &refusal, true);
	next(&told, FRAME_REFUSED);
	has(&told, "reason", "key-files");
	has(&told, "ends", NULL);
	next(&told, FRAME_REFUSED);
	has(&told, "ends", "1");
	end(&told);
}

static void
a_failure_has_its_facts_and_ends_the_worker(void **state)
{
	struct failure_facts facts = { .detail = "read: no", .remedy = "wait" };
	struct told told;

	(void)state;
	begin(&told, false);
	report_failure(&told.report, FAILURE_LOST, &facts);
	next(&told, FRAME_REFUSED);
	has(&told, "reason", "lost");
	has(&told, "sentence", failure_sentence(FAILURE_LOST));
	has(&told, "remedy", "wait");
	has(&told, "detail", "read: no");
	has(&told, "ends", "1");
	end(&told);
}

static void
steps_are_told_only_where_they_are_wanted(void **state)
{
	const struct report_step step = { .name = "terminal",
		.verdict = REPORT_WARNING };
	struct told told;

	(void)state;
	begin(&told, false);
	report_step(&told.report, &step);
	end(&told);
	begin(&told, true);
	report_step(&told.report, &step);
	next(&told, FRAME_STEP);
	has(&told, "step", "terminal");
	has(&told, "ok", "warn");
	has(&told, "text", "");
	has(&told, "remedy", "");
	end(&told);
}

static void
a_step_that_went_well_is_no_refusal(void **state)
{
	const struct failure_facts facts = { .detail = "of before" };
	struct told told;

	(void)state;
	begin(&told, true);
	assert_true(report_outcome(&told.report, "login", "alice", FAILURE_NONE,
	    &facts));
	next(&told, FRAME_STEP);
	has(&told, "ok", "1");
	has(&told, "text", "alice");
	has(&told, "remedy", "");
	end(&told);
}

static void
a_step_that_failed_is_told_with_its_detail_and_refused(void **state)
{
	struct failure_facts facts = { .detail = "no route" };
	struct told told;

	(void)state;
	begin(&told, true);
	assert_false(report_outcome(&told.report, "connect", "",
	    FAILURE_UNREACHABLE, &facts));
	facts.detail[0] = '\0';
	assert_false(report_outcome(&told.report, "connect", "",
	    FAILURE_UNREACHABLE, &facts));
	next(&told, FRAME_STEP);
	has(&told, "ok", "0");
	has(&told, "text", "no route");
	next(&told, FRAME_REFUSED);
	has(&told, "reason", "unreachable");
	has(&told, "ends", "1");
	next(&told, FRAME_STEP);
	has(&told, "text", failure_sentence(FAILURE_UNREACHABLE));
	next(&told, FRAME_REFUSED);
	end(&told);
}

static void
a_note_says_what_it_is_about(void **state)
{
	struct told told;

	(void)state;
	begin(&told, false);
	report_note(&told.report, "key-files", "text", "chmod");
	next(&told, FRAME_NOTE);
	has(&told, "event", "key-files");
	has(&told, "detail", "text");
	has(&told, "remedy", "chmod");
	end(&told);
}

static void
fields_that_have_failed_are_not_told(void **state)
{
	const struct fields failed = { .failed = true };
	struct told told;

	(void)state;
	begin(&told, false);
	assert_false(report_fields(&told.report, FRAME_OK, &failed));
	assert_true(report_fields(&told.report, FRAME_OK, NULL));
	next(&told, FRAME_OK);
	assert_int_equal(told.frame.len, 0);
	end(&told);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refusal_may_end_the_worker_or_not),
		cmocka_unit_test(a_failure_has_its_facts_and_ends_the_worker),
		cmocka_unit_test(steps_are_told_only_where_they_are_wanted),
		cmocka_unit_test(a_step_that_went_well_is_no_refusal),
		cmocka_unit_test(
		    a_step_that_failed_is_told_with_its_detail_and_refused),
		cmocka_unit_test(a_note_says_what_it_is_about),
		cmocka_unit_test(fields_that_have_failed_are_not_told),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
