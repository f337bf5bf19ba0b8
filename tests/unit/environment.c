#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../../shim/lib/fields.h"
#include "../../shim/session/environment.h"

extern char **environ;

static void
has(const char *name, const char *value)
{
	const char *found = getenv(name);

	assert_non_null(found);
	assert_string_equal(found, value);
}

static void
nothing_is_left_that_was_not_asked_for(void **state)
{
	struct request request = { .term = strdup("xterm") };
	size_t count = 0;

	(void)state;
	request.locale[0] = strdup("C.UTF-8");
	setenv("LD_PRELOAD", "/tmp/x.so", 1);
	setenv("TERMINFO", "/tmp", 1);
	setenv("HOME", "/tmp", 1);
	assert_true(environment_make(&request));
	has("PATH", "/usr/bin:/bin");
	has(locale_names[0], "C.UTF-8");
	assert_non_null(getenv("TERM"));
	for (char **at = environ; *at != NULL; at++)
		count += strncmp(*at, "LC_ALL=", strlen("LC_ALL=")) != 0;
	assert_int_equal(count, 3);
	free(request.term);
	free(request.locale[0]);
}

static void
a_dumb_terminal_is_unfit(void **state)
{
	struct request request = { .term = strdup("dumb") };

	(void)state;
	assert_true(environment_make(&request));
	assert_string_equal(request.unfit, "terminal");
	free(request.term);
}

/* Add what an answer with these fields has; KEY may be NULL for none. */
static bool
add(const char *key, const char *escape, const char *prefix)
{
	struct fields fields = { 0 };
	struct frame frame;
	bool added;

	clearenv();
	if (key != NULL)
		fields_add(&fields, "key", key);
	fields_add(&fields, "predict", "always");
	fields_add(&fields, "escape_key", escape);
	fields_add(&fields, "title_prefix", prefix);
	frame = (struct frame){ FRAME_OK, fields.text, fields.len };
	added = environment_add_mosh(&frame);
	fields_free(&fields);
	return added;
}

static void
mosh_client_gets_its_key_and_settings(void **state)
{
	(void)state;
	assert_true(add("1jU9SBvfyvpiM1+ZE76QcQ", "none", "1"));
	has("MOSH_KEY", "1jU9SBvfyvpiM1+ZE76QcQ");
	has("MOSH_PREDICTION_DISPLAY", "always");
	has("MOSH_ESCAPE_KEY", "");
	assert_null(getenv("MOSH_TITLE_NOPREFIX"));
	assert_true(add("k", "none", "0"));
	has("MOSH_TITLE_NOPREFIX", "1");
	assert_false(add(NULL, "none", "1"));
}

static void
an_escape_key_is_a_character_or_a_control_character(void **state)
{
	(void)state;
	assert_true(add("k", "~", "1"));
	has("MOSH_ESCAPE_KEY", "~");
	assert_true(add("k", "^]", "1"));
	has("MOSH_ESCAPE_KEY", "\x1d");
	assert_true(add("k", "^", "1"));
	has("MOSH_ESCAPE_KEY", "^");
	assert_true(add("k", "^^", "1"));
	has("MOSH_ESCAPE_KEY", "\x1e");
}

int
main(void)
{
	const char *output = getenv("CMOCKA_MESSAGE_OUTPUT");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_left_that_was_not_asked_for),
		cmocka_unit_test(a_dumb_terminal_is_unfit),
		cmocka_unit_test(mosh_client_gets_its_key_and_settings),
		cmocka_unit_test(
		    an_escape_key_is_a_character_or_a_control_character),
	};

	/* the tests take the environment away, by which cmocka knows that */
	if (output != NULL && strcmp(output, "TAP") == 0)
		cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("environment", tests, NULL, NULL);
}
