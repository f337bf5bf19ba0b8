/*
 * What a worker can be asked, by name and by frame.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../../helper/job.h"

#define JOBS (JOB_PROBE + 1)

static void
each_job_has_a_name_of_its_own(void **state)
{
	enum job found;

	(void)state;
	for (int job = 0; job < JOBS; job++) {
		const char *name = job_name((enum job)job);

		assert_non_null(name);
		assert_true(job_by_name(name, &found));
		assert_int_equal(found, job);
	}
	assert_string_equal(job_name(JOB_SESSION), "session");
}

static void
other_names_are_none(void **state)
{
	static const char *const names[] = { "", "Keys", "keys ", "key",
		"keyss", "ping" };
	enum job job;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_false(job_by_name(names[i], &job));
}

static void
a_frame_asks_for_the_job_that_has_it(void **state)
{
	enum job found;

	(void)state;
	for (int job = 0; job < JOBS; job++) {
		const enum frame_type type = job_frame((enum job)job);

		if (type == 0)
			continue;
		assert_true(job_by_frame(type, &found));
		assert_int_equal(found, job);
	}
	assert_int_equal(job_frame(JOB_OPEN), FRAME_PING);
	assert_int_equal(job_frame(JOB_RELAY), FRAME_HOLD);
}

static void
a_check_and_a_probe_are_no_job_of_a_connected_worker(void **state)
{
	enum job job;

	(void)state;
	assert_int_equal(job_frame(JOB_CHECK), 0);
	assert_int_equal(job_frame(JOB_PROBE), 0);
	assert_false(job_by_frame((enum frame_type)0, &job));
	assert_false(job_by_frame(FRAME_CHECK, &job));
}

static void
no_other_frame_asks_for_a_job(void **state)
{
	int count = 0;
	enum job job;

	(void)state;
	for (int type = 0; type < 256; type++)
		count += job_by_frame((enum frame_type)type, &job);
	assert_int_equal(count, JOBS - 2);
	assert_false(job_by_frame(FRAME_GO, &job));
	assert_false(job_by_frame(FRAME_START, &job));
	assert_false(job_by_frame(FRAME_SIGNED, &job));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_job_has_a_name_of_its_own),
		cmocka_unit_test(other_names_are_none),
		cmocka_unit_test(a_frame_asks_for_the_job_that_has_it),
		cmocka_unit_test(
		    a_check_and_a_probe_are_no_job_of_a_connected_worker),
		cmocka_unit_test(no_other_frame_asks_for_a_job),
	};

	return cmocka_run_group_tests_name("job", tests, NULL, NULL);
}
