/* Which part of a relay may go on when, and which phase it is in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../helper/worker/relayphase.h"

/* The calls that are legal in PHASE while none is BUSY, a bit each. */
static unsigned
legal(enum relayphase phase)
{
	unsigned calls = 0;

	for (int call = 0; call < RELAYPHASE_CALLS; call++) {
		if (relayphase_may(phase, RELAYPHASE_NO_CALL,
			(enum relayphase_call)call))
			calls |= 1U << call;
	}
	return calls;
}

#define READS (1U << RELAYPHASE_READ_OUTPUT | 1U << RELAYPHASE_READ_ERRORS)
#define INPUT (1U << RELAYPHASE_WRITE_INPUT)
#define SIZE (1U << RELAYPHASE_WRITE_SIZE)
#define CLOSED (1U << RELAYPHASE_WAIT_CLOSED)

static void
each_phase_has_its_calls(void **state)
{
	(void)state;
	assert_int_equal(legal(RELAYPHASE_OPEN), READS | INPUT | SIZE);
	assert_int_equal(legal(RELAYPHASE_INPUT_OVER), READS | SIZE);
	/* a command that has closed its output may still read */
	assert_int_equal(legal(RELAYPHASE_OUTPUT_OVER),
	    READS | INPUT | SIZE | CLOSED);
	assert_int_equal(legal(RELAYPHASE_BOTH_OVER), READS | SIZE | CLOSED);
	assert_int_equal(legal(RELAYPHASE_CLOSED), 0);
}

static void
half_a_packet_is_finished_first(void **state)
{
	(void)state;
	for (int busy = 0; busy < RELAYPHASE_WAIT_CLOSED; busy++) {
		for (int call = 0; call < RELAYPHASE_WAIT_CLOSED; call++)
			assert_int_equal(relayphase_may(RELAYPHASE_OUTPUT_OVER,
					     (enum relayphase_call)busy,
					     (enum relayphase_call)call),
			    busy == call);
		/* that sends nothing */
		assert_true(relayphase_may(RELAYPHASE_OUTPUT_OVER,
		    (enum relayphase_call)busy, RELAYPHASE_WAIT_CLOSED));
	}
}

static void
input_may_end_before_output(void **state)
{
	enum relayphase phase = RELAYPHASE_OPEN;

	(void)state;
	phase = relayphase_after(phase, RELAYPHASE_INPUT_TOLD);
	assert_int_equal(phase, RELAYPHASE_INPUT_OVER);
	phase = relayphase_after(phase, RELAYPHASE_OUTPUT_DELIVERED);
	assert_int_equal(phase, RELAYPHASE_BOTH_OVER);
	phase = relayphase_after(phase, RELAYPHASE_CHANNEL_CLOSED);
	assert_int_equal(phase, RELAYPHASE_CLOSED);
}

static void
output_may_end_before_input(void **state)
{
	enum relayphase phase = RELAYPHASE_OPEN;

	(void)state;
	phase = relayphase_after(phase, RELAYPHASE_OUTPUT_DELIVERED);
	assert_int_equal(phase, RELAYPHASE_OUTPUT_OVER);
	phase = relayphase_after(phase, RELAYPHASE_INPUT_TOLD);
	assert_int_equal(phase, RELAYPHASE_BOTH_OVER);
}

static void
a_command_that_reads_no_more_may_end(void **state)
{
	(void)state;
	assert_int_equal(relayphase_after(RELAYPHASE_OUTPUT_OVER,
			     RELAYPHASE_CHANNEL_CLOSED),
	    RELAYPHASE_CLOSED);
}

static void
output_that_waits_for_its_reader_keeps_the_relay(void **state)
{
	(void)state;
	assert_int_equal(relayphase_after(RELAYPHASE_OPEN,
			     RELAYPHASE_CHANNEL_CLOSED),
	    RELAYPHASE_OPEN);
	assert_int_equal(relayphase_after(RELAYPHASE_INPUT_OVER,
			     RELAYPHASE_CHANNEL_CLOSED),
	    RELAYPHASE_INPUT_OVER);
}

static void
what_has_happened_changes_nothing_when_it_is_told_again(void **state)
{
	(void)state;
	for (int phase = 0; phase < RELAYPHASES; phase++) {
		for (int event = 0; event < RELAYPHASE_EVENTS; event++) {
			const enum relayphase once =
			    relayphase_after((enum relayphase)phase,
				(enum relayphase_event)event);

			assert_int_equal(relayphase_after(once,
					     (enum relayphase_event)event),
			    once);
		}
	}
}

static void
nothing_leads_out_of_the_end(void **state)
{
	(void)state;
	for (int event = 0; event < RELAYPHASE_EVENTS; event++)
		assert_int_equal(relayphase_after(RELAYPHASE_CLOSED,
				     (enum relayphase_event)event),
		    RELAYPHASE_CLOSED);
}

static void
the_remote_is_heard_while_a_stream_has_room(void **state)
{
	const struct relayphase_held none = { 0 };
	const struct relayphase_held output = { .output = 1 };
	const struct relayphase_held errors = { .errors = 1 };
	const struct relayphase_held both = { .output = 1, .errors = 1 };

	(void)state;
	assert_true(relayphase_hears(RELAYPHASE_OPEN, &none));
	assert_true(relayphase_hears(RELAYPHASE_OPEN, &output));
	assert_true(relayphase_hears(RELAYPHASE_OPEN, &errors));
	assert_false(relayphase_hears(RELAYPHASE_OPEN, &both));
}

static void
the_remote_is_heard_while_there_is_something_to_send(void **state)
{
	const struct relayphase_held input = { .output = 1,
		.errors = 1,
		.input = 1 };
	const struct relayphase_held ended = { .output = 1,
		.errors = 1,
		.input_ended = true };

	(void)state;
	assert_true(relayphase_hears(RELAYPHASE_OPEN, &input));
	assert_true(relayphase_hears(RELAYPHASE_OPEN, &ended));
	/* not when it was sent already */
	assert_false(relayphase_hears(RELAYPHASE_INPUT_OVER, &ended));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_phase_has_its_calls),
		cmocka_unit_test(half_a_packet_is_finished_first),
		cmocka_unit_test(input_may_end_before_output),
		cmocka_unit_test(output_may_end_before_input),
		cmocka_unit_test(a_command_that_reads_no_more_may_end),
		cmocka_unit_test(
		    output_that_waits_for_its_reader_keeps_the_relay),
		cmocka_unit_test(
		    what_has_happened_changes_nothing_when_it_is_told_again),
		cmocka_unit_test(nothing_leads_out_of_the_end),
		cmocka_unit_test(the_remote_is_heard_while_a_stream_has_room),
		cmocka_unit_test(
		    the_remote_is_heard_while_there_is_something_to_send),
	};

	return cmocka_run_group_tests_name("relayphase", tests, NULL, NULL);
}
