/*
 * The processes of the helper, and the frames that go between them and it: here
 * each only waits, and the test has its end of the socket.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../helper/gateway/child.h"
#include "../../helper/gateway/socket.h"
#include "../../shim/lib/clock.h"

#define ENDING_MS 2000 /* that a child has which was let go of */

static int64_t now_ms = 1000000;
/* of the process that was started last: it, and its end of the socket */
static pid_t started;
static int far_fd = -1;
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

	(void)what;
	if (no_process) {
		errno = EAGAIN;
		return -1;
	}
	/* first, so that it has no end of the socket */
	started = fork();
	if (started == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	assert_true(started > 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
			     ends),
	    0);
	*fd = ends[0];
	*leash = LEASH_NONE;
	far_fd = ends[1];
	return started;
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

void
socket_guard(int fd)
{
	(void)fd;
}

void
socket_close(struct closers *closers, uid_t uid, int fd)
{
	(void)closers;
	(void)uid;
	close(fd);
}

/* One child, and what its owner was told. */
struct scene {
	struct loop *loop;
	struct loop_timer waker;
	struct closers *closers;
	struct children *children;
	struct child *child;
	pid_t pid;
	unsigned frames, ends;
	enum frame_type type; /* of the last frame */
	enum child_end end;
	bool senseless, closes; /* what the owner makes of a frame */
};

static bool
scene_frame(void *context, const struct frame *frame)
{
	struct scene *scene = context;

	scene->frames++;
	scene->type = frame->type;
	if (scene->closes)
		child_close(scene->child);
	return !scene->senseless;
}

static void
scene_over(void *context, enum child_end end)
{
	struct scene *scene = context;

	scene->ends++;
	scene->end = end;
	scene->child = NULL;
}

static const struct child_owner owner = { scene_frame, scene_over };

/* A timer that is always due, so that the loop doesn't wait. */
static void
scene_wake(void *context, int64_t at_ms)
{
	struct scene *scene = context;

	loop_at(scene->loop, &scene->waker, at_ms);
}

static struct scene *
scene_begin(void)
{
	const struct reexec what = { .kind = REEXEC_WORKER };
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	scene->loop = loop_new();
	scene->closers = closers_new(scene->loop);
	assert_non_null(scene->closers);
	scene->children = children_new(scene->loop, scene->closers);
	assert_non_null(scene->children);
	scene->child = child_start(scene->children, &what, &owner, scene);
	assert_non_null(scene->child);
	scene->pid = started;
	scene->waker.fire = scene_wake;
	scene->waker.context = scene;
	return scene;
}

/* MS pass, and all that has come is read. */
static void
pass(struct scene *scene, int64_t ms)
{
	now_ms += ms;
	loop_at(scene->loop, &scene->waker, now_ms);
	for (int i = 0; i < 4; i++)
		loop_turn(scene->loop);
	loop_at(scene->loop, &scene->waker, INT64_MAX);
}

/* True if the process has been killed; then it is reaped. */
static bool
is_killed(struct scene *scene, bool wait)
{
	int status;

	if (waitpid(scene->pid, &status, wait ? 0 : WNOHANG) <= 0)
		return false;
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	return true;
}

static void
hang_up(void)
{
	close(far_fd);
	far_fd = -1;
}

/* End what is left. */
static void
scene_end(struct scene *scene)
{
	children_free(scene->children);
	closers_free(scene->closers);
	loop_free(scene->loop);
	if (kill(scene->pid, SIGKILL) == 0)
		waitpid(scene->pid, NULL, 0);
	if (far_fd >= 0)
		hang_up();
	free(scene);
}

static void
say(enum frame_type type, const char *body)
{
	assert_true(frame_send(far_fd, type, body, strlen(body), 0));
}

static void
frames_go_both_ways(void **state)
{
	struct scene *scene = scene_begin();
	struct frame_in in = { .limit_bytes = 100 };
	struct frame frame;

	(void)state;
	say(FRAME_NOTE, "a");
	say(FRAME_OK, "b");
	pass(scene, 0);
	assert_int_equal(scene->frames, 2);
	assert_int_equal(scene->type, FRAME_OK);
	child_send(scene->child, FRAME_START, "hello", 5);
	assert_true(child_has_taken_all(scene->child));
	assert_int_equal(frame_read(far_fd, &in, &frame), FRAME_COMPLETE);
	assert_int_equal(frame.type, FRAME_START);
	assert_string_equal(frame.body, "hello");
	frame_free(&frame);
	assert_int_equal(scene->ends, 0);
	scene_end(scene);
}

static void
what_is_not_taken_is_sent_later(void **state)
{
	const size_t len = 600 * 1024;
	char *bytes = calloc(1, len);
	struct scene *scene = scene_begin();
	struct frame_in in = { .limit_bytes = FRAME_ANSWER_MAX_BYTES };
	struct frame frame = { 0 };
	enum frame_result result = FRAME_AGAIN;
	struct fields fields = { 0 };

	(void)state;
	assert_non_null(bytes);
	child_send(scene->child, FRAME_TEXT, bytes, len);
	assert_false(child_has_taken_all(scene->child));
	/* nothing is pushed in between */
	assert_false(child_tell_fds(scene->child, FRAME_GO, &fields,
	    (const int[]){ 0 }, 1));
	for (int i = 0; i < 1000 && result == FRAME_AGAIN; i++) {
		pass(scene, 0);
		result = frame_read(far_fd, &in, &frame);
	}
	assert_int_equal(result, FRAME_COMPLETE);
	assert_int_equal(frame.len, len);
	frame_free(&frame);
	pass(scene, 0);
	assert_true(child_has_taken_all(scene->child));
	assert_true(child_tell_fds(scene->child, FRAME_GO, &fields,
	    (const int[]){ 0 }, 1));
	free(bytes);
	scene_end(scene);
}

static void
what_a_child_says_last_is_heard(void **state)
{
	struct scene *scene = scene_begin();

	(void)state;
	say(FRAME_OK, "");
	hang_up();
	/* it may have been reaped before */
	kill(scene->pid, SIGKILL);
	assert_true(is_killed(scene, true));
	assert_true(children_reap(scene->children, scene->pid));
	assert_false(children_reap(scene->children, scene->pid));
	pass(scene, 0);
	assert_int_equal(scene->frames, 1);
	assert_int_equal(scene->ends, 1);
	assert_int_equal(scene->end, CHILD_CLOSED);
	scene_end(scene);
}

static void
a_frame_that_makes_no_sense_is_the_end(void **state)
{
	struct scene *scene = scene_begin();

	(void)state;
	scene->senseless = true;
	say(FRAME_OK, "");
	say(FRAME_OK, "");
	pass(scene, 0);
	assert_int_equal(scene->frames, 1);
	assert_int_equal(scene->ends, 1);
	assert_int_equal(scene->end, CHILD_NONSENSE);
	scene_end(scene);

	scene = scene_begin();
	assert_int_equal(write(far_fd, "no frame", 8), 8);
	pass(scene, 0);
	assert_int_equal(scene->frames, 0);
	assert_int_equal(scene->ends, 1);
	assert_int_equal(scene->end, CHILD_NONSENSE);
	scene_end(scene);
}

static void
half_a_frame_is_none(void **state)
{
	struct scene *scene = scene_begin();

	(void)state;
	assert_int_equal(write(far_fd, "MG", 2), 2);
	pass(scene, 0);
	assert_int_equal(scene->ends, 0);
	hang_up();
	pass(scene, 0);
	assert_int_equal(scene->frames, 0);
	assert_int_equal(scene->ends, 1);
	assert_int_equal(scene->end, CHILD_CLOSED);
	scene_end(scene);
}

static void
an_owner_may_close_it_while_it_is_told(void **state)
{
	struct scene *scene = scene_begin();

	(void)state;
	/* and is told no more, whatever it makes of the frame */
	scene->closes = scene->senseless = true;
	say(FRAME_OK, "");
	say(FRAME_OK, "");
	pass(scene, 0);
	assert_int_equal(scene->frames, 1);
	assert_int_equal(scene->ends, 0);
	scene_end(scene);
}

static void
one_that_is_let_go_of_may_end_by_itself(void **state)
{
	struct scene *scene = scene_begin();
	char byte;

	(void)state;
	child_close(scene->child);
	/* it sees the end of its socket */
	assert_int_equal(read(far_fd, &byte, 1), 0);
	pass(scene, ENDING_MS - 1);
	assert_false(is_killed(scene, false));
	pass(scene, 1);
	assert_true(is_killed(scene, true));
	assert_true(children_reap(scene->children, scene->pid));
	assert_int_equal(scene->ends, 0);
	scene_end(scene);
}

static void
or_is_killed_at_once(void **state)
{
	struct scene *scene = scene_begin();

	(void)state;
	child_kill(scene->child);
	assert_true(is_killed(scene, true));
	assert_true(children_reap(scene->children, scene->pid));
	pass(scene, ENDING_MS);
	assert_int_equal(scene->ends, 0);
	scene_end(scene);
}

static void
one_that_is_late_is_killed(void **state)
{
	struct scene *scene = scene_begin();

	(void)state;
	child_deadline(scene->child, now_ms + 500);
	pass(scene, 499);
	assert_int_equal(scene->ends, 0);
	child_deadline(scene->child, now_ms + 500);
	pass(scene, 499);
	assert_int_equal(scene->ends, 0);
	pass(scene, 1);
	assert_int_equal(scene->ends, 1);
	assert_int_equal(scene->end, CHILD_LATE);
	assert_true(is_killed(scene, true));
	assert_true(children_reap(scene->children, scene->pid));
	scene_end(scene);
}

static void
without_a_deadline_it_has_time(void **state)
{
	struct scene *scene = scene_begin();

	(void)state;
	child_deadline(scene->child, now_ms + 500);
	child_deadline(scene->child, INT64_MAX);
	pass(scene, 1000000);
	assert_int_equal(scene->ends, 0);
	assert_false(is_killed(scene, false));
	scene_end(scene);
}

static void
one_that_is_left_is_not_killed(void **state)
{
	struct scene *scene = scene_begin();

	(void)state;
	child_leave(scene->child);
	pass(scene, ENDING_MS);
	assert_false(is_killed(scene, false));
	assert_false(children_reap(scene->children, scene->pid));
	scene_end(scene);
}

/* Have scene's children hang until UID is refused; returns how many it took. */
static unsigned
hang_until_refused(struct scene *scene, uid_t uid)
{
	const struct reexec what = { .kind = REEXEC_WORKER };
	struct dying *dying = closers_dying(scene->closers);
	unsigned count = 0;

	for (; !dying_refuses(dying, uid) && count < 100; count++) {
		struct child *child = child_start(scene->children, &what,
		    &owner, scene);

		assert_non_null(child);
		child_blame(child, uid);
		child_close(child);
		pass(scene, ENDING_MS);
	}
	return count;
}

static void
those_that_do_not_end_are_on_the_account_of_whose_they_were(void **state)
{
	struct scene *scene = scene_begin();
	struct dying *dying = closers_dying(scene->closers);

	(void)state;
	assert_int_equal(hang_until_refused(scene, 1000), DYING_PER_USER_MAX);
	assert_false(dying_refuses(dying, 1001));
	/* one is reaped */
	kill(started, SIGKILL);
	assert_int_equal(waitpid(started, NULL, 0), started);
	assert_true(children_reap(scene->children, started));
	assert_false(dying_refuses(dying, 1000));
	assert_int_equal(hang_until_refused(scene, 1000), 1);
	/* while one runs it is no matter */
	child_blame(scene->child, 1001);
	assert_false(dying_refuses(dying, 1001));
	scene_end(scene);
}

static void
those_that_end_in_time_are_on_nobodys(void **state)
{
	const struct reexec what = { .kind = REEXEC_WORKER };
	struct scene *scene = scene_begin();
	struct dying *dying = closers_dying(scene->closers);
	pid_t pids[2 * DYING_PER_USER_MAX];

	(void)state;
	for (size_t i = 0; i < 2 * DYING_PER_USER_MAX; i++) {
		struct child *child = child_start(scene->children, &what,
		    &owner, scene);

		assert_non_null(child);
		pids[i] = started;
		child_blame(child, 1000);
		child_close(child);
	}
	/* they all end at once */
	assert_false(dying_refuses(dying, 1000));
	pass(scene, ENDING_MS - 1);
	assert_false(dying_refuses(dying, 1000));
	for (size_t i = 0; i < 2 * DYING_PER_USER_MAX; i++) {
		kill(pids[i], SIGKILL);
		assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
		assert_true(children_reap(scene->children, pids[i]));
	}
	pass(scene, ENDING_MS);
	assert_false(dying_refuses(dying, 1000));
	scene_end(scene);
}

static void
fields_that_could_not_be_made_are_its_end(void **state)
{
	const struct fields failed = { .failed = true };
	struct scene *scene = scene_begin();

	(void)state;
	assert_false(child_tell_fds(scene->child, FRAME_GO, &failed,
	    (const int[]){ 0 }, 1));
	child_tell(scene->child, FRAME_START, &failed);
	/* but not in the middle of what its owner does */
	assert_int_equal(scene->ends, 0);
	pass(scene, 0);
	assert_int_equal(scene->ends, 1);
	assert_true(is_killed(scene, true));
	scene_end(scene);
}

static void
no_process_is_no_child(void **state)
{
	const struct reexec what = { .kind = REEXEC_WORKER };
	struct scene *scene = scene_begin();

	(void)state;
	no_process = true;
	errno = 0;
	assert_null(child_start(scene->children, &what, &owner, scene));
	assert_int_equal(errno, EAGAIN);
	no_process = false;
	assert_false(children_reap(scene->children, 1));
	scene_end(scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_go_both_ways),
		cmocka_unit_test(what_is_not_taken_is_sent_later),
		cmocka_unit_test(what_a_child_says_last_is_heard),
		cmocka_unit_test(a_frame_that_makes_no_sense_is_the_end),
		cmocka_unit_test(half_a_frame_is_none),
		cmocka_unit_test(an_owner_may_close_it_while_it_is_told),
		cmocka_unit_test(one_that_is_let_go_of_may_end_by_itself),
		cmocka_unit_test(or_is_killed_at_once),
		cmocka_unit_test(one_that_is_late_is_killed),
		cmocka_unit_test(without_a_deadline_it_has_time),
		cmocka_unit_test(one_that_is_left_is_not_killed),
		cmocka_unit_test(
		    those_that_do_not_end_are_on_the_account_of_whose_they_were),
		cmocka_unit_test(those_that_end_in_time_are_on_nobodys),
		cmocka_unit_test(fields_that_could_not_be_made_are_its_end),
		cmocka_unit_test(no_process_is_no_child),
	};

	return cmocka_run_group_tests_name("child", tests, NULL, NULL);
}
