#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <time.h>

#include "usermapfile.h"

/*
 * A file that is damaged from the start
 */

static const struct damage {
	const char *text;
	size_t len;
	const char *fault;
	bool alice, bob; /* are found still */
} damages[] = {
#define TEXT(text) text, sizeof(text) - 1
	{ TEXT(""), "empty", false, false },
	{ TEXT(ALICE "bob:1500000001"), "its last line is cut off", true,
	    false },
	{ TEXT(ALICE "bob:15000"), "its last line is cut off", true, false },
	{ TEXT(ALICE BOB "b"), "its last line is cut off", true, true },
	{ TEXT("# The user"), "its last line is cut off", false, false },
	{ TEXT(ALICE "nonsense\n" BOB), "line 2 is not name:uid", true, true },
	{ TEXT(ALICE BOB "<<<<<<<\n"), "line 3 is not name:uid", true, true },
	{ TEXT(ALICE "\n" BOB), "line 2 is not name:uid", true, true },
	{ TEXT(ALICE " " BOB), "line 2 is not name:uid", true, false },
	{ TEXT(ALICE "bob:1500000001 \n"), "line 2 is not name:uid", true,
	    false },
	{ TEXT(ALICE "bob:1500000001\r\n"), "line 2 is not name:uid", true,
	    false },
	{ TEXT(ALICE "bob:x:1500000001:1500000001\n"), "line 2 is not name:uid",
	    true, false },
	{ TEXT(ALICE "bob:\n"), "line 2 is not name:uid", true, false },
	{ TEXT(ALICE "bob\n"), "line 2 is not name:uid", true, false },
	{ TEXT(ALICE ":1500000001\n"), "line 2 is not name:uid", true, false },
	{ TEXT(ALICE "bob:0\n"), "line 2 is not name:uid", true, false },
	{ TEXT(ALICE "bob:999\n"), "line 2 is not name:uid", true, false },
	{ TEXT(ALICE "bob:65534\n"), "line 2 is not name:uid", true, false },
	{ TEXT(ALICE "bob:65535\n"), "line 2 is not name:uid", true, false },
	{ TEXT(ALICE "bob:2000000001\n"), "line 2 is not name:uid", true,
	    false },
	{ TEXT(ALICE "bob:4294967295\n"), "line 2 is not name:uid", true,
	    false },
	{ TEXT(ALICE "bob:5794967297\n"), "line 2 is not name:uid", true,
	    false },
	{ TEXT(ALICE "bob:01500000001\n"), "line 2 is not name:uid", true,
	    false },
	{ TEXT(ALICE "bob:-1500000001\n"), "line 2 is not name:uid", true,
	    false },
	{ TEXT(ALICE "bob:0x5968\n"), "line 2 is not name:uid", true, false },
	{ TEXT(ALICE "-bob:1500000001\n"), "line 2 is not name:uid", true,
	    false },
	{ TEXT(ALICE "b b:1500000001\n"), "line 2 is not name:uid", true,
	    false },
	{ TEXT("\0\0\0\0\0\0\0\0"), "its last line is cut off", false, false },
	{ TEXT("\0\0\0\0\0\0\0\n"), "line 1 is not name:uid", false, false },
	{ TEXT(ALICE BOB "\0\0\0\0"), "its last line is cut off", true, true },
	{ TEXT("\0\0\0\n" ALICE), "line 1 is not name:uid", true, false },
	{ TEXT("\0\0\0" ALICE BOB), "line 1 is not name:uid", false, true },
	{ TEXT(ALICE "bob\0:1500000001\n"), "line 2 is not name:uid", true,
	    false },
	{ TEXT(ALICE "bob:1500\000000001\n"), "line 2 is not name:uid", true,
	    false },
	{ TEXT(ALICE BOB "alice:1500000001\n"), "", true, true },
	{ TEXT(ALICE BOB "alice:1500000002\n"), "alice is in it twice", true,
	    true },
	{ TEXT(ALICE BOB ALICE), "", true, true },
	/* who the uid is cannot be two, and alice came first */
	{ TEXT(ALICE "bob:1500000000\n"), "the uid 1500000000 is in it twice",
	    true, false },
	{ TEXT("carol:1500000000\n" BOB ALICE),
	    "the uid 1500000000 is in it twice", false, true },
};
#define DAMAGES (sizeof(damages) / sizeof(damages[0]))

/* Of the damages above the one at I is what is wrong with USERS. */
static void
is_damaged(struct kept *users, const struct damage *damage)
{
	char *text;
	size_t len;
	uid_t got = 0;

	assert_int_equal(kept_add(users, "carol-ann", FIRST, LAST, &got),
	    USERS_DAMAGED);
	if (damage->fault[0] != '\0')
		assert_string_equal(kept_fault(users), damage->fault);
	has_not(users, "carol-ann");
	if (damage->alice)
		has(users, "alice", FIRST);
	else
		has_not(users, "alice");
	if (damage->bob)
		has(users, "bob", FIRST + 1);
	else
		has_not(users, "bob");
	/* the administrator may want to see it as it is */
	text = scratch_read("users", &len);
	assert_int_equal(len, damage->len);
	assert_memory_equal(text, damage->text, len);
	free(text);
	assert_false(exists("users.new"));
}

static void
nobody_is_added_to_a_damaged_file(void **state)
{
	(void)state;
	for (size_t i = 0; i < DAMAGES; i++) {
		struct kept *users;

		write_bytes(damages[i].text, damages[i].len);
		users = opened();
		assert_int_equal(logged("users-damaged"), i + 1);
		is_damaged(users, &damages[i]);
		kept_refresh(users);
		is_damaged(users, &damages[i]);
		kept_close(users);
	}
	assert_int_equal(logged("users-damaged"), DAMAGES);
	assert_int_equal(logged("users-mended"), 0);
}

static void
when_it_is_mended_by_hand_users_are_added(void **state)
{
	(void)state;
	for (size_t i = 0; i < DAMAGES; i++) {
		struct kept *users;

		write_bytes(damages[i].text, damages[i].len);
		users = opened();
		is_damaged(users, &damages[i]);
		write_text("dave:1500000009\n");
		kept_refresh(users);
		has(users, "dave", FIRST + 9);
		has_not(users, "alice");
		adds(users, "carol", FIRST + 10);
		file_is("# uids given: 1500000009-1500000010\n"
			"dave:1500000009\ncarol:1500000010\n");
		kept_close(users);
	}
	assert_int_equal(logged("users-damaged"), DAMAGES);
	assert_int_equal(logged("users-mended"), 0);
}

static void
when_it_is_only_half_mended_nobody_is_yet(void **state)
{
	struct kept *users;

	(void)state;
	write_text(ALICE BOB "x\n\n");
	users = opened();
	adds_not(users, "carol", USERS_DAMAGED, "line 3 is not name:uid");
	write_text(BOB "\n");
	kept_refresh(users);
	assert_int_equal(logged("users-damaged"), 2);
	adds_not(users, "carol", USERS_DAMAGED, "line 2 is not name:uid");
	has_not(users, "alice");
	has(users, "bob", FIRST + 1);
	/* an administrator may begin anew */
	take_away();
	kept_refresh(users);
	has_not(users, "bob");
	adds(users, "carol", FIRST);
	kept_close(users);
}

/* What was seen before of who was there is not forgotten. */
static void
a_copy_that_is_put_back_lets_no_uid_be_given_again(void **state)
{
	struct kept *users;

	(void)state;
	write_text("# uids given: 1500000000-1500000006\n" ALICE BOB "x\n");
	users = opened();
	adds_not(users, "carol", USERS_DAMAGED, "line 4 is not name:uid");
	write_text("# uids given: 1500000000-1500000000\n" ALICE);
	kept_refresh(users);
	has(users, "alice", FIRST);
	has_not(users, "bob");
	/* not even after a restart */
	file_is("# uids given: 1500000000-1500000006\n" ALICE);
	kept_close(users);
	users = opened();
	adds(users, "bob", FIRST + 7);
	kept_close(users);
}

static void
a_file_that_others_may_write_is_damaged(void **state)
{
	static const mode_t modes[] = { 0664, 0646, 0666, 0777, 0620 };
	static const char fault[] = "writable by others than root (chmod go-w)";
	char path[PATH_MAX];

	(void)state;
	scratch_path("users", path);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct kept *users;

		scratch_write("users", GOOD, strlen(GOOD), modes[i]);
		users = opened();
		has_not(users, "alice");
		adds_not(users, "carol", USERS_DAMAGED, fault);
		assert_int_equal(chmod(path, 0644), 0);
		kept_refresh(users);
		has(users, "alice", FIRST);
		adds(users, "carol", FIRST + 2);
		kept_close(users);
	}
}

static void
so_is_one_of_somebody_elses(void **state)
{
	struct kept *users;

	(void)state;
	scratch_need_root();
	write_text(GOOD);
	scratch_own("users", 1000, 0);
	users = opened();
	has_not(users, "alice");
	adds_not(users, "carol", USERS_DAMAGED,
	    "not owned by root (chown root)");
	scratch_own("users", 0, 0);
	kept_refresh(users);
	has(users, "alice", FIRST);
	kept_close(users);
}

static void
so_is_one_that_is_too_long(void **state)
{
	char path[PATH_MAX];
	struct kept *users;

	(void)state;
	write_text(GOOD);
	scratch_path("users", path);
	assert_int_equal(truncate(path, (off_t)USERMAP_MAX_BYTES + 1), 0);
	users = opened();
	adds_not(users, "carol", USERS_DAMAGED, "too long");
	kept_close(users);
}

/* Ways to put something in the place of the file. */

static void
put_link(const char *path)
{
	char target[PATH_MAX];

	scratch_write("target", GOOD, strlen(GOOD), 0644);
	scratch_path("target", target);
	assert_int_equal(symlink("target", path), 0);
}

static void
put_link_to_nowhere(const char *path)
{
	assert_int_equal(symlink("nowhere", path), 0);
}

static void
put_fifo(const char *path)
{
	assert_int_equal(mkfifo(path, 0644), 0);
}

static void
put_directory(const char *path)
{
	assert_int_equal(mkdir(path, 0755), 0);
}

static void (*const others[])(
    const char *) = { put_link, put_link_to_nowhere, put_fifo, put_directory };
#define OTHERS (sizeof(others) / sizeof(others[0]))

static void
what_is_not_a_plain_file_is_damaged(void **state)
{
	static const unsigned patience_s = 20;
	char path[PATH_MAX];

	(void)state;
	scratch_path("users", path);
	alarm(patience_s); /* a FIFO keeps who reads it waiting */
	for (size_t i = 0; i < OTHERS; i++) {
		struct kept *users;

		others[i](path);
		users = opened();
		assert_int_equal(logged("users-damaged"), i + 1);
		has_not(users, "alice");
		adds_not(users, "carol", USERS_DAMAGED, "not a plain file");
		take_away();
		write_text(GOOD);
		kept_refresh(users);
		has(users, "alice", FIRST);
		adds(users, "carol", FIRST + 2);
		kept_close(users);
		take_away();
	}
	alarm(0);
	assert_false(exists("nowhere"));
}

/*
 * A file to which something happens
 */

/* Alice and bob have been added. */
static struct kept *
with_two(void)
{
	struct kept *users = opened();

	adds(users, "alice", FIRST);
	adds(users, "bob", FIRST + 1);
	file_is(GOOD);
	return users;
}

/* What is there now is not taken, and the file is as it was. */
static void
mends(struct kept *users)
{
	const unsigned before = logged("users-mended");

	kept_refresh(users);
	file_is(GOOD);
	has(users, "alice", FIRST);
	has(users, "bob", FIRST + 1);
	assert_int_equal(logged("users-mended"), before + 1);
	/* that is all */
	kept_refresh(users);
	file_is(GOOD);
	assert_int_equal(logged("users-mended"), before + 1);
	assert_int_equal(logged("users-damaged"), 0);
	assert_int_equal(logged("users-failed"), 0);
}

static void
what_makes_no_sense_any_more_is_mended(void **state)
{
	struct kept *users = with_two();

	(void)state;
	for (size_t i = 0; i < DAMAGES; i++) {
		write_bytes(damages[i].text, damages[i].len);
		mends(users);
	}
	adds(users, "carol", FIRST + 2);
	kept_close(users);
}

static void
lost_users_are_put_back(void **state)
{
	static const char *const lost[] = { NEXT, ALICE, BOB, NEXT ALICE,
		"bob:1500000000\n" ALICE, "alice:1500000002\n" BOB,
		"alice:1500000001\nbob:1500000000\n", "Alice:1500000000\n" BOB,
		"carol:1500000002\n", ALICE "carol:1500000002\n", "# empty\n" };
	struct kept *users = with_two();

	(void)state;
	for (size_t i = 0; i < sizeof(lost) / sizeof(lost[0]); i++) {
		write_text(lost[i]);
		mends(users);
	}
	kept_close(users);
}

static void
a_file_that_is_deleted_comes_back(void **state)
{
	struct kept *users = with_two();

	(void)state;
	take_away();
	mends(users);
	kept_close(users);
}

static void
a_file_that_is_truncated_in_place_is_mended(void **state)
{
	struct kept *users = with_two();
	char path[PATH_MAX];

	(void)state;
	scratch_path("users", path);
	for (off_t len = 0; len < 100; len++) {
		assert_int_equal(truncate(path, len), 0);
		mends(users);
	}
	kept_close(users);
}

static void
a_file_that_others_may_write_is_made_anew(void **state)
{
	struct kept *users = with_two();
	char path[PATH_MAX];

	(void)state;
	scratch_path("users", path);
	assert_int_equal(chmod(path, 0664), 0);
	mends(users);
	assert_int_equal(chmod(path, 0666), 0);
	mends(users);
	if (geteuid() == 0) {
		scratch_own("users", 1000, 1000);
		mends(users);
	}
	kept_close(users);
}

static void
what_is_put_in_its_place_gives_way(void **state)
{
	struct kept *users = with_two();
	char path[PATH_MAX], *target;
	size_t len;

	(void)state;
	scratch_path("users", path);
	for (size_t i = 0; i < OTHERS; i++) {
		if (others[i] == put_directory)
			continue;
		take_away();
		others[i](path);
		mends(users);
	}
	/* what the link led to was not written to */
	target = scratch_read("target", &len);
	assert_string_equal(target, GOOD);
	free(target);
	assert_false(exists("nowhere"));
	kept_close(users);
}

static void
what_cannot_be_mended_is_when_it_can(void **state)
{
	struct kept *users = with_two();
	char path[PATH_MAX];

	(void)state;
	scratch_path("users", path);
	assert_int_equal(truncate(path, 0), 0);
	limit_files(50);
	for (int i = 0; i < 3; i++) {
		kept_refresh(users);
		has(users, "alice", FIRST);
		assert_false(exists("users.new"));
	}
	limit_files(RLIM_INFINITY);
	assert_int_equal(logged("users-failed"), 1);
	kept_refresh(users);
	file_is(GOOD);
	assert_int_equal(logged("users-mended"), 1);
	/* or when the next user comes */
	assert_int_equal(truncate(path, 0), 0);
	limit_files(50);
	kept_refresh(users);
	limit_files(RLIM_INFINITY);
	assert_int_equal(logged("users-failed"), 2);
	adds(users, "carol", FIRST + 2);
	file_is("# uids given: 1500000000-1500000002\n" ALICE BOB
		"carol:1500000002\n");
	kept_close(users);
}

static void
a_directory_in_its_place_has_to_be_taken_away(void **state)
{
	struct kept *users = with_two();
	char path[PATH_MAX];

	(void)state;
	scratch_path("users", path);
	take_away();
	put_directory(path);
	kept_refresh(users);
	adds_not(users, "carol", USERS_FAILED,
	    "cannot be written: Is a directory");
	has(users, "alice", FIRST);
	assert_int_equal(logged("users-failed"), 1);
	take_away();
	kept_refresh(users);
	file_is(GOOD);
	adds(users, "carol", FIRST + 2);
	kept_close(users);
}

static void
lines_that_root_adds_are_taken(void **state)
{
	struct kept *users = with_two();

	(void)state;
	write_text(GOOD "zoe:1500000040\n");
	kept_refresh(users);
	has(users, "zoe", FIRST + 40);
	has(users, "alice", FIRST);
	adds(users, "carol", FIRST + 2);
	file_is("# uids given: 1500000000-1500000002\n"
		"# uids given: 1500000040-1500000040\n" ALICE BOB
		"zoe:1500000040\ncarol:1500000002\n");
	/* in any order, with other comments, and in no other range */
	write_text("# mine\ncarol:1500000002\nyan:1234\nzoe:1500000040\n" BOB
		   "# theirs\n" ALICE);
	kept_refresh(users);
	has(users, "bob", FIRST + 1);
	has(users, "carol", FIRST + 2);
	has(users, "zoe", FIRST + 40);
	has(users, "yan", 1234);
	has(users, "alice", FIRST);
	adds(users, "dave", FIRST + 3);
	kept_close(users);
	assert_int_equal(logged("users-mended"), 0);
	assert_int_equal(logged("users-damaged"), 0);
}

/* A user who is found out about by the remote may take seconds. */
static void
even_just_before_a_user_is_added(void **state)
{
	struct kept *users = with_two();

	(void)state;
	write_text(GOOD "zoe:1500000002\n");
	adds(users, "carol", FIRST + 3);
	has(users, "zoe", FIRST + 2);
	file_is("# uids given: 1500000000-1500000003\n" ALICE BOB
		"zoe:1500000002\ncarol:1500000003\n");
	write_text("# uids given: 1500000000-1500000003\n" ALICE BOB
		   "zoe:1500000002\ncarol:1500000003\ndave:1500000020\n");
	adds(users, "dave", FIRST + 20);
	file_has(5);
	kept_close(users);
}

static void
a_file_that_appears_is_read(void **state)
{
	struct kept *users = opened();

	(void)state;
	write_text(GOOD);
	kept_refresh(users);
	has(users, "alice", FIRST);
	kept_close(users);
	take_away();
	users = opened();
	write_text(GOOD);
	adds(users, "carol", FIRST + 2);
	has(users, "alice", FIRST);
	kept_close(users);
}

/* The line that tells can be lost with a copy of the rest. */
static void
the_uids_that_were_given_are_put_back(void **state)
{
	struct kept *users = with_two();

	(void)state;
	adds(users, "carol", FIRST + 2);
	kept_close(users);
	write_text("# uids given: 1500000000-1500000002\n" ALICE BOB);
	users = opened();
	write_text(ALICE BOB);
	kept_refresh(users);
	assert_int_equal(logged("users-mended"), 0);
	file_is("# uids given: 1500000000-1500000002\n" ALICE BOB);
	kept_close(users);
}

/*
 * A disk, or directory, that does not take it
 */

static void
on_a_full_disk_the_old_file_stays(void **state)
{
	struct kept *users = with_two();

	(void)state;
	for (rlim_t bytes = 0; bytes < 120; bytes += 7) {
		limit_files(bytes);
		adds_not(users, "carol", USERS_FAILED,
		    "cannot be written: File too large");
		limit_files(RLIM_INFINITY);
		file_is(GOOD);
	}
	has(users, "alice", FIRST);
	adds(users, "carol", FIRST + 2);
	file_is("# uids given: 1500000000-1500000002\n" ALICE BOB
		"carol:1500000002\n");
	kept_close(users);
}

static void
the_first_user_leaves_nothing_on_a_full_disk(void **state)
{
	struct kept *users = opened();

	(void)state;
	limit_files(0);
	adds_not(users, "alice", USERS_FAILED,
	    "cannot be written: File too large");
	limit_files(RLIM_INFINITY);
	assert_false(exists("users"));
	assert_false(exists("users.new"));
	adds(users, "alice", FIRST);
	kept_close(users);
}

/* The mode of the scratch directory becomes MODE. */
static void
open_up(mode_t mode)
{
	be_nobody(false);
	assert_int_equal(fchmodat(cwd_fd, scratch_dir, mode, 0), 0);
	be_nobody(true);
}

/* The scratch directory, to which only root can get, is the current one. */
static struct kept *
opened_here(mode_t mode)
{
	struct kept *users;

	assert_int_equal(chmod(scratch_dir, mode | S_IXUSR), 0);
	assert_int_equal(chdir(scratch_dir), 0);
	open_up(mode);
	users = kept_open(".");
	assert_non_null(users);
	return users;
}

static void
a_directory_that_cannot_be_written_to_is_told(void **state)
{
	struct kept *users = opened_here(0555);

	(void)state;
	adds_not(users, "alice", USERS_FAILED,
	    "cannot be written: Permission denied");
	open_up(0777);
	adds(users, "alice", FIRST);
	kept_close(users);
}

static void
a_directory_that_is_not_there_is_told(void **state)
{
	struct kept *users = kept_open("/nowhere/map");

	(void)state;
	assert_non_null(users);
	adds_not(users, "alice", USERS_FAILED,
	    "cannot be written: No such file or directory");
	kept_close(users);
}

/* There could be users in it. */
static void
a_directory_that_cannot_be_searched_is_no_empty_one(void **state)
{
	static const char fault[] = "cannot be read: Permission denied";
	struct kept *users;

	(void)state;
	write_text(GOOD);
	users = opened_here(0);
	assert_int_equal(logged("users-damaged"), 1);
	adds_not(users, "carol", USERS_DAMAGED, fault);
	open_up(0777);
	kept_refresh(users);
	has(users, "alice", FIRST);
	adds(users, "carol", FIRST + 2);
	/* while it was known */
	open_up(0);
	kept_refresh(users);
	has(users, "alice", FIRST);
	open_up(0777);
	kept_refresh(users);
	has(users, "carol", FIRST + 2);
	kept_close(users);
}

static void
but_it_may_turn_out_to_be_one(void **state)
{
	struct kept *users = opened_here(0);

	(void)state;
	adds_not(users, "alice", USERS_DAMAGED,
	    "cannot be read: Permission denied");
	open_up(0777);
	adds(users, "alice", FIRST);
	kept_close(users);
}

static void
what_was_being_written_is_no_obstacle(void **state)
{
	struct kept *users = with_two();
	char path[PATH_MAX], target[PATH_MAX], *text;
	size_t len;

	(void)state;
	scratch_write("users.new", "carol:15", 8, 0400);
	kept_close(users);
	users = opened();
	assert_int_equal(logged("users-damaged"), 0);
	adds(users, "carol", FIRST + 2);
	file_is("# uids given: 1500000000-1500000002\n" ALICE BOB
		"carol:1500000002\n");
	/* nor a link, to what is not to be written to */
	scratch_write("target", "mine", 4, 0600);
	scratch_path("users.new", path);
	scratch_path("target", target);
	assert_int_equal(symlink("target", path), 0);
	adds(users, "dave", FIRST + 3);
	text = scratch_read("target", &len);
	assert_string_equal(text, "mine");
	free(text);
	kept_close(users);
}

static void
what_is_written_all_can_read(void **state)
{
	const mode_t mask = umask(0777);
	struct kept *users = opened();

	(void)state;
	adds(users, "alice", FIRST);
	umask(mask);
	file_is("# uids given: 1500000000-1500000000\n" ALICE);
	kept_close(users);
}

/* Descriptor FD, the next one to be given, is free. */
static void
is_next(int fd)
{
	assert_int_equal(open("/dev/null", O_RDONLY | O_CLOEXEC), fd);
	close(fd);
}

/* Nothing stays open that the helper, or its workers, would have for good. */
static void
files_are_closed(void **state)
{
	const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct kept *users;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	users = with_two();
	limit_files(0);
	adds_not(users, "carol", USERS_FAILED,
	    "cannot be written: File too large");
	limit_files(RLIM_INFINITY);
	write_text("x");
	mends(users);
	kept_close(users);
	is_next(fd);
}

/*
 * Being killed
 */

/* There is room for as many as a fast disk can take. */
#define KILLED_LAST (FIRST + 49999)

/* What the one who is to be killed tells of a user who has been added. */
struct told {
	unsigned round, n;
	uid_t uid;
};

static void
name_of(unsigned round, unsigned n, char name[32])
{
	snprintf(name, 32, "r%u-n%u", round, n);
}

/* Add users, tell each to FD, and never return. */
static void
add_forever(unsigned round, int fd)
{
	struct kept *users = kept_open(scratch_dir);
	struct told told = { .round = round };
	char name[32];

	for (; users != NULL; told.n++) {
		name_of(round, told.n, name);
		if (kept_add(users, name, FIRST, KILLED_LAST, &told.uid) !=
			USERS_OK ||
		    write(fd, &told, sizeof(told)) != sizeof(told))
			break;
	}
	_exit(1);
}

static bool
hear(int fd, struct told *told)
{
	return read(fd, told, sizeof(*told)) == sizeof(*told);
}

/* Sleep NS nanoseconds, and see meanwhile that the file is whole all the time. */
static void
watch(long ns)
{
	struct timespec begin, now;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	do {
		struct kept *users = opened();

		kept_close(users);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - begin.tv_sec) * 1000000000L + now.tv_nsec -
		begin.tv_nsec <
	    ns);
	assert_int_equal(logged("users-damaged"), 0);
}

/* Those COUNT who were TOLD of are there. */
static void
all_are_there(const struct kept *users, const struct told *told, size_t count)
{
	char name[32];

	for (size_t i = 0; i < count; i++) {
		name_of(told[i].round, told[i].n, name);
		has(users, name, told[i].uid);
	}
}

static void
whoever_is_killed_leaves_a_whole_file_with_all_who_were_added(void **state)
{
	static struct told told[KILLED_LAST - FIRST];
	const unsigned rounds = 60;
	struct kept *users;
	uint32_t random = 1;
	size_t count = 0;

	(void)state;
	for (unsigned round = 0; round < rounds; round++) {
		const size_t before = count;
		char name[32];
		int fds[2], status;
		pid_t pid;

		assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
		fflush(stderr);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			add_forever(round, fds[1]);
		close(fds[1]);
		random = random * 1664525 + 1013904223;
		for (uint32_t n = random >> 16 & 3; n > 0; n--)
			count += hear(fds[0], &told[count]);
		watch((random >> 8) % 8000000);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		while (hear(fds[0], &told[count]))
			count++;
		close(fds[0]);
		users = opened();
		all_are_there(users, &told[before], count - before);
		/* in each round one may have been added who was not told of */
		assert_in_range(file_count(), count, count + round + 1);
		name_of(round, UINT_MAX, name);
		assert_int_equal(kept_add(users, name, FIRST, KILLED_LAST,
				     &told[count].uid),
		    USERS_OK);
		told[count].round = round;
		told[count++].n = UINT_MAX;
		kept_close(users);
		assert_false(exists("users.new"));
	}
	users = opened();
	all_are_there(users, told, count);
	kept_close(users);
	assert_int_equal(logged("users-damaged"), 0);
	assert_true(count > 2 * (size_t)rounds);
}

int
main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(nobody_is_added_to_a_damaged_file),
		TEST(when_it_is_mended_by_hand_users_are_added),
		TEST(when_it_is_only_half_mended_nobody_is_yet),
		TEST(a_copy_that_is_put_back_lets_no_uid_be_given_again),
		TEST(a_file_that_others_may_write_is_damaged),
		TEST(so_is_one_of_somebody_elses),
		TEST(so_is_one_that_is_too_long),
		TEST(what_is_not_a_plain_file_is_damaged),
		TEST(what_makes_no_sense_any_more_is_mended),
		TEST(lost_users_are_put_back),
		TEST(a_file_that_is_deleted_comes_back),
		TEST(a_file_that_is_truncated_in_place_is_mended),
		TEST(a_file_that_others_may_write_is_made_anew),
		TEST(what_is_put_in_its_place_gives_way),
		TEST(what_cannot_be_mended_is_when_it_can),
		TEST(a_directory_in_its_place_has_to_be_taken_away),
		TEST(lines_that_root_adds_are_taken),
		TEST(even_just_before_a_user_is_added),
		TEST(a_file_that_appears_is_read),
		TEST(the_uids_that_were_given_are_put_back),
		TEST(on_a_full_disk_the_old_file_stays),
		TEST(the_first_user_leaves_nothing_on_a_full_disk),
		TEST(a_directory_that_cannot_be_written_to_is_told),
		TEST(a_directory_that_is_not_there_is_told),
		TEST(a_directory_that_cannot_be_searched_is_no_empty_one),
		TEST(but_it_may_turn_out_to_be_one),
		TEST(what_was_being_written_is_no_obstacle),
		TEST(what_is_written_all_can_read),
		TEST(files_are_closed),
		TEST(
		    whoever_is_killed_leaves_a_whole_file_with_all_who_were_added),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("userfile", tests, NULL, NULL);
}
