#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../shim/client.h"
#include "../../shim/lib/clock.h"

/* Short, and far enough from each other to be told apart on a slow machine. */
#define TAKEN_MS 60
#define SILENT_MS 120
#define ANSWERED_MS 400

/* A client, and the helper's end of its socket. */
struct call {
	struct client client;
	int helper_fd;
};

static int
begin(void **state)
{
	struct call *call = calloc(1, sizeof(*call));
	int fds[2];

	if (call == NULL)
		return -1;
	*state = call;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return -1;
	call->helper_fd = fds[0];
	call->client = (struct client){ .fd = fds[1],
		.patience = { .taken_ms = TAKEN_MS,
		    .silent_ms = SILENT_MS,
		    .answered_ms = ANSWERED_MS },
		.began_ms = clock_now_ms(),
		.in = { .limit_bytes = FRAME_ANSWER_MAX_BYTES } };
	call->client.silent_end_ms = call->client.began_ms + TAKEN_MS;
	return 0;
}

static int
end(void **state)
{
	struct call *call = *state;

	client_close(&call->client);
	if (call->helper_fd >= 0)
		close(call->helper_fd);
	free(call);
	return 0;
}

static void
say(struct call *call, enum frame_type type, const char *text)
{
	assert_true(frame_send(call->helper_fd, type, text, strlen(text), 0));
}

/* Wait; returns what came of it, and stores for how long in *TOOK_MS. */
static enum frame_result
wait_for_it(struct call *call, int64_t *took_ms)
{
	const int64_t from_ms = clock_now_ms();
	struct frame answer = { 0 };
	enum frame_result result;

	result = client_wait(&call->client, &answer, INT64_MAX);
	*took_ms = clock_now_ms() - from_ms;
	if (result == FRAME_COMPLETE) {
		assert_int_equal(answer.type, FRAME_TEXT);
		assert_string_equal(answer.body, "keys");
	}
	frame_free(&answer);
	return result;
}

static void
an_answer_is_had_at_once(void **state)
{
	int64_t took_ms;

	say(*state, FRAME_TEXT, "keys");
	assert_int_equal(wait_for_it(*state, &took_ms), FRAME_COMPLETE);
}

static void
it_is_had_behind_the_word_that_it_comes(void **state)
{
	int64_t took_ms;

	say(*state, FRAME_TAKEN, "");
	say(*state, FRAME_TAKEN, "");
	say(*state, FRAME_TEXT, "keys");
	assert_int_equal(wait_for_it(*state, &took_ms), FRAME_COMPLETE);
}

static void
a_helper_that_says_nothing_is_given_up(void **state)
{
	int64_t took_ms;

	assert_int_equal(wait_for_it(*state, &took_ms), FRAME_AGAIN);
	assert_true(took_ms >= TAKEN_MS - 1);
	assert_true(clock_now_ms() >= client_end_ms(*state));
}

static void
a_helper_that_stops_in_the_middle_is_given_up(void **state)
{
	const struct call *call = *state;
	int64_t took_ms;

	say(*state, FRAME_TAKEN, "");
	assert_int_equal(send(call->helper_fd, "MG", 2, MSG_NOSIGNAL), 2);
	assert_int_equal(wait_for_it(*state, &took_ms), FRAME_AGAIN);
	assert_true(took_ms >= SILENT_MS - 1);
}

static void
a_helper_that_is_at_work_for_ever_is_given_up(void **state)
{
	struct call *call = *state;
	int64_t took_ms = 0;

	call->client.patience.silent_ms = ANSWERED_MS * 1000;
	say(call, FRAME_TAKEN, "");
	assert_int_equal(wait_for_it(call, &took_ms), FRAME_AGAIN);
	assert_true(took_ms >= ANSWERED_MS - TAKEN_MS);
	assert_true(took_ms < ANSWERED_MS * 100);
}

static void
a_worker_need_not_say_that_it_is_at_work(void **state)
{
	struct call *call = *state;
	int64_t took_ms;

	client_given(&call->client);
	assert_int_equal(wait_for_it(call, &took_ms), FRAME_AGAIN);
	assert_true(took_ms >= ANSWERED_MS - TAKEN_MS);
}

static void
the_helper_that_has_it_back_has_to(void **state)
{
	struct call *call = *state;
	int64_t took_ms;

	client_given(&call->client);
	say(call, FRAME_TAKEN, "");
	assert_int_equal(wait_for_it(call, &took_ms), FRAME_AGAIN);
	assert_true(took_ms < ANSWERED_MS - TAKEN_MS);
}

static void
one_may_look_now_and_then(void **state)
{
	struct call *call = *state;
	struct frame answer;
	int64_t took_ms;

	call->client.silent_end_ms += ANSWERED_MS;
	assert_int_equal(client_wait(&call->client, &answer,
			     clock_now_ms() + 1),
	    FRAME_AGAIN);
	assert_true(clock_now_ms() < client_end_ms(&call->client));
	assert_int_equal(client_wait(&call->client, &answer, 0), FRAME_AGAIN);
	say(call, FRAME_TEXT, "keys");
	assert_int_equal(wait_for_it(call, &took_ms), FRAME_COMPLETE);
}

static void
a_helper_that_goes_is_not_waited_for(void **state)
{
	struct call *call = *state;
	int64_t took_ms;

	say(call, FRAME_TAKEN, "");
	close(call->helper_fd);
	call->helper_fd = -1;
	assert_int_equal(wait_for_it(call, &took_ms), FRAME_CLOSED);
}

#define ON_A_CALL(test) cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_A_CALL(an_answer_is_had_at_once),
		ON_A_CALL(it_is_had_behind_the_word_that_it_comes),
		ON_A_CALL(a_helper_that_says_nothing_is_given_up),
		ON_A_CALL(a_helper_that_stops_in_the_middle_is_given_up),
		ON_A_CALL(a_helper_that_is_at_work_for_ever_is_given_up),
		ON_A_CALL(a_worker_need_not_say_that_it_is_at_work),
		ON_A_CALL(the_helper_that_has_it_back_has_to),
		ON_A_CALL(one_may_look_now_and_then),
		ON_A_CALL(a_helper_that_goes_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
