#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pwd.h>

#include "../../helper/gateway/account.h"

/* What the name service says next. */
static struct {
	struct passwd *found;
	int error;
} service;

struct passwd *
getpwnam(const char *name)
{
	(void)name;
	/* that of an earlier call must not count */
	assert_int_equal(errno, 0);
	errno = service.error;
	return service.found;
}

struct passwd *
getpwuid(uid_t uid)
{
	(void)uid;
	assert_int_equal(errno, 0);
	errno = service.error;
	return service.found;
}

/* The name service says ERROR, and both answers are EXPECTED. */
static void
answers(struct passwd *found, int error, enum account expected)
{
	service.found = found;
	service.error = error;
	errno = EIO;
	assert_int_equal(account_by_name("alice"), expected);
	errno = EIO;
	assert_int_equal(account_by_uid(65536), expected);
}

static void
an_account_is_there(void **state)
{
	struct passwd alice = { 0 };

	(void)state;
	answers(&alice, 0, ACCOUNT_THERE);
	/* some source was asked before the one that has it */
	answers(&alice, ENOENT, ACCOUNT_THERE);
	answers(&alice, ECONNREFUSED, ACCOUNT_THERE);
}

static void
without_an_error_there_is_none(void **state)
{
	(void)state;
	answers(NULL, 0, ACCOUNT_NONE);
}

static void
a_directory_that_is_down_leaves_it_open(void **state)
{
	/* the last ones are what getpwnam(3) takes for "not found" */
	static const int errors[] = { ECONNREFUSED, ETIMEDOUT, EAGAIN,
		ECONNRESET, EHOSTUNREACH, EACCES, EPIPE, EINTR, EIO, EMFILE,
		ENFILE, ENOMEM, ERANGE, ENOENT, ESRCH, EBADF, EPERM };

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		answers(NULL, errors[i], ACCOUNT_UNKNOWN);
		assert_int_equal(errno, errors[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_account_is_there),
		cmocka_unit_test(without_an_error_there_is_none),
		cmocka_unit_test(a_directory_that_is_down_leaves_it_open),
	};

	return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
