/*
 * The helper's loop, with pipes to wait for and timers that are due.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../helper/loop.h"
#include "../../shim/lib/clock.h"

/* What a watch or a timer of a test does when it is called. */
struct part {
	struct loop *loop;
	struct loop_watch watch;
	struct loop_timer timer;
	int write_fd;
	unsigned calls;
	short revents;
	void (*does)(struct part *part);
	struct part *other;
	int64_t again_ms; /* when OTHER's timer is to fire */
};

static void
part_ready(void *context, short revents)
{
	struct part *part = context;
	char byte;

	part->calls++;
	part->revents = revents;
	if ((revents & POLLIN) != 0)
		assert_int_equal(read(part->watch.fd, &byte, 1), 1);
	if (part->does != NULL)
		part->does(part);
}

static void
part_fire(void *context, int64_t now_ms)
{
	struct part *part = context;

	assert_true(now_ms >= part->timer.at_ms);
	assert_false(part->timer.on);
	part->calls++;
	if (part->does != NULL)
		part->does(part);
}

/* A part of LOOP that watches a pipe. */
static void
part_init(struct part *part, struct loop *loop)
{
	int ends[2];

	*part = (struct part){ .loop = loop };
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	part->write_fd = ends[1];
	part->watch = (struct loop_watch){ .fd = ends[0],
		.events = POLLIN,
		.ready = part_ready,
		.context = part };
	part->timer.fire = part_fire;
	part->timer.context = part;
}

static void
part_end(struct part *part)
{
	loop_unwatch(part->loop, &part->watch);
	loop_at(part->loop, &part->timer, INT64_MAX);
	close(part->watch.fd);
	close(part->write_fd);
}

static void
part_write(const struct part *part)
{
	assert_int_equal(write(part->write_fd, "x", 1), 1);
}

/* Have PART's pipe watched, with something in it. */
static void
part_watch_full(struct part *part)
{
	assert_true(loop_watch(part->loop, &part->watch));
	part_write(part);
}

/* COUNT parts of a new loop. */
static struct loop *
scene_begin(struct part parts[], size_t count)
{
	struct loop *loop = loop_new();

	assert_non_null(loop);
	for (size_t i = 0; i < count; i++)
		part_init(&parts[i], loop);
	return loop;
}

static void
scene_end(struct loop *loop, struct part parts[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		part_end(&parts[i]);
	loop_free(loop);
}

static void
due(struct part *part)
{
	loop_at(part->loop, &part->timer, clock_now_ms());
}

static void
unwatch_other(struct part *part)
{
	loop_unwatch(part->loop, &part->other->watch);
}

static void
unwatch_itself(struct part *part)
{
	loop_unwatch(part->loop, &part->watch);
}

static void
watch_other(struct part *part)
{
	part->does = NULL;
	part_watch_full(part->other);
}

static void
watch_other_anew(struct part *part)
{
	part->does = NULL;
	loop_unwatch(part->loop, &part->other->watch);
	assert_true(loop_watch(part->loop, &part->other->watch));
}

static void
want_less(struct part *part)
{
	part->watch.events = 0;
}

static void
set_other(struct part *part)
{
	loop_at(part->loop, &part->other->timer, part->again_ms);
}

static void
due_again(struct part *part)
{
	due(part);
}

static void
what_is_ready_is_called(void **state)
{
	struct part parts[2];
	struct loop *loop = scene_begin(parts, 2);

	(void)state;
	part_watch_full(&parts[0]);
	assert_true(loop_watch(loop, &parts[1].watch));
	loop_turn(loop);
	assert_int_equal(parts[0].calls, 1);
	assert_int_equal(parts[0].revents, POLLIN);
	assert_int_equal(parts[1].calls, 0);
	part_write(&parts[1]);
	loop_turn(loop);
	assert_int_equal(parts[0].calls, 1);
	assert_int_equal(parts[1].calls, 1);
	scene_end(loop, parts, 2);
}

static void
the_end_of_a_pipe_is_told(void **state)
{
	struct part parts[1];
	struct loop *loop = scene_begin(parts, 1);

	(void)state;
	assert_true(loop_watch(loop, &parts[0].watch));
	close(parts[0].write_fd);
	loop_turn(loop);
	assert_int_equal(parts[0].calls, 1);
	assert_int_equal(parts[0].revents, POLLHUP);
	parts[0].write_fd = -1;
	scene_end(loop, parts, 1);
}

static void
a_watch_taken_out_in_a_call_is_called_no_more(void **state)
{
	struct part parts[3];
	struct loop *loop = scene_begin(parts, 3);

	(void)state;
	for (size_t i = 0; i < 3; i++)
		part_watch_full(&parts[i]);
	/* the first to be called takes out the last */
	parts[0].does = unwatch_other;
	parts[0].other = &parts[2];
	loop_turn(loop);
	assert_int_equal(parts[0].calls, 1);
	assert_int_equal(parts[1].calls, 1);
	assert_int_equal(parts[2].calls, 0);
	scene_end(loop, parts, 3);
}

static void
a_watch_may_take_itself_out(void **state)
{
	struct part parts[2];
	struct loop *loop = scene_begin(parts, 2);

	(void)state;
	part_watch_full(&parts[0]);
	part_watch_full(&parts[1]);
	parts[0].does = unwatch_itself;
	loop_turn(loop);
	assert_int_equal(parts[0].calls, 1);
	assert_int_equal(parts[1].calls, 1);
	part_write(&parts[0]);
	part_write(&parts[1]);
	loop_turn(loop);
	assert_int_equal(parts[0].calls, 1);
	assert_int_equal(parts[1].calls, 2);
	/* and out again, which is nothing */
	loop_unwatch(loop, &parts[0].watch);
	scene_end(loop, parts, 2);
}

static void
a_watch_added_in_a_call_has_its_turn_in_the_next(void **state)
{
	struct part parts[2];
	struct loop *loop = scene_begin(parts, 2);

	(void)state;
	part_watch_full(&parts[0]);
	parts[0].does = watch_other;
	parts[0].other = &parts[1];
	loop_turn(loop);
	assert_int_equal(parts[1].calls, 0);
	loop_turn(loop);
	assert_int_equal(parts[1].calls, 1);
	scene_end(loop, parts, 2);
}

static void
a_watch_put_in_anew_is_not_called_for_what_it_was(void **state)
{
	struct part parts[2];
	struct loop *loop = scene_begin(parts, 2);

	(void)state;
	part_watch_full(&parts[0]);
	part_watch_full(&parts[1]);
	parts[0].does = watch_other_anew;
	parts[0].other = &parts[1];
	loop_turn(loop);
	assert_int_equal(parts[1].calls, 0);
	loop_turn(loop);
	assert_int_equal(parts[1].calls, 1);
	scene_end(loop, parts, 2);
}

static void
what_a_watch_waits_for_may_change(void **state)
{
	struct part parts[2];
	struct loop *loop = scene_begin(parts, 2);

	(void)state;
	part_watch_full(&parts[0]);
	parts[0].does = want_less;
	loop_turn(loop);
	assert_int_equal(parts[0].calls, 1);
	part_write(&parts[0]);
	due(&parts[1]);
	parts[1].does = due_again;
	loop_turn(loop);
	assert_int_equal(parts[0].calls, 1);
	parts[0].watch.events = POLLIN;
	loop_turn(loop);
	assert_int_equal(parts[0].calls, 2);
	scene_end(loop, parts, 2);
}

static void
many_watches_added_in_a_call_are_watched(void **state)
{
	static struct part parts[300];
	const size_t count = sizeof(parts) / sizeof(parts[0]);
	struct loop *loop = scene_begin(parts, count);

	(void)state;
	/* each adds the next, and so the table grows while it is in use */
	for (size_t i = 0; i + 1 < count; i++) {
		parts[i].does = watch_other;
		parts[i].other = &parts[i + 1];
	}
	part_watch_full(&parts[0]);
	for (size_t i = 0; i < count; i++)
		loop_turn(loop);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(parts[i].calls, 1);
	for (size_t i = 0; i < count; i++)
		part_write(&parts[i]);
	loop_turn(loop);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(parts[i].calls, 2);
	scene_end(loop, parts, count);
}

static void
a_timer_fires_once_and_not_before_its_time(void **state)
{
	struct part parts[2];
	struct loop *loop = scene_begin(parts, 2);
	const int64_t now_ms = clock_now_ms();

	(void)state;
	loop_at(loop, &parts[0].timer, now_ms + 20);
	assert_true(parts[0].timer.on);
	loop_turn(loop);
	assert_int_equal(parts[0].calls, 0);
	while (clock_now_ms() < now_ms + 20)
		loop_turn(loop);
	due(&parts[1]);
	parts[1].does = due_again;
	loop_turn(loop);
	assert_int_equal(parts[0].calls, 1);
	loop_turn(loop);
	assert_int_equal(parts[0].calls, 1);
	assert_int_equal(parts[1].calls, 2);
	scene_end(loop, parts, 2);
}

static void
the_first_of_the_timers_ends_the_wait(void **state)
{
	struct part parts[3];
	struct loop *loop = scene_begin(parts, 3);
	const int64_t now_ms = clock_now_ms();

	(void)state;
	loop_at(loop, &parts[0].timer, now_ms + 60000);
	loop_at(loop, &parts[1].timer, now_ms + 30);
	loop_at(loop, &parts[2].timer, now_ms + 120000);
	loop_turn(loop);
	assert_true(clock_now_ms() >= now_ms + 30);
	assert_true(clock_now_ms() < now_ms + 20000);
	scene_end(loop, parts, 3);
}

static void
a_timer_has_one_time_the_last_that_was_set(void **state)
{
	struct part parts[2];
	struct loop *loop = scene_begin(parts, 2);
	const int64_t now_ms = clock_now_ms();

	(void)state;
	due(&parts[1]);
	parts[1].does = due_again;
	loop_at(loop, &parts[0].timer, now_ms);
	loop_at(loop, &parts[0].timer, now_ms + 60000);
	loop_turn(loop);
	assert_int_equal(parts[0].calls, 0);
	loop_at(loop, &parts[0].timer, now_ms);
	loop_turn(loop);
	assert_int_equal(parts[0].calls, 1);
	loop_at(loop, &parts[0].timer, now_ms);
	loop_at(loop, &parts[0].timer, INT64_MAX);
	assert_false(parts[0].timer.on);
	loop_turn(loop);
	assert_int_equal(parts[0].calls, 1);
	scene_end(loop, parts, 2);
}

/*
 * Two timers are due.  Whichever fires first sets the other to AT_MS: that one
 * then fires TIMES in this turn.
 */
static void
set_while_due(int64_t at_ms, unsigned times)
{
	struct part parts[3];
	struct loop *loop = scene_begin(parts, 3);

	for (size_t i = 0; i < 2; i++) {
		parts[i].does = set_other;
		parts[i].other = &parts[1 - i];
		parts[i].again_ms = at_ms;
		due(&parts[i]);
	}
	due(&parts[2]);
	parts[2].does = due_again;
	loop_turn(loop);
	assert_int_equal(parts[0].calls + parts[1].calls, 1 + times);
	assert_int_equal(parts[2].calls, 1);
	scene_end(loop, parts, 3);
}

static void
a_timer_that_is_due_may_be_set_or_stopped_in_a_call(void **state)
{
	(void)state;
	set_while_due(INT64_MAX, 0);
	set_while_due(clock_now_ms() + 60000, 0);
	/* once in a turn, however often it is set to now */
	set_while_due(clock_now_ms(), 1);
}

static void
a_timer_set_to_now_in_its_own_call_starves_nobody(void **state)
{
	struct part parts[2];
	struct loop *loop = scene_begin(parts, 2);

	(void)state;
	parts[0].does = due_again;
	due(&parts[0]);
	part_watch_full(&parts[1]);
	loop_turn(loop);
	assert_int_equal(parts[0].calls, 1);
	assert_int_equal(parts[1].calls, 1);
	loop_turn(loop);
	assert_int_equal(parts[0].calls, 2);
	scene_end(loop, parts, 2);
}

/* The timer of PART sets up the watch of the other, and the watch the timer. */
static void
a_timer_may_add_and_take_out_a_watch(void **state)
{
	struct part parts[2];
	struct loop *loop = scene_begin(parts, 2);

	(void)state;
	parts[0].other = &parts[1];
	parts[0].does = watch_other;
	due(&parts[0]);
	loop_turn(loop);
	assert_int_equal(parts[1].calls, 1);
	part_write(&parts[1]);
	parts[0].does = unwatch_other;
	due(&parts[0]);
	parts[1].does = due_again;
	due(&parts[1]);
	loop_turn(loop);
	/* its timer alone */
	assert_int_equal(parts[1].calls, 2);
	scene_end(loop, parts, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_ready_is_called),
		cmocka_unit_test(the_end_of_a_pipe_is_told),
		cmocka_unit_test(a_watch_taken_out_in_a_call_is_called_no_more),
		cmocka_unit_test(a_watch_may_take_itself_out),
		cmocka_unit_test(
		    a_watch_added_in_a_call_has_its_turn_in_the_next),
		cmocka_unit_test(
		    a_watch_put_in_anew_is_not_called_for_what_it_was),
		cmocka_unit_test(what_a_watch_waits_for_may_change),
		cmocka_unit_test(many_watches_added_in_a_call_are_watched),
		cmocka_unit_test(a_timer_fires_once_and_not_before_its_time),
		cmocka_unit_test(the_first_of_the_timers_ends_the_wait),
		cmocka_unit_test(a_timer_has_one_time_the_last_that_was_set),
		cmocka_unit_test(
		    a_timer_that_is_due_may_be_set_or_stopped_in_a_call),
		cmocka_unit_test(
		    a_timer_set_to_now_in_its_own_call_starves_nobody),
		cmocka_unit_test(a_timer_may_add_and_take_out_a_watch),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
