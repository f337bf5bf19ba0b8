#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../helper/gateway/pace.h"

static void
answers_come_in_steps(void **state)
{
	const int64_t asked_ms = 1000003;

	(void)state;
	assert_int_equal(pace_ms(asked_ms, asked_ms), asked_ms + PACE_MS);
	assert_int_equal(pace_ms(asked_ms, asked_ms + 1), asked_ms + PACE_MS);
	assert_int_equal(pace_ms(asked_ms, asked_ms + PACE_MS - 1),
	    asked_ms + PACE_MS);
	assert_int_equal(pace_ms(asked_ms, asked_ms + PACE_MS),
	    asked_ms + INT64_C(2) * PACE_MS);
	assert_int_equal(pace_ms(asked_ms, asked_ms + 1000 * PACE_MS + 1),
	    asked_ms + INT64_C(1001) * PACE_MS);
}

static void
they_do_where_strangers_pass_sshd_to_no_avail(void **state)
{
	struct config config = { .keys = CONFIG_KEYS_ANY,
		.auth = CONFIG_AUTH_AGENT };

	(void)state;
	assert_true(pace_is_kept(&config));
	config.keys = CONFIG_KEYS_FILE;
	assert_true(pace_is_kept(&config));
	config.auth = CONFIG_AUTH_AGENT_KEY;
	assert_false(pace_is_kept(&config));
	config.auth = CONFIG_AUTH_KEY;
	assert_false(pace_is_kept(&config));
	config.auth = CONFIG_AUTH_AGENT;
	config.keys = CONFIG_KEYS_REMOTE;
	assert_false(pace_is_kept(&config));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_come_in_steps),
		cmocka_unit_test(they_do_where_strangers_pass_sshd_to_no_avail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
