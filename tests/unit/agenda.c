/*
 * What a user's connection does next.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../helper/gateway/agenda.h"

/* The job that comes first on the AGENDA. */
static enum job
next(struct agenda agenda)
{
	enum job job = JOB_CHECK;

	assert_true(agenda_next(&agenda, &job));
	return job;
}

#define NEXT(...) next((struct agenda){ __VA_ARGS__ })

/* The agenda of which BITS are set, all that there are. */
static struct agenda
make(unsigned bits, enum job last)
{
	return (struct agenda){ .lookup = (bits & 1) != 0,
		.keys = (bits & 2) != 0,
		.session = (bits & 4) != 0,
		.udp = (bits & 8) != 0,
		.ping = (bits & 16) != 0,
		.connected = (bits & 32) != 0,
		.last = last };
}

/* Call EACH for all agendas that there can be. */
static void
for_all(void (*each)(const struct agenda *agenda))
{
	for (unsigned bits = 0; bits < 64; bits++) {
		for (enum job last = JOB_LOOKUP; last <= JOB_OPEN; last++) {
			const struct agenda agenda = make(bits, last);

			each(&agenda);
		}
	}
}

static void
with_nothing_to_do_there_is_nothing(void **state)
{
	const struct agenda nothing = { 0 };
	const struct agenda still = { .connected = true, .last = JOB_KEYS };
	/* while it connects it is known soon enough whether the remote is there */
	const struct agenda ping = { .ping = true };
	enum job job;

	(void)state;
	assert_false(agenda_next(&nothing, &job));
	assert_false(agenda_next(&still, &job));
	assert_false(agenda_next(&ping, &job));
}

static void
each_thing_alone_is_done(void **state)
{
	(void)state;
	assert_int_equal(NEXT(.lookup = true), JOB_LOOKUP);
	assert_int_equal(NEXT(.keys = true), JOB_KEYS);
	assert_int_equal(NEXT(.session = true), JOB_SESSION);
	assert_int_equal(NEXT(.udp = true), JOB_UDP);
	assert_int_equal(NEXT(.connected = true, .ping = true), JOB_OPEN);
	/* whatever was done before */
	for (enum job last = JOB_LOOKUP; last <= JOB_OPEN; last++) {
		assert_int_equal(NEXT(.connected = true, .last = last,
				     .lookup = true),
		    JOB_LOOKUP);
		assert_int_equal(NEXT(.connected = true, .last = last,
				     .keys = true),
		    JOB_KEYS);
		assert_int_equal(NEXT(.connected = true, .last = last,
				     .session = true),
		    JOB_SESSION);
		assert_int_equal(NEXT(.connected = true, .last = last,
				     .udp = true),
		    JOB_UDP);
	}
}

static void
something_is_done(const struct agenda *a)
{
	enum job job = JOB_CHECK;

	assert_int_equal(agenda_next(a, &job),
	    a->lookup || a->keys || a->session || a->udp ||
		(a->ping && a->connected));
}

static void
and_only_what_is_on_the_agenda(const struct agenda *a)
{
	enum job job;

	if (!agenda_next(a, &job))
		return;
	assert_true((job == JOB_LOOKUP && a->lookup) ||
	    (job == JOB_KEYS && a->keys) ||
	    (job == JOB_SESSION && a->session) || (job == JOB_UDP && a->udp) ||
	    (job == JOB_OPEN && a->ping && a->connected));
}

static void
what_is_on_the_agenda_is_done(void **state)
{
	(void)state;
	for_all(something_is_done);
	for_all(and_only_what_is_on_the_agenda);
}

static void
no_trial_is_before_what_sshd_waits_for(const struct agenda *a)
{
	enum job job;

	if (a->lookup || a->keys) {
		assert_true(agenda_next(a, &job));
		assert_int_not_equal(job, JOB_UDP);
	}
}

static void
a_trial_of_udp_comes_after_lookup_and_keys(void **state)
{
	(void)state;
	assert_int_equal(NEXT(.lookup = true, .udp = true), JOB_LOOKUP);
	assert_int_equal(NEXT(.keys = true, .udp = true), JOB_KEYS);
	/* the same when it has served before */
	assert_int_equal(NEXT(.connected = true, .last = JOB_SESSION,
			     .keys = true, .udp = true),
	    JOB_KEYS);
	assert_int_equal(NEXT(.connected = true, .last = JOB_KEYS, .keys = true,
			     .udp = true),
	    JOB_KEYS);
	for_all(no_trial_is_before_what_sshd_waits_for);
}

static void
a_trial_of_udp_comes_before_a_session(void **state)
{
	(void)state;
	assert_int_equal(NEXT(.session = true, .udp = true), JOB_UDP);
	assert_int_equal(NEXT(.connected = true, .last = JOB_KEYS,
			     .session = true, .udp = true),
	    JOB_UDP);
}

static void
a_lookup_comes_before_keys_which_it_brings_along(void **state)
{
	(void)state;
	assert_int_equal(NEXT(.lookup = true, .keys = true), JOB_LOOKUP);
	assert_int_equal(NEXT(.lookup = true, .session = true), JOB_LOOKUP);
}

static void
keys_and_sessions_are_taken_in_turn(void **state)
{
	struct agenda agenda = { .keys = true, .session = true };
	enum job expected = JOB_KEYS;

	(void)state;
	for (int i = 0; i < 6; i++) {
		assert_int_equal(next(agenda), expected);
		agenda.connected = true;
		agenda.last = expected;
		expected = expected == JOB_KEYS ? JOB_SESSION : JOB_KEYS;
	}
	/* what a connection that is yet to begin had last is nothing */
	agenda.connected = false;
	agenda.last = JOB_KEYS;
	assert_int_equal(next(agenda), JOB_KEYS);
}

static void
a_ping_of_what_is_connected_comes_first(void **state)
{
	(void)state;
	assert_int_equal(NEXT(.connected = true, .ping = true, .lookup = true,
			     .keys = true, .session = true, .udp = true),
	    JOB_OPEN);
	assert_int_equal(NEXT(.ping = true, .keys = true), JOB_KEYS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(with_nothing_to_do_there_is_nothing),
		cmocka_unit_test(each_thing_alone_is_done),
		cmocka_unit_test(what_is_on_the_agenda_is_done),
		cmocka_unit_test(a_trial_of_udp_comes_after_lookup_and_keys),
		cmocka_unit_test(a_trial_of_udp_comes_before_a_session),
		cmocka_unit_test(
		    a_lookup_comes_before_keys_which_it_brings_along),
		cmocka_unit_test(keys_and_sessions_are_taken_in_turn),
		cmocka_unit_test(a_ping_of_what_is_connected_comes_first),
	};

	return cmocka_run_group_tests_name("agenda", tests, NULL, NULL);
}
