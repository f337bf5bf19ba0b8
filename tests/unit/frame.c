#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../shim/lib/clock.h"
#include "../../shim/lib/frame.h"

#define LIMIT_BYTES ((size_t)64)

/* Two ends of a socket: one writes, the reader under test has the other. */
struct pair {
	int writer, reader;
	struct frame_in in;
};

static int
open_pair(void **state)
{
	struct pair *pair = calloc(1, sizeof(*pair));
	int fds[2];

	if (pair == NULL ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return -1;
	pair->writer = fds[0];
	pair->reader = fds[1];
	pair->in.limit_bytes = LIMIT_BYTES;
	*state = pair;
	return 0;
}

static int
close_pair(void **state)
{
	struct pair *pair = *state;

	frame_in_reset(&pair->in);
	close(pair->writer);
	close(pair->reader);
	free(pair);
	return 0;
}

/* One more, for close_another(). */
static struct pair *
open_another(void)
{
	void *pair = NULL;

	if (open_pair(&pair) < 0)
		abort();
	return pair;
}

static void
close_another(struct pair *pair)
{
	void *state = pair;

	close_pair(&state);
}

static void
write_bytes(const struct pair *pair, const char *bytes, size_t len)
{
	assert_int_equal(send(pair->writer, bytes, len, MSG_NOSIGNAL), len);
}

static void
hang_up(const struct pair *pair)
{
	assert_int_equal(shutdown(pair->writer, SHUT_WR), 0);
}

static enum frame_result
next(struct pair *pair, struct frame *frame)
{
	return frame_read(pair->reader, &pair->in, frame);
}

static void
expect_frame(struct pair *pair, enum frame_type type, const char *body,
    size_t len)
{
	struct frame frame;

	assert_int_equal(next(pair, &frame), FRAME_COMPLETE);
	assert_int_equal(frame.type, type);
	assert_int_equal(frame.len, len);
	assert_memory_equal(frame.body, body, len);
	assert_int_equal(frame.body[len], '\0');
	frame_free(&frame);
}

#define WHOLE "MG\x01\x02\0\0\0\x05hello"
#define WHOLE_BYTES (sizeof(WHOLE) - 1)

static void
a_whole_frame_arrives(void **state)
{
	struct pair *pair = *state;

	write_bytes(pair, WHOLE, WHOLE_BYTES);
	expect_frame(pair, FRAME_SESSION, "hello", 5);
}

static void
a_frame_arrives_byte_by_byte(void **state)
{
	struct pair *pair = *state;
	struct frame frame;

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < WHOLE_BYTES; i++) {
			assert_int_equal(next(pair, &frame), FRAME_AGAIN);
			write_bytes(pair, &WHOLE[i], 1);
		}
		expect_frame(pair, FRAME_SESSION, "hello", 5);
	}
}

static void
two_frames_written_at_once_stay_two(void **state)
{
	struct pair *pair = *state;
	struct frame frame;

	write_bytes(pair, WHOLE "MG\x01\x01\0\0\0\x02hi", WHOLE_BYTES + 10);
	expect_frame(pair, FRAME_SESSION, "hello", 5);
	expect_frame(pair, FRAME_KEYS, "hi", 2);
	assert_int_equal(next(pair, &frame), FRAME_AGAIN);
}

static void
what_follows_a_frame_is_left_to_be_read(void **state)
{
	struct pair *pair = *state;
	char rest[8];

	write_bytes(pair, WHOLE "rest", WHOLE_BYTES + 4);
	expect_frame(pair, FRAME_SESSION, "hello", 5);
	assert_int_equal(recv(pair->reader, rest, sizeof(rest), 0), 4);
	assert_memory_equal(rest, "rest", 4);
}

static void
an_empty_body_is_a_frame(void **state)
{
	struct pair *pair = *state;

	write_bytes(pair, "MG\x01\x20\0\0\0\0", 8);
	expect_frame(pair, FRAME_OK, "", 0);
}

static void
a_body_may_hold_any_byte(void **state)
{
	struct pair *pair = *state;

	write_bytes(pair, "MG\x01\x22\0\0\0\x04\0\xff\nM", 12);
	expect_frame(pair, FRAME_TEXT, "\0\xff\nM", 4);
}

static void
a_peer_that_closes_between_frames_is_closed(void **state)
{
	struct pair *pair = *state;
	struct frame frame;

	write_bytes(pair, WHOLE, WHOLE_BYTES);
	hang_up(pair);
	expect_frame(pair, FRAME_SESSION, "hello", 5);
	assert_int_equal(next(pair, &frame), FRAME_CLOSED);
}

static void
a_peer_that_closes_inside_a_frame_cut_it(void **state)
{
	(void)state;
	for (size_t i = 1; i < WHOLE_BYTES; i++) {
		struct pair *pair = open_another();
		struct frame frame;

		write_bytes(pair, WHOLE, i);
		hang_up(pair);
		assert_int_equal(next(pair, &frame), FRAME_CUT);
		close_another(pair);
	}
}

static void
a_body_of_the_limit_passes(void **state)
{
	struct pair *pair = *state;
	char body[LIMIT_BYTES];

	memset(body, 'x', sizeof(body));
	write_bytes(pair, "MG\x01\x02\0\0\0\x40", 8);
	write_bytes(pair, body, sizeof(body));
	expect_frame(pair, FRAME_SESSION, body, sizeof(body));
}

static void
a_longer_body_is_refused_by_its_header(void **state)
{
	static const char *const headers[] = { "MG\x01\x02\0\0\0\x41",
		"MG\x01\x02\0\0\x01\0", "MG\x01\x02\0\x01\0\0",
		"MG\x01\x02\x01\0\0\0", "MG\x01\x02\xff\xff\xff\xff" };

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct pair *pair = open_another();
		struct frame frame;

		write_bytes(pair, headers[i], FRAME_HEADER_BYTES);
		assert_int_equal(next(pair, &frame), FRAME_MALFORMED);
		assert_null(pair->in.body);
		close_another(pair);
	}
}

static void
bad_magic_is_malformed(void **state)
{
	static const char *const headers[] = { "GET / HT", "Mg\x01\x02\0\0\0",
		"mG\x01\x02\0\0\0", "\0\0\0\0\0\0\0", "SSH-2.0-" };

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct pair *pair = open_another();
		struct frame frame;

		write_bytes(pair, headers[i], FRAME_HEADER_BYTES);
		assert_int_equal(next(pair, &frame), FRAME_MALFORMED);
		assert_int_equal(next(pair, &frame), FRAME_MALFORMED);
		close_another(pair);
	}
}

static void
another_version_is_told_from_garbage(void **state)
{
	struct pair *pair = *state;
	struct frame frame;

	write_bytes(pair, "MG\x02\x02\0\0\0\x05", 8);
	assert_int_equal(next(pair, &frame), FRAME_OTHER_VERSION);
}

static void
after_a_reset_the_next_frame_can_be_read(void **state)
{
	struct pair *pair = *state;
	struct frame frame;

	write_bytes(pair, WHOLE, WHOLE_BYTES - 2);
	assert_int_equal(next(pair, &frame), FRAME_AGAIN);
	frame_in_reset(&pair->in);
	write_bytes(pair, WHOLE, WHOLE_BYTES);
	expect_frame(pair, FRAME_SESSION, "hello", 5);
}

static void
a_descriptor_that_is_no_socket_fails(void **state)
{
	struct pair *pair = *state;
	struct frame frame;

	assert_int_equal(frame_read(-1, &pair->in, &frame), FRAME_FAILED);
}

static void
waiting_ends_with_the_time(void **state)
{
	struct pair *pair = *state;
	const int64_t begin_ms = clock_now_ms();
	struct frame frame;

	write_bytes(pair, WHOLE, WHOLE_BYTES - 1);
	assert_int_equal(frame_wait(pair->reader, &pair->in, &frame, 40),
	    FRAME_AGAIN);
	assert_true(clock_now_ms() - begin_ms >= 40);
	write_bytes(pair, "o", 1);
	assert_int_equal(frame_wait(pair->reader, &pair->in, &frame, 40),
	    FRAME_COMPLETE);
	assert_string_equal(frame.body, "hello");
	frame_free(&frame);
}

static void
waiting_ends_when_the_peer_goes(void **state)
{
	struct pair *pair = *state;
	struct frame frame;

	hang_up(pair);
	assert_int_equal(frame_wait(pair->reader, &pair->in, &frame, 60000),
	    FRAME_CLOSED);
}

static void
a_sent_frame_is_read_as_it_was(void **state)
{
	struct pair *pair = *state;

	assert_true(frame_send(pair->writer, FRAME_NOTE, "a\0b", 3, 0));
	assert_true(frame_send(pair->writer, FRAME_OK, NULL, 0, 0));
	expect_frame(pair, FRAME_NOTE, "a\0b", 3);
	expect_frame(pair, FRAME_OK, "", 0);
}

/* A byte of a long body that shows when some are lost or come twice. */
static char
pattern(size_t i)
{
	return (char)(i * 31 + i / 251);
}

static void
frames_reach_a_slow_reader_in_order(void **state)
{
	struct pair *pair = *state;
	const size_t len = FRAME_ANSWER_MAX_BYTES;
	const int small = 4096;
	struct frame_out out = { 0 };
	char *body = malloc(len);
	unsigned partial = 0;
	struct frame frame;

	assert_non_null(body);
	for (size_t i = 0; i < len; i++)
		body[i] = pattern(i);
	setsockopt(pair->writer, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	pair->in.limit_bytes = len;
	assert_true(frame_queue(&out, FRAME_TEXT, body, len));
	assert_true(frame_flush(pair->writer, &out));
	assert_true(out.len > 0);
	/* one more behind a frame that is half written */
	assert_true(frame_queue(&out, FRAME_STEP, "next", 4));
	while (next(pair, &frame) == FRAME_AGAIN) {
		assert_true(frame_flush(pair->writer, &out));
		partial++;
	}
	assert_true(partial > 1);
	assert_int_equal(frame.type, FRAME_TEXT);
	assert_int_equal(frame.len, len);
	assert_memory_equal(frame.body, body, len);
	frame_free(&frame);
	assert_true(frame_flush(pair->writer, &out));
	assert_int_equal(out.len, 0);
	assert_null(out.bytes);
	expect_frame(pair, FRAME_STEP, "next", 4);
	free(body);
}

static void
sending_to_one_who_reads_nothing_ends_with_the_time(void **state)
{
	struct pair *pair = *state;
	const int64_t begin_ms = clock_now_ms();
	char *body = calloc(1, FRAME_ANSWER_MAX_BYTES);

	assert_non_null(body);
	assert_false(frame_send(pair->writer, FRAME_TEXT, body,
	    FRAME_ANSWER_MAX_BYTES, 40));
	assert_true(clock_now_ms() - begin_ms >= 40);
	free(body);
}

static void
sending_to_one_who_left_fails_without_a_signal(void **state)
{
	struct pair *pair = *state;

	assert_int_equal(shutdown(pair->reader, SHUT_RDWR), 0);
	assert_false(frame_send(pair->writer, FRAME_OK, "x", 1, 1000));
}

static void
a_frame_longer_than_any_answer_is_not_queued(void **state)
{
	struct frame_out out = { 0 };
	char *body = calloc(1, FRAME_ANSWER_MAX_BYTES + 1);

	(void)state;
	assert_non_null(body);
	assert_true(frame_queue(&out, FRAME_TEXT, body, 1));
	assert_false(
	    frame_queue(&out, FRAME_TEXT, body, FRAME_ANSWER_MAX_BYTES + 1));
	assert_int_equal(out.len, FRAME_HEADER_BYTES + 1);
	frame_out_reset(&out);
	free(body);
}

/* Send a frame, and with its byte AT the COUNT descriptors at FDS. */
static void
send_with(const struct pair *pair, size_t at, const int *fds, size_t count)
{
	static const unsigned char bytes[] = { 'M', 'G', FRAME_VERSION,
		FRAME_SESSION, 0, 0, 0, 2, 'a', 'b' };
	char control[CMSG_SPACE(16 * sizeof(int))] = { 0 };
	unsigned char copy[sizeof(bytes)];
	struct iovec part = { .iov_base = copy + at, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = CMSG_SPACE(count * sizeof(int)) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);

	memcpy(copy, bytes, sizeof(bytes));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(c), fds, count * sizeof(int));
	if (at > 0)
		assert_int_equal(send(pair->writer, copy, at, 0), at);
	assert_int_equal(sendmsg(pair->writer, &message, 0), 1);
	at++;
	if (at < sizeof(copy))
		assert_int_equal(send(pair->writer, copy + at,
				     sizeof(copy) - at, 0),
		    sizeof(copy) - at);
}

/* True once nobody has the other end of the pipe that FD reads. */
static bool
writers_gone(int fd)
{
	char byte;

	return read(fd, &byte, 1) == 0;
}

static void
close_fds(struct frame_fds *fds)
{
	while (fds->count > 0)
		close(fds->fd[--fds->count]);
}

static void
descriptors_come_with_a_frame(void **state)
{
	struct pair *pair = *state;
	struct frame_fds fds = { 0 };
	struct frame frame;
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	pair->in.fds = &fds;
	pair->in.fds_wanted = FRAME_FDS;
	assert_true(frame_send_fds(pair->writer, FRAME_SESSION, "ab", 2,
	    (const int[]){ ends[1], ends[1], ends[0] }, FRAME_FDS, 1000));
	assert_int_equal(frame_read(pair->reader, &pair->in, &frame),
	    FRAME_COMPLETE);
	assert_int_equal(frame.len, 2);
	assert_memory_equal(frame.body, "ab", 2);
	frame_free(&frame);
	assert_int_equal(fds.count, FRAME_FDS);
	close(ends[1]);
	assert_int_equal(write(fds.fd[1], "x", 1), 1);
	for (size_t i = 0; i < FRAME_FDS; i++)
		assert_true((fcntl(fds.fd[i], F_GETFD) & FD_CLOEXEC) != 0);
	assert_false(writers_gone(ends[0]));
	close_fds(&fds);
	assert_true(writers_gone(ends[0]));
	close(ends[0]);
}

/*
 * COUNT descriptors with byte AT of a frame are KEPT, where FDS asks for them,
 * or left in the socket.
 */
static void
descriptors_are(bool kept, struct frame_fds *fds, size_t at, size_t count)
{
	struct pair *pair = open_another();
	struct frame frame;
	int ends[2], sent[16];

	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	for (size_t i = 0; i < count; i++)
		sent[i] = ends[1];
	pair->in.fds = fds;
	pair->in.fds_wanted = FRAME_FDS;
	send_with(pair, at, sent, count);
	close(ends[1]);
	if (kept) {
		assert_int_equal(frame_read(pair->reader, &pair->in, &frame),
		    FRAME_COMPLETE);
		frame_free(&frame);
		assert_int_equal(fds->count, count);
		close_fds(fds);
	} else {
		assert_int_equal(frame_read(pair->reader, &pair->in, &frame),
		    FRAME_DESCRIPTORS);
		assert_false(writers_gone(ends[0]));
		if (fds != NULL)
			close_fds(fds);
		close_another(pair);
	}
	assert_true(writers_gone(ends[0]));
	close(ends[0]);
	if (kept)
		close_another(pair);
}

static void
descriptors_that_nobody_asked_for_are_not_read(void **state)
{
	struct frame_fds fds = { 0 };

	(void)state;
	for (size_t count = 1; count <= 16; count++) {
		for (size_t at = 0; at < FRAME_HEADER_BYTES + 2; at++) {
			descriptors_are(false, NULL, at, count);
			descriptors_are(at < FRAME_HEADER_BYTES &&
				count == FRAME_FDS,
			    &fds, at, count);
		}
	}
}

static void
descriptors_do_not_wait_for_the_rest(void **state)
{
	struct pair *pair = *state;
	struct frame_fds fds = { 0 };
	struct frame frame;
	const int sent[FRAME_FDS] = { 0, 1, 2 };
	unsigned char start[] = { 'M', 'G', FRAME_VERSION };
	char control[CMSG_SPACE(sizeof(sent))] = { 0 };
	struct iovec part = { .iov_base = start, .iov_len = sizeof(start) };
	struct msghdr message = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(sent));
	memcpy(CMSG_DATA(c), sent, sizeof(sent));
	pair->in.fds = &fds;
	pair->in.fds_wanted = FRAME_FDS;
	assert_int_equal(sendmsg(pair->writer, &message, 0), sizeof(start));
	assert_int_equal(frame_read(pair->reader, &pair->in, &frame),
	    FRAME_DESCRIPTORS);
	close_fds(&fds);
}

#define ON_A_PAIR(test) \
	cmocka_unit_test_setup_teardown(test, open_pair, close_pair)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_A_PAIR(a_whole_frame_arrives),
		ON_A_PAIR(a_frame_arrives_byte_by_byte),
		ON_A_PAIR(two_frames_written_at_once_stay_two),
		ON_A_PAIR(what_follows_a_frame_is_left_to_be_read),
		ON_A_PAIR(an_empty_body_is_a_frame),
		ON_A_PAIR(a_body_may_hold_any_byte),
		ON_A_PAIR(a_peer_that_closes_between_frames_is_closed),
		cmocka_unit_test(a_peer_that_closes_inside_a_frame_cut_it),
		ON_A_PAIR(a_body_of_the_limit_passes),
		cmocka_unit_test(a_longer_body_is_refused_by_its_header),
		cmocka_unit_test(bad_magic_is_malformed),
		ON_A_PAIR(another_version_is_told_from_garbage),
		ON_A_PAIR(after_a_reset_the_next_frame_can_be_read),
		ON_A_PAIR(a_descriptor_that_is_no_socket_fails),
		ON_A_PAIR(waiting_ends_with_the_time),
		ON_A_PAIR(waiting_ends_when_the_peer_goes),
		ON_A_PAIR(a_sent_frame_is_read_as_it_was),
		ON_A_PAIR(frames_reach_a_slow_reader_in_order),
		ON_A_PAIR(sending_to_one_who_reads_nothing_ends_with_the_time),
		ON_A_PAIR(sending_to_one_who_left_fails_without_a_signal),
		ON_A_PAIR(descriptors_come_with_a_frame),
		cmocka_unit_test(
		    descriptors_that_nobody_asked_for_are_not_read),
		ON_A_PAIR(descriptors_do_not_wait_for_the_rest),
		cmocka_unit_test(a_frame_longer_than_any_answer_is_not_queued),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
