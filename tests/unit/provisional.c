#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "../../helper/gateway/provisional.h"

#define START_MS INT64_C(1000000)
#define HOUR_MS INT64_C(3600000)
#define UID_MIN 65536
#define UID_MAX 99999
#define PER_ADDRESS 4
#define PER_MINUTE 6

static struct provisional *
provisional_of(int per_address)
{
	struct provisional *provisional = provisional_new();
	const struct provisional_settings settings = { .uid_min = UID_MIN,
		.uid_max = UID_MAX,
		.new_names_per_address = per_address,
		.lookups_per_minute = PER_MINUTE };

	assert_non_null(provisional);
	provisional_configure(provisional, &settings);
	return provisional;
}

static struct address
address(unsigned number)
{
	char text[64];

	snprintf(text, sizeof(text), "2001:db8:%x:%x::1", number >> 16,
	    number & 0xffff);
	return address_read(text);
}

/* What sshd is told of NAME, for a client at FROM; 0: it has none. */
static uid_t
ask(struct provisional *provisional, const char *name, unsigned from,
    int64_t now_ms)
{
	const struct address here = address(from);
	uid_t uid;

	if (provisional_find(provisional, name, now_ms, &uid))
		return uid;
	if (!provisional_may_give(provisional, &here, now_ms))
		return 0;
	if (!provisional_rested(provisional, now_ms, &uid))
		uid = (uid_t)provisional_fresh(provisional);
	provisional_give(provisional, name, &here, uid, now_ms);
	return uid;
}

/* The same for the name of this number. */
static uid_t
ask_nth(struct provisional *provisional, unsigned nth, unsigned from,
    int64_t now_ms)
{
	char name[32];

	snprintf(name, sizeof(name), "name%u", nth);
	return ask(provisional, name, from, now_ms);
}

static void
a_name_keeps_its_uid_while_it_is_asked_for(void **state)
{
	struct provisional *provisional = provisional_of(PER_ADDRESS);
	int64_t now_ms = START_MS;

	(void)state;
	assert_int_equal(ask(provisional, "alice", 1, now_ms), UID_MIN);
	assert_int_equal(ask(provisional, "bob", 1, now_ms), UID_MIN + 1);
	for (int i = 0; i < 20; i++) {
		now_ms += PROVISIONAL_KEPT_MS - 1;
		assert_int_equal(ask(provisional, "alice", 2, now_ms), UID_MIN);
	}
	/* bob's time is over */
	assert_int_equal(ask(provisional, "carol", 1, now_ms), UID_MIN + 1);
	provisional_free(provisional);
}

static void
no_other_name_has_it_within_an_hour(void **state)
{
	struct provisional *provisional = provisional_of(PER_ADDRESS);
	int64_t now_ms = START_MS;

	(void)state;
	assert_int_equal(ask(provisional, "alice", 1, now_ms), UID_MIN);
	now_ms += PROVISIONAL_KEPT_MS;
	assert_int_equal(ask(provisional, "bob", 1, now_ms), UID_MIN + 1);
	now_ms += PROVISIONAL_REST_MS - 1;
	assert_int_equal(ask(provisional, "carol", 1, now_ms), UID_MIN + 2);
	now_ms += 1;
	assert_int_equal(ask(provisional, "dee", 1, now_ms), UID_MIN);
	provisional_free(provisional);
}

static void
a_uid_is_its_names(void **state)
{
	struct provisional *provisional = provisional_of(PER_ADDRESS);
	char name[USERNAME_MAX_CHARS + 1];
	int64_t now_ms = START_MS;

	(void)state;
	ask(provisional, "alice", 1, now_ms);
	ask(provisional, "bob", 1, now_ms);
	assert_true(
	    provisional_name_of(provisional, UID_MIN + 1, now_ms, name));
	assert_string_equal(name, "bob");
	assert_false(
	    provisional_name_of(provisional, UID_MIN + 2, now_ms, name));
	/* as long as somebody asks */
	now_ms += PROVISIONAL_KEPT_MS - 1;
	assert_true(provisional_name_of(provisional, UID_MIN, now_ms, name));
	assert_string_equal(name, "alice");
	now_ms += PROVISIONAL_KEPT_MS - 1;
	assert_true(provisional_name_of(provisional, UID_MIN, now_ms, name));
	assert_false(
	    provisional_name_of(provisional, UID_MIN + 1, now_ms, name));
	/* and not once it is a user's */
	provisional_prove(provisional, "alice", NULL, now_ms);
	assert_false(provisional_name_of(provisional, UID_MIN, now_ms, name));
	provisional_free(provisional);
}

static void
names_equal_but_for_case_are_one(void **state)
{
	struct provisional *provisional = provisional_of(PER_ADDRESS);

	(void)state;
	assert_int_equal(ask(provisional, "alice", 1, START_MS), UID_MIN);
	assert_int_equal(ask(provisional, "Alice", 2, START_MS), UID_MIN);
	assert_int_equal(ask(provisional, "aLICE", 2, START_MS), UID_MIN);
	assert_int_equal(ask(provisional, "alice2", 2, START_MS), UID_MIN + 1);
	assert_true(
	    provisional_may_become(provisional, "ALICE", UID_MIN, START_MS));
	assert_false(provisional_may_become(provisional, "ALICE", UID_MIN + 2,
	    START_MS));
	assert_false(
	    provisional_may_become(provisional, "bob", UID_MIN, START_MS));
	assert_true(
	    provisional_may_become(provisional, "bob", UID_MIN + 2, START_MS));
	assert_true(provisional_may_become(provisional, "bob", UID_MIN,
	    START_MS + PROVISIONAL_KEPT_MS));
	provisional_free(provisional);
}

/* Whatever sshd was told, and by whom. */
static void
a_uid_that_is_nobodys_becomes_nobodys(void **state)
{
	static const uid_t nobodys[] = { 0, 1, 59999, 65534, 65535, 100000,
		(uid_t)-1 };
	const struct provisional_settings settings = { .uid_min = 60000,
		.uid_max = UID_MAX,
		.new_names_per_address = 1,
		.lookups_per_minute = 1 };
	struct provisional *provisional = provisional_of(PER_ADDRESS);

	(void)state;
	provisional_configure(provisional, &settings);
	for (size_t i = 0; i < sizeof(nobodys) / sizeof(nobodys[0]); i++)
		assert_false(provisional_may_become(provisional, "bob",
		    nobodys[i], START_MS));
	assert_true(
	    provisional_may_become(provisional, "bob", 65533, START_MS));
	assert_true(
	    provisional_may_become(provisional, "bob", 65536, START_MS));
	provisional_free(provisional);
}

static void
an_address_has_a_few_at_a_time(void **state)
{
	struct provisional *provisional = provisional_of(PER_ADDRESS);
	const struct address here = address(1);
	int64_t now_ms = START_MS;

	(void)state;
	for (unsigned i = 0; i < PER_ADDRESS; i++)
		assert_int_equal(ask_nth(provisional, i, 1, now_ms),
		    UID_MIN + i);
	assert_int_equal(ask_nth(provisional, 100, 1, now_ms), 0);
	/* those that it has are not of other addresses */
	assert_int_not_equal(ask_nth(provisional, 100, 2, now_ms), 0);
	assert_int_equal(ask_nth(provisional, 100, 1, now_ms), UID_MIN + 4);
	/* the first success makes room, */
	provisional_prove(provisional, "name1", &here, now_ms);
	assert_int_not_equal(ask_nth(provisional, 101, 1, now_ms), 0);
	assert_int_equal(ask_nth(provisional, 102, 1, now_ms), 0);
	/* and so does time */
	now_ms += PROVISIONAL_KEPT_MS;
	assert_int_not_equal(ask_nth(provisional, 102, 1, now_ms), 0);
	provisional_free(provisional);
}

static void
some_do_not_count(void **state)
{
	struct provisional *provisional = provisional_of(1);
	uid_t uid;

	(void)state;
	assert_int_equal(ask(provisional, "robot", 1, START_MS), UID_MIN);
	assert_int_equal(ask(provisional, "carol", 1, START_MS), 0);
	provisional_give(provisional, "carol", NULL, UID_MIN + 1, START_MS);
	assert_true(provisional_find(provisional, "carol", START_MS, &uid));
	assert_int_equal(uid, UID_MIN + 1);
	provisional_drop(provisional, "robot");
	assert_int_equal(ask(provisional, "bob", 1, START_MS), UID_MIN + 2);
	provisional_free(provisional);
}

/* Many addresses, each with as many as it may have. */
static void
when_there_are_too_many_the_greediest_give_way(void **state)
{
	struct provisional *provisional = provisional_of(PER_ADDRESS);
	uid_t uid;

	(void)state;
	for (unsigned i = 0; i < PROVISIONAL_MAX; i++)
		assert_int_not_equal(ask_nth(provisional, i, i / PER_ADDRESS,
					 START_MS + i),
		    0);
	/* whoever has had none gets one, for that of one who has four */
	assert_int_not_equal(ask(provisional, "alice", 999999,
				 START_MS + PROVISIONAL_MAX),
	    0);
	assert_false(provisional_find(provisional, "name3",
	    START_MS + PROVISIONAL_MAX, &uid));
	assert_true(provisional_find(provisional, "name0",
	    START_MS + PROVISIONAL_MAX, &uid));
	/* also when all have but one */
	for (unsigned i = 0; i < PROVISIONAL_MAX; i++)
		ask_nth(provisional, 10000 + i, 10000 + i, START_MS + 5000);
	assert_true(
	    provisional_find(provisional, "alice", START_MS + 5000, &uid));
	provisional_free(provisional);
}

/* However many come, from wherever: there always are uids. */
static void
the_uids_last(void **state)
{
	struct provisional *provisional = provisional_of(PER_ADDRESS);
	int64_t now_ms = START_MS;
	unsigned long most = 0;
	uid_t uid;

	(void)state;
	for (unsigned i = 0; i < 40000; i++) {
		uid = ask_nth(provisional, i, i, now_ms);
		if (uid > most)
			most = uid;
		now_ms += 150;
	}
	assert_true(most < UID_MAX);
	provisional_free(provisional);
}

static void
so_many_become_users_in_an_hour(void **state)
{
	struct provisional *provisional = provisional_of(PER_ADDRESS);
	const struct address here = address(1), there = address(2);
	int64_t now_ms = START_MS;
	unsigned proven = 0;

	(void)state;
	while (provisional_may_prove(provisional, &here, now_ms)) {
		provisional_prove(provisional, "a", &here, now_ms++);
		proven++;
	}
	assert_int_equal(proven, PER_ADDRESS * PROVISIONAL_HOURLY);
	assert_true(provisional_may_prove(provisional, &there, now_ms));
	assert_false(
	    provisional_may_prove(provisional, &here, START_MS + HOUR_MS - 1));
	assert_true(
	    provisional_may_prove(provisional, &here, START_MS + HOUR_MS));
	for (unsigned i = 0; provisional_may_prove(provisional, &there, now_ms);
	     i++) {
		const struct address other = address(100 + i);

		provisional_prove(provisional, "b", &other, now_ms);
		proven++;
	}
	assert_int_equal(proven, PER_MINUTE * PROVISIONAL_HOURLY_OF_ALL);
	/* those of [users] names are no part of it */
	now_ms += HOUR_MS;
	for (int i = 0; i < 10000; i++)
		provisional_prove(provisional, "c", NULL, now_ms);
	assert_true(provisional_may_prove(provisional, &here, now_ms));
	provisional_free(provisional);
}

static void
other_uids_begin_anew(void **state)
{
	struct provisional *provisional = provisional_of(PER_ADDRESS);
	struct provisional_settings settings = { .uid_min = 70000,
		.uid_max = 70002,
		.new_names_per_address = 2,
		.lookups_per_minute = 1 };

	(void)state;
	assert_int_equal(ask(provisional, "alice", 1, START_MS), UID_MIN);
	provisional_configure(provisional, &settings);
	assert_int_equal(ask(provisional, "bob", 1, START_MS), 70000);
	assert_int_equal(ask(provisional, "alice", 1, START_MS), 70001);
	settings.new_names_per_address = 1;
	provisional_configure(provisional, &settings);
	assert_int_equal(ask(provisional, "alice", 1, START_MS), 70001);
	assert_int_equal(ask(provisional, "carol", 1, START_MS), 0);
	provisional_free(provisional);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_keeps_its_uid_while_it_is_asked_for),
		cmocka_unit_test(no_other_name_has_it_within_an_hour),
		cmocka_unit_test(a_uid_is_its_names),
		cmocka_unit_test(names_equal_but_for_case_are_one),
		cmocka_unit_test(a_uid_that_is_nobodys_becomes_nobodys),
		cmocka_unit_test(an_address_has_a_few_at_a_time),
		cmocka_unit_test(some_do_not_count),
		cmocka_unit_test(
		    when_there_are_too_many_the_greediest_give_way),
		cmocka_unit_test(the_uids_last),
		cmocka_unit_test(so_many_become_users_in_an_hour),
		cmocka_unit_test(other_uids_begin_anew),
	};

	return cmocka_run_group_tests_name("provisional", tests, NULL, NULL);
}
