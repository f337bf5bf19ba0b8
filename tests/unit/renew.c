/*
 * How long a user's connection is kept, and when another takes its place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../helper/gateway/renew.h"

#define START_MS INT64_C(1000000) /* when it was authenticated */

/* With these settings, in seconds. */
static struct config
settings(int share_idle_s, int share_max_age_s)
{
	return (struct config){ .share_idle_s = share_idle_s,
		.share_max_age_s = share_max_age_s };
}

/* A connection of START_MS, used MS later. */
static struct renew
used(int64_t ms)
{
	return (struct renew){ .connected_ms = START_MS,
		.used_ms = START_MS + ms,
		.claimed = true };
}

/* So many MS after START_MS there is VERDICT on RENEW. */
static void
is(const struct renew *renew, const struct config *config, int64_t ms,
    enum renew_verdict verdict)
{
	int64_t next_ms;

	assert_int_equal(renew_check(renew, config, START_MS + ms, &next_ms),
	    verdict);
}

/* RENEW is kept at MS, and looked at again at NEXT_MS. */
static void
kept(const struct renew *renew, const struct config *config, int64_t ms,
    int64_t next_ms)
{
	int64_t at_ms;

	assert_int_equal(renew_check(renew, config, START_MS + ms, &at_ms),
	    RENEW_KEEP);
	assert_int_equal(at_ms, START_MS + next_ms);
}

static void
what_is_idle_for_share_idle_ends(void **state)
{
	const struct config config = settings(60, 300);
	const struct renew renew = used(5000);

	(void)state;
	kept(&renew, &config, 5000, 65000);
	kept(&renew, &config, 64999, 65000);
	is(&renew, &config, 65000, RENEW_END);
}

static void
for_no_session_it_ends_after_half_a_minute(void **state)
{
	const struct config config = settings(600, 300);
	const struct config short_idle = settings(10, 300);
	struct renew renew = used(0);

	(void)state;
	renew.claimed = false;
	kept(&renew, &config, 0, 30000);
	kept(&renew, &config, 29999, 30000);
	is(&renew, &config, 30000, RENEW_END);
	/* whatever share_idle says */
	kept(&renew, &short_idle, 29999, 30000);
	is(&renew, &short_idle, 30000, RENEW_END);
}

static void
it_is_replaced_before_it_is_too_old(void **state)
{
	const struct config config = settings(600, 300);
	const struct renew renew = used(0);

	(void)state;
	kept(&renew, &config, 0, 270000);
	kept(&renew, &config, 269999, 270000);
	is(&renew, &config, 270000, RENEW_REPLACE);
	is(&renew, &config, 299999, RENEW_REPLACE);
	is(&renew, &config, 300000, RENEW_END);
}

static void
not_when_it_has_been_idle_for_too_long_by_then(void **state)
{
	const struct config config = settings(100, 300);
	struct renew renew = used(200000);

	(void)state;
	kept(&renew, &config, 200000, 300000);
	kept(&renew, &config, 299999, 300000);
	is(&renew, &config, 300000, RENEW_END);
	/* used one moment later it would be worth it */
	renew = used(200001);
	kept(&renew, &config, 200001, 270000);
	is(&renew, &config, 270000, RENEW_REPLACE);
	/* an unclaimed one was idle for too long, too */
	renew = used(260000);
	renew.claimed = false;
	kept(&renew, &config, 270000, 290000);
	is(&renew, &config, 290000, RENEW_END);
}

static void
it_is_tried_once(void **state)
{
	const struct config config = settings(600, 300);
	struct renew renew = used(0);

	(void)state;
	renew.tried = true;
	kept(&renew, &config, 0, 300000);
	kept(&renew, &config, 270000, 300000);
	kept(&renew, &config, 299999, 300000);
	is(&renew, &config, 300000, RENEW_END);
}

static void
it_ends_when_it_is_too_old_whatever_it_was_used_for(void **state)
{
	const struct config config = settings(600, 300);
	const struct renew renew = used(299999);

	(void)state;
	assert_int_equal(renew_max_ms(&renew, &config), START_MS + 300000);
	is(&renew, &config, 299999, RENEW_REPLACE);
	is(&renew, &config, 300000, RENEW_END);
	is(&renew, &config, 9999999, RENEW_END);
}

static void
one_that_may_not_be_old_is_replaced_in_its_last_quarter(void **state)
{
	const struct config config = settings(600, 10);
	const struct config two_minutes = settings(600, 120);
	const struct config just_less = settings(600, 119);
	const struct renew renew = used(0);

	(void)state;
	kept(&renew, &config, 0, 7500);
	kept(&renew, &config, 7499, 7500);
	is(&renew, &config, 7500, RENEW_REPLACE);
	is(&renew, &config, 9999, RENEW_REPLACE);
	is(&renew, &config, 10000, RENEW_END);
	/* from here on it is half a minute before */
	kept(&renew, &two_minutes, 0, 90000);
	kept(&renew, &just_less, 0, 89250);
}

static void
with_share_idle_0_nothing_that_is_idle_is_kept(void **state)
{
	const struct config config = settings(0, 300);
	struct renew renew = used(0);

	(void)state;
	is(&renew, &config, 0, RENEW_END);
	renew = used(1000);
	is(&renew, &config, 1000, RENEW_END);
	/* but what a login may yet claim */
	renew.claimed = false;
	kept(&renew, &config, 1000, 31000);
}

static void
what_a_user_has_opened_stays_till_the_login_has_come(void **state)
{
	const struct config config = settings(0, 10);
	struct renew renew = used(0);

	(void)state;
	renew.tried = renew.unused = true;
	kept(&renew, &config, 0, 120000);
	kept(&renew, &config, 119999, 120000);
	is(&renew, &config, 120000, RENEW_END);
	/* afterwards for who waits, but not beyond its age */
	renew.unused = false;
	is(&renew, &config, 0, RENEW_END);
	renew.wanted = true;
	kept(&renew, &config, 9999, 10000);
	is(&renew, &config, 10000, RENEW_END);
}

static void
the_longest_times_do_not_overflow(void **state)
{
	const struct config config = settings(INT32_MAX, INT32_MAX);
	const struct renew renew = used(1);
	const int64_t max_ms = (int64_t)INT32_MAX * 1000;

	(void)state;
	kept(&renew, &config, 1, max_ms - 30000);
	is(&renew, &config, max_ms, RENEW_END);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_idle_for_share_idle_ends),
		cmocka_unit_test(for_no_session_it_ends_after_half_a_minute),
		cmocka_unit_test(it_is_replaced_before_it_is_too_old),
		cmocka_unit_test(
		    not_when_it_has_been_idle_for_too_long_by_then),
		cmocka_unit_test(it_is_tried_once),
		cmocka_unit_test(
		    it_ends_when_it_is_too_old_whatever_it_was_used_for),
		cmocka_unit_test(
		    one_that_may_not_be_old_is_replaced_in_its_last_quarter),
		cmocka_unit_test(
		    with_share_idle_0_nothing_that_is_idle_is_kept),
		cmocka_unit_test(
		    what_a_user_has_opened_stays_till_the_login_has_come),
		cmocka_unit_test(the_longest_times_do_not_overflow),
	};

	return cmocka_run_group_tests_name("renew", tests, NULL, NULL);
}
