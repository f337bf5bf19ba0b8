/*
 * What is said when the remote can't be reached, or does not do what it is
 * asked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../../helper/worker/failure.h"

/* True if C may be in a reason: it is one word of a log line. */
static bool
in_a_reason(char c)
{
	return (c >= 'a' && c <= 'z') || c == '-';
}

static void
each_failure_has_a_reason_a_sentence_and_a_remedy(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FAILURES; i++) {
		const struct refusal refusal = failure_refusal(i, NULL);
		const size_t len = strlen(refusal.sentence);

		assert_true(refusal.reason[0] != '\0');
		for (const char *c = refusal.reason; *c != '\0'; c++)
			assert_true(in_a_reason(*c));
		assert_true(len > 1 && refusal.sentence[len - 1] == '.');
		assert_string_equal(refusal.sentence, failure_sentence(i));
		assert_null(refusal.detail);
		/* nobody is there to do anything */
		if (i == FAILURE_NONE || i == FAILURE_ABANDONED)
			continue;
		assert_true(refusal.remedy[0] != '\0');
		/* it stands in the middle of a line */
		assert_true(refusal.remedy[strlen(refusal.remedy) - 1] != '.');
	}
}

static void
only_those_of_the_host_key_share_a_reason(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FAILURES; i++) {
		const struct refusal one = failure_refusal(i, NULL);

		for (unsigned j = i + 1; j < FAILURES; j++) {
			const struct refusal other = failure_refusal(j, NULL);
			const bool host_key = refusal_is(&one, "host-key") &&
			    refusal_is(&other, "host-key");

			assert_int_equal(refusal_is(&one, other.reason),
			    host_key);
			assert_string_not_equal(one.sentence, other.sentence);
		}
	}
}

static void
a_remote_that_is_down_is_called_so(void **state)
{
	const struct refusal refusal = failure_refusal(FAILURE_UNREACHABLE,
	    NULL);

	(void)state;
	assert_string_equal(refusal.reason, "unreachable");
	assert_string_equal(refusal.sentence,
	    "The remote server cannot be reached from the gateway.");
}

static void
facts_come_along(void **state)
{
	struct failure_facts facts = { 0 };
	struct refusal refusal = failure_refusal(FAILURE_LOST, &facts);

	(void)state;
	assert_string_equal(refusal.detail, "");
	assert_string_equal(refusal.remedy,
	    failure_refusal(FAILURE_LOST, NULL).remedy);
	failure_set_detail(&facts, "%s: %d", "read", 7);
	failure_add_detail(&facts, "; and %s", "more");
	refusal = failure_refusal(FAILURE_LOST, &facts);
	assert_string_equal(refusal.detail, "read: 7; and more");
	failure_set_detail(&facts, "write");
	assert_string_equal(facts.detail, "write");
}

static void
a_remedy_of_its_own_takes_the_place_of_the_usual(void **state)
{
	struct failure_facts facts = { 0 };

	(void)state;
	failure_add_remedy(&facts, "do %s", "this");
	failure_add_remedy(&facts, ", then that");
	assert_string_equal(failure_refusal(FAILURE_HOST_KEY, &facts).remedy,
	    "do this, then that");
	failure_clear(&facts);
	assert_string_equal(facts.remedy, "");
	assert_string_equal(facts.detail, "");
	assert_string_equal(failure_refusal(FAILURE_HOST_KEY, &facts).remedy,
	    failure_refusal(FAILURE_HOST_KEY, NULL).remedy);
}

static void
what_is_too_long_is_cut(void **state)
{
	struct failure_facts facts = { 0 };
	char part[101];

	(void)state;
	memset(part, 'x', sizeof(part) - 1);
	part[sizeof(part) - 1] = '\0';
	for (size_t i = 0; i < 2 * FAILURE_DETAIL_BYTES / sizeof(part); i++) {
		failure_add_detail(&facts, "%s", part);
		failure_add_remedy(&facts, "%s", part);
	}
	assert_int_equal(strlen(facts.detail), FAILURE_DETAIL_BYTES - 1);
	assert_int_equal(strlen(facts.remedy), FAILURE_REMEDY_BYTES - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    each_failure_has_a_reason_a_sentence_and_a_remedy),
		cmocka_unit_test(only_those_of_the_host_key_share_a_reason),
		cmocka_unit_test(a_remote_that_is_down_is_called_so),
		cmocka_unit_test(facts_come_along),
		cmocka_unit_test(
		    a_remedy_of_its_own_takes_the_place_of_the_usual),
		cmocka_unit_test(what_is_too_long_is_cut),
	};

	return cmocka_run_group_tests_name("failure", tests, NULL, NULL);
}
