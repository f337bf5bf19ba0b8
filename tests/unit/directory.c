/*
 * The name service, asked by processes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakechild.h"

#include "../../helper/gateway/directory.h"
#include "../../helper/gateway/dispatch.h"

#define OTHERS (DISPATCH_PLACES - DISPATCH_KEPT)

static struct loop *loop;
static struct children *children;
static struct directory *directory;

/* A question, and how it was answered. */
struct asked {
	struct directory_question question;
	unsigned answers;
	struct directory_answer answer;
};

static void
asked_on_answer(struct directory_question *question,
    const struct directory_answer *answer)
{
	struct asked *asked = question->asker;

	asked->answers++;
	asked->answer = *answer;
}

static int
begin(void **state)
{
	(void)state;
	fake_now_ms = FAKE_START_MS;
	fake_log[0] = '\0';
	loop = loop_new();
	children = children_new(loop, NULL);
	directory = directory_new(loop, children);
	return directory != NULL ? 0 : -1;
}

static int
end(void **state)
{
	(void)state;
	directory_free(directory);
	children_free(children);
	loop_free(loop);
	return 0;
}

static void
ask(struct asked *asked, const char *name)
{
	*asked = (struct asked){ .question = { .answer = asked_on_answer,
				     .asker = asked } };
	directory_ask_name(directory, &asked->question, name);
	fake_settle(loop);
}

/* CHILD answers that NAME is there, with UID. */
static void
says_there(struct child *child, const char *name, uid_t uid)
{
	struct directory_answer answer = { .verdict = DIRECTORY_THERE,
		.uid = uid,
		.in_group = true };
	struct fields fields = { 0 };

	snprintf(answer.name, sizeof(answer.name), "%s", name);
	directory_answer_add(&fields, &answer);
	fake_say_bytes(child, FRAME_OK, fields.text, fields.len);
	fields_free(&fields);
	fake_settle(loop);
}

static void
is_there(const struct asked *asked, uid_t uid)
{
	assert_int_equal(asked->answers, 1);
	assert_int_equal(asked->answer.verdict, DIRECTORY_THERE);
	assert_int_equal(asked->answer.uid, uid);
}

static void
is_unknown(const struct asked *asked, const char *fault)
{
	assert_int_equal(asked->answers, 1);
	assert_int_equal(asked->answer.verdict, DIRECTORY_UNKNOWN);
	assert_string_equal(asked->answer.fault, fault);
}

/* The process that was started as number I, from 0 on. */
static struct child *
nth(size_t i)
{
	struct child *child = children->last;

	assert_true(i < children->count);
	for (size_t left = children->count - 1 - i; left > 0; left--)
		child = child->next;
	return child;
}

static void
one_process_is_there_and_answers(void **state)
{
	struct asked asked;

	(void)state;
	assert_int_equal(children->count, 1);
	assert_int_equal(nth(0)->kind, REEXEC_ACCOUNTS);
	for (uid_t uid = 1; uid < 5; uid++) {
		ask(&asked, "alice");
		assert_int_equal(asked.answers, 0);
		fake_was_told(nth(0), FRAME_ACCOUNT, "name", "alice");
		says_there(nth(0), "alice", uid);
		is_there(&asked, uid);
		assert_string_equal(asked.answer.name, "alice");
	}
	assert_int_equal(children->count, 1);
	assert_string_equal(fake_log, "");
}

static void
the_same_question_is_asked_once_at_a_time(void **state)
{
	struct asked one, two, three;

	(void)state;
	ask(&one, "alice");
	ask(&two, "alice");
	ask(&three, "alice");
	assert_int_equal(nth(0)->told_count, 1);
	directory_forget(&two.question);
	says_there(nth(0), "alice", 7);
	is_there(&one, 7);
	assert_int_equal(two.answers, 0);
	is_there(&three, 7);
	directory_forget(&one.question);
	ask(&one, "alice");
	assert_int_equal(nth(0)->told_count, 2);
}

static void
one_that_hangs_delays_nobody_else(void **state)
{
	struct asked slow, alice;

	(void)state;
	ask(&slow, "mallory");
	ask(&alice, "alice");
	assert_int_equal(children->count, 2);
	says_there(nth(1), "alice", 7);
	is_there(&alice, 7);
	fake_pass(loop, DISPATCH_ANSWER_MS - 1);
	assert_int_equal(slow.answers, 0);
	fake_pass(loop, 1);
	is_unknown(&slow, "the name service has not answered in time");
	assert_int_equal(nth(0)->state, FAKE_OVER);
	assert_true(fake_logged("about=name-service detail=mallory: the name "
				"service has not answered in time"));
	ask(&alice, "alice");
	says_there(nth(1), "alice", 7);
	is_there(&alice, 7);
}

static void
many_that_hang_delay_nobody_who_was_quick(void **state)
{
	struct asked slow[OTHERS + 1], alice, bob;
	char name[16];

	(void)state;
	ask(&alice, "alice");
	says_there(nth(0), "alice", 7);
	for (int i = 0; i <= OTHERS; i++) {
		snprintf(name, sizeof(name), "mallory%d", i);
		ask(&slow[i], name);
	}
	assert_int_equal(children->count, OTHERS);
	ask(&alice, "alice");
	says_there(children->last, "alice", 8);
	is_there(&alice, 8);
	/* or who has come before */
	bob = (struct asked){ .question = { .answer = asked_on_answer,
				  .asker = &bob,
				  .known = true } };
	directory_ask_name(directory, &bob.question, "bob");
	says_there(children->last, "bob", 9);
	is_there(&bob, 9);
	fake_pass(loop, DISPATCH_ANSWER_MS);
	for (int i = 0; i <= OTHERS; i++)
		is_unknown(&slow[i],
		    "the name service has not answered in time");
}

/* It may have been stopped, and the next one is not. */
static void
who_was_quick_need_not_wait_for_one_that_hangs(void **state)
{
	struct asked asked;

	(void)state;
	ask(&asked, "alice");
	says_there(nth(0), "alice", 7);
	ask(&asked, "alice");
	fake_pass(loop, DISPATCH_PATIENCE_MS - 1);
	assert_int_equal(children->count, 1);
	fake_pass(loop, 100);
	assert_int_equal(children->count, 2);
	fake_was_told(nth(1), FRAME_ACCOUNT, "name", "alice");
	says_there(nth(1), "alice", 8);
	is_there(&asked, 8);
	/* what the other one says late does no harm */
	says_there(nth(0), "alice", 9);
	is_there(&asked, 8);
	assert_int_equal(nth(0)->state, FAKE_RUNS);
	/* but if both hang, nobody waits for longer than one may take */
	ask(&asked, "alice");
	fake_pass(loop, DISPATCH_ANSWER_MS + DISPATCH_PATIENCE_MS + 100);
	is_unknown(&asked, "the name service has not answered in time");
	assert_int_equal(nth(0)->state, FAKE_OVER);
	assert_int_equal(nth(1)->state, FAKE_OVER);
	assert_int_equal(children->count, 2);
}

static void
so_many_wait_and_no_more(void **state)
{
	static struct asked asked[OTHERS + 64 + 1];
	char name[16];

	(void)state;
	for (int i = 0; i < OTHERS + 64; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		ask(&asked[i], name);
		assert_int_equal(asked[i].answers, 0);
	}
	ask(&asked[OTHERS + 64], "one-more");
	is_unknown(&asked[OTHERS + 64], "too many wait for the name service");
	/* those that wait have their turn as the others are answered */
	for (int i = 0; i < OTHERS; i++)
		says_there(nth((size_t)i), "m", 1);
	assert_int_equal(nth(0)->told_count, 2);
	for (int i = 0; i < OTHERS + 64; i++)
		directory_forget(&asked[i].question);
}

static void
one_that_dies_is_replaced(void **state)
{
	struct asked asked;

	(void)state;
	/* with nothing to do */
	fake_over(nth(0), CHILD_CLOSED);
	ask(&asked, "alice");
	fake_pass(loop, 100);
	assert_int_equal(children->count, 2);
	/* at work: another one is asked */
	fake_over(nth(1), CHILD_CLOSED);
	assert_int_equal(asked.answers, 0);
	fake_pass(loop, 500);
	assert_int_equal(children->count, 3);
	fake_was_told(nth(2), FRAME_ACCOUNT, "name", "alice");
	says_there(nth(2), "alice", 7);
	is_there(&asked, 7);
	/* but not for ever */
	ask(&asked, "kills");
	fake_over(nth(2), CHILD_CLOSED);
	fake_settle(loop);
	fake_was_told(nth(3), FRAME_ACCOUNT, "name", "kills");
	fake_over(nth(3), CHILD_CLOSED);
	is_unknown(&asked, "the process that asks the name service has died");
}

static void
one_that_says_nonsense_is_killed(void **state)
{
	static const enum frame_type types[] = { FRAME_OK, FRAME_TEXT,
		FRAME_ACCOUNT, FRAME_REFUSED };
	struct asked asked;

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		fake_now_ms += 20000;
		ask(&asked, "alice");
		fake_say(children->last, types[i], "verdict", "1");
		assert_int_equal(children->last->state, FAKE_OVER);
		assert_int_equal(asked.answers, 1);
		assert_int_equal(asked.answer.verdict, DIRECTORY_UNKNOWN);
	}
	/* an answer without a question, or a second one */
	fake_now_ms += 20000;
	ask(&asked, "alice");
	says_there(children->last, "alice", 7);
	says_there(children->last, "alice", 0);
	assert_int_equal(children->last->state, FAKE_OVER);
	is_there(&asked, 7);
}

static void
without_a_process_nobody_can_tell(void **state)
{
	struct asked asked;

	(void)state;
	fake_over(nth(0), CHILD_CLOSED);
	children->full = true;
	ask(&asked, "alice");
	fake_pass(loop, DISPATCH_ANSWER_MS);
	is_unknown(&asked, "the name service has not answered in time");
	children->full = false;
	fake_pass(loop, 6000);
	ask(&asked, "alice");
	says_there(children->last, "alice", 7);
	is_there(&asked, 7);
}

static void
idle_processes_end(void **state)
{
	struct asked one, two;

	(void)state;
	ask(&one, "one");
	ask(&two, "two");
	says_there(nth(0), "one", 1);
	says_there(nth(1), "two", 1);
	fake_pass(loop, DISPATCH_IDLE_MS + 200);
	assert_int_equal(nth(0)->state, FAKE_CLOSED);
	assert_int_equal(nth(1)->state, FAKE_RUNS);
	fake_pass(loop, 10 * DISPATCH_IDLE_MS);
	assert_int_equal(nth(1)->state, FAKE_RUNS);
	assert_int_equal(children->count, 2);
}

/*
 * What goes between them
 */

/* Is ANSWER read as it was written? */
static void
goes_through(const struct directory_answer *answer)
{
	struct directory_answer got;
	struct fields fields = { 0 };
	struct frame frame;

	directory_answer_add(&fields, answer);
	frame = (struct frame){ .type = FRAME_OK,
		.body = fields.text,
		.len = fields.len };
	assert_true(fields_wellformed(&frame));
	memset(&got, 0x55, sizeof(got));
	assert_true(directory_answer_read(&frame, &got));
	assert_int_equal(got.verdict, answer->verdict);
	assert_string_equal(got.name, answer->name);
	assert_int_equal(got.uid, answer->uid);
	assert_string_equal(got.shell, answer->shell);
	assert_int_equal(got.shares_uid, answer->shares_uid);
	assert_int_equal(got.in_group, answer->in_group);
	assert_int_equal(got.like, answer->like);
	assert_true(got.free == answer->free);
	assert_string_equal(got.fault, answer->fault);
	fields_free(&fields);
}

static void
answers_go_through(void **state)
{
	const struct directory_answer alice = { .verdict = DIRECTORY_THERE,
		.name = "alice",
		.uid = UINT32_MAX,
		.shell = "/bin/sh",
		.in_group = true };
	const struct directory_answer odd = { .verdict = DIRECTORY_THERE,
		.shares_uid = true };
	const struct directory_answer like = { .like = true };
	const struct directory_answer some = { .free = UINT64_MAX - 5 };
	const struct directory_answer none = { .free = UINT64_C(1) << 63 };
	struct directory_answer unknown = { 0 };

	(void)state;
	directory_answer_unknown(&unknown, "no answer");
	goes_through(&alice);
	goes_through(&odd);
	goes_through(&like);
	goes_through(&some);
	goes_through(&none);
	goes_through(&unknown);
}

static void
questions_go_through(void **state)
{
	static const struct directory_asked asked[] = {
		{ .key = DIRECTORY_BY_NAME, .name = "alice" },
		{ .key = DIRECTORY_BY_UID, .uid = UINT32_MAX },
		{ .key = DIRECTORY_BY_UID },
		{ .key = DIRECTORY_UIDS_FROM, .uid = 65536 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		struct directory_asked got;
		struct fields fields = { 0 };
		struct frame frame;

		directory_asked_add(&fields, &asked[i]);
		frame = (struct frame){ .body = fields.text,
			.len = fields.len };
		assert_true(directory_asked_read(&frame, &got));
		assert_int_equal(got.key, asked[i].key);
		assert_string_equal(got.name, asked[i].name);
		assert_int_equal(got.uid, asked[i].uid);
		fields_free(&fields);
	}
}

/* An answer with VALUE in the field NAME makes no sense. */
static void
makes_no_sense(const char *name, const char *value)
{
	static const char *const names[] = { "verdict", "name", "uid", "shell",
		"free_low", "free_high", "fault", "in_group" };
	static const char *const values[] = { "0", "", "1", "", "0", "0", "",
		NULL };
	struct directory_answer answer;
	struct fields fields = { 0 };
	struct frame frame;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *v = strcmp(names[i], name) == 0 ? value : values[i];

		if (v != NULL)
			fields_add(&fields, names[i], v);
	}
	frame = (struct frame){ .body = fields.text, .len = fields.len };
	assert_false(directory_answer_read(&frame, &answer));
	fields_free(&fields);
}

static void
answers_that_make_no_sense_are_none(void **state)
{
	char text[300];

	(void)state;
	makes_no_sense("verdict", NULL);
	makes_no_sense("verdict", "3");
	makes_no_sense("verdict", "-1");
	makes_no_sense("uid", NULL);
	makes_no_sense("uid", "4294967296");
	makes_no_sense("free_low", "4294967296");
	makes_no_sense("free_high", "x");
	makes_no_sense("name", NULL);
	makes_no_sense("name", "alice"); /* who isn't there */
	makes_no_sense("name", "a/b");
	makes_no_sense("in_group", "1");
	makes_no_sense("shell", NULL);
	makes_no_sense("fault", NULL);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	makes_no_sense("shell", text);
	makes_no_sense("fault", text);
	makes_no_sense("name", text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_process_is_there_and_answers),
		TEST(the_same_question_is_asked_once_at_a_time),
		TEST(one_that_hangs_delays_nobody_else),
		TEST(many_that_hang_delay_nobody_who_was_quick),
		TEST(who_was_quick_need_not_wait_for_one_that_hangs),
		TEST(so_many_wait_and_no_more),
		TEST(one_that_dies_is_replaced),
		TEST(one_that_says_nonsense_is_killed),
		TEST(without_a_process_nobody_can_tell),
		TEST(idle_processes_end),
		cmocka_unit_test(answers_go_through),
		cmocka_unit_test(questions_go_through),
		cmocka_unit_test(answers_that_make_no_sense_are_none),
	};

	return cmocka_run_group_tests_name("directory", tests, NULL, NULL);
}
