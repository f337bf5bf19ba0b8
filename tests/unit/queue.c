/*
 * Which worker may connect, and which connection has to go.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../helper/gateway/queue.h"

#define ENTRIES 64

struct scene {
	struct queue queue;
	struct queue_entry entries[ENTRIES];
	size_t count;
};

static struct scene *
scene_begin(void)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	return scene;
}

/* Another worker of USER comes into the queue. */
static struct queue_entry *
come(struct scene *scene, const char *user, enum queue_class class)
{
	struct queue_entry *entry = &scene->entries[scene->count++];

	assert_true(scene->count <= ENTRIES);
	*entry = (struct queue_entry){ .user = user, .class = class };
	queue_add(&scene->queue, entry);
	return entry;
}

/* The same for COUNT of them, all of which connect. */
static void
connect_many(struct scene *scene, const char *user, enum queue_class class,
    size_t count)
{
	while (count-- > 0)
		come(scene, user, class)->state = QUEUE_CONNECTING;
}

/* Another idle connection of CLAIM, used at USED_MS. */
static struct queue_entry *
idle(struct scene *scene, enum queue_claim claim, int64_t used_ms)
{
	struct queue_entry *entry = come(scene, "alice", QUEUE_LOGIN);

	entry->state = QUEUE_IDLE;
	entry->claim = claim;
	entry->used_ms = used_ms;
	return entry;
}

/* EXPECTED is next, and connects from now on. */
static void
next_is(struct scene *scene, struct queue_entry *expected)
{
	assert_ptr_equal(queue_next(&scene->queue), expected);
	if (expected != NULL)
		expected->state = QUEUE_CONNECTING;
}

static void
the_one_that_waits_for_longest_is_next(void **state)
{
	struct scene *scene = scene_begin();
	struct queue_entry *first, *second, *third;

	(void)state;
	next_is(scene, NULL);
	first = come(scene, "alice", QUEUE_LOGIN);
	second = come(scene, "bob", QUEUE_LOGIN);
	third = come(scene, "alice", QUEUE_LOGIN);
	next_is(scene, first);
	queue_remove(&scene->queue, second);
	next_is(scene, third);
	next_is(scene, NULL);
	free(scene);
}

static void
logins_come_before_relays_and_both_before_what_is_unasked(void **state)
{
	struct scene *scene = scene_begin();
	struct queue_entry *unasked, *relay, *login;

	(void)state;
	unasked = come(scene, "alice", QUEUE_UNASKED);
	relay = come(scene, "bob", QUEUE_RELAY);
	login = come(scene, "carol", QUEUE_LOGIN);
	next_is(scene, login);
	next_is(scene, relay);
	next_is(scene, unasked);
	free(scene);
}

static void
what_somebody_comes_to_wait_for_is_a_login(void **state)
{
	struct scene *scene = scene_begin();
	struct queue_entry *unasked;

	(void)state;
	unasked = come(scene, "alice", QUEUE_UNASKED);
	come(scene, "bob", QUEUE_LOGIN);
	unasked->class = QUEUE_LOGIN;
	next_is(scene, unasked);
	free(scene);
}

static void
eight_connect_at_a_time(void **state)
{
	struct scene *scene = scene_begin();
	struct queue_entry *ninth;

	(void)state;
	for (size_t i = 0; i < 8; i++)
		next_is(scene, come(scene, "alice", QUEUE_LOGIN));
	ninth = come(scene, "bob", QUEUE_LOGIN);
	next_is(scene, NULL);
	/* what is let in doesn't count */
	scene->entries[3].state = QUEUE_AT_WORK;
	next_is(scene, ninth);
	come(scene, "bob", QUEUE_LOGIN);
	next_is(scene, NULL);
	scene->entries[4].state = QUEUE_IDLE;
	next_is(scene, &scene->entries[9]);
	/* nor what is gone */
	come(scene, "bob", QUEUE_LOGIN);
	next_is(scene, NULL);
	queue_remove(&scene->queue, ninth);
	next_is(scene, &scene->entries[10]);
	free(scene);
}

static void
four_of_them_are_relays(void **state)
{
	struct scene *scene = scene_begin();
	struct queue_entry *login;

	(void)state;
	next_is(scene, come(scene, "a", QUEUE_RELAY));
	next_is(scene, come(scene, "b", QUEUE_RELAY));
	next_is(scene, come(scene, "c", QUEUE_RELAY));
	next_is(scene, come(scene, "d", QUEUE_RELAY));
	come(scene, "e", QUEUE_RELAY);
	next_is(scene, NULL);
	login = come(scene, "f", QUEUE_LOGIN);
	next_is(scene, login);
	scene->entries[0].state = QUEUE_AT_WORK;
	next_is(scene, &scene->entries[4]);
	free(scene);
}

static void
two_of_them_are_one_users(void **state)
{
	struct scene *scene = scene_begin();
	struct queue_entry *third, *other;

	(void)state;
	next_is(scene, come(scene, "alice", QUEUE_RELAY));
	next_is(scene, come(scene, "alice", QUEUE_RELAY));
	third = come(scene, "alice", QUEUE_RELAY);
	next_is(scene, NULL);
	/* who came later is first then */
	other = come(scene, "bob", QUEUE_RELAY);
	next_is(scene, other);
	scene->entries[1].state = QUEUE_AT_WORK;
	next_is(scene, third);
	/* logins of the same user's are others */
	next_is(scene, come(scene, "alice", QUEUE_LOGIN));
	free(scene);
}

static void
what_is_unasked_leaves_half_of_the_room(void **state)
{
	struct scene *scene = scene_begin();
	struct queue_entry *unasked, *relay;

	(void)state;
	unasked = come(scene, "alice", QUEUE_UNASKED);
	connect_many(scene, "bob", QUEUE_LOGIN, 4);
	next_is(scene, NULL);
	/* others don't */
	relay = come(scene, "carol", QUEUE_RELAY);
	next_is(scene, relay);
	relay->state = QUEUE_AT_WORK;
	next_is(scene, NULL);
	scene->entries[1].state = QUEUE_AT_WORK;
	next_is(scene, unasked);
	free(scene);
}

static void
relays_that_have_no_room_keep_nothing_else_back(void **state)
{
	struct scene *scene = scene_begin();
	struct queue_entry *unasked;

	(void)state;
	connect_many(scene, "alice", QUEUE_RELAY, 2);
	come(scene, "alice", QUEUE_RELAY);
	unasked = come(scene, "alice", QUEUE_UNASKED);
	next_is(scene, unasked);
	free(scene);
}

static void
a_users_relays_are_seen_until_they_are_let_in(void **state)
{
	struct scene *scene = scene_begin();
	struct queue_entry *relay;

	(void)state;
	come(scene, "alice", QUEUE_LOGIN);
	come(scene, "bob", QUEUE_RELAY);
	assert_false(queue_has_relay(&scene->queue, "alice"));
	assert_true(queue_has_relay(&scene->queue, "bob"));
	relay = come(scene, "alice", QUEUE_RELAY);
	assert_true(queue_has_relay(&scene->queue, "alice"));
	relay->state = QUEUE_CONNECTING;
	assert_true(queue_has_relay(&scene->queue, "alice"));
	relay->state = QUEUE_AT_WORK;
	assert_false(queue_has_relay(&scene->queue, "alice"));
	free(scene);
}

static void
of_too_many_that_are_claimed_the_idlest_goes(void **state)
{
	struct scene *scene = scene_begin();
	struct queue_entry *idlest, *busy;

	(void)state;
	assert_null(queue_excess(&scene->queue, 1));
	idle(scene, QUEUE_CLAIMED, 3000);
	idlest = idle(scene, QUEUE_CLAIMED, 1000);
	idle(scene, QUEUE_CLAIMED, 2000);
	/* others count as nothing, and don't go */
	idle(scene, QUEUE_UNCLAIMED, 10);
	idle(scene, QUEUE_ALONE, 10);
	assert_null(queue_excess(&scene->queue, 3));
	assert_ptr_equal(queue_excess(&scene->queue, 2), idlest);
	/* what is at work counts, but doesn't go */
	busy = idle(scene, QUEUE_CLAIMED, 500);
	busy->state = QUEUE_AT_WORK;
	assert_ptr_equal(queue_excess(&scene->queue, 3), idlest);
	for (size_t i = 0; i < 3; i++)
		scene->entries[i].state = QUEUE_AT_WORK;
	assert_null(queue_excess(&scene->queue, 3));
	free(scene);
}

static void
the_idlest_goes_when_32_unclaimed_ones_are_there(void **state)
{
	struct scene *scene = scene_begin();
	struct queue_entry *goes = &scene->entries[0];

	(void)state;
	for (int i = 0; i < 31; i++)
		idle(scene, QUEUE_UNCLAIMED, 1000 - i);
	idle(scene, QUEUE_CLAIMED, 1);
	idle(scene, QUEUE_ALONE, 1);
	assert_true(queue_has_room(&scene->queue, &goes));
	assert_null(goes);
	idle(scene, QUEUE_UNCLAIMED, 2000);
	assert_true(queue_has_room(&scene->queue, &goes));
	assert_ptr_equal(goes, &scene->entries[30]);
	/* with all of them at work there is no room */
	for (size_t i = 0; i < scene->count; i++) {
		if (scene->entries[i].claim == QUEUE_UNCLAIMED)
			scene->entries[i].state = QUEUE_CONNECTING;
	}
	assert_false(queue_has_room(&scene->queue, &goes));
	assert_null(goes);
	free(scene);
}

static void
what_is_not_there_is_not_taken_out(void **state)
{
	struct scene *scene = scene_begin();
	struct queue_entry other = { .user = "bob" }, *entry;

	(void)state;
	entry = come(scene, "alice", QUEUE_LOGIN);
	queue_remove(&scene->queue, &other);
	next_is(scene, entry);
	queue_remove(&scene->queue, entry);
	assert_null(scene->queue.first);
	free(scene);
}

static void
relays_are_counted_whatever_they_do(void **state)
{
	struct scene *scene = scene_begin();
	struct queue_relays relays;
	struct queue_entry *one;

	(void)state;
	queue_count_relays(&scene->queue, "alice", NULL, &relays);
	assert_int_equal(relays.of_user + relays.of_all, 0);
	come(scene, "alice", QUEUE_LOGIN)->state = QUEUE_IDLE;
	come(scene, "alice", QUEUE_RELAY)->state = QUEUE_CONNECTING;
	come(scene, "bob", QUEUE_RELAY)->state = QUEUE_AT_WORK;
	one = come(scene, "alice", QUEUE_RELAY);
	queue_count_relays(&scene->queue, "alice", NULL, &relays);
	assert_int_equal(relays.of_user, 2);
	assert_int_equal(relays.of_all, 3);
	queue_count_relays(&scene->queue, "alice", one, &relays);
	assert_int_equal(relays.of_user, 1);
	assert_int_equal(relays.of_all, 2);
	free(scene);
}

/* What waits for somebody's agent leaves the others their places. */
static void
those_that_ask_an_agent_do_not_count_as_connecting(void **state)
{
	struct scene *scene = scene_begin();
	struct queue_entry *last;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		come(scene, "mallory", QUEUE_LOGIN)->state = QUEUE_ASKING;
	connect_many(scene, "bob", QUEUE_LOGIN, QUEUE_ENTERING_MAX - 5);
	last = come(scene, "alice", QUEUE_LOGIN);
	next_is(scene, last);
	/* but the remote has no more than so many that are not logged in */
	come(scene, "alice", QUEUE_LOGIN);
	next_is(scene, NULL);
	free(scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    those_that_ask_an_agent_do_not_count_as_connecting),
		cmocka_unit_test(the_one_that_waits_for_longest_is_next),
		cmocka_unit_test(
		    logins_come_before_relays_and_both_before_what_is_unasked),
		cmocka_unit_test(what_somebody_comes_to_wait_for_is_a_login),
		cmocka_unit_test(eight_connect_at_a_time),
		cmocka_unit_test(four_of_them_are_relays),
		cmocka_unit_test(two_of_them_are_one_users),
		cmocka_unit_test(what_is_unasked_leaves_half_of_the_room),
		cmocka_unit_test(
		    relays_that_have_no_room_keep_nothing_else_back),
		cmocka_unit_test(a_users_relays_are_seen_until_they_are_let_in),
		cmocka_unit_test(of_too_many_that_are_claimed_the_idlest_goes),
		cmocka_unit_test(
		    the_idlest_goes_when_32_unclaimed_ones_are_there),
		cmocka_unit_test(what_is_not_there_is_not_taken_out),
		cmocka_unit_test(relays_are_counted_whatever_they_do),
	};

	return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
