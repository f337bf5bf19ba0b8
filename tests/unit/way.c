/*
 * Which way a session goes to the remote.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../helper/gateway/way.h"

/* A session on a terminal, that could go either way. */
static const struct way_facts session = { .terminal = true,
	.streams = true,
	.fallback = true };

/* FACTS lead to WAY, for REASON: NULL for none; "" for the person's wish. */
static void
leads(struct way_facts facts, enum way way, const char *reason)
{
	const struct refusal *why = &way_udp_blocked;

	assert_int_equal(way_choose(&facts, &why), way);
	if (reason == NULL) {
		assert_null(why);
		return;
	}
	assert_non_null(why);
	assert_non_null(why->sentence);
	if (reason[0] == '\0')
		assert_null(why->reason);
	else
		assert_string_equal(why->reason, reason);
}

static void
a_session_goes_by_mosh(void **state)
{
	struct way_facts facts = session;

	(void)state;
	leads(facts, WAY_MOSH, NULL);
	facts.wanted = "mosh";
	leads(facts, WAY_MOSH, NULL);
	facts.wanted = "something";
	leads(facts, WAY_MOSH, NULL);
	facts.streams = facts.fallback = false;
	facts.wanted = NULL;
	leads(facts, WAY_MOSH, NULL);
}

static void
a_command_goes_over_ssh_and_nobody_is_told_why(void **state)
{
	struct way_facts facts = session;

	(void)state;
	facts.terminal = false;
	leads(facts, WAY_SSH, NULL);
	facts.wanted = "mosh";
	leads(facts, WAY_SSH, NULL);
	facts.wanted = "ssh";
	leads(facts, WAY_SSH, NULL);
	facts.unfit = "locale";
	facts.blocked = true;
	facts.fallback = facts.streams = false;
	leads(facts, WAY_SSH, NULL);
}

static void
whoever_asks_for_ssh_gets_it(void **state)
{
	struct way_facts facts = session;

	(void)state;
	facts.wanted = "ssh";
	leads(facts, WAY_SSH, "");
	facts.fallback = false;
	leads(facts, WAY_SSH, "");
	facts.unfit = "terminal";
	facts.blocked = true;
	leads(facts, WAY_SSH, "");
	/* but not without what that needs */
	facts = session;
	facts.wanted = "ssh";
	facts.streams = false;
	leads(facts, WAY_MOSH, NULL);
}

static void
what_mosh_cannot_use_goes_over_ssh(void **state)
{
	struct way_facts facts = session;

	(void)state;
	facts.unfit = "terminal";
	leads(facts, WAY_SSH, "dumb-terminal");
	facts.unfit = "locale";
	leads(facts, WAY_SSH, "gateway-locale");
	facts.unfit = "window";
	leads(facts, WAY_SSH, "large-window");
	facts.unfit = "many";
	leads(facts, WAY_SSH, "too-many");
	facts.unfit = "locale";
	/* also where UDP is blocked */
	facts.blocked = true;
	leads(facts, WAY_SSH, "gateway-locale");
	/* and what nobody knows is no reason */
	facts = session;
	facts.unfit = "weather";
	leads(facts, WAY_MOSH, NULL);
}

static void
or_nowhere_if_it_may_not(void **state)
{
	struct way_facts facts = session;

	(void)state;
	facts.unfit = "locale";
	facts.fallback = false;
	leads(facts, WAY_NONE, "gateway-locale");
	facts.fallback = true;
	facts.streams = false;
	leads(facts, WAY_NONE, "gateway-locale");
	facts.streams = true;
	facts.wanted = "mosh";
	leads(facts, WAY_NONE, "gateway-locale");
}

static void
where_udp_is_blocked_it_goes_over_ssh(void **state)
{
	struct way_facts facts = session;

	(void)state;
	facts.blocked = true;
	leads(facts, WAY_SSH, "udp-blocked");
	facts.wanted = "something";
	leads(facts, WAY_SSH, "udp-blocked");
}

static void
or_is_tried_all_the_same_if_it_may_not(void **state)
{
	struct way_facts facts = session;

	(void)state;
	facts.blocked = true;
	facts.fallback = false;
	leads(facts, WAY_MOSH, NULL);
	facts.fallback = true;
	facts.streams = false;
	leads(facts, WAY_MOSH, NULL);
	facts.streams = true;
	facts.wanted = "mosh";
	leads(facts, WAY_MOSH, NULL);
}

/* Whatever else holds: it is as NEVER says. */
static void
for_all(void (*never)(const struct way_facts *facts, enum way way))
{
	static const char *const wanted[] = { NULL, "mosh", "ssh", "" };
	static const char *const unfit[] = { NULL, "terminal", "locale" };

	for (unsigned bits = 0; bits < 16 * 12; bits++) {
		const struct way_facts facts = {
			.terminal = (bits & 1) != 0,
			.streams = (bits & 2) != 0,
			.fallback = (bits & 4) != 0,
			.blocked = (bits & 8) != 0,
			.wanted = wanted[bits / 16 % 4],
			.unfit = unfit[bits / 64],
		};
		const struct refusal *why;

		never(&facts, way_choose(&facts, &why));
		/* who is not told why goes by mosh, or has a command */
		assert_int_equal(why == NULL,
		    !facts.terminal || way_choose(&facts, &why) == WAY_MOSH);
	}
}

static void
ssh_needs_streams(const struct way_facts *facts, enum way way)
{
	if (facts->terminal && !facts->streams)
		assert_int_not_equal(way, WAY_SSH);
}

static void
mosh_needs_what_it_can_use(const struct way_facts *facts, enum way way)
{
	if (!facts->terminal || facts->unfit != NULL)
		assert_int_not_equal(way, WAY_MOSH);
}

static void
no_way_leads_where_it_cannot(void **state)
{
	(void)state;
	for_all(ssh_needs_streams);
	for_all(mosh_needs_what_it_can_use);
}

static void
falling_back_needs_leave_streams_and_no_wish_for_mosh(void **state)
{
	struct way_facts facts = session;

	(void)state;
	assert_true(way_may_fall_back(&facts));
	facts.fallback = false;
	assert_false(way_may_fall_back(&facts));
	facts = session;
	facts.streams = false;
	assert_false(way_may_fall_back(&facts));
	facts = session;
	facts.wanted = "mosh";
	assert_false(way_may_fall_back(&facts));
	facts.wanted = "ssh";
	assert_true(way_may_fall_back(&facts));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_goes_by_mosh),
		cmocka_unit_test(
		    a_command_goes_over_ssh_and_nobody_is_told_why),
		cmocka_unit_test(whoever_asks_for_ssh_gets_it),
		cmocka_unit_test(what_mosh_cannot_use_goes_over_ssh),
		cmocka_unit_test(or_nowhere_if_it_may_not),
		cmocka_unit_test(where_udp_is_blocked_it_goes_over_ssh),
		cmocka_unit_test(or_is_tried_all_the_same_if_it_may_not),
		cmocka_unit_test(no_way_leads_where_it_cannot),
		cmocka_unit_test(
		    falling_back_needs_leave_streams_and_no_wish_for_mosh),
	};

	return cmocka_run_group_tests_name("way", tests, NULL, NULL);
}
