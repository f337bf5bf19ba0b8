#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../helper/gateway/hashing.h"
#include "fakechild.h"

#define MANY 16

/* Somebody who asks, and what came of it. */
struct asker {
	struct hashing_question question;
	unsigned answers;
	bool right;
	char reason[32];
};

static struct loop *loop;
static struct children *children;
static struct hashing *hashing;
static struct asker askers[MANY];

static int
begin(void **state)
{
	(void)state;
	fake_now_ms = FAKE_START_MS;
	memset(askers, 0, sizeof(askers));
	loop = loop_new();
	children = children_new(loop, NULL);
	hashing = hashing_new(loop, children);
	return !hashing_configure(hashing, "/p");
}

static int
end(void **state)
{
	(void)state;
	hashing_free(hashing);
	children_free(children);
	loop_free(loop);
	return 0;
}

static void
answered(struct hashing_question *question, bool right,
    const struct refusal *why)
{
	struct asker *asker = question->asker;

	asker->answers++;
	asker->right = right;
	snprintf(asker->reason, sizeof(asker->reason), "%s",
	    why != NULL ? why->reason : "");
}

/* NUMBER asks, from an address, with what is known of that. */
static void
ask_as(size_t number, const char *from, enum guess_standing standing)
{
	struct asker *asker = &askers[number];

	asker->question = (struct hashing_question){ .name = "alice",
		.password = "secret",
		.address = address_read(from),
		.standing = standing,
		.answer = answered,
		.asker = asker };
	hashing_ask(hashing, &asker->question);
	fake_settle(loop);
}

/* The same; KNOWN there. */
static void
ask(size_t number, const char *from, bool known)
{
	ask_as(number, from, known ? GUESS_KNOWN : GUESS_SUSPECT);
}

/* How many have been answered. */
static size_t
count_answered(void)
{
	size_t count = 0;

	for (size_t i = 0; i < MANY; i++)
		count += askers[i].answers;
	return count;
}

static void
a_process_says_whether_it_is_right(void **state)
{
	(void)state;
	ask(0, "192.0.2.1", false);
	fake_was_told(children->last, FRAME_HASH, "password", "secret");
	fake_was_told(children->last, FRAME_HASH, "user", "alice");
	fake_was_told(children->last, FRAME_HASH, "path", "/p");
	fake_say(children->last, FRAME_OK, "right", "1");
	assert_int_equal(askers[0].answers, 1);
	assert_true(askers[0].right);
	assert_int_equal(children->last->state, FAKE_KILLED);
	ask(1, "192.0.2.1", false);
	fake_say(children->last, FRAME_OK, "right", "0");
	assert_int_equal(askers[1].answers, 1);
	assert_false(askers[1].right);
	assert_string_equal(askers[1].reason, "");
}

static void
or_why_it_can_not(void **state)
{
	(void)state;
	ask(0, "192.0.2.1", false);
	fake_fail(children->last, "passwords-file");
	assert_string_equal(askers[0].reason, "passwords-file");
	assert_false(askers[0].right);
	ask(1, "192.0.2.1", false);
	fake_say(children->last, FRAME_OK, "right", "2");
	assert_string_equal(askers[1].reason, "internal");
	ask(2, "192.0.2.1", false);
	fake_over(children->last, CHILD_CLOSED);
	assert_string_equal(askers[2].reason, "internal");
	ask(3, "192.0.2.1", false);
	fake_pass(loop, HASHING_LATE_MS);
	assert_string_equal(askers[3].reason, "slow");
	children->full = true;
	ask(4, "192.0.2.1", false);
	assert_string_equal(askers[4].reason, "internal");
	assert_int_equal(count_answered(), 5);
}

static void
two_are_at_work_and_others_wait(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++)
		ask(i, "192.0.2.1", false);
	assert_int_equal(children->count, HASHING_AT_ONCE);
	fake_say(children->last, FRAME_OK, "right", "1");
	assert_true(askers[1].right);
	fake_settle(loop);
	assert_int_equal(children->count, 3);
	assert_int_equal(askers[2].question.state, HASHING_GOES);
	assert_int_equal(askers[3].question.state, HASHING_WAITS);
}

static void
who_has_been_let_in_before_goes_first(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++)
		ask(i, "192.0.2.1", i == 3);
	fake_say(children->last, FRAME_OK, "right", "1");
	fake_settle(loop);
	assert_int_equal(askers[3].question.state, HASHING_GOES);
	assert_int_equal(askers[2].question.state, HASHING_WAITS);
}

static void
of_too_many_the_address_that_has_most_gives_way(void **state)
{
	(void)state;
	for (size_t i = 0; i < HASHING_AT_ONCE + HASHING_WAITING_MAX - 1; i++)
		ask(i, "192.0.2.1", false);
	ask(MANY - 2, "192.0.2.2", false);
	assert_int_equal(count_answered(), 0);
	ask(MANY - 1, "192.0.2.3", true);
	assert_int_equal(count_answered(), 1);
	assert_string_equal(askers[HASHING_AT_ONCE + HASHING_WAITING_MAX - 2]
				.reason,
	    "busy");
}

static void
nobody_waits_for_long(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++)
		ask(i, "192.0.2.1", false);
	fake_pass(loop, HASHING_TURN_MS - FAKE_STEP_MS);
	assert_int_equal(count_answered(), 0);
	fake_pass(loop, FAKE_STEP_MS);
	assert_string_equal(askers[2].reason, "busy");
	assert_int_equal(count_answered(), 1);
}

static void
with_a_disk_that_hangs_few_wait(void **state)
{
	(void)state;
	for (size_t i = 0; i < HASHING_AT_ONCE + HASHING_WAITING_MAX; i++)
		ask(i, "192.0.2.1", false);
	fake_pass(loop, HASHING_SLOW_MS - FAKE_STEP_MS);
	assert_int_equal(count_answered(), 0);
	fake_pass(loop, FAKE_STEP_MS);
	assert_int_equal(count_answered(),
	    HASHING_WAITING_MAX - HASHING_WAITING_SLOW_MAX);
	assert_int_equal(askers[2].answers, 0);
	ask(MANY - 1, "192.0.2.1", false);
	assert_string_equal(askers[MANY - 1].reason, "busy");
}

static void
who_leaves_takes_the_process_along(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++)
		ask(i, "192.0.2.1", false);
	hashing_forget(&askers[1].question);
	assert_int_equal(children->last->state, FAKE_KILLED);
	fake_settle(loop);
	assert_int_equal(askers[2].question.state, HASHING_GOES);
	hashing_forget(&askers[2].question);
	hashing_forget(&askers[2].question);
	assert_int_equal(count_answered(), 0);
}

static void
processes_that_do_not_end_are_bounded(void **state)
{
	(void)state;
	children->ending = HASHING_ENDING_MAX - 1;
	ask(0, "192.0.2.1", false);
	assert_int_equal(children->count, 1);
	children->ending = HASHING_ENDING_MAX;
	ask(1, "192.0.2.1", true);
	assert_int_equal(children->count, 1);
	/* and nobody waits for that */
	assert_string_equal(askers[1].reason, "slow");
	assert_int_equal(askers[0].answers, 0);
}

static void
where_nobody_has_guessed_goes_before_where_somebody_has(void **state)
{
	const size_t full = HASHING_AT_ONCE + HASHING_WAITING_MAX;
	char from[32];

	(void)state;
	for (size_t i = 0; i < full; i++) {
		snprintf(from, sizeof(from), "10.0.0.%zu", i);
		ask(i, from, false);
	}
	assert_int_equal(count_answered(), 0);
	ask_as(full, "192.0.2.1", GUESS_FRESH);
	assert_int_equal(count_answered(), 1);
	assert_int_equal(askers[full].answers, 0);
	fake_say(children->last, FRAME_OK, "right", "0");
	fake_settle(loop);
	assert_int_equal(askers[full].question.state, HASHING_GOES);
}

static void
of_many_addresses_any_gives_way(void **state)
{
	const size_t full = HASHING_AT_ONCE + HASHING_WAITING_MAX;
	unsigned stayed = 0;
	char from[32];

	(void)state;
	for (size_t i = 0; i < 200; i++) {
		size_t free = 0;

		while (askers[free].question.state != HASHING_NOT)
			free++;
		snprintf(from, sizeof(from), "10.0.0.%zu", i);
		askers[free].answers = 0;
		ask(free, from, false);
		stayed += i >= full && askers[free].answers == 0;
	}
	/* eight of nine do */
	assert_in_range(stayed, 100, 189);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_process_says_whether_it_is_right, begin, end),
		cmocka_unit_test_setup_teardown(or_why_it_can_not, begin, end),
		cmocka_unit_test_setup_teardown(two_are_at_work_and_others_wait,
		    begin, end),
		cmocka_unit_test_setup_teardown(
		    who_has_been_let_in_before_goes_first, begin, end),
		cmocka_unit_test_setup_teardown(
		    of_too_many_the_address_that_has_most_gives_way, begin,
		    end),
		cmocka_unit_test_setup_teardown(nobody_waits_for_long, begin,
		    end),
		cmocka_unit_test_setup_teardown(with_a_disk_that_hangs_few_wait,
		    begin, end),
		cmocka_unit_test_setup_teardown(
		    who_leaves_takes_the_process_along, begin, end),
		cmocka_unit_test_setup_teardown(
		    processes_that_do_not_end_are_bounded, begin, end),
		cmocka_unit_test_setup_teardown(
		    where_nobody_has_guessed_goes_before_where_somebody_has,
		    begin, end),
		cmocka_unit_test_setup_teardown(of_many_addresses_any_gives_way,
		    begin, end),
	};

	return cmocka_run_group_tests_name("hashing", tests, NULL, NULL);
}
