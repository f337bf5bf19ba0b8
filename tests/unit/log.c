#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../helper/log.h"
#include "../../shim/lib/visible.h"

#define LINE_BYTES ((size_t)8192)

/* Standard error, as it was, and the pipe in its place. */
struct capture {
	int saved, pipe;
	char line[LINE_BYTES];
};

static int
begin(void **state)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	int fds[2];

	*state = capture;
	if (capture == NULL || pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	fflush(stderr);
	capture->saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	capture->pipe = fds[0];
	if (capture->saved < 0 || dup2(fds[1], STDERR_FILENO) < 0)
		return -1;
	close(fds[1]);
	log_open(true);
	return 0;
}

static int
end(void **state)
{
	struct capture *capture = *state;

	dup2(capture->saved, STDERR_FILENO);
	close(capture->saved);
	close(capture->pipe);
	free(capture);
	return 0;
}

/* The one line that was logged, without its newline. */
static const char *
logged(struct capture *capture)
{
	ssize_t len;

	fflush(stderr);
	len = read(capture->pipe, capture->line, LINE_BYTES - 1);
	assert_true(len > 0);
	capture->line[len] = '\0';
	assert_int_equal(strcspn(capture->line, "\n"), len - 1);
	capture->line[len - 1] = '\0';
	return capture->line;
}

static void
another_process_can_log_by_what_it_is_given(void **state)
{
	const int fd = log_give();

	assert_true(fd >= 0);
	log_open(false);
	log_take(fd);
	log_event(LOG_INFO, "relay-end", "user", "alice", NULL);
	log_take(-1);
	close(fd);
	assert_string_equal(logged(*state),
	    "moshgate-helper: event=relay-end user=alice");
}

static void
by_the_system_log_as_any_program_does(void **state)
{
	char got[LINE_BYTES], expected[64];
	int ends[2];
	ssize_t len;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0,
			     ends),
	    0);
	log_take(ends[0]);
	log_event(LOG_INFO, "relay-end", "user", "alice", NULL);
	log_take(-1);
	len = recv(ends[1], got, sizeof(got) - 1, MSG_DONTWAIT);
	assert_true(len > 0);
	got[len] = '\0';
	/* <86>Nov  7 13:23:39 moshgate-helper[1]: */
	assert_memory_equal(got, "<86>", 4);
	assert_int_equal(got[10], ' ');
	assert_int_equal(got[19], ' ');
	snprintf(expected, sizeof(expected),
	    "moshgate-helper[%ld]: event=relay-end user=alice", (long)getpid());
	assert_string_equal(got + 20, expected);
	close(ends[0]);
	close(ends[1]);
}

static void
an_event_is_one_line_of_pairs(void **state)
{
	log_event(LOG_INFO, "login", "user", "alice", "remote",
	    "far.example.org:22", NULL);
	assert_string_equal(logged(*state),
	    "moshgate-helper: event=login user=alice "
	    "remote=far.example.org:22");
}

static void
an_event_may_have_no_pairs(void **state)
{
	log_event(LOG_INFO, "start", NULL);
	assert_string_equal(logged(*state), "moshgate-helper: event=start");
}

static void
a_pair_without_a_value_is_left_out(void **state)
{
	log_event(LOG_INFO, "login", "user", NULL, "uid", "1000", NULL);
	assert_string_equal(logged(*state),
	    "moshgate-helper: event=login uid=1000");
}

/* The value VALUE is logged as EXPECTED. */
static void
shows(void **state, const char *value, const char *expected)
{
	char line[LINE_BYTES];

	log_event(LOG_WARNING, "x", "a", value, "b", "c", NULL);
	snprintf(line, sizeof(line), "moshgate-helper: event=x a=%s b=c",
	    expected);
	assert_string_equal(logged(*state), line);
}

static void
what_is_no_plain_word_is_quoted(void **state)
{
	shows(state, "", "\"\"");
	shows(state, "two words", "\"two words\"");
	shows(state, "a=b", "\"a=b\"");
	shows(state, "Zürich", "\"Zürich\"");
	shows(state, "SHA256:abc/def+0", "SHA256:abc/def+0");
	shows(state, "[far]:2222", "[far]:2222");
}

static void
a_value_cannot_pretend_to_be_a_pair_or_a_line(void **state)
{
	shows(state, "x user=root", "\"x user=root\"");
	shows(state, "x\" user=\"root", "\"x' user='root\"");
	shows(state, "x\nmoshgate-helper: event=login",
	    "\"x\\x0amoshgate-helper: event=login\"");
	shows(state, "x\r\n", "\"x\\x0d\\x0a\"");
	shows(state, "a\\\"b", "\"a\\x5c'b\"");
}

static void
a_value_cannot_command_a_terminal(void **state)
{
	shows(state, "\033[2J", "\"\\x1b[2J\"");
	shows(state,
	    "\xc2\x9b"
	    "2J",
	    "\"\\xc2\\x9b2J\"");
	shows(state, "\xff", "\"\\xff\"");
	shows(state, "\x7f", "\"\\x7f\"");
	shows(state, "%s%n", "%s%n");
}

static void
values_that_are_too_long_still_make_one_line(void **state)
{
	static const size_t lens[] = { 900, 1023, 1024, 1025, 1100, 2000, 2303,
		2304, 2305, 2400, 3000, 4080, 4088, 4092, 4096, 5000, 100000 };
	static const char fills[] = { 'x', ' ', '\n', '"', '\\' };

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		for (size_t j = 0; j < sizeof(fills); j++) {
			char *value = malloc(lens[i] + 1);
			const char *line;

			assert_non_null(value);
			memset(value, fills[j], lens[i]);
			value[lens[i]] = '\0';
			log_event(LOG_INFO, "x", "a", value, "b", value, "c",
			    value, "d", value, NULL);
			line = logged(*state);
			assert_true(strlen(line) < 4096 + 32);
			assert_memory_equal(line,
			    "moshgate-helper: event=x a=", 27);
			free(value);
		}
	}
}

/* A detail with many fingerprints, and a remedy with some commands. */
static void
two_long_values_are_there_whole(void **state)
{
	char detail[1501], remedy[1101], expected[LINE_BYTES];

	memset(detail, 'd', sizeof(detail) - 1);
	memset(remedy, 'r', sizeof(remedy) - 1);
	detail[0] = remedy[0] = ' ';
	detail[sizeof(detail) - 1] = remedy[sizeof(remedy) - 1] = '\0';
	log_event(LOG_INFO, "x", "detail", detail, "remedy", remedy, "a", "b",
	    NULL);
	snprintf(expected, sizeof(expected),
	    "moshgate-helper: event=x detail=\"%s\" remedy=\"%s\" a=b", detail,
	    remedy);
	assert_string_equal(logged(*state), expected);
}

static void
a_line_that_is_cut_is_not_cut_inside_a_character(void **state)
{
	char value[2500], again[LINE_BYTES];

	for (size_t i = 0; i + 2 < sizeof(value); i += 2)
		memcpy(value + i, "é", 2);
	value[sizeof(value) - 2] = '\0';
	for (size_t shift = 0; shift < 4; shift++) {
		const char *line;

		log_event(LOG_INFO, "x", "a", &"abc"[3 - shift], "b", value,
		    "c", value, NULL);
		line = logged(*state);
		visible_copy(again, sizeof(again), line, strlen(line));
		assert_string_equal(again, line);
	}
}

#define CAPTURED(test) cmocka_unit_test_setup_teardown(test, begin, end)

/* What somebody who takes lines late has got: FD is a pipe or a socket. */
struct reader {
	int fd;
	unsigned long starts, lost, stops;
};

/* Count the line at TEXT, which is of one of three kinds, in its place. */
static void
reader_count(struct reader *reader, const char *text)
{
	const char *detail = strstr(text, "detail=\"");

	if (strstr(text, "event=start") != NULL) {
		assert_int_equal(reader->lost + reader->stops, 0);
		reader->starts++;
	} else if (strstr(text, "event=log-lost") != NULL) {
		assert_int_equal(reader->lost + reader->stops, 0);
		assert_non_null(detail);
		assert_non_null(strstr(text,
		    " lines have been lost\" remedy=\"see why the system's "
		    "log did not take them\""));
		reader->lost = strtoul(detail + strlen("detail=\""), NULL, 10);
	} else {
		assert_non_null(strstr(text, "event=stop"));
		reader->stops++;
	}
}

/* Take what there is; of a pipe a part of a line may be the last. */
static void
reader_take(struct reader *reader)
{
	static char text[LINE_BYTES];
	static size_t len;
	ssize_t got;

	while ((got = read(reader->fd, text + len, LINE_BYTES - 1 - len)) > 0) {
		char *at = text, *end;

		text[len + (size_t)got] = '\0';
		/* a datagram is a line */
		if (strchr(text, '\n') == NULL && *text == '<') {
			reader_count(reader, text);
			len = 0;
			continue;
		}
		while ((end = strchr(at, '\n')) != NULL) {
			*end = '\0';
			reader_count(reader, at);
			at = end + 1;
		}
		len = strlen(at);
		memmove(text, at, len + 1);
	}
}

/* Whoever reads 4000 lines by FD has stopped, and goes on. */
static void
burst_is_read_late(int fd)
{
	struct reader reader = { .fd = fd };

	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	alarm(60);
	for (int i = 0; i < 4000; i++)
		log_event(LOG_INFO, "start", "user",
		    "some text, so that there is soon no room any more", NULL);
	assert_false(log_flush());
	do
		reader_take(&reader);
	while (!log_flush());
	log_event(LOG_INFO, "stop", NULL);
	reader_take(&reader);
	assert_int_equal(reader.starts + reader.lost, 4000);
	assert_in_range(reader.lost, 100, 3999);
	assert_int_equal(reader.stops, 1);
	alarm(0);
}

static void
lines_that_nobody_takes_are_kept_or_counted(void **state)
{
	struct capture *capture = *state;

	burst_is_read_late(capture->pipe);
}

static void
so_are_those_that_the_system_log_does_not_take(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0,
			     ends),
	    0);
	log_take(ends[0]);
	burst_is_read_late(ends[1]);
	log_take(-1);
	close(ends[0]);
	close(ends[1]);
}

/* The system's log may have room for ten: sysctl net.unix.max_dgram_qlen. */
static void
none_of_a_few_is_lost(void **state)
{
	struct reader reader = { 0 };
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0,
			     ends),
	    0);
	log_take(ends[0]);
	reader.fd = ends[1];
	assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
	for (int i = 0; i < 200; i++)
		log_event(LOG_INFO, "start", NULL);
	do
		reader_take(&reader);
	while (!log_flush());
	reader_take(&reader);
	assert_int_equal(reader.starts, 200);
	assert_int_equal(reader.lost, 0);
	log_take(-1);
	close(ends[0]);
	close(ends[1]);
}

static void
who_ends_waits_a_little_for_the_log(void **state)
{
	struct reader reader = { 0 };
	int ends[2], status;
	pid_t pid;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0,
			     ends),
	    0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		log_take(ends[0]);
		for (int i = 0; i < 200; i++)
			log_event(LOG_INFO, "start", NULL);
		log_end();
		_exit(log_flush() ? 0 : 1);
	}
	close(ends[0]);
	reader.fd = ends[1];
	assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
	do
		reader_take(&reader);
	while (waitpid(pid, &status, WNOHANG) == 0);
	reader_take(&reader);
	assert_int_equal(status, 0);
	assert_int_equal(reader.starts, 200);
	close(ends[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CAPTURED(an_event_is_one_line_of_pairs),
		CAPTURED(another_process_can_log_by_what_it_is_given),
		CAPTURED(by_the_system_log_as_any_program_does),
		CAPTURED(an_event_may_have_no_pairs),
		CAPTURED(a_pair_without_a_value_is_left_out),
		CAPTURED(what_is_no_plain_word_is_quoted),
		CAPTURED(a_value_cannot_pretend_to_be_a_pair_or_a_line),
		CAPTURED(a_value_cannot_command_a_terminal),
		CAPTURED(values_that_are_too_long_still_make_one_line),
		CAPTURED(two_long_values_are_there_whole),
		CAPTURED(a_line_that_is_cut_is_not_cut_inside_a_character),
		CAPTURED(lines_that_nobody_takes_are_kept_or_counted),
		CAPTURED(so_are_those_that_the_system_log_does_not_take),
		CAPTURED(none_of_a_few_is_lost),
		CAPTURED(who_ends_waits_a_little_for_the_log),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
