#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/mount.h>

#include <dlfcn.h>
#include <pwd.h>
#include <sched.h>
#include <sodium.h>

#include "usermapfile.h"

/*
 * Uids up to KNOWN_TO, from KNOWN_FROM on, are accounts, and an error that isn't
 * 0 is all that the name service says; for others it is this machine's.
 */
static struct {
	uid_t known_from, known_to;
	int error;
	unsigned asked;
} service;

struct passwd *
getpwuid(uid_t uid)
{
	static struct passwd account;
	struct passwd *(*real)(uid_t);

	service.asked++;
	if (service.error != 0) {
		errno = service.error;
		return NULL;
	}
	account.pw_uid = uid;
	if (uid >= service.known_from && uid <= service.known_to)
		return &account;
	*(void **)&real = dlsym(RTLD_NEXT, "getpwuid");
	return real(uid);
}

static int
begin_with_service(void **state)
{
	memset(&service, 0, sizeof(service));
	return begin(state);
}

/*
 * Uids
 */

static void
a_map_begins_empty(void **state)
{
	struct kept *users = opened();

	(void)state;
	assert_string_equal(kept_fault(users), "");
	has_not(users, "alice");
	has_not(users, "");
	kept_refresh(users);
	has_not(users, "alice");
	assert_false(exists("users"));
	kept_close(users);
	kept_close(NULL);
	assert_int_equal(logged("users-damaged"), 0);
}

static void
users_get_one_uid_after_the_other(void **state)
{
	struct kept *users = opened();

	(void)state;
	adds(users, "alice", FIRST);
	file_is("# uids given: 1500000000-1500000000\n" ALICE);
	adds(users, "bob", FIRST + 1);
	file_is(GOOD);
	has(users, "alice", FIRST);
	has_not(users, "carol");
	has_not(users, "Alice");
	has_not(users, "alic");
	has_not(users, "alice2");
	kept_close(users);
}

static void
users_keep_their_uids(void **state)
{
	struct kept *users = opened();
	char name[USERNAME_MAX_CHARS + 1];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	adds(users, "alice", FIRST);
	adds(users, name, FIRST + 1);
	kept_close(users);
	for (int i = 0; i < 3; i++) {
		users = opened();
		has(users, "alice", FIRST);
		has(users, name, FIRST + 1);
		kept_close(users);
	}
	users = opened();
	adds(users, "...", FIRST + 2);
	kept_close(users);
	users = opened();
	has(users, "alice", FIRST);
	has(users, name, FIRST + 1);
	has(users, "...", FIRST + 2);
	kept_close(users);
	assert_int_equal(logged("users-damaged"), 0);
}

static void
who_is_there_keeps_the_uid_when_added_again(void **state)
{
	struct kept *users = opened();

	(void)state;
	adds(users, "alice", FIRST);
	adds(users, "bob", FIRST + 1);
	adds(users, "alice", FIRST);
	adds_in(users, "bob", FIRST + 50, LAST, FIRST + 1);
	file_is(GOOD);
	kept_close(users);
}

/* The uid could be on files of theirs, on the gateway. */
static void
the_uid_of_who_was_taken_out_is_not_given_again(void **state)
{
	struct kept *users = opened();

	(void)state;
	adds(users, "alice", FIRST);
	adds(users, "bob", FIRST + 1);
	adds(users, "carol", FIRST + 2);
	kept_close(users);
	write_text("# uids given: 1500000000-1500000002\n" ALICE);
	users = opened();
	has_not(users, "carol");
	adds(users, "dave", FIRST + 3);
	kept_close(users);
	/* nor if nobody is left */
	write_text("# uids given: 1500000000-1500000003\n");
	users = opened();
	adds(users, "carol", FIRST + 4);
	kept_close(users);
	/* or without the line that tells, for those in between */
	write_text("carol:1500000004\n" ALICE);
	users = opened();
	adds(users, "bob", FIRST + 5);
	kept_close(users);
}

/* FAULT is that of a range from FIRST to MAX that is full. */
static void
is_full(struct kept *users, const char *name, uid_t max)
{
	char fault[128];
	uid_t got = 0;

	assert_int_equal(kept_add(users, name, FIRST, max, &got), USERS_FULL);
	snprintf(fault, sizeof(fault),
	    "every uid from 1500000000 to %u is or was somebody's", max);
	assert_string_equal(kept_fault(users), fault);
	has_not(users, name);
}

/* Lines are taken out while the helper does not run. */
static void
nor_is_it_when_the_range_ends_below_it(void **state)
{
	struct kept *users = opened();

	(void)state;
	adds(users, "alice", FIRST);
	adds(users, "bob", FIRST + 1);
	adds(users, "carol", FIRST + 2);
	adds(users, "dave", FIRST + 3);
	kept_close(users);
	write_text("# uids given: 1500000000-1500000003\n" ALICE);
	users = opened();
	is_full(users, "eve", FIRST);
	is_full(users, "eve", FIRST + 1);
	is_full(users, "eve", FIRST + 2);
	is_full(users, "eve", FIRST + 3);
	adds_in(users, "eve", FIRST - 10, FIRST - 1, FIRST - 10);
	is_full(users, "faythe", FIRST + 3);
	adds_in(users, "faythe", FIRST + 100, FIRST + 200, FIRST + 100);
	is_full(users, "grace", FIRST + 3);
	kept_close(users);
	users = opened();
	is_full(users, "grace", FIRST + 3);
	adds_in(users, "grace", FIRST, FIRST + 9, FIRST + 4);
	file_is("# uids given: 1499999990-1499999990\n"
		"# uids given: 1500000000-1500000004\n"
		"# uids given: 1500000100-1500000100\n" ALICE
		"eve:1499999990\nfaythe:1500000100\ngrace:1500000004\n");
	kept_close(users);
}

/* An earlier version wrote nothing but the end of what it had given. */
static void
a_file_of_an_earlier_version_has_its_uids_given(void **state)
{
	struct kept *users;

	(void)state;
	write_text("# next uid 1500000004\n" ALICE);
	users = opened();
	for (uid_t max = FIRST; max < FIRST + 4; max++)
		is_full(users, "bob", max);
	adds(users, "bob", FIRST + 4);
	file_is("# uids given: 1-1500000004\n" ALICE "bob:1500000004\n");
	kept_close(users);
	users = opened();
	for (uid_t max = FIRST; max < FIRST + 5; max++)
		is_full(users, "carol", max);
	adds(users, "carol", FIRST + 5);
	kept_close(users);
}

static void
a_line_that_is_not_about_uids_is_a_comment(void **state)
{
	static const char *const lines[] = { "#next uid 200000007\n",
		"# last uid 200000007\n", "## next uid 200000007\n", "#\n",
		"# next uid 199999999\n", "# next uid 0\n", "# next uid 1\n",
		"#uids given: 1-200000007\n", "# uids: 1-200000007\n",
		"# uids given:1-200000007\n", "# uids given: 1-199999999\n" };
	const uid_t first = 200000000;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char text[128];
		struct kept *users;

		snprintf(text, sizeof(text), "%salice:200000000\n", lines[i]);
		write_text(text);
		users = opened();
		adds_in(users, "bob", first, first + 100, first + 1);
		kept_close(users);
	}
	assert_int_equal(logged("users-damaged"), 0);
}

/* What it has said may have been a uid that is somebody's. */
static void
one_about_uids_that_makes_no_sense_is_damage(void **state)
{
	static const char *const lines[] = { "# next uid \n", "# next uid x\n",
		"# next uid 200000007x\n", "# next uid x200000007\n",
		"# next uid +200000007\n", "# next uid -200000007\n",
		"# next uid  200000007\n", "# next uid 00200000007\n",
		"# next uid 18446744073909551623\n", "# next uid 4294967296\n",
		"# next uid 9999999999\n", "# uids given: \n",
		"# uids given: -\n", "# uids given: 200000007\n",
		"# uids given: 200000007-\n", "# uids given: -200000007\n",
		"# uids given: 1-200000007x\n", "# uids given: 1 -200000007\n",
		"# uids given: 1--200000007\n",
		"# uids given: 200000008-200000007\n",
		"# uids given: 1-4294967296\n",
		"# uids given: 1-18446744073909551623\n",
		"# uids given: 18446744073909551617-200000007\n" };
	const size_t count = sizeof(lines) / sizeof(lines[0]);
	const uid_t first = 200000000;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		char text[128];
		struct kept *users;
		uid_t uid;

		snprintf(text, sizeof(text), "#\n%salice:200000000\n",
		    lines[i]);
		write_text(text);
		users = opened();
		has(users, "alice", first);
		assert_int_equal(kept_add(users, "bob", first, first + 100,
				     &uid),
		    USERS_DAMAGED);
		assert_string_equal(kept_fault(users),
		    "what it says of uids makes no sense");
		file_is(text + 2);
		kept_close(users);
	}
	assert_int_equal(logged("users-damaged"), count);
}

/* A line with it would damage the map. */
static void
a_uid_that_means_nobody_is_not_written(void **state)
{
	static const uid_t nobodys[] = { 0, 999, 65534, 65535, 2000000001 };
	struct kept *users = opened();

	(void)state;
	adds(users, "alice", FIRST);
	for (size_t i = 0; i < sizeof(nobodys) / sizeof(nobodys[0]); i++) {
		uid_t uid = nobodys[i];

		assert_int_equal(userfile_add(&users->file, &users->table,
				     "bob", &uid, users->fault),
		    USERS_FAILED);
		has_not(users, "bob");
	}
	file_is("# uids given: 1500000000-1500000000\n" ALICE);
	kept_close(users);
}

static void
a_range_may_become_full(void **state)
{
	static const char fault[] = "every uid from 1500000000 to 1500000001 "
				    "is or was somebody's";
	struct kept *users = opened();
	uid_t got = 0;

	(void)state;
	adds_in(users, "alice", FIRST, FIRST + 1, FIRST);
	adds_in(users, "bob", FIRST, FIRST + 1, FIRST + 1);
	assert_int_equal(kept_add(users, "carol", FIRST, FIRST + 1, &got),
	    USERS_FULL);
	assert_string_equal(kept_fault(users), fault);
	has_not(users, "carol");
	file_is(GOOD);
	kept_close(users);
	/* it is full of those who were, too */
	write_text(NEXT ALICE);
	users = opened();
	assert_int_equal(kept_add(users, "carol", FIRST, FIRST + 1, &got),
	    USERS_FULL);
	adds_in(users, "carol", FIRST, FIRST + 2, FIRST + 2);
	kept_close(users);
}

static void
the_highest_uid_may_be_given(void **state)
{
	const uid_t max = USERMAP_UID_MAX;
	struct kept *users = opened();
	uid_t got = 0;

	(void)state;
	adds_in(users, "alice", max, max, max);
	file_is("# uids given: 2000000000-2000000000\nalice:2000000000\n");
	kept_close(users);
	users = opened();
	has(users, "alice", max);
	assert_int_equal(kept_add(users, "bob", max, max, &got), USERS_FULL);
	adds_in(users, "bob", max - 1, max - 1, max - 1);
	kept_close(users);
	assert_int_equal(logged("users-damaged"), 0);
}

static void
the_range_may_be_moved(void **state)
{
	struct kept *users = opened();

	(void)state;
	adds(users, "alice", FIRST);
	adds(users, "bob", FIRST + 1);
	/* up, and back */
	adds_in(users, "carol", FIRST + 5000, LAST, FIRST + 5000);
	adds_in(users, "dave", FIRST, FIRST + 4999, FIRST + 2);
	has(users, "alice", FIRST);
	/* down, and back, across a restart */
	adds_in(users, "eve", FIRST - 1000, FIRST - 1, FIRST - 1000);
	kept_close(users);
	users = opened();
	adds_in(users, "faythe", FIRST - 1000, FIRST - 1, FIRST - 999);
	adds_in(users, "grace", FIRST, FIRST + 4999, FIRST + 3);
	/* to where it begins among those who are there */
	adds_in(users, "heidi", FIRST + 1, FIRST + 100, FIRST + 4);
	/* larger, on both sides */
	adds_in(users, "ivan", FIRST - 5000, LAST, FIRST - 5000);
	file_has(9);
	has(users, "alice", FIRST);
	has(users, "eve", FIRST - 1000);
	kept_close(users);
}

static void
uids_that_mean_nobody_are_not_given(void **state)
{
	struct kept *users = opened();
	uid_t expected = 65533;
	char name[] = "a";

	(void)state;
	for (; name[0] <= 'd'; name[0]++) {
		while (expected == 65534 || expected == 65535 ||
		    getpwuid(expected) != NULL)
			expected++;
		adds_in(users, name, 65533, 66000, expected++);
	}
	kept_close(users);
	users = opened();
	has(users, "d", expected - 1);
	kept_close(users);
	assert_int_equal(logged("users-damaged"), 0);
}

/*
 * For this process alone TEXT is what is in the passwd file.  False: that can't
 * be done here.
 */
static bool
passwd_is(const char *text)
{
	static bool apart;
	char path[PATH_MAX], whole[PATH_MAX];

	scratch_write("passwd", text, strlen(text), 0644);
	scratch_path("passwd", path);
	apart = apart ||
	    (unshare(CLONE_NEWNS) == 0 &&
		mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	/* by its whole path: "." may be of the mounts as they were before */
	return apart && realpath(path, whole) != NULL &&
	    mount(whole, "/etc/passwd", NULL, MS_BIND, NULL) == 0;
}

static int
end_with_passwd(void **state)
{
	umount2("/etc/passwd", MNT_DETACH);
	return end(state);
}

static void
uids_of_accounts_are_not_given(void **state)
{
	static const char text[] = "root:x:0:0::/root:/bin/sh\n"
				   "one:x:1500000000:1::/:/bin/sh\n"
				   "two:x:1500000001:1::/:/bin/sh\n"
				   "four:x:1500000003:1::/:/bin/sh\n";
	struct kept *users = opened();

	(void)state;
	if (!passwd_is(text)) {
		kept_close(users);
		LEAVE_OUT();
	}
	adds(users, "alice", FIRST + 2);
	adds(users, "bob", FIRST + 4);
	kept_close(users);
}

static void
all_lines_of_the_passwd_file_count(void **state)
{
	static const char root[] = "root:x:0:0::/root:/bin/sh\n";
	const size_t comment = 5000;
	char text[8192], *at = text;
	struct kept *users = opened();

	(void)state;
	at = stpcpy(at, root);
	at = stpcpy(at, "first:x:1500000000:1::/:/bin/sh\n");
	/* so long a line must not make all seem taken, nor hide one */
	at = stpcpy(at, "long:x:1500000003:1:");
	memset(at, 'x', comment);
	at = stpcpy(at + comment, ":/:/bin/sh\n");
	at = stpcpy(at, "between:x:1500000001:1::/:/bin/sh\n");
	stpcpy(at, "after:x:1500000005:1::/:/bin/sh\n");
	if (!passwd_is(text)) {
		kept_close(users);
		LEAVE_OUT();
	}
	assert_non_null(getpwnam("between"));
	adds(users, "alice", FIRST + 2);
	adds(users, "bob", FIRST + 4);
	adds(users, "carol", FIRST + 6);
	kept_close(users);
}

/* A directory service that is down may know who has the uid. */
static void
a_uid_of_which_nobody_can_tell_is_not_given(void **state)
{
	static const int errors[] = { ECONNREFUSED, ETIMEDOUT, EAGAIN, ENOENT };
	struct kept *users = opened();
	char fault[128];

	(void)state;
	adds(users, "alice", FIRST);
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		service.error = errors[i];
		snprintf(fault, sizeof(fault),
		    "cannot tell whether the uid 1500000001 is an account's: "
		    "%s",
		    strerror(errors[i]));
		adds_not(users, "bob", USERS_UNKNOWN, fault);
		adds(users, "alice", FIRST);
	}
	file_is("# uids given: 1500000000-1500000000\n" ALICE);
	service.error = 0;
	adds(users, "bob", FIRST + 1);
	kept_close(users);
}

static void
many_users_are_no_problem(void **state)
{
	const unsigned count = 34000;
	const size_t room = (size_t)count * 24;
	char *text = malloc(room), *at = text, name[16];
	struct kept *users;

	(void)state;
	assert_non_null(text);
	for (unsigned i = 0; i < count; i++)
		at += snprintf(at, 24, "u%06u:%u\n", i, FIRST + i);
	write_bytes(text, (size_t)(at - text));
	users = opened();
	for (unsigned i = 0; i < count; i += 1999) {
		snprintf(name, sizeof(name), "u%06u", i);
		has(users, name, FIRST + i);
	}
	has(users, "u033999", FIRST + count - 1);
	has_not(users, "u034000");
	adds_in(users, "alice", FIRST, FIRST + count, FIRST + count);
	kept_close(users);
	users = opened();
	has(users, "alice", FIRST + count);
	file_has(count + 1);
	/* the first name again, far behind it */
	at += snprintf(at, 24, "u000000:%u\n", FIRST + count);
	write_bytes(text, (size_t)(at - text));
	kept_close(users);
	users = opened();
	adds_not(users, "bob", USERS_DAMAGED, "u000000 is in it twice");
	has(users, "u000000", FIRST);
	kept_close(users);
	free(text);
}

int
main(void)
{
#define TEST(test) \
	cmocka_unit_test_setup_teardown(test, begin_with_service, end)
	const struct CMUnitTest tests[] = {
		TEST(a_map_begins_empty),
		TEST(users_get_one_uid_after_the_other),
		TEST(users_keep_their_uids),
		TEST(who_is_there_keeps_the_uid_when_added_again),
		TEST(the_uid_of_who_was_taken_out_is_not_given_again),
		TEST(nor_is_it_when_the_range_ends_below_it),
		TEST(a_file_of_an_earlier_version_has_its_uids_given),
		TEST(a_line_that_is_not_about_uids_is_a_comment),
		TEST(one_about_uids_that_makes_no_sense_is_damage),
		TEST(a_uid_that_means_nobody_is_not_written),
		TEST(a_range_may_become_full),
		TEST(the_highest_uid_may_be_given),
		TEST(the_range_may_be_moved),
		TEST(uids_that_mean_nobody_are_not_given),
		cmocka_unit_test_setup_teardown(uids_of_accounts_are_not_given,
		    begin_with_service, end_with_passwd),
		cmocka_unit_test_setup_teardown(
		    all_lines_of_the_passwd_file_count, begin_with_service,
		    end_with_passwd),
		TEST(a_uid_of_which_nobody_can_tell_is_not_given),
		TEST(many_users_are_no_problem),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("uids", tests, NULL, NULL);
}
