#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../helper/mosh.h"
#include "../../helper/worker/moshserver.h"

#define KEY "MDEyMzQ1Njc4OWFiY2RlZg"
#define CONNECT "MOSH CONNECT 60001 " KEY "\n"

/* What mosh-server 1.4 writes, as far as it matters. */
#define NOISE_BEFORE "Welcome to far!\n\n"
#define NOISE_BEHIND                                                           \
	"\nmosh-server (mosh 1.4.0) [build mosh 1.4.0]\nCopyright 2012 Keith " \
	"Winstein <mosh-devel@mit.edu>\n\n[mosh-server detached, pid = 42]\n"
#define NO_LOCALE                                                     \
	"mosh-server needs a UTF-8 native locale to run.\n\n"         \
	"Unfortunately, the local environment (LC_ALL=C) specifies\n" \
	"the character set \"US-ASCII\",\n\n"

#define NO_PORT                                                          \
	"Failed binding to 0.0.0.0:60001\n"                              \
	"Error binding to any interface: bind: Address already in use\n" \
	"Network exception: bind: Address already in use\n"

static struct config *
config_with(const char *settings)
{
	char error[CONFIG_ERROR_BYTES], text[512];
	struct config *config;

	snprintf(text, sizeof(text), "[remote]\nhost = far\n[mosh]\n%s",
	    settings);
	config = config_parse("a.ini", text, strlen(text), error);
	if (config == NULL)
		fail_msg("%s", error);
	return config;
}

/* Enough for what has no command of its own in it. */
#define COMMAND_BYTES 4096

static void
commands(const char *settings, const struct moshserver_client *client,
    const char *expected)
{
	struct config *config = config_with(settings);
	char command[COMMAND_BYTES];

	assert_true(
	    moshserver_command(config, client, command, sizeof(command)));
	assert_string_equal(command, expected);
	config_free(config);
}

static void
a_client_without_a_locale_gets_the_plain_command(void **state)
{
	const struct moshserver_client client = { .colors = 8 };

	(void)state;
	commands("", &client,
	    "MOSH_SERVER_NETWORK_TMOUT=604800 mosh-server new -s -c 8 "
	    "-p 60000:61000 2>&1||"
	    "LC_ALL=C.UTF-8 MOSH_SERVER_NETWORK_TMOUT=604800 mosh-server new "
	    "-s -c 8 -p 60000:61000 2>&1");
}

static void
colours_and_locale_go_along(void **state)
{
	const struct moshserver_client client = { .colors = 256,
		.colorterm = "truecolor",
		.locales = 2,
		.locale = { { "LANG", "de_DE.UTF-8" }, { "LC_TIME", "C" } } };

	(void)state;
	commands("", &client,
	    "MOSH_SERVER_NETWORK_TMOUT=604800 COLORTERM=truecolor "
	    "mosh-server new -s -c 256 -p 60000:61000 -l LANG=de_DE.UTF-8 "
	    "-l LC_TIME=C 2>&1||"
	    "LC_ALL=C.UTF-8 MOSH_SERVER_NETWORK_TMOUT=604800 "
	    "COLORTERM=truecolor mosh-server new -s -c 256 -p 60000:61000 "
	    "2>&1");
}

static void
the_settings_say_what_runs_where_and_how_long(void **state)
{
	const struct moshserver_client client = { .colors = 0 };

	(void)state;
	commands("server = env A=b /opt/mosh-server\nports = 7\n"
		 "network_timeout = 60\n",
	    &client,
	    "MOSH_SERVER_NETWORK_TMOUT=60 env A=b /opt/mosh-server new -s "
	    "-c 0 -p 7 2>&1||LC_ALL=C.UTF-8 MOSH_SERVER_NETWORK_TMOUT=60 "
	    "env A=b /opt/mosh-server new -s -c 0 -p 7 2>&1");
}

static void
where_it_listens_may_be_said(void **state)
{
	const struct moshserver_client client = { .colors = 8,
		.bind = "-i 0.0.0.0" };

	(void)state;
	commands("", &client,
	    "MOSH_SERVER_NETWORK_TMOUT=604800 mosh-server new -i 0.0.0.0 "
	    "-c 8 -p 60000:61000 2>&1||"
	    "LC_ALL=C.UTF-8 MOSH_SERVER_NETWORK_TMOUT=604800 mosh-server new "
	    "-i 0.0.0.0 -c 8 -p 60000:61000 2>&1");
}

static void
a_command_of_its_own_stands_at_the_end_of_both(void **state)
{
	const struct moshserver_client client = { .colors = 8,
		.script = "/bin/sh -c 'x' sh 'y'" };

	(void)state;
	commands("", &client,
	    "MOSH_SERVER_NETWORK_TMOUT=604800 mosh-server new -s -c 8 "
	    "-p 60000:61000 -- /bin/sh -c 'x' sh 'y' 2>&1||"
	    "LC_ALL=C.UTF-8 MOSH_SERVER_NETWORK_TMOUT=604800 mosh-server new "
	    "-s -c 8 -p 60000:61000 -- /bin/sh -c 'x' sh 'y' 2>&1");
}

/* With each variable of a locale as long as it may be. */
static void
the_longest_client_still_fits_and_needs_no_quotes(void **state)
{
	char value[LOCALE_VALUE_MAX_CHARS + 1], command[COMMAND_BYTES];
	struct moshserver_client client = { .colors = 16777216,
		.colorterm = value,
		.locales = LOCALE_NAMES };
	struct config *config = config_with("");

	(void)state;
	memset(value, '@', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	assert_true(locale_value_valid(value));
	for (size_t i = 0; i < LOCALE_NAMES; i++) {
		client.locale[i].name = locale_names[i];
		client.locale[i].value = value;
	}
	assert_true(
	    moshserver_command(config, &client, command, sizeof(command)));
	assert_true(strlen(command) < COMMAND_BYTES);
	assert_null(strpbrk(command, "'\"\\!\n\r`$(){}[]<*?~#;"));
	config_free(config);
}

static void
a_command_that_is_too_long_is_none(void **state)
{
	const struct moshserver_client client = { .colors = 8 };
	char command[COMMAND_BYTES], *server;
	struct config *config = config_with("");

	(void)state;
	server = config->mosh_server;
	for (size_t len = 1900; len < 2100; len++) {
		config->mosh_server = malloc(len + 1);
		assert_non_null(config->mosh_server);
		memset(config->mosh_server, 'x', len);
		config->mosh_server[len] = '\0';
		if (moshserver_command(config, &client, command,
			sizeof(command)))
			assert_non_null(strstr(command, "61000 2>&1||"));
		else
			assert_true(len > 1950);
		if (len == 2099)
			assert_false(moshserver_command(config, &client,
			    command, sizeof(command)));
		free(config->mosh_server);
	}
	config->mosh_server = server;
	config_free(config);
}

/* Of a gateway that lets mosh-server have any port. */
static char any_port[] = "1:65535";
static const struct config anywhere = { .mosh_ports = any_port };

static void
parses_bytes(const char *text, size_t len, int status,
    enum mosh_result expected, int port)
{
	char *copy = malloc(len > 0 ? len : 1);
	struct moshserver_reply reply;

	assert_non_null(copy);
	memcpy(copy, text, len);
	memset(&reply, 0xff, sizeof(reply));
	assert_int_equal(moshserver_parse(&anywhere, copy, len, status, &reply),
	    expected);
	if (expected == MOSH_STARTED) {
		assert_int_equal(reply.port, port);
		assert_string_equal(reply.key, KEY);
	} else {
		assert_int_equal(reply.port, 0);
		assert_string_equal(reply.key, "");
	}
	free(copy);
}

/* TEXT is a literal. */
#define starts(text, port) \
	parses_bytes(text, sizeof(text) - 1, 0, MOSH_STARTED, port)
#define fails(text, status, result) \
	parses_bytes(text, sizeof(text) - 1, status, result, 0)

static void
a_reply_gives_port_and_key(void **state)
{
	(void)state;
	starts(CONNECT, 60001);
	starts("MOSH CONNECT 1 " KEY "\n", 1);
	starts("MOSH CONNECT 65535 " KEY "\n", 65535);
	starts("MOSH CONNECT 60001 " KEY, 60001);
}

/* What comes of PORT where the gateway allows for PORTS. */
static enum mosh_result
result_at(const char *port, const char *ports)
{
	char text[64], allowed[32];
	const struct config config = { .mosh_ports = allowed };
	struct moshserver_reply reply = { .key = "x" };
	enum mosh_result result;

	snprintf(allowed, sizeof(allowed), "%s", ports);
	snprintf(text, sizeof(text), "MOSH CONNECT %s " KEY "\n", port);
	result = moshserver_parse(&config, text, strlen(text), 0, &reply);
	if (result == MOSH_OTHER_PORT) {
		assert_int_equal(reply.port, (int)strtol(port, NULL, 10));
		assert_string_equal(reply.key, "");
	}
	return result;
}

static void
a_port_is_one_that_the_gateway_allows(void **state)
{
	static const char range[] = "60000:61000", one[] = "60777";

	(void)state;
	assert_int_equal(result_at("60000", range), MOSH_STARTED);
	assert_int_equal(result_at("61000", range), MOSH_STARTED);
	assert_int_equal(result_at("59999", range), MOSH_OTHER_PORT);
	assert_int_equal(result_at("61001", range), MOSH_OTHER_PORT);
	assert_int_equal(result_at("22", range), MOSH_OTHER_PORT);
	assert_int_equal(result_at("53", range), MOSH_OTHER_PORT);
	assert_int_equal(result_at("60777", one), MOSH_STARTED);
	assert_int_equal(result_at("60776", one), MOSH_OTHER_PORT);
	assert_int_equal(result_at("60778", one), MOSH_OTHER_PORT);
	assert_int_equal(result_at("0", "1:65535"), MOSH_FAILED);
}

/* Does a gateway with PORTS go where an answer says that is at PORT? */
static bool
goes(const char *port, const char *ports)
{
	char allowed[32];
	const struct config config = { .mosh_ports = allowed };
	struct fields fields = { 0 };
	struct frame answer = { .type = FRAME_OK };
	bool allows;

	snprintf(allowed, sizeof(allowed), "%s", ports);
	fields_add(&fields, "port", port);
	answer.body = fields.text;
	answer.len = fields.len;
	allows = mosh_answer_allowed(&config, &answer);
	fields_free(&fields);
	return allows;
}

static void
so_it_is_in_the_answer_of_a_worker(void **state)
{
	(void)state;
	assert_true(goes("60000", "60000:61000"));
	assert_true(goes("61000", "60000:61000"));
	assert_false(goes("59999", "60000:61000"));
	assert_false(goes("61001", "60000:61000"));
	assert_false(goes("22", "60000:61000"));
	assert_false(goes("60001", "60000"));
	assert_false(goes("", "60000:61000"));
	assert_false(goes("60001x", "60000:61000"));
	assert_false(goes("125537", "60000:61000"));
}

static void
a_reply_is_found_among_noise(void **state)
{
	(void)state;
	starts(NOISE_BEFORE CONNECT, 60001);
	starts(CONNECT NOISE_BEHIND, 60001);
	starts(NOISE_BEFORE "\n" CONNECT NOISE_BEHIND, 60001);
	starts("\xff\xfe\033[2J\n" CONNECT, 60001);
	starts("\0\0\0\n" CONNECT "\0\n", 60001);
	starts("MOSH CONNECTED\nMOSH\n" CONNECT, 60001);
	starts("about MOSH CONNECT 1 2\n" CONNECT, 60001);
	/* the first try failed, the second did not */
	starts(NO_LOCALE CONNECT, 60001);
}

static void
a_reply_may_end_as_on_a_terminal(void **state)
{
	(void)state;
	starts("\r\nMOSH CONNECT 60001 " KEY "\r\n" NOISE_BEHIND, 60001);
}

static void
ten_kilobytes_of_noise_do_no_harm(void **state)
{
	char text[12000];

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t i = 80; i < 10000; i += 81)
		text[i] = '\n';
	memcpy(text + 9990, "\n" CONNECT, sizeof(CONNECT));
	parses_bytes(text, sizeof(text), 0, MOSH_STARTED, 60001);
}

static void
a_port_is_a_number_from_1_to_65535(void **state)
{
	(void)state;
	fails("MOSH CONNECT 0 " KEY "\n", 0, MOSH_FAILED);
	fails("MOSH CONNECT 65536 " KEY "\n", 0, MOSH_FAILED);
	fails("MOSH CONNECT 99999999 " KEY "\n", 0, MOSH_FAILED);
	fails("MOSH CONNECT 4294967297 " KEY "\n", 0, MOSH_FAILED);
	fails("MOSH CONNECT 18446744073709551617 " KEY "\n", 0, MOSH_FAILED);
	fails("MOSH CONNECT 00080 " KEY "\n", 0, MOSH_FAILED);
	fails("MOSH CONNECT 060001 " KEY "\n", 0, MOSH_FAILED);
	fails("MOSH CONNECT -1 " KEY "\n", 0, MOSH_FAILED);
	fails("MOSH CONNECT +1 " KEY "\n", 0, MOSH_FAILED);
	fails("MOSH CONNECT 0x10 " KEY "\n", 0, MOSH_FAILED);
	fails("MOSH CONNECT 1a " KEY "\n", 0, MOSH_FAILED);
	fails("MOSH CONNECT  1 " KEY "\n", 0, MOSH_FAILED);
	fails("MOSH CONNECT " KEY "\n", 0, MOSH_FAILED);
	fails("MOSH CONNECT \n", 0, MOSH_FAILED);
	fails("MOSH CONNECT 1\n", 0, MOSH_FAILED);
	fails("MOSH CONNECT 1 \n", 0, MOSH_FAILED);
	fails("MOSH CONNECT 1", 0, MOSH_FAILED);
}

static void
a_key_is_22_characters_of_base64(void **state)
{
	(void)state;
	fails("MOSH CONNECT 1 MDEyMzQ1Njc4OWFiY2RlZ\n", 0, MOSH_FAILED);
	fails("MOSH CONNECT 1 " KEY "Z\n", 0, MOSH_FAILED);
	fails("MOSH CONNECT 1 " KEY "==\n", 0, MOSH_FAILED);
	fails("MOSH CONNECT 1 MDEyMzQ1Njc4OWFiY2RlZ=\n", 0, MOSH_FAILED);
	fails("MOSH CONNECT 1 MDEyMzQ1Njc4OWFiY2RlZh\n", 0, MOSH_FAILED);
	fails("MOSH CONNECT 1 MDEyMzQ1Njc4OWFiY2RlZ/\n", 0, MOSH_FAILED);
	fails("MOSH CONNECT 1 MDEyMzQ1Njc4OWFiY2RlZ-\n", 0, MOSH_FAILED);
	fails("MOSH CONNECT 1 MDEyMzQ1Njc4OWFiY2RlZ_\n", 0, MOSH_FAILED);
	fails("MOSH CONNECT 1 MDEyMzQ1Njc4OWFi 2RlZg\n", 0, MOSH_FAILED);
	fails("MOSH CONNECT 1 MDEyMzQ1Njc4OWFi\0002RlZg\n", 0, MOSH_FAILED);
	fails("MOSH CONNECT 1 MDEyMzQ1Njc4OWFi;2RlZg\n", 0, MOSH_FAILED);
	fails("MOSH CONNECT 1 " KEY " \n", 0, MOSH_FAILED);
	fails("MOSH CONNECT 1 " KEY " x\n", 0, MOSH_FAILED);
	fails("MOSH CONNECT 1 " KEY "\r\r\n", 0, MOSH_FAILED);
	fails("MOSH CONNECT 1  " KEY "\n", 0, MOSH_FAILED);
}

static void
a_reply_begins_its_line_and_is_spelled_so(void **state)
{
	(void)state;
	fails(" " CONNECT, 0, MOSH_FAILED);
	fails("x" CONNECT, 0, MOSH_FAILED);
	fails("mosh connect 60001 " KEY "\n", 0, MOSH_FAILED);
	fails("MOSH  CONNECT 60001 " KEY "\n", 0, MOSH_FAILED);
	fails("MOSH\tCONNECT 60001 " KEY "\n", 0, MOSH_FAILED);
}

static void
two_replies_are_none(void **state)
{
	(void)state;
	fails(CONNECT CONNECT, 0, MOSH_FAILED);
	fails(CONNECT "MOSH CONNECT 60002 " KEY "\n", 0, MOSH_FAILED);
	fails("MOSH CONNECT 0 x\n" CONNECT, 0, MOSH_FAILED);
	fails(CONNECT "MOSH CONNECT \n", 0, MOSH_FAILED);
}

static void
a_reply_of_a_command_that_failed_is_none(void **state)
{
	(void)state;
	fails(CONNECT, 1, MOSH_FAILED);
	fails(CONNECT, -1, MOSH_FAILED);
	fails(CONNECT, 127, MOSH_NOT_FOUND);
}

static void
no_reply_cut_short_is_taken(void **state)
{
	static const char text[] = NOISE_BEFORE CONNECT;

	(void)state;
	for (size_t len = 0; len < sizeof(text) - 2; len++)
		parses_bytes(text, len, 0, MOSH_FAILED, 0);
}

static void
a_missing_mosh_server_is_told(void **state)
{
	(void)state;
	fails("sh: 1: mosh-server: not found\n", 127, MOSH_NOT_FOUND);
	fails("sh: mosh-server: Permission denied\n", 126, MOSH_NOT_FOUND);
	fails("", 127, MOSH_NOT_FOUND);
}

static void
a_missing_locale_is_told(void **state)
{
	(void)state;
	fails(NO_LOCALE, 1, MOSH_NO_LOCALE);
	fails(NOISE_BEFORE NO_LOCALE NO_LOCALE, 1, MOSH_NO_LOCALE);
}

static void
ports_that_are_all_taken_are_told(void **state)
{
	(void)state;
	fails(NO_PORT, 1, MOSH_NO_PORT);
	fails(NOISE_BEFORE NO_PORT NO_PORT, 1, MOSH_NO_PORT);
}

/* Only with a locale that is good does mosh-server get to its ports. */
static void
a_second_try_that_finds_no_port_had_its_locale(void **state)
{
	(void)state;
	fails(NO_LOCALE NO_PORT, 1, MOSH_NO_PORT);
}

/* It listens on, but the client would look for it elsewhere. */
static void
a_server_that_took_another_address_is_none(void **state)
{
	(void)state;
	fails(
	    "Failed binding to 192.0.2.1:60001\n"
	    "Error binding to IP 192.0.2.1: bind: Address already in use\n" CONNECT
		NOISE_BEHIND,
	    0, MOSH_NO_PORT);
}

static void
anything_else_has_failed(void **state)
{
	(void)state;
	fails("", 0, MOSH_FAILED);
	fails("", 1, MOSH_FAILED);
	fails("\0\0\0\0", 1, MOSH_FAILED);
	fails("\n\n\n", 0, MOSH_FAILED);
	fails("Segmentation fault\n", 139, MOSH_FAILED);
}

/* The bytes of TEXT are shown as EXPECTED. */
static void
redacted(const char *text, const char *expected)
{
	char copy[128];
	const size_t len = strlen(text);

	memcpy(copy, text, len + 1);
	mosh_redact(copy, len);
	assert_string_equal(copy, expected);
}

static void
what_could_be_a_key_is_not_shown(void **state)
{
	(void)state;
	redacted("", "");
	redacted("MOSH CON", "MOSH CON");
	redacted("NECT 60001 ABCDEFGHIJKLMNOPQRST+/",
	    "NECT 60001 **********************");
	redacted("ABCDEFGHIJKLMNOPQRSTUV", "**********************");
	redacted("x ABCDEFGHIJKLMNOPQRSTUVW\r\n",
	    "x ***********************\r\n");
	redacted("ABCDEFGHIJKLMNOPQRSTU", "ABCDEFGHIJKLMNOPQRSTU");
	redacted("/usr/bin/mosh-server: not found",
	    "/usr/bin/mosh-server: not found");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_client_without_a_locale_gets_the_plain_command),
		cmocka_unit_test(colours_and_locale_go_along),
		cmocka_unit_test(the_settings_say_what_runs_where_and_how_long),
		cmocka_unit_test(where_it_listens_may_be_said),
		cmocka_unit_test(
		    the_longest_client_still_fits_and_needs_no_quotes),
		cmocka_unit_test(
		    a_command_of_its_own_stands_at_the_end_of_both),
		cmocka_unit_test(a_command_that_is_too_long_is_none),
		cmocka_unit_test(a_reply_gives_port_and_key),
		cmocka_unit_test(a_port_is_one_that_the_gateway_allows),
		cmocka_unit_test(so_it_is_in_the_answer_of_a_worker),
		cmocka_unit_test(a_reply_is_found_among_noise),
		cmocka_unit_test(a_reply_may_end_as_on_a_terminal),
		cmocka_unit_test(ten_kilobytes_of_noise_do_no_harm),
		cmocka_unit_test(a_port_is_a_number_from_1_to_65535),
		cmocka_unit_test(a_key_is_22_characters_of_base64),
		cmocka_unit_test(a_reply_begins_its_line_and_is_spelled_so),
		cmocka_unit_test(two_replies_are_none),
		cmocka_unit_test(a_reply_of_a_command_that_failed_is_none),
		cmocka_unit_test(no_reply_cut_short_is_taken),
		cmocka_unit_test(a_missing_mosh_server_is_told),
		cmocka_unit_test(a_missing_locale_is_told),
		cmocka_unit_test(ports_that_are_all_taken_are_told),
		cmocka_unit_test(
		    a_second_try_that_finds_no_port_had_its_locale),
		cmocka_unit_test(a_server_that_took_another_address_is_none),
		cmocka_unit_test(anything_else_has_failed),
		cmocka_unit_test(what_could_be_a_key_is_not_shown),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("mosh", tests, NULL, NULL);
}
