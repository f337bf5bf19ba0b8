/*
 * Sockets that may take for ever to be closed, and the processes that close
 * them: here each takes what it is sent, and never ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../helper/gateway/closers.h"
#include "../../helper/reexec.h"
#include "../../shim/lib/clock.h"

#define BATCH_MS 100
#define PROCESSES_MAX 128
#define ALICE 1000
#define BOB 1001

static int64_t now_ms = 1000000;

/* Those that have been started, and the far ends of the sockets to them. */
static struct {
	pid_t pid;
	int fd;
} processes[PROCESSES_MAX];
static size_t started;
static bool no_process;

/*
 * In place of the real ones
 */

int64_t
clock_now_ms(void)
{
	return now_ms;
}

pid_t
reexec_start(const struct reexec *what, int *fd, struct leash *leash)
{
	int ends[2];

	assert_null(leash);
	assert_int_equal(what->kind, REEXEC_CLOSER);
	if (leash != NULL)
		*leash = LEASH_NONE;
	assert_true(started < PROCESSES_MAX);
	if (no_process) {
		errno = EAGAIN;
		return -1;
	}
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
			     ends),
	    0);
	*fd = ends[0];
	processes[started].fd = ends[1];
	/* no process need be there */
	processes[started].pid = (pid_t)(100000 + started);
	return processes[started++].pid;
}

bool
reexec_asked(int argc, char **argv, enum reexec_kind *kind)
{
	(void)argc;
	(void)argv;
	(void)kind;
	return false;
}

bool
reexec_begin(enum reexec_kind kind)
{
	(void)kind;
	return false;
}

/* The table, and a timer that is always due, so that the loop doesn't wait. */
struct scene {
	struct loop *loop;
	struct loop_timer waker;
	struct closers *closers;
	struct dying *dying;
};

static void
scene_wake(void *context, int64_t at_ms)
{
	struct scene *scene = context;

	loop_at(scene->loop, &scene->waker, at_ms);
}

static int
scene_begin(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	scene->loop = loop_new();
	scene->closers = closers_new(scene->loop);
	assert_non_null(scene->closers);
	scene->dying = closers_dying(scene->closers);
	scene->waker.fire = scene_wake;
	scene->waker.context = scene;
	no_process = false;
	*state = scene;
	return 0;
}

static int
scene_end(void **state)
{
	struct scene *scene = *state;

	closers_free(scene->closers);
	loop_free(scene->loop);
	free(scene);
	while (started > 0)
		close(processes[--started].fd);
	return 0;
}

static void
pass(struct scene *scene, int64_t ms)
{
	now_ms += ms;
	loop_at(scene->loop, &scene->waker, now_ms);
	for (int i = 0; i < 3; i++)
		loop_turn(scene->loop);
	loop_at(scene->loop, &scene->waker, INT64_MAX);
}

/* Have a socket of UID's closed.  Returns its other end, which is the user's. */
static int
take(struct scene *scene, uid_t uid)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
			     ends),
	    0);
	closers_take(scene->closers, uid, ends[0]);
	return ends[1];
}

/* The same with a process for it alone, which hangs. */
static void
hang(struct scene *scene, uid_t uid)
{
	close(take(scene, uid));
	pass(scene, BATCH_MS);
}

/* True if process NUMBER has been told that no more comes. */
static bool
is_told_to_end(size_t number)
{
	struct pollfd end = { .fd = processes[number].fd, .events = POLLIN };

	return poll(&end, 1, 0) == 1 && (end.revents & POLLHUP) != 0;
}

/* How many sockets process NUMBER is sent. */
static size_t
count_sent(size_t number)
{
	char bytes[256];
	const ssize_t got = recv(processes[number].fd, bytes, sizeof(bytes),
	    MSG_PEEK | MSG_DONTWAIT);

	/* one at a time: descriptors don't come together */
	return got > 0 ? (size_t)got : 0;
}

/* Have all processes take what they have been sent. */
static void
drain(void)
{
	char bytes[256];

	for (size_t i = 0; i < started; i++) {
		while (recv(processes[i].fd, bytes, sizeof(bytes),
			   MSG_DONTWAIT) > 0)
			continue;
	}
}

/* True if somebody has the other end of FD. */
static bool
is_open(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

static void
those_of_a_user_go_to_one_process_for_a_while(void **state)
{
	struct scene *scene = *state;
	const int first = take(scene, ALICE), second = take(scene, ALICE);

	assert_int_equal(started, 1);
	assert_int_equal(count_sent(0), 1);
	assert_false(is_told_to_end(0));
	/* which has them, and this process has not */
	assert_true(is_open(first));
	assert_true(is_open(second));
	close(processes[0].fd);
	assert_false(is_open(first));
	assert_false(is_open(second));
	processes[0].fd = -1;
	close(first);
	close(second);
}

static void
then_it_is_told_to_end(void **state)
{
	struct scene *scene = *state;

	close(take(scene, ALICE));
	pass(scene, BATCH_MS - 1);
	assert_false(is_told_to_end(0));
	pass(scene, 1);
	assert_true(is_told_to_end(0));
	close(take(scene, ALICE));
	assert_int_equal(started, 2);
	assert_true(closers_reap(scene->closers, processes[0].pid));
	assert_false(closers_reap(scene->closers, processes[0].pid));
}

static void
the_eighth_that_hangs_keeps_all_that_comes(void **state)
{
	struct scene *scene = *state;
	int other;

	for (int i = 1; i < DYING_PER_USER_MAX; i++)
		hang(scene, ALICE);
	assert_false(dying_refuses(scene->dying, ALICE));
	for (int i = 0; i < 50; i++)
		close(take(scene, ALICE));
	assert_true(dying_refuses(scene->dying, ALICE));
	pass(scene, 100 * BATCH_MS);
	assert_int_equal(started, DYING_PER_USER_MAX);
	assert_false(is_told_to_end(DYING_PER_USER_MAX - 1));
	other = take(scene, ALICE);
	assert_int_equal(started, DYING_PER_USER_MAX);
	assert_true(is_open(other));
	/* nobody else is worse off */
	assert_false(dying_refuses(scene->dying, BOB));
	hang(scene, BOB);
	assert_int_equal(started, DYING_PER_USER_MAX + 1);
	assert_true(is_told_to_end(DYING_PER_USER_MAX));
	/* when one of the eight has ended, so can the last */
	assert_true(closers_reap(scene->closers, processes[0].pid));
	pass(scene, 0);
	assert_true(is_told_to_end(DYING_PER_USER_MAX - 1));
	assert_false(dying_refuses(scene->dying, ALICE));
	close(other);
}

static void
many_users_together_have_no_more_than_so_many(void **state)
{
	struct scene *scene = *state;

	for (uid_t uid = 100000; uid < 100000 + 2 * DYING_MAX; uid++)
		hang(scene, uid);
	/* and a few that take from all besides, of which the last is not ended */
	assert_int_equal(started, DYING_MAX + DYING_PER_USER_MAX);
	assert_true(is_told_to_end(DYING_MAX));
	assert_false(is_told_to_end(DYING_MAX + DYING_PER_USER_MAX - 1));
	assert_int_equal(closers_room(scene->closers), CLOSERS_ROOM);
	assert_false(dying_refuses(scene->dying, BOB));
}

static void
nor_are_they_started_all_at_once(void **state)
{
	struct scene *scene = *state;

	for (uid_t uid = 100000; uid < 100050; uid++)
		close(take(scene, uid));
	/* the first user's, and one for all others */
	assert_int_equal(started, 2);
	pass(scene, BATCH_MS);
	assert_true(is_told_to_end(0));
	assert_true(is_told_to_end(1));
	close(take(scene, ALICE));
	assert_int_equal(started, 3);
}

static void
others_do_not_put_off_its_end(void **state)
{
	struct scene *scene = *state;

	close(take(scene, ALICE));
	pass(scene, BATCH_MS - 1);
	close(take(scene, BOB));
	pass(scene, 1);
	assert_true(is_told_to_end(0));
	assert_false(is_told_to_end(1));
}

static void
one_that_is_busy_is_let_be(void **state)
{
	struct scene *scene = *state;

	/* more than its socket holds: it has shown that it is alive */
	for (int i = 0; i < 900; i++)
		close(take(scene, ALICE));
	assert_int_equal(started, 1);
	assert_int_equal(closers_room(scene->closers), CLOSERS_LITTLE_ROOM);
	for (int i = 0; i < 10; i++) {
		drain();
		pass(scene, BATCH_MS);
	}
	assert_int_equal(closers_room(scene->closers), CLOSERS_ROOM);
}

static void
workers_that_hang_count_as_well(void **state)
{
	struct scene *scene = *state;

	for (int i = 0; i < DYING_PER_USER_MAX; i++)
		dying_add(scene->dying, ALICE);
	close(take(scene, ALICE));
	close(take(scene, ALICE));
	/* not on alice's account */
	assert_int_equal(started, 1);
	dying_remove(scene->dying, ALICE);
	assert_false(dying_refuses(scene->dying, ALICE));
}

static void
without_a_process_it_is_tried_again(void **state)
{
	struct scene *scene = *state;
	int user;

	no_process = true;
	user = take(scene, ALICE);
	assert_true(is_open(user));
	no_process = false;
	pass(scene, 999);
	assert_int_equal(started, 0);
	pass(scene, 1);
	assert_int_equal(started, 1);
	assert_int_equal(count_sent(0), 1);
	close(user);
}

static void
one_that_has_been_killed_is_no_use(void **state)
{
	struct scene *scene = *state;
	int user;

	close(take(scene, ALICE));
	close(processes[0].fd);
	processes[0].fd = -1;
	user = take(scene, ALICE);
	assert_int_equal(started, 2);
	assert_true(is_open(user));
	close(user);
}

/* A user goes on until nothing is left: never are there more processes. */
static void
what_they_hold_is_bounded_and_so_is_what_waits(void **state)
{
	const size_t files = 240;
	const size_t late_max = files / 4;
	const struct rlimit limit = { files, files };
	struct scene *scene = *state;
	size_t given = 0, waiting = 0;

	closers_free(scene->closers);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	scene->closers = closers_new(scene->loop);
	scene->dying = closers_dying(scene->closers);
	for (uid_t uid = 100000; uid < 100000 + DYING_MAX; uid++) {
		hang(scene, uid);
		drain();
	}
	while (closers_room(scene->closers) == CLOSERS_ROOM &&
	    given++ < 20 * files) {
		close(take(scene, ALICE));
		drain();
		pass(scene, BATCH_MS);
	}
	assert_int_equal(closers_room(scene->closers), CLOSERS_NO_ROOM);
	assert_int_equal(started, DYING_MAX + DYING_PER_USER_MAX);
	waiting = given - (files - 16) - (DYING_PER_USER_MAX - 1);
	assert_int_equal(waiting, late_max);
	/* one ends, and all that waits is closed */
	assert_true(closers_reap(scene->closers, processes[DYING_MAX].pid));
	pass(scene, 1000);
	assert_int_equal(closers_room(scene->closers), CLOSERS_ROOM);
	assert_int_equal(started, DYING_MAX + DYING_PER_USER_MAX + 1);
}

#define IN_SCENE(test) \
	cmocka_unit_test_setup_teardown(test, scene_begin, scene_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(those_of_a_user_go_to_one_process_for_a_while),
		IN_SCENE(then_it_is_told_to_end),
		IN_SCENE(the_eighth_that_hangs_keeps_all_that_comes),
		IN_SCENE(many_users_together_have_no_more_than_so_many),
		IN_SCENE(nor_are_they_started_all_at_once),
		IN_SCENE(others_do_not_put_off_its_end),
		IN_SCENE(one_that_is_busy_is_let_be),
		IN_SCENE(workers_that_hang_count_as_well),
		IN_SCENE(without_a_process_it_is_tried_again),
		IN_SCENE(one_that_has_been_killed_is_no_use),
		/* the last: it lowers a limit */
		IN_SCENE(what_they_hold_is_bounded_and_so_is_what_waits),
	};

	return cmocka_run_group_tests_name("closers", tests, NULL, NULL);
}
