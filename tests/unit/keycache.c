/*
 * How long the keys that were read are good for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../../helper/gateway/keycache.h"

#define ASKED_MS INT64_C(1000000)
#define TTL_S 60

/* A cache with TEXT, asked for at ASKED_MS. */
static struct keycache
filled(const char *text)
{
	struct keycache cache = { 0 };

	keycache_ask(&cache, ASKED_MS);
	keycache_store(&cache, text, strlen(text));
	return cache;
}

static void
an_empty_one_has_no_keys(void **state)
{
	struct keycache cache = { 0 };

	(void)state;
	assert_false(keycache_is_fresh(&cache, TTL_S, 0));
	assert_int_equal(keycache_tend(&cache, TTL_S, 0), INT64_MAX);
	keycache_forget(&cache);
	keycache_ask(&cache, ASKED_MS);
	assert_false(keycache_is_fresh(&cache, TTL_S, ASKED_MS));
	assert_int_equal(keycache_tend(&cache, TTL_S, 0), INT64_MAX);
}

static void
keys_are_fresh_for_cache_ttl_since_they_were_asked_for(void **state)
{
	struct keycache cache = filled("ssh-ed25519 AAAA\n");

	(void)state;
	assert_int_equal(keycache_tend(&cache, TTL_S, ASKED_MS),
	    ASKED_MS + 60000);
	assert_true(keycache_is_fresh(&cache, TTL_S, ASKED_MS));
	assert_true(keycache_is_fresh(&cache, TTL_S, ASKED_MS + 59999));
	assert_false(keycache_is_fresh(&cache, TTL_S, ASKED_MS + 60000));
	assert_int_equal(cache.len, 17);
	assert_memory_equal(cache.text, "ssh-ed25519 AAAA\n", 17);
	assert_int_equal(keycache_tend(&cache, TTL_S, ASKED_MS + 60000),
	    INT64_MAX);
	assert_null(cache.text);
}

static void
with_cache_ttl_0_they_never_are(void **state)
{
	struct keycache cache = filled("ssh-ed25519 AAAA\n");

	(void)state;
	assert_false(keycache_is_fresh(&cache, 0, ASKED_MS));
	keycache_forget(&cache);
}

static void
that_there_are_none_is_known_as_well(void **state)
{
	struct keycache cache = filled("");

	(void)state;
	assert_true(keycache_is_fresh(&cache, TTL_S, ASKED_MS));
	assert_int_equal(cache.len, 0);
	keycache_forget(&cache);
}

static void
it_has_a_copy(void **state)
{
	struct keycache cache = { 0 };
	char text[] = "one\0two";

	(void)state;
	keycache_ask(&cache, ASKED_MS);
	keycache_store(&cache, text, sizeof(text));
	memset(text, 'x', sizeof(text));
	assert_int_equal(cache.len, 8);
	assert_memory_equal(cache.text, "one\0two", 8);
	keycache_forget(&cache);
}

static void
asking_anew_forgets_what_there_was(void **state)
{
	struct keycache cache = filled("old");

	(void)state;
	keycache_ask(&cache, ASKED_MS + 1000);
	assert_false(keycache_is_fresh(&cache, TTL_S, ASKED_MS + 1000));
	keycache_store(&cache, "newer", 5);
	assert_true(keycache_is_fresh(&cache, TTL_S, ASKED_MS + 60999));
	assert_false(keycache_is_fresh(&cache, TTL_S, ASKED_MS + 61000));
	assert_memory_equal(cache.text, "newer", 5);
	/* also without asking */
	keycache_store(&cache, "newest", 6);
	assert_int_equal(cache.len, 6);
	keycache_forget(&cache);
	assert_null(cache.text);
	assert_false(keycache_is_fresh(&cache, TTL_S, ASKED_MS + 1000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_one_has_no_keys),
		cmocka_unit_test(
		    keys_are_fresh_for_cache_ttl_since_they_were_asked_for),
		cmocka_unit_test(with_cache_ttl_0_they_never_are),
		cmocka_unit_test(that_there_are_none_is_known_as_well),
		cmocka_unit_test(it_has_a_copy),
		cmocka_unit_test(asking_anew_forgets_what_there_was),
	};

	return cmocka_run_group_tests_name("keycache", tests, NULL, NULL);
}
