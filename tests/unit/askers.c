/* Whose agents are asked, how many at a time, and who makes room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../helper/gateway/askers.h"

#define MANY 12

struct crowd {
	struct askers askers;
	struct address addresses[MANY];
	struct asker asker[MANY];
	int64_t now_ms, next_ms;
};

/* The one called NAME comes, as the INDEXth, from ADDRESS. */
static void
comes(struct crowd *crowd, size_t index, const char *name, const char *address)
{
	crowd->addresses[index] = address_read(address);
	crowd->asker[index] = (struct asker){ .name = name,
		.address = &crowd->addresses[index] };
	askers_add(&crowd->askers, &crowd->asker[index], crowd->now_ms);
}

/* The INDEXth goes next; MANY: none does. */
static void
goes(struct crowd *crowd, size_t index)
{
	crowd->next_ms = INT64_MAX;
	assert_ptr_equal(askers_next(&crowd->askers, crowd->now_ms,
			     &crowd->next_ms),
	    index == MANY ? NULL : &crowd->asker[index]);
}

static void
one_goes_of_a_name_at_an_address_and_two_of_either(void **state)
{
	struct crowd crowd = { .now_ms = 1000 };

	(void)state;
	comes(&crowd, 0, "alice", "192.0.2.1");
	comes(&crowd, 1, "alice", "192.0.2.1");
	comes(&crowd, 2, "bob", "192.0.2.1");
	comes(&crowd, 3, "carol", "192.0.2.1");
	comes(&crowd, 4, "alice", "192.0.2.2");
	comes(&crowd, 5, "alice", "192.0.2.3");
	goes(&crowd, 0);
	/* that of another address before that of the same */
	goes(&crowd, 4);
	goes(&crowd, 2);
	goes(&crowd, MANY);
	askers_remove(&crowd.askers, &crowd.asker[0]);
	goes(&crowd, 5);
	goes(&crowd, 3);
	goes(&crowd, MANY);
}

static void
one_in_vain_has_its_place_for_a_while(void **state)
{
	struct crowd crowd = { .now_ms = 1000 };

	(void)state;
	for (size_t i = 0; i < 4; i++)
		comes(&crowd, i, "alice", "192.0.2.1");
	for (size_t i = 0; i < 2; i++) {
		goes(&crowd, i);
		askers_fail(&crowd.askers, &crowd.asker[i], crowd.now_ms);
		crowd.now_ms += 100;
	}
	goes(&crowd, MANY);
	assert_int_equal(crowd.next_ms, 1000 + ASKERS_VAIN_MS);
	crowd.now_ms = crowd.next_ms;
	goes(&crowd, 2);
}

static void
of_too_many_the_last_of_the_address_with_most_has_to_go(void **state)
{
	struct crowd crowd = { .now_ms = 1000 };

	(void)state;
	comes(&crowd, 0, "alice", "192.0.2.1");
	for (size_t i = 1; i <= ASKERS_WAITING_MAX; i++)
		comes(&crowd, i, "bob", "192.0.2.2");
	assert_ptr_equal(askers_excess(&crowd.askers),
	    &crowd.asker[ASKERS_WAITING_MAX]);
	askers_remove(&crowd.askers, &crowd.asker[ASKERS_WAITING_MAX]);
	assert_null(askers_excess(&crowd.askers));
}

static void
a_slow_one_gives_way_to_those_of_other_addresses(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d" };
	struct crowd crowd = { .now_ms = 1000 };
	int64_t next_ms = INT64_MAX;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		comes(&crowd, i, names[i], i < 2 ? "192.0.2.1" : "192.0.2.2");
		goes(&crowd, i);
	}
	comes(&crowd, 4, "e", "192.0.2.1");
	crowd.now_ms += ASKERS_YIELD_MS;
	assert_null(askers_slow(&crowd.askers, crowd.now_ms, &next_ms));
	comes(&crowd, 5, "e", "192.0.2.3");
	assert_ptr_equal(askers_slow(&crowd.askers, crowd.now_ms - 1, &next_ms),
	    NULL);
	assert_int_equal(next_ms, crowd.now_ms);
	assert_non_null(askers_slow(&crowd.askers, crowd.now_ms, &next_ms));
}

static void
two_of_a_name_give_way_to_a_third_from_elsewhere(void **state)
{
	struct crowd crowd = { .now_ms = 1000 };
	int64_t next_ms = INT64_MAX;

	(void)state;
	comes(&crowd, 0, "alice", "192.0.2.1");
	comes(&crowd, 1, "alice", "192.0.2.2");
	goes(&crowd, 0);
	goes(&crowd, 1);
	comes(&crowd, 2, "alice", "192.0.2.3");
	goes(&crowd, MANY);
	crowd.now_ms += ASKERS_YIELD_MS;
	assert_non_null(askers_slow(&crowd.askers, crowd.now_ms, &next_ms));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    one_goes_of_a_name_at_an_address_and_two_of_either),
		cmocka_unit_test(one_in_vain_has_its_place_for_a_while),
		cmocka_unit_test(
		    of_too_many_the_last_of_the_address_with_most_has_to_go),
		cmocka_unit_test(
		    a_slow_one_gives_way_to_those_of_other_addresses),
		cmocka_unit_test(
		    two_of_a_name_give_way_to_a_third_from_elsewhere),
	};

	return cmocka_run_group_tests_name("askers", tests, NULL, NULL);
}
