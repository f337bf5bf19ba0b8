/*
 * Whether the remote is out of reach, or silent, and when that is found out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "../../helper/gateway/outage.h"

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS INT64_C(60000)
#define START_MS INT64_C(1000000) /* of the clock, in each test */

struct scene {
	struct outage outage;
	int64_t now_ms;
};

/* A scene, for scene_end(). */
static struct scene *
scene_begin(void)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	scene->now_ms = START_MS;
	outage_init(&scene->outage);
	return scene;
}

static void
scene_end(struct scene *scene)
{
	free(scene);
}

/* MS pass. */
static void
pass(struct scene *scene, int64_t ms)
{
	scene->now_ms += ms;
}

/* Tell that the remote is REACHED or not; true if that is news. */
static bool
remote(struct scene *scene, bool reached)
{
	return outage_told(&scene->outage, reached, scene->now_ms);
}

/* Is a probe due?  If not, the next is in NEXT_MS, or never if that is -1. */
static bool
probes(struct scene *scene, int64_t next_ms)
{
	int64_t at_ms;
	const bool due = outage_probe(&scene->outage, scene->now_ms, &at_ms);

	if (!due)
		assert_int_equal(at_ms,
		    next_ms < 0 ? INT64_MAX : scene->now_ms + next_ms);
	return due;
}

static void
a_remote_is_out_of_reach_until_it_is_reached(void **state)
{
	struct scene *scene = scene_begin();

	(void)state;
	assert_false(scene->outage.down);
	assert_true(remote(scene, false));
	assert_true(scene->outage.down);
	assert_false(remote(scene, false));
	pass(scene, 250 * SECOND_MS);
	assert_true(scene->outage.down);
	assert_true(remote(scene, true));
	assert_false(scene->outage.down);
	assert_false(remote(scene, true));
	scene_end(scene);
}

static void
that_the_remote_is_there_is_no_news_at_first(void **state)
{
	struct scene *scene = scene_begin();

	(void)state;
	assert_false(remote(scene, true));
	assert_false(probes(scene, -1));
	scene_end(scene);
}

static void
a_remote_out_of_reach_is_probed_each_quarter_of_a_minute(void **state)
{
	struct scene *scene = scene_begin();
	int count = 0;

	(void)state;
	assert_false(probes(scene, -1));
	remote(scene, false);
	assert_false(probes(scene, OUTAGE_PROBE_MS));
	pass(scene, OUTAGE_PROBE_MS - 1);
	assert_false(probes(scene, 1));
	pass(scene, 1);
	assert_true(probes(scene, 0));
	/* one at a time */
	assert_false(probes(scene, 4 * OUTAGE_PROBE_MS));
	pass(scene, SECOND_MS);
	remote(scene, false);
	assert_false(probes(scene, OUTAGE_PROBE_MS));
	for (int s = 0; s < 600; s++) {
		outage_wanted(&scene->outage, scene->now_ms);
		pass(scene, SECOND_MS);
		if (probes(scene, (14 - s % 15) * SECOND_MS)) {
			remote(scene, false);
			count++;
		}
	}
	assert_int_equal(count, 600 / 15);
	remote(scene, true);
	assert_false(probes(scene, -1));
	scene_end(scene);
}

static void
a_probe_that_does_not_tell_is_not_the_last(void **state)
{
	struct scene *scene = scene_begin();

	(void)state;
	remote(scene, false);
	pass(scene, OUTAGE_PROBE_MS);
	assert_true(probes(scene, 0));
	pass(scene, 4 * OUTAGE_PROBE_MS - 1);
	assert_false(probes(scene, 1));
	pass(scene, 1);
	assert_true(probes(scene, 0));
	scene_end(scene);
}

/* Probe, in vain, for MS. */
static void
probe_for(struct scene *scene, int64_t ms)
{
	const int64_t end_ms = scene->now_ms + ms;
	int64_t next_ms;

	while (scene->now_ms < end_ms) {
		if (outage_probe(&scene->outage, scene->now_ms, &next_ms))
			remote(scene, false);
		pass(scene, SECOND_MS);
	}
}

static void
it_is_probed_no_more_when_nobody_has_come_for_long(void **state)
{
	struct scene *scene = scene_begin();

	(void)state;
	remote(scene, false);
	probe_for(scene, OUTAGE_KEPT_MS - 1000);
	assert_false(probes(scene, OUTAGE_PROBE_MS - 14 * SECOND_MS));
	assert_true(scene->outage.down);
	pass(scene, SECOND_MS);
	assert_false(probes(scene, -1));
	assert_false(scene->outage.down);
	assert_true(remote(scene, false));
	scene_end(scene);
}

static void
whoever_comes_keeps_it_probed(void **state)
{
	struct scene *scene = scene_begin();

	(void)state;
	remote(scene, false);
	probe_for(scene, OUTAGE_KEPT_MS - SECOND_MS);
	outage_wanted(&scene->outage, scene->now_ms);
	probe_for(scene, OUTAGE_KEPT_MS - SECOND_MS);
	assert_true(scene->outage.down);
	outage_wanted(&scene->outage, scene->now_ms);
	probe_for(scene, OUTAGE_KEPT_MS - SECOND_MS);
	assert_true(scene->outage.down);
	pass(scene, SECOND_MS);
	assert_false(probes(scene, -1));
	assert_false(scene->outage.down);
	scene_end(scene);
}

static void
a_remote_is_silent_for_those_who_asked_since_it_was_reached(void **state)
{
	struct scene *scene = scene_begin();

	(void)state;
	scene->now_ms = 0;
	assert_int_equal(outage_silent_ms(&scene->outage, 0), OUTAGE_SILENT_MS);
	remote(scene, false);
	assert_int_equal(outage_silent_ms(&scene->outage, 0), INT64_MIN);
	remote(scene, true);
	assert_int_equal(outage_silent_ms(&scene->outage, 0), INT64_MAX);
	assert_int_equal(outage_silent_ms(&scene->outage, 1),
	    1 + OUTAGE_SILENT_MS);
	pass(scene, MINUTE_MS);
	assert_int_equal(outage_silent_ms(&scene->outage, MINUTE_MS),
	    MINUTE_MS + OUTAGE_SILENT_MS);
	remote(scene, true);
	assert_int_equal(outage_silent_ms(&scene->outage, MINUTE_MS),
	    INT64_MAX);
	assert_int_equal(outage_silent_ms(&scene->outage, MINUTE_MS + 1),
	    MINUTE_MS + 1 + OUTAGE_SILENT_MS);
	scene_end(scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_remote_is_out_of_reach_until_it_is_reached),
		cmocka_unit_test(that_the_remote_is_there_is_no_news_at_first),
		cmocka_unit_test(
		    a_remote_out_of_reach_is_probed_each_quarter_of_a_minute),
		cmocka_unit_test(a_probe_that_does_not_tell_is_not_the_last),
		cmocka_unit_test(
		    it_is_probed_no_more_when_nobody_has_come_for_long),
		cmocka_unit_test(whoever_comes_keeps_it_probed),
		cmocka_unit_test(
		    a_remote_is_silent_for_those_who_asked_since_it_was_reached),
	};

	return cmocka_run_group_tests_name("outage", tests, NULL, NULL);
}
