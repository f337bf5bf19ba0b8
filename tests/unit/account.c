/*
 * What the name service says of an account, whatever its sources are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../../helper/accounts/account.h"

#define USERS 770

/* What the name service says: an account has USERS if it is in the group. */
static struct {
	struct passwd found[3]; /* by name; up to the one without a name */
	const char *called;     /* what each uid is called; NULL: by no name */
	int error;              /* where there is none, and for uids */
	int group_error;        /* of the group; -1: there is no such group */
} service;

static void
says(const char *name, uid_t uid, const char *called)
{
	static char shell[] = "/bin/sh";

	memset(&service, 0, sizeof(service));
	service.found[0].pw_name = strdup(name);
	service.found[0].pw_uid = uid;
	service.found[0].pw_shell = shell;
	service.called = called;
}

static int
forget(void **state)
{
	(void)state;
	free(service.found[0].pw_name);
	memset(&service, 0, sizeof(service));
	return 0;
}

struct passwd *
getpwnam(const char *name)
{
	/* that of an earlier call must not count */
	assert_int_equal(errno, 0);
	errno = service.error;
	for (struct passwd *p = service.found; p->pw_name != NULL; p++) {
		if (strcasecmp(p->pw_name, name) == 0 &&
		    (strcmp(p->pw_name, name) == 0 || p->pw_uid == 1))
			return p;
	}
	return NULL;
}

struct passwd *
getpwuid(uid_t uid)
{
	static struct passwd account;
	static char name[128];

	assert_int_equal(errno, 0);
	errno = service.error;
	if (service.called == NULL)
		return NULL;
	snprintf(name, sizeof(name), "%s", service.called);
	account = service.found[0];
	account.pw_name = name;
	account.pw_uid = uid;
	return &account;
}

struct group *
getgrnam(const char *name)
{
	static struct group group = { .gr_gid = USERS };

	assert_string_equal(name, "moshgate");
	assert_int_equal(errno, 0);
	errno = service.group_error > 0 ? service.group_error : 0;
	return service.group_error == 0 ? &group : NULL;
}

int
getgrouplist(const char *user, gid_t group, gid_t *groups, int *ngroups)
{
	assert_true(*ngroups > 2);
	groups[0] = group;
	groups[1] = strcmp(user, "alice") == 0 ? USERS : 1;
	*ngroups = 2;
	return 2;
}

static struct directory_answer
look(const char *name)
{
	struct directory_asked asked = { 0 };
	struct directory_answer answer;

	memset(&answer, 0x55, sizeof(answer));
	errno = EIO;
	asked.key = DIRECTORY_BY_NAME;
	snprintf(asked.name, sizeof(asked.name), "%s", name);
	account_look(&asked, &answer);
	return answer;
}

static struct directory_answer
look_uid(uid_t uid)
{
	struct directory_asked asked = { 0 };
	struct directory_answer answer;

	memset(&answer, 0x55, sizeof(answer));
	errno = EIO;
	asked.key = DIRECTORY_BY_UID;
	asked.uid = uid;
	account_look(&asked, &answer);
	return answer;
}

static void
is_alice(struct directory_answer answer)
{
	assert_int_equal(answer.verdict, DIRECTORY_THERE);
	assert_string_equal(answer.name, "alice");
	assert_int_equal(answer.uid, 65536);
	assert_string_equal(answer.shell, "/bin/sh");
	assert_string_equal(answer.fault, "");
	assert_true(answer.in_group);
	assert_false(answer.shares_uid);
	assert_false(answer.like);
}

static void
an_account_is_there(void **state)
{
	/* some source was asked before the one that has it */
	static const int errors[] = { 0, ENOENT, ECONNREFUSED };

	(void)state;
	says("alice", 65536, "alice");
	for (size_t i = 0; i < 3; i++) {
		service.error = errors[i];
		is_alice(look("alice"));
		is_alice(look_uid(65536));
	}
}

static void
without_an_error_there_is_none(void **state)
{
	(void)state;
	says("alice", 65536, NULL);
	assert_int_equal(look("bob").verdict, DIRECTORY_NONE);
	assert_int_equal(look_uid(65537).verdict, DIRECTORY_NONE);
}

static void
a_directory_that_is_down_leaves_it_open(void **state)
{
	/* the last ones are what getpwnam(3) takes for "not found" */
	static const int errors[] = { ECONNREFUSED, ETIMEDOUT, EAGAIN,
		ECONNRESET, EHOSTUNREACH, EACCES, EPIPE, EINTR, EIO, EMFILE,
		ENFILE, ENOMEM, ERANGE, ENOENT, ESRCH, EBADF, EPERM };

	(void)state;
	says("alice", 65536, NULL);
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		const char *fault = strerror(errors[i]);

		service.error = errors[i];
		assert_int_equal(look("bob").verdict, DIRECTORY_UNKNOWN);
		assert_string_equal(look("bob").fault, fault);
		assert_string_equal(look_uid(65537).fault, fault);
		/* she is there, but what her uid is called nobody knows */
		assert_int_equal(look("alice").verdict, DIRECTORY_UNKNOWN);
		assert_string_equal(look("alice").fault, fault);
	}
}

static void
a_uid_may_be_called_otherwise(void **state)
{
	(void)state;
	says("alice", 65536, "eve");
	assert_true(look("alice").shares_uid);
	service.called = NULL;
	assert_true(look("alice").shares_uid);
}

static void
a_group_may_be_missing_or_unknown(void **state)
{
	(void)state;
	says("carol", 65536, "carol");
	assert_int_equal(look("carol").verdict, DIRECTORY_THERE);
	assert_false(look("carol").in_group);
	service.found[0].pw_gid = USERS;
	assert_true(look("carol").in_group);
	service.group_error = -1;
	assert_int_equal(look("carol").verdict, DIRECTORY_THERE);
	assert_false(look("carol").in_group);
	service.group_error = ETIMEDOUT;
	assert_int_equal(look("carol").verdict, DIRECTORY_UNKNOWN);
	assert_string_equal(look("carol").fault, strerror(ETIMEDOUT));
}

static void
what_differs_in_case_is_like_it(void **state)
{
	(void)state;
	says("alice", 65536, "alice");
	assert_int_equal(look("aLiCe").verdict, DIRECTORY_NONE);
	assert_true(look("aLiCe").like);
	assert_true(look("ALICE").like);
	assert_false(look("alicE2").like);
	assert_false(look("alic").like);
	/* of the passwd file, whatever its case */
	assert_true(look("ROOT").like);
	assert_true(look("Root").like);
	/* there are directories to which both are the same */
	service.found[0].pw_uid = 1;
	assert_int_equal(look("ALICE").verdict, DIRECTORY_THERE);
	assert_string_equal(look("ALICE").name, "alice");
}

static void
what_is_too_long_or_odd_is_left_out(void **state)
{
	char shell[1024];

	(void)state;
	memset(shell, 'x', sizeof(shell));
	shell[sizeof(shell) - 1] = '\0';
	says("CORP\\alice", 65536, "CORP\\alice");
	service.found[0].pw_shell = shell;
	assert_int_equal(look("CORP\\alice").verdict, DIRECTORY_THERE);
	assert_string_equal(look("CORP\\alice").name, "");
	assert_int_equal(look("CORP\\alice").uid, 65536);
	assert_string_equal(look("CORP\\alice").shell, "");
	shell[DIRECTORY_SHELL_CHARS] = '\0';
	assert_string_equal(look_uid(65536).shell, shell);
	service.found[0].pw_shell = NULL;
	assert_string_equal(look_uid(65536).shell, "");
}

#define TEST(name) cmocka_unit_test_teardown(name, forget)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_account_is_there),
		TEST(without_an_error_there_is_none),
		TEST(a_directory_that_is_down_leaves_it_open),
		TEST(a_uid_may_be_called_otherwise),
		TEST(a_group_may_be_missing_or_unknown),
		TEST(what_differs_in_case_is_like_it),
		TEST(what_is_too_long_or_odd_is_left_out),
	};

	return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
