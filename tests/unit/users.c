/*
 * The users of the map, as the helper knows them from the process that has the
 * file, and those who are added.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakechild.h"

#include "../../helper/gateway/keeper.h"
#include "../../helper/gateway/users.h"

#define MIN 70000
#define MAX 79999
#define HEAD "# uids given: 70000-70001\n"
#define BOTH HEAD "alice:70000\nbob:70001\n"
static const char late[] = "its disk has not answered in time";

static struct loop *loop;
static struct children *children;
static struct directory *directory;
static struct users *users;
static unsigned tables; /* so many have come */

static void
on_table(void *context)
{
	(void)context;
	tables++;
}

static int
begin(void **state)
{
	(void)state;
	fake_now_ms = FAKE_START_MS;
	fake_log[0] = '\0';
	tables = 0;
	loop = loop_new();
	children = children_new(loop, NULL);
	directory = directory_new(loop, children);
	users = users_new(loop, children, directory, on_table, NULL);
	if (users == NULL)
		return -1;
	users_configure(users, MIN, MAX);
	fake_settle(loop);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	users_free(users);
	directory_free(directory);
	children_free(children);
	loop_free(loop);
	return 0;
}

/* The process that was started last of KIND, and runs; NULL: there is none. */
static struct child *
running(enum reexec_kind kind)
{
	struct child *child = children->last;

	while (
	    child != NULL && (child->kind != kind || child->state != FAKE_RUNS))
		child = child->next;
	return child;
}

static struct child *
keeper(void)
{
	struct child *child = running(REEXEC_USERS);

	assert_non_null(child);
	return child;
}

/* How many processes that have the map have been started. */
static unsigned
keepers(void)
{
	unsigned count = 0;

	for (struct child *c = children->last; c != NULL; c = c->next)
		count += c->kind == REEXEC_USERS;
	return count;
}

/* The map has TEXT, and FAULT. */
static void
says_table(const char *text, const char *fault)
{
	if (text[0] != '\0')
		fake_say_bytes(keeper(), FRAME_TEXT, text, strlen(text));
	fake_say(keeper(), FRAME_TABLE, "fault", fault);
	fake_settle(loop);
}

/* The directory answers what it has been asked last. */
static void
directory_says(enum directory_verdict verdict, uint64_t free)
{
	struct child *child = running(REEXEC_ACCOUNTS);
	struct directory_answer answer = { .verdict = verdict, .free = free };
	struct fields fields = { 0 };

	if (verdict == DIRECTORY_UNKNOWN)
		directory_answer_unknown(&answer, "it is down");
	directory_answer_add(&fields, &answer);
	assert_non_null(child);
	fake_say_bytes(child, FRAME_OK, fields.text, fields.len);
	fields_free(&fields);
	fake_settle(loop);
}

/* The keeper has added, or not: RESULT. */
static void
keeper_says(enum users_result result, uid_t uid, const char *fault)
{
	struct fields fields = { 0 };

	fields_add_number(&fields, "result", (long long)result);
	fields_add_number(&fields, "uid", (long long)uid);
	fields_add(&fields, "fault", fault);
	fake_say_bytes(keeper(), FRAME_ADDED, fields.text, fields.len);
	fields_free(&fields);
	fake_settle(loop);
}

static void
has(const char *name, uid_t uid)
{
	uid_t got = 0;

	assert_true(users_find(users, name, &got));
	assert_int_equal(got, uid);
}

static void
has_not(const char *name)
{
	uid_t got = 0;

	assert_false(users_find(users, name, &got));
}

/* Somebody who is added. */
struct added {
	struct users_adding adding;
	unsigned times;
	enum users_result result;
	uid_t uid;
	char fault[USERTABLE_FAULT_CHARS];
};

static void
added_done(struct users_adding *adding, enum users_result result, uid_t uid)
{
	struct added *added = adding->asker;

	added->times++;
	added->result = result;
	added->uid = uid;
	snprintf(added->fault, sizeof(added->fault), "%s", users_fault(users));
}

static void
add(struct added *added, const char *name, uid_t uid)
{
	*added = (struct added){ .adding = { .done = added_done,
				     .asker = added } };
	users_add(users, &added->adding, name, uid);
	fake_settle(loop);
}

static void
came_to(const struct added *added, enum users_result result, uid_t uid)
{
	assert_int_equal(added->times, 1);
	assert_int_equal(added->result, result);
	assert_int_equal(added->uid, uid);
}

/* The map is there, with alice and bob, and uids for others. */
static void
ready(void)
{
	says_table(BOTH, "");
	directory_says(DIRECTORY_NONE, UINT64_MAX);
	directory_says(DIRECTORY_NONE, UINT64_MAX);
}

static void
nobody_is_known_before_the_map_is_read(void **state)
{
	struct added carol;
	uid_t uid;

	(void)state;
	assert_false(users_ready(users));
	has_not("alice");
	assert_false(users_spare_uid(users, MIN, MAX, &uid));
	assert_int_equal(users_spare_result(users), USERS_FAILED);
	fake_was_told(keeper(), FRAME_START, "first", "1");
	add(&carol, "alice", MIN);
	directory_says(DIRECTORY_NONE, 0);
	assert_int_equal(carol.times, 0);
	says_table(BOTH, "");
	assert_true(users_ready(users));
	has("alice", 70000);
	has("bob", 70001);
	came_to(&carol, USERS_OK, 70000);
}

static void
users_are_known_once_they_are_on_the_disk(void **state)
{
	struct added carol, dave;
	uid_t uid = 0;

	(void)state;
	ready();
	assert_true(users_spare_uid(users, MIN, MAX, &uid));
	assert_int_equal(uid, 70002);
	add(&carol, "carol", uid);
	assert_true(users_spare_uid(users, MIN, MAX, &uid));
	assert_int_equal(uid, 70003);
	directory_says(DIRECTORY_NONE, 0);
	fake_was_told(keeper(), FRAME_ADD, "name", "carol");
	fake_was_told(keeper(), FRAME_ADD, "uid", "70002");
	add(&dave, "dave", uid);
	directory_says(DIRECTORY_NONE, 0);
	/* one after the other */
	fake_was_told(keeper(), FRAME_ADD, "name", "carol");
	has_not("carol");
	keeper_says(USERS_OK, 70002, "");
	came_to(&carol, USERS_OK, 70002);
	has("carol", 70002);
	assert_int_equal(dave.times, 0);
	fake_was_told(keeper(), FRAME_ADD, "name", "dave");
	keeper_says(USERS_OK, 70003, "");
	came_to(&dave, USERS_OK, 70003);
	add(&dave, "dave", 70009);
	came_to(&dave, USERS_OK, 70003);
}

/* Of a helper before this one, which strangers had made give many. */
static void
uids_that_were_never_somebodys_are_given(void **state)
{
	static const char map[] = "# uids given: 70000-70000\n"
				  "# uids given: 70003-70003\n"
				  "# uids given: 70009-70009\n"
				  "alice:70000\nbob:70009\ncarol:70005\n";
	static const uid_t free[] = { 70001, 70002, 70004, 70006, 70007, 70008,
		70010 };
	struct added dave;
	uid_t uid = 0;

	(void)state;
	says_table(map, "");
	directory_says(DIRECTORY_NONE, UINT64_MAX);
	directory_says(DIRECTORY_NONE, UINT64_MAX);
	for (size_t i = 0; i < sizeof(free) / sizeof(free[0]); i++) {
		assert_true(users_spare_uid(users, MIN, MAX, &uid));
		assert_int_equal(uid, free[i]);
	}
	add(&dave, "dave", 70002);
	directory_says(DIRECTORY_NONE, 0);
	keeper_says(USERS_OK, 70002, "");
	came_to(&dave, USERS_OK, 70002);
	assert_true(users_had(users, 70003));
	assert_true(users_had(users, 70005));
	assert_false(users_had(users, 70004));
	assert_true(users_may_be(users, "carol", 70005));
	assert_false(users_may_be(users, "dave", 70005));
	/* nobody has these */
	assert_true(users_may_be(users, "dave", 70003));
	assert_true(users_may_be(users, "theirs", 1001));
}

static void
a_uid_that_is_somebodys_is_not_given(void **state)
{
	struct added carol;

	(void)state;
	ready();
	add(&carol, "carol", 70000);
	came_to(&carol, USERS_AGAIN, 70000);
	add(&carol, "carol", 70005);
	directory_says(DIRECTORY_THERE, 0);
	came_to(&carol, USERS_AGAIN, 70005);
	assert_string_equal(carol.fault,
	    "the uid 70005 is an account's by now");
	add(&carol, "carol", 70006);
	directory_says(DIRECTORY_UNKNOWN, 0);
	came_to(&carol, USERS_UNKNOWN, 70006);
	assert_string_equal(carol.fault,
	    "cannot tell whether the uid 70006 is an account's: it is down");
	has_not("carol");
	assert_int_equal(keeper()->told_count, 1);
}

static void
what_cannot_be_written_is_tried_again(void **state)
{
	struct added carol;
	uid_t uid = 0;

	(void)state;
	ready();
	for (int i = 0; i < 3; i++) {
		assert_true(users_spare_uid(users, MIN, MAX, &uid));
		assert_int_equal(uid, 70002);
		add(&carol, "carol", uid);
		directory_says(DIRECTORY_NONE, 0);
		keeper_says(USERS_FAILED, uid, "cannot be written: x");
		came_to(&carol, USERS_FAILED, uid);
		assert_string_equal(carol.fault, "cannot be written: x");
	}
	has_not("carol");
}

static void
a_disk_that_hangs_keeps_nobody_waiting_for_long(void **state)
{
	struct added carol, dave;
	struct child *first;
	uid_t uid = 0;

	(void)state;
	ready();
	first = keeper();
	assert_true(users_spare_uid(users, MIN, MAX, &uid));
	add(&carol, "carol", uid);
	directory_says(DIRECTORY_NONE, 0);
	children->ending = 1;
	fake_pass(loop, KEEPER_ANSWER_MS);
	came_to(&carol, USERS_FAILED, uid);
	assert_string_equal(carol.fault, late);
	assert_int_equal(first->state, FAKE_OVER);
	assert_true(fake_logged("about=user-map detail=its disk has not"));
	has("alice", 70000);
	/* as long as it has not ended there is no other, and no wait for it */
	fake_pass(loop, 20000);
	assert_int_equal(keepers(), 1);
	add(&dave, "dave", 70003);
	came_to(&dave, USERS_FAILED, 70003);
	assert_string_equal(dave.fault, late);
	/* the next one knows what there was, and may find what was written */
	children->ending = 0;
	fake_pass(loop, 1000);
	assert_int_equal(keepers(), 2);
	assert_int_equal(keeper()->told[0].type, FRAME_TEXT);
	assert_non_null(strstr(keeper()->told[0].body, "\nbob:70001\n"));
	fake_was_told(keeper(), FRAME_START, "first", NULL);
	says_table(BOTH, "");
	/* but nobody gets the uid that may be on the disk as another's */
	add(&dave, "dave", uid);
	came_to(&dave, USERS_AGAIN, uid);
	assert_true(users_spare_uid(users, MIN, MAX, &uid));
	assert_int_equal(uid, 70003);
}

static void
who_is_forgotten_is_not_told(void **state)
{
	struct added carol, dave;

	(void)state;
	ready();
	add(&carol, "carol", 70002);
	users_forget(&carol.adding);
	users_forget(&carol.adding);
	directory_says(DIRECTORY_NONE, 0);
	assert_int_equal(keeper()->told_count, 1);
	add(&carol, "carol", 70002);
	directory_says(DIRECTORY_NONE, 0);
	users_forget(&carol.adding);
	add(&dave, "dave", 70003);
	directory_says(DIRECTORY_NONE, 0);
	keeper_says(USERS_OK, 70002, "");
	/* but is known all the same */
	has("carol", 70002);
	keeper_says(USERS_OK, 70003, "");
	came_to(&dave, USERS_OK, 70003);
	assert_int_equal(carol.times, 0);
}

static void
a_damaged_map_gets_nobody_new(void **state)
{
	struct added carol;
	uid_t uid;

	(void)state;
	says_table(BOTH, "line 3 is not name:uid");
	directory_says(DIRECTORY_NONE, UINT64_MAX);
	has("alice", 70000);
	/* a name may have a uid for a while, as always */
	assert_true(users_spare_uid(users, MIN, MAX, &uid));
	assert_true(users_damaged(users));
	add(&carol, "carol", 70002);
	came_to(&carol, USERS_DAMAGED, 70002);
	/* until it is mended */
	users_refresh(users);
	fake_settle(loop);
	fake_was_told(keeper(), FRAME_LOOK, NULL, NULL);
	says_table(BOTH, "");
	fake_say(keeper(), FRAME_OK, NULL, NULL);
	fake_settle(loop);
	assert_false(users_damaged(users));
	add(&carol, "carol", 70002);
	directory_says(DIRECTORY_NONE, 0);
	fake_was_told(keeper(), FRAME_ADD, "name", "carol");
	users_forget(&carol.adding);
}

static void
a_directory_that_is_down_gives_none_either(void **state)
{
	uid_t uid;

	(void)state;
	says_table(BOTH, "");
	directory_says(DIRECTORY_UNKNOWN, 0);
	assert_false(users_spare_uid(users, MIN, MAX, &uid));
	assert_int_equal(users_spare_result(users), USERS_UNKNOWN);
	assert_string_equal(users_fault(users), "it is down");
	fake_pass(loop, 6000);
	directory_says(DIRECTORY_NONE, UINT64_C(1) << 40);
	assert_true(users_spare_uid(users, MIN, MAX, &uid));
	assert_int_equal(uid, 70002 + 40);
}

static void
a_range_may_be_full(void **state)
{
	uid_t uid;

	(void)state;
	ready();
	assert_false(users_spare_uid(users, MIN, MIN + 1, &uid));
	assert_int_equal(users_spare_result(users), USERS_FULL);
	assert_string_equal(users_fault(users),
	    "every uid from 70000 to 70001 is or was somebody's");
}

struct looked {
	struct users_looking looking;
	unsigned times;
};

static void
looked_done(struct users_looking *looking)
{
	struct looked *looked = looking->asker;

	looked->times++;
}

static void
look(struct looked *looked)
{
	*looked = (struct looked){ .looking = { .done = looked_done,
				       .asker = looked } };
	users_look(users, &looked->looking);
	fake_settle(loop);
}

static void
a_look_begins_after_it_is_asked_for(void **state)
{
	struct looked one, two, three;

	(void)state;
	ready();
	look(&one);
	fake_was_told(keeper(), FRAME_LOOK, NULL, NULL);
	look(&two);
	look(&three);
	users_look_no_more(&three.looking);
	fake_say(keeper(), FRAME_OK, NULL, NULL);
	fake_settle(loop);
	assert_int_equal(one.times, 1);
	assert_int_equal(two.times, 0);
	fake_say(keeper(), FRAME_OK, NULL, NULL);
	fake_settle(loop);
	assert_int_equal(two.times, 1);
	assert_int_equal(three.times, 0);
	/* nobody waits for a disk that hangs */
	look(&one);
	fake_pass(loop, 300);
	assert_int_equal(one.times, 1);
	look(&two);
	assert_int_equal(two.times, 1);
}

static void
one_that_says_nonsense_is_replaced(void **state)
{
	(void)state;
	ready();
	fake_say(keeper(), FRAME_TABLE, "fault", "");
	fake_pass(loop, 1000);
	assert_int_equal(keepers(), 2);
	says_table(BOTH, "");
	fake_say_bytes(keeper(), FRAME_TEXT, "x", 1);
	fake_pass(loop, 1000);
	assert_int_equal(keepers(), 3);
	says_table(BOTH, "");
	keeper_says(USERS_OK, 70007, "");
	fake_pass(loop, 1000);
	assert_int_equal(keepers(), 4);
	has("alice", 70000);
}

/* What it has not been told to write it can't have people be. */
static void
one_cannot_add_others(void **state)
{
	struct added carol;

	(void)state;
	ready();
	add(&carol, "carol", 70002);
	directory_says(DIRECTORY_NONE, 0);
	keeper_says(USERS_OK, 70001, "");
	came_to(&carol, USERS_FAILED, 70002);
	has_not("carol");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nobody_is_known_before_the_map_is_read),
		TEST(users_are_known_once_they_are_on_the_disk),
		TEST(uids_that_were_never_somebodys_are_given),
		TEST(a_uid_that_is_somebodys_is_not_given),
		TEST(what_cannot_be_written_is_tried_again),
		TEST(a_disk_that_hangs_keeps_nobody_waiting_for_long),
		TEST(who_is_forgotten_is_not_told),
		TEST(a_damaged_map_gets_nobody_new),
		TEST(a_directory_that_is_down_gives_none_either),
		TEST(a_range_may_be_full),
		TEST(a_look_begins_after_it_is_asked_for),
		TEST(one_that_says_nonsense_is_replaced),
		TEST(one_cannot_add_others),
	};

	return cmocka_run_group_tests_name("users", tests, NULL, NULL);
}
