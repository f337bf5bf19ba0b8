#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/resource.h>
#include <sys/wait.h>

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../helper/hasher/verify.h"
#include "../../helper/passwords.h"

#define MEMORY_BYTES ((size_t)PASSWORDS_MEMORY_MIN_KIB * 1024)

/* The hash of PASSWORD, of little cost. */
static const char *
hash_of(const char *password)
{
	static char hash[crypto_pwhash_STRBYTES];

	assert_int_equal(crypto_pwhash_str(hash, password, strlen(password), 1,
			     MEMORY_BYTES),
	    0);
	return hash;
}

static void
it_says_what_libsodium_says(void **state)
{
	static const char *const all[] = { "x", "", "hunter2", "hunter",
		"h\xc3\xbcnter" };
	const size_t count = sizeof(all) / sizeof(all[0]);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const char *hash = hash_of(all[i]);

		assert_true(passwords_hash_valid(hash));
		for (size_t k = 0; k < count; k++)
			assert_int_equal(verify_password(hash, all[k]),
			    i == k ? VERIFY_RIGHT : VERIFY_WRONG);
	}
}

static void
and_of_any_cost(void **state)
{
	char hash[crypto_pwhash_STRBYTES];

	(void)state;
	assert_int_equal(crypto_pwhash_str(hash, "x", 1, 3, 2 * MEMORY_BYTES),
	    0);
	assert_int_equal(verify_password(hash, "x"), VERIFY_RIGHT);
	assert_int_equal(verify_password(hash, "y"), VERIFY_WRONG);
}

static void
what_stands_for_nobody_is_nobodys(void **state)
{
	const struct passwords none = { 0 };
	bool there;
	const char *hash = passwords_hash(&none, "alice", &there);

	(void)state;
	assert_false(there);
	assert_int_equal(verify_password(hash, "x"), VERIFY_WRONG);
}

static void
without_memory_nobody_can_tell(void **state)
{
	const struct rlimit little = { MEMORY_BYTES / 2, MEMORY_BYTES / 2 };
	const char *hash = hash_of("x");
	int status;
	pid_t pid;

	(void)state;
#ifdef __SANITIZE_ADDRESS__
	skip();
#endif
	pid = fork();
	if (pid == 0) {
		if (setrlimit(RLIMIT_AS, &little) < 0)
			_exit(100);
		_exit((int)verify_password(hash, "x"));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), VERIFY_FAILED);
}

static int
start(void **state)
{
	(void)state;
	return sodium_init() < 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_says_what_libsodium_says),
		cmocka_unit_test(and_of_any_cost),
		cmocka_unit_test(what_stands_for_nobody_is_nobodys),
		cmocka_unit_test(without_memory_nobody_can_tell),
	};

	return cmocka_run_group_tests_name("verify", tests, start, NULL);
}
