#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../shim/lib/fields.h"
#include "../../shim/session/request.h"

#define SELF LIBEXECDIR "/moshgate/moshgate-session"

/* There is no terminal here, whatever the tests are run on. */
static int
leave_terminal(void **state)
{
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)state;
	return null >= 0 && dup2(null, STDIN_FILENO) >= 0 ? 0 : -1;
}

static int
forget_environment(void **state)
{
	(void)state;
	return clearenv();
}

/* Send REQUEST, and read it again into *FRAME. */
static void
send_and_read(const struct request *request, struct frame *frame)
{
	/* no descriptors come with it */
	struct frame_in in = { .limit_bytes = FRAME_REQUEST_MAX_BYTES };
	struct client client = { .patience = client_patience_of_person };
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
			     ends),
	    0);
	client.fd = ends[0];
	assert_true(request_send(request, &client));
	assert_int_equal(frame_read(ends[1], &in, frame), FRAME_COMPLETE);
	assert_int_equal(frame->type, FRAME_SESSION);
	assert_true(fields_wellformed(frame));
	assert_string_equal(fields_get(frame, "streams"), "1");
	close(ends[0]);
	close(ends[1]);
}

/* What is asked for when sshd calls with ARGV0 and -c COMMAND, or without. */
static void
called(const char *argv0, const char *command, struct frame *frame)
{
	char *argv[] = { strdup(argv0), strdup("-c"),
		strdup(command != NULL ? command : ""), NULL };
	struct request request = { 0 };

	assert_true(request_read(&request, command != NULL ? 3 : 1, argv));
	assert_false(request.terminal);
	assert_false(request_is_too_long(&request));
	send_and_read(&request, frame);
	request_free(&request);
	for (int i = 0; i < 3; i++)
		free(argv[i]);
}

static void
has(const struct frame *frame, const char *name, const char *value)
{
	const char *found = fields_get(frame, name);

	if (value == NULL) {
		assert_null(found);
	} else {
		assert_non_null(found);
		assert_string_equal(found, value);
	}
}

/* What is asked for is VIA, COMMAND and ORIGINAL. */
static void
asks(const char *argv0, const char *called_with, const char *via,
    const char *command, const char *original)
{
	struct frame frame;

	called(argv0, called_with, &frame);
	has(&frame, "via", via);
	has(&frame, "command", command);
	has(&frame, "original", original);
	frame_free(&frame);
}

static void
a_forced_command_asks_for_the_clients(void **state)
{
	(void)state;
	asks("sh", SELF, "force-command", NULL, NULL);
	setenv("SSH_ORIGINAL_COMMAND", "ls -l", 1);
	asks("sh", SELF, "force-command", "ls -l", NULL);
	setenv("SSH_ORIGINAL_COMMAND", "", 1);
	asks("sh", SELF, "force-command", "", NULL);
}

static void
a_login_shell_asks_for_what_it_is_called_with(void **state)
{
	(void)state;
	asks("-moshgate-session", NULL, "shell", NULL, NULL);
	asks("moshgate-session", "ls", "shell", "ls", NULL);
	setenv("SSH_ORIGINAL_COMMAND", "rm -r .", 1);
	asks("moshgate-session", "ls", "shell", "ls", "rm -r .");
	/* without a command, there is nothing that it replaces but a shell */
	asks("-moshgate-session", NULL, "shell", NULL, "rm -r .");
}

static void
a_key_that_forces_nothing_lets_the_clients_command_through(void **state)
{
	(void)state;
	asks("moshgate-session", SELF " -", "shell", NULL, NULL);
	setenv("SSH_ORIGINAL_COMMAND", "ls", 1);
	asks("moshgate-session", SELF " -", "shell", "ls", NULL);
	/* but not what only looks like it */
	asks("moshgate-session", SELF " - ", "shell", SELF " - ", "ls");
}

/* True if COMMAND of the client's is taken for the subsystem. */
static bool
is_sftp(const char *command)
{
	struct frame frame;
	bool is;

	setenv("SSH_ORIGINAL_COMMAND", command, 1);
	called("sh", SELF, &frame);
	is = fields_get(&frame, "subsystem") != NULL;
	has(&frame, "command", command);
	if (is)
		has(&frame, "subsystem", "sftp");
	frame_free(&frame);
	return is;
}

static void
the_gateways_ways_to_say_sftp_are_known(void **state)
{
	(void)state;
	assert_true(is_sftp("internal-sftp"));
	assert_true(is_sftp("internal-sftp -l INFO"));
	assert_true(is_sftp("/usr/lib/openssh/sftp-server"));
	assert_true(is_sftp("/usr/libexec/sftp-server\t-f AUTH"));
	assert_true(is_sftp("sftp-server"));
	assert_false(is_sftp(""));
	assert_false(is_sftp("ls"));
	assert_false(is_sftp("sftp-server2"));
	assert_false(is_sftp("my-sftp-server"));
	assert_false(is_sftp("cat /usr/lib/openssh/sftp-server"));
	assert_false(is_sftp("/usr/lib/sftp-server/x"));
	assert_false(is_sftp(" internal-sftp"));
}

static void
a_command_that_a_key_forces_is_no_subsystem(void **state)
{
	struct frame frame;

	(void)state;
	setenv("SSH_ORIGINAL_COMMAND", "internal-sftp", 1);
	called("moshgate-session", "internal-sftp", &frame);
	has(&frame, "subsystem", NULL);
	has(&frame, "command", "internal-sftp");
	frame_free(&frame);
}

static void
what_the_client_sent_goes_on_if_it_may(void **state)
{
	struct frame frame;

	(void)state;
	setenv("LOGNAME", "alice", 1);
	setenv("SSH_CONNECTION", "192.0.2.7 4711 192.0.2.1 22", 1);
	setenv("COLORTERM", "truecolor", 1);
	setenv("LANG", "de_DE.UTF-8", 1);
	setenv("LC_TIME", "C; rm -r .", 1);
	setenv("LC_ALL", "", 1);
	setenv("LD_PRELOAD", "/tmp/x.so", 1);
	called("sh", SELF, &frame);
	has(&frame, "login", "alice");
	has(&frame, "client", "192.0.2.7");
	has(&frame, "COLORTERM", "truecolor");
	has(&frame, "LANG", "de_DE.UTF-8");
	has(&frame, "LC_TIME", NULL);
	has(&frame, "LC_ALL", NULL);
	has(&frame, "LD_PRELOAD", NULL);
	/* that there is no terminal is told by what is not there */
	has(&frame, "terminal", NULL);
	has(&frame, "modes", NULL);
	frame_free(&frame);
}

static void
a_command_has_its_limit(void **state)
{
	const size_t limit = FRAME_REQUEST_MAX_BYTES - 3072;
	char *command = calloc(1, limit + 2);
	char *const both[] = { "moshgate-session", "-c", command, NULL };
	struct request request = { 0 };
	struct frame frame;

	(void)state;
	assert_non_null(command);
	memset(command, 'x', limit);
	assert_true(request_read(&request, 3, (char **)both));
	assert_false(request_is_too_long(&request));
	send_and_read(&request, &frame);
	frame_free(&frame);
	request_free(&request);
	/* both of them together */
	setenv("SSH_ORIGINAL_COMMAND", "y", 1);
	assert_true(request_read(&request, 3, (char **)both));
	assert_true(request_is_too_long(&request));
	request_free(&request);
	unsetenv("SSH_ORIGINAL_COMMAND");
	command[limit] = 'x';
	assert_true(request_read(&request, 3, (char **)both));
	assert_true(request_is_too_long(&request));
	request_free(&request);
	free(command);
}

#define ALONE(test) \
	cmocka_unit_test_setup_teardown(test, forget_environment, NULL)

int
main(void)
{
	const char *output = getenv("CMOCKA_MESSAGE_OUTPUT");
	const struct CMUnitTest tests[] = {
		ALONE(a_forced_command_asks_for_the_clients),
		ALONE(a_login_shell_asks_for_what_it_is_called_with),
		ALONE(
		    a_key_that_forces_nothing_lets_the_clients_command_through),
		ALONE(the_gateways_ways_to_say_sftp_are_known),
		ALONE(a_command_that_a_key_forces_is_no_subsystem),
		ALONE(what_the_client_sent_goes_on_if_it_may),
		ALONE(a_command_has_its_limit),
	};

	/* the tests take the environment away, by which cmocka knows that */
	if (output != NULL && strcmp(output, "TAP") == 0)
		cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("request", tests, leave_terminal,
	    NULL);
}
