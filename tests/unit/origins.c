#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "../../helper/gateway/origins.h"

#define START_MS INT64_C(1000000)

/* Where the client of that sshd is; NULL if nothing was noted. */
static const char *
client(const struct origins *origins, const char *sshd_pid, const char *name,
    int64_t now_ms)
{
	const struct origin *origin = origins_find(origins, sshd_pid, name,
	    now_ms);

	return origin != NULL ? origin->client : "nothing";
}

static void
an_sshd_is_known_by_its_pid_and_name(void **state)
{
	struct origins *origins = origins_new();

	(void)state;
	assert_non_null(origins);
	assert_string_equal(client(origins, "7", "alice", START_MS), "nothing");
	origins_note(origins, "7", "alice", "192.0.2.1", 65536, START_MS);
	origins_note(origins, "8", "bob", "2001:db8::1", 65536, START_MS);
	assert_string_equal(client(origins, "7", "alice", START_MS),
	    "192.0.2.1");
	assert_string_equal(client(origins, "8", "bob", START_MS),
	    "2001:db8::1");
	/* one that has died, and whose pid is another's now */
	assert_string_equal(client(origins, "7", "bob", START_MS), "nothing");
	origins_note(origins, "7", "carol", "192.0.2.3", 65536, START_MS);
	assert_string_equal(client(origins, "7", "alice", START_MS), "nothing");
	assert_string_equal(client(origins, "7", "carol", START_MS),
	    "192.0.2.3");
	assert_string_equal(client(origins, "7", "carol",
				START_MS + ORIGINS_KEPT_MS),
	    "nothing");
	origins_free(origins);
}

static void
an_sshd_that_was_told_two_uids_has_none(void **state)
{
	struct origins *origins = origins_new();

	(void)state;
	assert_non_null(origins);
	for (int i = 0; i < 3; i++) {
		origins_note(origins, "7", "alice", "", 65536, START_MS);
		assert_int_equal(origins_find(origins, "7", "alice", START_MS)
				     ->uid,
		    65536);
	}
	for (uid_t uid = 65537; uid > 65535; uid--) {
		origins_note(origins, "7", "alice", "", uid, START_MS);
		assert_int_equal(origins_find(origins, "7", "alice", START_MS)
				     ->uid,
		    0);
	}
	/* another sshd with that pid */
	origins_note(origins, "7", "bob", "", 65537, START_MS);
	assert_int_equal(origins_find(origins, "7", "bob", START_MS)->uid,
	    65537);
	origins_free(origins);
}

static void
the_last_ones_are_kept(void **state)
{
	struct origins *origins = origins_new();
	char pid[16];

	(void)state;
	assert_non_null(origins);
	for (int i = 0; i <= ORIGINS_MAX; i++) {
		snprintf(pid, sizeof(pid), "%d", i + 1);
		for (int again = 0; again < 3; again++)
			origins_note(origins, pid, "alice", "192.0.2.1", 65536,
			    START_MS);
	}
	assert_string_equal(client(origins, "1", "alice", START_MS), "nothing");
	assert_string_equal(client(origins, "2", "alice", START_MS),
	    "192.0.2.1");
	assert_string_equal(client(origins, pid, "alice", START_MS),
	    "192.0.2.1");
	origins_free(origins);
}

static void
what_is_odd_is_not_noted(void **state)
{
	struct origins *origins = origins_new();
	char text[ORIGINS_CLIENT_CHARS + 2];

	(void)state;
	assert_non_null(origins);
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = '1';
	text[sizeof(text) - 1] = '\0';
	origins_note(origins, "", "alice", "192.0.2.1", 65536, START_MS);
	origins_note(origins, "7", "alice", text, 65536, START_MS);
	origins_note(origins, text, "alice", "192.0.2.1", 65536, START_MS);
	assert_string_equal(client(origins, "", "alice", START_MS), "nothing");
	assert_string_equal(client(origins, "7", "alice", START_MS), "nothing");
	assert_string_equal(client(origins, text, "alice", START_MS),
	    "nothing");
	origins_free(origins);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_sshd_is_known_by_its_pid_and_name),
		cmocka_unit_test(an_sshd_that_was_told_two_uids_has_none),
		cmocka_unit_test(the_last_ones_are_kept),
		cmocka_unit_test(what_is_odd_is_not_noted),
	};

	return cmocka_run_group_tests_name("origins", tests, NULL, NULL);
}
