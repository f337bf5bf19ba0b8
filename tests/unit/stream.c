#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../shim/lib/stream.h"

/* A stream, and the ends of what it reads and writes. */
struct course {
	struct stream stream;
	int source, sink; /* -1 once they are closed */
};

static struct course *
make_course(int source, int from_fd, int to_fd, int sink)
{
	struct course *course = calloc(1, sizeof(*course));

	if (course == NULL)
		abort();
	course->stream.from_fd = from_fd;
	course->stream.to_fd = to_fd;
	course->source = source;
	course->sink = sink;
	return course;
}

static int
open_sockets(void **state)
{
	int in[2], out[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, out) < 0)
		return -1;
	*state = make_course(in[0], in[1], out[0], out[1]);
	return 0;
}

static int
open_pipes(void **state)
{
	int in[2], out[2];

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		return -1;
	*state = make_course(in[1], in[0], out[1], out[0]);
	return 0;
}

static void
shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int
close_course(void **state)
{
	struct course *course = *state;

	stream_close(&course->stream);
	shut(&course->source);
	shut(&course->sink);
	free(course);
	return 0;
}

/* True if poll(2) finds READY ready now. */
static bool
is_ready(struct pollfd ready)
{
	return poll(&ready, 1, 0) == 1;
}

static void
feed(const struct course *course, const char *text)
{
	assert_int_equal(write(course->source, text, strlen(text)),
	    strlen(text));
}

static void
expect(const struct course *course, const char *text)
{
	char got[128];

	assert_int_equal(read(course->sink, got, sizeof(got)), strlen(text));
	assert_memory_equal(got, text, strlen(text));
}

static void
what_is_read_is_written(void **state)
{
	struct course *course = *state;
	struct stream *s = &course->stream;

	for (int i = 0; i < 3; i++) {
		feed(course, "hello");
		assert_true(is_ready(stream_reads(s)));
		assert_int_equal(stream_read(s), STREAM_MOVED);
		assert_int_equal(s->len, 5);
		assert_true(is_ready(stream_writes(s)));
		assert_int_equal(stream_write(s), STREAM_MOVED);
		assert_int_equal(s->len, 0);
		expect(course, "hello");
	}
	assert_false(s->over);
}

static void
an_empty_stream_reads_and_a_full_one_writes(void **state)
{
	struct course *course = *state;
	struct stream *s = &course->stream;

	assert_int_equal(stream_reads(s).fd, s->from_fd);
	assert_int_equal(stream_reads(s).events, POLLIN);
	assert_int_equal(stream_writes(s).fd, -1);
	assert_int_equal(stream_write(s), STREAM_IDLE);
	feed(course, "x");
	assert_int_equal(stream_read(s), STREAM_MOVED);
	assert_int_equal(stream_reads(s).fd, -1);
	assert_int_equal(stream_writes(s).fd, s->to_fd);
	assert_int_equal(stream_writes(s).events, POLLOUT);
}

static void
nothing_to_read_is_not_the_end(void **state)
{
	struct course *course = *state;
	struct stream *s = &course->stream;

	assert_int_equal(fcntl(s->from_fd, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(stream_read(s), STREAM_IDLE);
	assert_false(s->over);
	assert_int_equal(stream_reads(s).fd, s->from_fd);
}

static void
the_end_comes_behind_what_was_written(void **state)
{
	struct course *course = *state;
	struct stream *s = &course->stream;

	feed(course, "last");
	shut(&course->source);
	assert_int_equal(stream_read(s), STREAM_MOVED);
	assert_false(s->over);
	assert_int_equal(stream_write(s), STREAM_MOVED);
	assert_int_equal(stream_read(s), STREAM_MOVED);
	assert_true(s->over);
	assert_int_equal(s->len, 0);
	assert_int_equal(stream_reads(s).fd, -1);
	assert_int_equal(stream_writes(s).fd, -1);
	expect(course, "last");
}

static void
a_source_that_fails_is_broken_and_over(void **state)
{
	struct course *course = *state;
	struct stream *s = &course->stream;
	const int dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(dir >= 0);
	close(s->from_fd);
	s->from_fd = dir;
	assert_int_equal(stream_read(s), STREAM_BROKEN);
	assert_true(s->over);
	assert_int_equal(s->len, 0);
}

static void
a_reader_that_has_gone_breaks_it(void **state)
{
	struct course *course = *state;
	struct stream *s = &course->stream;

	feed(course, "hello");
	assert_int_equal(stream_read(s), STREAM_MOVED);
	shut(&course->sink);
	assert_true(is_ready(stream_writes(s)));
	assert_int_equal(stream_write(s), STREAM_BROKEN);
	/* it can be dropped, and the rest be read all the same */
	stream_drop(s);
	feed(course, "more");
	assert_int_equal(stream_read(s), STREAM_MOVED);
	assert_int_equal(s->len, 4);
}

/* Byte AT of a long text. */
static char
letter(size_t at)
{
	return (char)(at * 31 >> 3);
}

/* Read some of what is at the sink, and see that it goes on at *AT. */
static void
drain(const struct course *course, size_t *at)
{
	static char got[PIPE_BUF];
	const ssize_t len = read(course->sink, got, sizeof(got));

	assert_true(len > 0);
	for (ssize_t i = 0; i < len; i++)
		assert_int_equal(got[i], letter((*at)++));
}

/* Writing never waits: the test would, and does not end then. */
static void
a_slow_reader_gets_all_of_it_in_order(void **state)
{
	struct course *course = *state;
	struct stream *s = &course->stream;
	const size_t size = (size_t)1024 * 1024;
	size_t fed = 0, drained = 0;

	while (fed < size) {
		while (s->len == 0 || is_ready(stream_writes(s))) {
			if (s->len > 0) {
				assert_int_equal(stream_write(s), STREAM_MOVED);
				continue;
			}
			for (size_t i = 0; i < STREAM_BYTES; i++)
				s->bytes[i] = letter(fed++);
			stream_was_read(s, STREAM_BYTES);
		}
		drain(course, &drained);
	}
	while (drained < fed) {
		if (s->len > 0 && is_ready(stream_writes(s)))
			assert_int_equal(stream_write(s), STREAM_MOVED);
		drain(course, &drained);
	}
	assert_int_equal(s->len, 0);
}

static void
a_socket_that_is_full_is_idle(void **state)
{
	struct course *course = *state;
	struct stream *s = &course->stream;
	enum stream_result result;

	do {
		stream_was_read(s, STREAM_BYTES);
		result = stream_write(s);
	} while (result == STREAM_MOVED);
	assert_int_equal(result, STREAM_IDLE);
	assert_int_equal(s->len, STREAM_BYTES);
}

static void
ends_that_are_no_descriptors_are_told(void **state)
{
	struct stream s = { .from_fd = -1, .to_fd = -1 };

	(void)state;
	assert_int_equal(stream_reads(&s).fd, -1);
	memcpy(s.bytes, "hello", 5);
	stream_was_read(&s, 5);
	assert_int_equal(stream_writes(&s).fd, -1);
	stream_was_written(&s, 2);
	assert_int_equal(s.len, 3);
	assert_memory_equal(s.bytes + s.at, "llo", 3);
	stream_was_written(&s, 3);
	assert_int_equal(s.len, 0);
	stream_end(&s);
	stream_close(&s);
}

static void
the_end_is_passed_on_in_one_direction(void **state)
{
	struct course *course = *state;
	struct stream *s = &course->stream;
	char byte;

	stream_end(s);
	assert_int_equal(read(course->sink, &byte, 1), 0);
	assert_int_equal(write(course->sink, "x", 1), 1);
	assert_int_equal(read(s->to_fd, &byte, 1), 1);
}

static void
what_was_carried_is_wiped(void **state)
{
	struct course *course = *state;
	struct stream *s = &course->stream;
	static const char nothing[STREAM_BYTES];

	feed(course, "password");
	assert_int_equal(stream_read(s), STREAM_MOVED);
	assert_int_equal(stream_write(s), STREAM_MOVED);
	stream_close(s);
	assert_memory_equal(s->bytes, nothing, STREAM_BYTES);
	assert_int_equal(s->from_fd, -1);
	assert_int_equal(s->to_fd, -1);
}

#define ON_SOCKETS(test) \
	cmocka_unit_test_setup_teardown(test, open_sockets, close_course)
#define ON_PIPES(test) \
	cmocka_unit_test_setup_teardown(test, open_pipes, close_course)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_SOCKETS(what_is_read_is_written),
		ON_PIPES(what_is_read_is_written),
		ON_SOCKETS(an_empty_stream_reads_and_a_full_one_writes),
		ON_SOCKETS(nothing_to_read_is_not_the_end),
		ON_PIPES(nothing_to_read_is_not_the_end),
		ON_SOCKETS(the_end_comes_behind_what_was_written),
		ON_PIPES(the_end_comes_behind_what_was_written),
		ON_SOCKETS(a_source_that_fails_is_broken_and_over),
		ON_SOCKETS(a_reader_that_has_gone_breaks_it),
		ON_PIPES(a_reader_that_has_gone_breaks_it),
		ON_SOCKETS(a_slow_reader_gets_all_of_it_in_order),
		ON_PIPES(a_slow_reader_gets_all_of_it_in_order),
		ON_SOCKETS(a_socket_that_is_full_is_idle),
		cmocka_unit_test(ends_that_are_no_descriptors_are_told),
		ON_SOCKETS(the_end_is_passed_on_in_one_direction),
		ON_SOCKETS(what_was_carried_is_wiped),
	};

	signal(SIGPIPE, SIG_IGN);
	/* a write that waits, which is a fault, ends the test */
	alarm(60);
	return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
