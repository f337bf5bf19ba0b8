/* A person's agent, of which a shim gives the socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../helper/worker/agent.h"
#include "../../shim/lib/clock.h"

#define NO_AGENT (-2)
#define KEYS                                                              \
	"\0\0\0\57\14\0\0\0\1\0\0\0\31\0\0\0\13ssh-ed25519\0\0\0\6public" \
	"\0\0\0\11a comment"

/* What the agent is asked to sign, as libssh2 has it. */
#define DATA                                                \
	"\0\0\0\2id\62\0\0\0\5alice\0\0\0\16ssh-connection" \
	"\0\0\0\11publickey\1\0\0\0\13ssh-ed25519\0\0\0\4blob"

/* All ends that there are. */
struct scene {
	int parent[2], shim[2], agent[2];
	struct deadline deadline;
	struct agent it;
};

static int
setup(void **state)
{
	static struct scene scene;

	scene = (struct scene){ 0 };
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, scene.parent), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, scene.shim), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, scene.agent), 0);
	deadline_start(&scene.deadline, scene.parent[0], 10, clock_now_ms());
	deadline_begin(&scene.deadline, "agent", clock_now_ms());
	*state = &scene;
	return 0;
}

static int
teardown(void **state)
{
	struct scene *scene = *state;

	agent_close(&scene->it);
	close(scene->parent[0]);
	close(scene->parent[1]);
	close(scene->shim[1]);
	close(scene->agent[0]);
	close(scene->agent[1]);
	return 0;
}

/* Have the agent given, as FD, or not at all (NO_AGENT); returns the result. */
static enum failure
open_by(struct scene *scene, int fd, enum frame_type type)
{
	if (fd == NO_AGENT)
		frame_send(scene->shim[1], type, NULL, 0, 1000);
	else
		frame_send_fds(scene->shim[1], type, NULL, 0, &fd, 1, 1000);
	return agent_open(&scene->it, scene->shim[0], &scene->deadline);
}

/* Open it, and have it answer what it is asked with the LEN bytes at BYTES. */
static void
open_agent(struct scene *scene, const void *bytes, size_t len)
{
	assert_int_equal(open_by(scene, scene->agent[0], FRAME_AGENT),
	    FAILURE_NONE);
	assert_int_equal(write(scene->agent[1], bytes, len), (ssize_t)len);
}

static enum failure
list(struct scene *scene, struct agentwire_keys *keys)
{
	return agent_list(&scene->it, false, 6, keys);
}

static void
the_shim_is_asked_for_the_agent(void **state)
{
	struct scene *scene = *state;
	struct frame_in in = { .limit_bytes = 0 };
	struct frame asked;

	assert_int_equal(open_by(scene, scene->agent[0], FRAME_AGENT),
	    FAILURE_NONE);
	assert_int_equal(frame_read(scene->shim[1], &in, &asked),
	    FRAME_COMPLETE);
	assert_int_equal(asked.type, FRAME_NEEDED);
	frame_free(&asked);
}

static void
a_shim_without_an_agent_says_so(void **state)
{
	assert_int_equal(open_by(*state, NO_AGENT, FRAME_AGENT),
	    FAILURE_AGENT_NONE);
}

static void
what_is_no_socket_is_no_agent(void **state)
{
	struct scene *scene = *state;
	int pipe_fds[2];

	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(open_by(scene, pipe_fds[0], FRAME_AGENT),
	    FAILURE_AGENT_NONE);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

static void
a_frame_of_another_type_brings_none(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(open_by(scene, scene->agent[0], FRAME_STREAMS),
	    FAILURE_AGENT_NONE);
}

static void
a_shim_that_leaves_is_not_waited_for(void **state)
{
	struct scene *scene = *state;

	shutdown(scene->shim[1], SHUT_RDWR);
	assert_int_equal(agent_open(&scene->it, scene->shim[0],
			     &scene->deadline),
	    FAILURE_ABANDONED);
}

static void
its_keys_are_listed(void **state)
{
	struct scene *scene = *state;
	struct agentwire_keys keys;
	char asked[AGENTWIRE_LIST_BYTES];

	open_agent(scene, KEYS, sizeof(KEYS) - 1);
	assert_int_equal(list(scene, &keys), FAILURE_NONE);
	assert_int_equal(keys.count, 1);
	assert_int_equal(read(scene->agent[1], asked, sizeof(asked)),
	    sizeof(asked));
	assert_memory_equal(asked, AGENTWIRE_LIST, sizeof(asked));
}

static void
it_signs(void **state)
{
	static const char answer[] = "\0\0\0\36\16\0\0\0\31\0\0\0\13ssh-ed25519"
				     "\0\0\0\6signed";
	struct scene *scene = *state;
	struct agentwire_keys keys;
	struct sshwire signature;

	open_agent(scene, KEYS, sizeof(KEYS) - 1);
	assert_int_equal(list(scene, &keys), FAILURE_NONE);
	assert_int_equal(write(scene->agent[1], answer, sizeof(answer) - 1),
	    sizeof(answer) - 1);
	assert_int_equal(agent_sign(&scene->it, &keys.key[0],
			     (const unsigned char *)DATA, sizeof(DATA) - 1,
			     &signature),
	    FAILURE_NONE);
	assert_true(sshwire_is(&signature, "signed"));
	/* one key is denied, and others may do */
	assert_int_equal(write(scene->agent[1], "\0\0\0\1\5", 5), 5);
	assert_int_equal(agent_sign(&scene->it, &keys.key[0],
			     (const unsigned char *)DATA, sizeof(DATA) - 1,
			     &signature),
	    FAILURE_AGENT_DENIED);
}

static void
only_a_login_is_signed(void **state)
{
	struct scene *scene = *state;
	struct agentwire_keys keys;
	struct sshwire signature;
	char asked[64];

	open_agent(scene, KEYS, sizeof(KEYS) - 1);
	assert_int_equal(list(scene, &keys), FAILURE_NONE);
	assert_int_equal(read(scene->agent[1], asked, sizeof(asked)),
	    AGENTWIRE_LIST_BYTES);
	assert_int_equal(agent_sign(&scene->it, &keys.key[0],
			     (const unsigned char *)"a letter", 8, &signature),
	    FAILURE_AGENT_DENIED);
	assert_int_equal(recv(scene->agent[1], asked, sizeof(asked),
			     MSG_DONTWAIT),
	    -1);
}

static void
an_agent_that_dies_is_broken(void **state)
{
	struct scene *scene = *state;
	struct agentwire_keys keys;

	open_agent(scene, KEYS, 20);
	shutdown(scene->agent[1], SHUT_RDWR);
	assert_int_equal(list(scene, &keys), FAILURE_AGENT_BROKEN);
}

static void
an_agent_that_says_too_much_is_broken(void **state)
{
	struct scene *scene = *state;
	struct agentwire_keys keys;

	open_agent(scene, "\377\377\377\377", 4);
	assert_int_equal(list(scene, &keys), FAILURE_AGENT_BROKEN);
}

static void
an_agent_that_says_nothing_is_waited_for_no_longer_than_it_may(void **state)
{
	struct scene *scene = *state;
	const int64_t before_ms = scene->deadline.end_ms;
	struct agentwire_keys keys;

	open_agent(scene, "\0\0", 2);
	scene->it.left_ms = 60;
	assert_int_equal(list(scene, &keys), FAILURE_AGENT_SILENT);
	/* the remote is not to blame for that */
	assert_true(scene->deadline.end_ms >= before_ms + 60);
	assert_true(scene->it.left_ms <= 0);
	assert_int_equal(list(scene, &keys), FAILURE_AGENT_SILENT);
}

static void
a_person_who_leaves_is_not_waited_for(void **state)
{
	struct scene *scene = *state;
	struct agentwire_keys keys;

	open_agent(scene, "\0\0", 2);
	close(scene->shim[1]);
	assert_int_equal(list(scene, &keys), FAILURE_ABANDONED);
	scene->shim[1] = dup(0);
}

static void
without_a_helper_nobody_is_waited_for(void **state)
{
	struct scene *scene = *state;
	struct agentwire_keys keys;

	open_agent(scene, "\0\0", 2);
	shutdown(scene->parent[1], SHUT_RDWR);
	assert_int_equal(list(scene, &keys), FAILURE_ABANDONED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_shim_is_asked_for_the_agent),
		TEST(a_shim_without_an_agent_says_so),
		TEST(what_is_no_socket_is_no_agent),
		TEST(a_frame_of_another_type_brings_none),
		TEST(a_shim_that_leaves_is_not_waited_for),
		TEST(its_keys_are_listed),
		TEST(it_signs),
		TEST(only_a_login_is_signed),
		TEST(an_agent_that_dies_is_broken),
		TEST(an_agent_that_says_too_much_is_broken),
		TEST(
		    an_agent_that_says_nothing_is_waited_for_no_longer_than_it_may),
		TEST(a_person_who_leaves_is_not_waited_for),
		TEST(without_a_helper_nobody_is_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
