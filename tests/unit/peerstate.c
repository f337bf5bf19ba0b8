/*
 * What may happen to somebody on the helper's socket, and when.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../helper/gateway/peerstate.h"

#define STATES (PEER_ANSWERING + 1)
#define EVENTS (PEER_RETURNS + 1)
#define NOT (-1)

static void
each_event_leads_where_the_table_says(void **state)
{
	static const int to[STATES][EVENTS] = {
		[PEER_ASKING] = { [PEER_ASKS] = PEER_WAITING,
		    [PEER_ANSWERED] = PEER_ANSWERING,
		    [PEER_SETTLED] = NOT,
		    [PEER_GIVES] = NOT,
		    [PEER_RETURNS] = NOT },
		[PEER_WAITING] = { [PEER_ASKS] = NOT,
		    [PEER_ANSWERED] = PEER_ANSWERING,
		    [PEER_SETTLED] = PEER_STAYING,
		    [PEER_GIVES] = PEER_GIVEN,
		    [PEER_RETURNS] = NOT },
		[PEER_STAYING] = { NOT, NOT, NOT, NOT, NOT },
		/* in its worker's place */
		[PEER_GIVEN] = { [PEER_ASKS] = NOT,
		    [PEER_ANSWERED] = PEER_ANSWERING,
		    [PEER_SETTLED] = NOT,
		    [PEER_GIVES] = NOT,
		    /* or back from a worker that had it for a while */
		    [PEER_RETURNS] = PEER_WAITING },
		[PEER_ANSWERING] = { NOT, NOT, NOT, NOT, NOT },
	};

	(void)state;
	for (int from = 0; from < STATES; from++) {
		for (int event = 0; event < EVENTS; event++) {
			enum peer_state peer = (enum peer_state)from;
			const bool can = peer_next(&peer,
			    (enum peer_event)event);

			assert_int_equal(can, to[from][event] != NOT);
			/* what can't happen changes nothing */
			assert_int_equal(peer, can ? to[from][event] : from);
		}
	}
}

static void
a_request_is_answered_once(void **state)
{
	enum peer_state peer = PEER_ASKING;

	(void)state;
	assert_true(peer_next(&peer, PEER_ASKS));
	assert_true(peer_next(&peer, PEER_ANSWERED));
	assert_false(peer_next(&peer, PEER_ANSWERED));
	assert_false(peer_next(&peer, PEER_SETTLED));
	assert_false(peer_next(&peer, PEER_ASKS));
}

static void
a_session_that_stays_is_not_answered_again(void **state)
{
	enum peer_state peer = PEER_ASKING;

	(void)state;
	assert_true(peer_next(&peer, PEER_ASKS));
	assert_true(peer_next(&peer, PEER_SETTLED));
	assert_false(peer_next(&peer, PEER_ANSWERED));
	assert_false(peer_next(&peer, PEER_SETTLED));
	assert_int_equal(peer, PEER_STAYING);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_event_leads_where_the_table_says),
		cmocka_unit_test(a_request_is_answered_once),
		cmocka_unit_test(a_session_that_stays_is_not_answered_again),
	};

	return cmocka_run_group_tests_name("peerstate", tests, NULL, NULL);
}
