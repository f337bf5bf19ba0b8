/*
 * What a worker may say, and when.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "../../helper/gateway/phase.h"

#define PHASES (PHASE_RUNNING + 1)
#define JOBS (JOB_PROBE + 1)
#define TYPES 256

/*
 * The phases in which a worker may send a frame, a letter each: Queued,
 * reAching, Entering, askinG, Proving, at Work, Idle, Clearing, Held, Starting,
 * Running.
 */
static const char letters[] = "QAEGPWICHSR";
/* and for which jobs: Lookup, Keys, Session, Udp, Open, Relay, Check, Probe */
static const char jobs[] = "LKSUORCP";

static const struct {
	enum frame_type type;
	const char *phases, *jobs;
} legal[] = {
	{ FRAME_REACHED, "A", "LKSUORCP" },
	{ FRAME_SIGN, "EG", "LKSUORC" },
	{ FRAME_ACCEPTED, "EGP", "LKSUORC" },
	{ FRAME_ACCEPTED, "C", "R" },
	{ FRAME_NOTE, "AEGPWCHSR", "LKSUORCP" },
	{ FRAME_STEP, "AEGPWCHSR", "C" },
	{ FRAME_TEXT, "W", "LK" },
	{ FRAME_RUNNING, "S", "R" },
	{ FRAME_OK, "E", "PC" },
	{ FRAME_OK, "W", "LSUOC" },
	{ FRAME_OK, "R", "R" },
	{ FRAME_REFUSED, "AEGPWCHSR", "LKSUORCP" },
};

static void
only_a_check_and_a_probe_can_do_without_a_login(void **state)
{
	(void)state;
	for (int job = 0; job < JOBS; job++)
		assert_int_equal(phase_logs_in((enum job)job),
		    strchr("CP", jobs[job]) == NULL);
}

static bool
is_legal(int phase, int job, int type)
{
	for (size_t i = 0; i < sizeof(legal) / sizeof(legal[0]); i++) {
		if ((int)legal[i].type == type &&
		    strchr(legal[i].phases, letters[phase]) != NULL &&
		    strchr(legal[i].jobs, jobs[job]) != NULL)
			return true;
	}
	return false;
}

static bool
allows(int phase, int job, int type)
{
	return phase_allows((enum phase)phase, (enum job)job,
	    (enum frame_type)type);
}

static void
each_frame_has_its_phases_and_jobs(void **state)
{
	(void)state;
	assert_int_equal(strlen(letters), PHASES);
	assert_int_equal(strlen(jobs), JOBS);
	for (int phase = 0; phase < PHASES; phase++) {
		for (int job = 0; job < JOBS; job++) {
			for (int type = 0; type < TYPES; type++) {
				if (allows(phase, job, type) !=
				    is_legal(phase, job, type))
					fail_msg("frame %d in %c for %c", type,
					    letters[phase], jobs[job]);
			}
		}
	}
}

static void
what_only_the_helper_says_is_never_legal(void **state)
{
	static const enum frame_type helpers[] = { FRAME_START, FRAME_SIGNED,
		FRAME_KEYS, FRAME_SESSION, FRAME_CHECK, FRAME_STATUS,
		FRAME_LOOKUP, FRAME_RESIZE, FRAME_STREAMS, FRAME_TAKEN,
		FRAME_READY, FRAME_UDP, FRAME_HOLD, FRAME_GO, FRAME_PING };

	(void)state;
	for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++) {
		for (int phase = 0; phase < PHASES; phase++) {
			for (int job = 0; job < JOBS; job++)
				assert_false(
				    allows(phase, job, (int)helpers[i]));
		}
	}
}

static void
a_signature_is_given_once(void **state)
{
	(void)state;
	for (int phase = 0; phase < PHASES; phase++) {
		for (int job = 0; job < JOBS; job++)
			assert_int_equal(allows(phase, job, FRAME_SIGN),
			    (phase == PHASE_ENTERING ||
				phase == PHASE_ASKING) &&
				job != JOB_PROBE);
	}
	/* and nothing leads back there but a connection's beginning */
	for (int phase = PHASE_ENTERING; phase < PHASES; phase++) {
		for (int job = 0; job < JOBS; job++)
			assert_true(phase_accepted((enum phase)phase,
					(enum job)job) > PHASE_PROVING);
	}
}

static void
a_spare_that_is_held_or_used_gets_no_signature(void **state)
{
	(void)state;
	assert_int_equal(phase_accepted(PHASE_PROVING, JOB_RELAY),
	    PHASE_CLEARING);
	assert_false(phase_allows(PHASE_HELD, JOB_RELAY, FRAME_SIGN));
	assert_false(phase_allows(PHASE_STARTING, JOB_RELAY, FRAME_SIGN));
	assert_false(phase_allows(PHASE_RUNNING, JOB_RELAY, FRAME_SIGN));
	/* neither does a kept one that makes a channel */
	assert_false(phase_allows(PHASE_CLEARING, JOB_RELAY, FRAME_SIGN));
}

static void
a_probe_asks_for_nothing(void **state)
{
	(void)state;
	assert_true(phase_allows(PHASE_ENTERING, JOB_PROBE, FRAME_OK));
	assert_false(phase_allows(PHASE_ENTERING, JOB_PROBE, FRAME_SIGN));
	assert_false(phase_allows(PHASE_ENTERING, JOB_PROBE, FRAME_ACCEPTED));
}

static void
what_is_let_in_goes_to_work_or_is_held(void **state)
{
	(void)state;
	for (int job = 0; job < JOBS; job++) {
		const enum phase next = job == JOB_RELAY ? PHASE_CLEARING
							 : PHASE_AT_WORK;

		assert_int_equal(phase_accepted(PHASE_ENTERING, (enum job)job),
		    next);
		assert_int_equal(phase_accepted(PHASE_PROVING, (enum job)job),
		    next);
	}
	/* once it has a channel, and whether it was kept or not */
	assert_int_equal(phase_accepted(PHASE_CLEARING, JOB_RELAY), PHASE_HELD);
}

static void
only_what_is_not_let_in_yet_counts_as_connecting(void **state)
{
	static const enum queue_state expected[] = {
		[PHASE_QUEUED] = QUEUE_WAITING,
		[PHASE_REACHING] = QUEUE_CONNECTING,
		[PHASE_ENTERING] = QUEUE_CONNECTING,
		[PHASE_ASKING] = QUEUE_ASKING,
		[PHASE_PROVING] = QUEUE_CONNECTING,
		[PHASE_AT_WORK] = QUEUE_AT_WORK,
		[PHASE_IDLE] = QUEUE_IDLE,
		[PHASE_CLEARING] = QUEUE_AT_WORK,
		[PHASE_HELD] = QUEUE_AT_WORK,
		[PHASE_STARTING] = QUEUE_AT_WORK,
		[PHASE_RUNNING] = QUEUE_AT_WORK,
	};

	(void)state;
	for (int phase = 0; phase < PHASES; phase++)
		assert_int_equal(phase_in_queue((enum phase)phase),
		    expected[phase]);
}

static void
relays_checks_and_probes_are_a_workers_last_job(void **state)
{
	(void)state;
	for (int job = 0; job < JOBS; job++)
		assert_int_equal(phase_ends_with((enum job)job),
		    strchr("RCP", jobs[job]) != NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_frame_has_its_phases_and_jobs),
		cmocka_unit_test(
		    only_a_check_and_a_probe_can_do_without_a_login),
		cmocka_unit_test(what_only_the_helper_says_is_never_legal),
		cmocka_unit_test(a_signature_is_given_once),
		cmocka_unit_test(
		    a_spare_that_is_held_or_used_gets_no_signature),
		cmocka_unit_test(a_probe_asks_for_nothing),
		cmocka_unit_test(what_is_let_in_goes_to_work_or_is_held),
		cmocka_unit_test(
		    only_what_is_not_let_in_yet_counts_as_connecting),
		cmocka_unit_test(
		    relays_checks_and_probes_are_a_workers_last_job),
	};

	return cmocka_run_group_tests_name("phase", tests, NULL, NULL);
}
