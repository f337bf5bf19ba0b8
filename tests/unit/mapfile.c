#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "scratch.h"

#include "../../shim/nss/mapfile.h"

#define SERVICE_UID 1234

/* The last of the users in a list. */
#define NO_MORE NULL

static unsigned asked;

/* The helper's user, as far as these tests know. */
static bool
is_service(uid_t owner)
{
	asked++;
	return owner == SERVICE_UID || owner == geteuid();
}

static bool
is_nobodys(uid_t owner)
{
	(void)owner;
	asked++;
	return false;
}

static void
write_map(const char *text, size_t len)
{
	scratch_write(USERMAP_NAME, text, len, 0644);
}

static void
open_map(struct mapfile *map)
{
	assert_int_equal(mapfile_open(map, scratch_dir, is_service),
	    MAPFILE_OPEN);
}

/* The next user of MAP is NAME; NO_MORE if there is none. */
static void
next_is(struct mapfile *map, const char *name)
{
	struct usermap_entry entry = { .name = "?" };
	const bool there = mapfile_next(map, &entry);

	if (name == NO_MORE) {
		if (there)
			fail_msg("%s is there", entry.name);
		return;
	}
	if (!there)
		fail_msg("no %s", name);
	assert_string_equal(entry.name, name);
}

/* In a map of the LEN bytes at TEXT the users are FIRST and SECOND alone. */
static void
users_are(const char *text, size_t len, const char *first, const char *second)
{
	struct mapfile map;

	write_map(text, len);
	open_map(&map);
	next_is(&map, first);
	next_is(&map, second);
	next_is(&map, NO_MORE);
	next_is(&map, NO_MORE);
	mapfile_close(&map);
}

#define USERS_ARE(text, first, second) \
	users_are(text, sizeof(text) - 1, first, second)

static void
users_come_in_the_order_of_the_file(void **state)
{
	struct usermap_entry entry;
	struct mapfile map;

	(void)state;
	USERS_ARE("zoe:70000\nyan:70001\n", "zoe", "yan");
	open_map(&map);
	assert_true(mapfile_next(&map, &entry));
	assert_int_equal(entry.uid, 70000);
	assert_true(mapfile_next(&map, &entry));
	assert_int_equal(entry.uid, 70001);
	mapfile_close(&map);
}

static void
an_empty_map_has_none(void **state)
{
	(void)state;
	USERS_ARE("", NO_MORE, NO_MORE);
	USERS_ARE("\n", NO_MORE, NO_MORE);
	USERS_ARE("\n\n\n", NO_MORE, NO_MORE);
}

static void
lines_that_are_no_user_are_passed_over(void **state)
{
	(void)state;
	USERS_ARE("# written by moshgate-helper\nzoe:70000\n\nyan:70001\n",
	    "zoe", "yan");
	USERS_ARE("root:0\nzoe:70000\nwww-data:33\nyan:70001\nnobody:65534\n",
	    "zoe", "yan");
	USERS_ARE("zoe:70000\0\nzoe:70000\n\0yan:70001\n\0\nyan:70001\n", "zoe",
	    "yan");
	USERS_ARE("zoe:70000\r\nzoe :70000\nzoe:70000\n\xff\xfe\nyan:70001\n",
	    "zoe", "yan");
}

static void
a_last_line_without_a_newline_is_not_there_yet(void **state)
{
	struct mapfile map;
	char path[PATH_MAX];
	FILE *file;

	(void)state;
	USERS_ARE("zoe:70000\nyan:70001", "zoe", NO_MORE);
	USERS_ARE("zoe:70000", NO_MORE, NO_MORE);
	USERS_ARE("zoe:70000\n#", "zoe", NO_MORE);
	/* it is found as soon as it is */
	write_map("zoe:70000\nyan:7000", 18);
	open_map(&map);
	next_is(&map, "zoe");
	next_is(&map, NO_MORE);
	scratch_path(USERMAP_NAME, path);
	file = fopen(path, "ae");
	assert_non_null(file);
	assert_true(fputs("1\nxu:70002\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	next_is(&map, "yan");
	next_is(&map, "xu");
	next_is(&map, NO_MORE);
	mapfile_close(&map);
}

static void
too_long_a_line_is_passed_over(void **state)
{
	static const size_t lens[] = { USERMAP_LINE_MAX_CHARS,
		USERMAP_LINE_MAX_CHARS + 1, 200, MAPFILE_PIECE_BYTES - 11,
		MAPFILE_PIECE_BYTES - 10, MAPFILE_PIECE_BYTES - 9,
		MAPFILE_PIECE_BYTES, MAPFILE_PIECE_BYTES + 1,
		2 * MAPFILE_PIECE_BYTES, 2 * MAPFILE_PIECE_BYTES + 85, 100000 };
	static const char ends[] = "yan:70001\n";

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		char *text = malloc(11 + lens[i] + sizeof(ends));

		assert_non_null(text);
		memcpy(text, "zoe:70000\n", 10);
		memset(text + 10, 'x', lens[i]);
		/* its end would be a user, and so would the end of that */
		memcpy(text + 10 + lens[i] - 12, "xxx:60000001", 12);
		text[10 + lens[i]] = '\n';
		memcpy(text + 10 + lens[i] + 1, ends, sizeof(ends));
		users_are(text, 10 + lens[i] + sizeof(ends), "zoe", "yan");
		free(text);
	}
}

/* The map of COUNT users, each with its place in it in its name. */
static char *
many_users(size_t count, size_t *len)
{
	char *text = malloc(count * (USERMAP_LINE_MAX_CHARS + 1));
	size_t at = 0;

	assert_non_null(text);
	for (size_t i = 0; i < count; i++)
		at += (size_t)sprintf(text + at, "user%zu%.*s:%zu\n", i,
		    (int)(i % 50),
		    "__________________________________________________",
		    70000 + i);
	*len = at;
	return text;
}

static void
no_user_is_lost_where_one_piece_ends(void **state)
{
	static const size_t count = 20000;
	struct usermap_entry entry;
	struct mapfile map;
	size_t len;
	char *text = many_users(count, &len);

	(void)state;
	assert_true(len > (size_t)100 * MAPFILE_PIECE_BYTES);
	write_map(text, len);
	open_map(&map);
	for (size_t i = 0; i < count; i++) {
		assert_true(mapfile_next(&map, &entry));
		assert_int_equal(entry.uid, 70000 + i);
	}
	assert_false(mapfile_next(&map, &entry));
	assert_int_equal(mapfile_tell(&map), len);
	mapfile_close(&map);
	free(text);
}

static void
reading_goes_on_where_it_stood(void **state)
{
	static const size_t count = 1000;
	struct usermap_entry entry;
	struct mapfile map;
	size_t len, at = 0;
	char *text = many_users(count, &len);

	(void)state;
	write_map(text, len);
	for (size_t i = 0; i < count; i++) {
		open_map(&map);
		mapfile_seek(&map, at);
		assert_true(mapfile_next(&map, &entry));
		assert_int_equal(entry.uid, 70000 + i);
		at = mapfile_tell(&map);
		assert_int_equal(text[at - 1], '\n');
		mapfile_close(&map);
	}
	open_map(&map);
	mapfile_seek(&map, at);
	next_is(&map, NO_MORE);
	/* and back */
	mapfile_seek(&map, 0);
	assert_true(mapfile_next(&map, &entry));
	assert_int_equal(entry.uid, 70000);
	mapfile_close(&map);
	free(text);
}

/* The end of a line is not a user, though it may look like one. */
static void
in_the_middle_of_a_line_reading_goes_on_with_the_next(void **state)
{
	static const char text[] = "zoe:70000\nyan:70001\nxu:70002\n";
	struct mapfile map;

	(void)state;
	write_map(text, sizeof(text) - 1);
	open_map(&map);
	for (size_t i = 0; i < sizeof(text) + 20; i++) {
		mapfile_seek(&map, i);
		next_is(&map,
		    i == 0        ? "zoe"
			: i <= 10 ? "yan"
			: i <= 20 ? "xu"
				  : NO_MORE);
	}
	mapfile_seek(&map, SIZE_MAX);
	next_is(&map, NO_MORE);
	mapfile_close(&map);
}

/* PATH, a directory, has a map that is refused. */
static void
refused_in(const char *dir)
{
	struct mapfile map;

	assert_int_equal(mapfile_open(&map, dir, is_service), MAPFILE_REFUSED);
}

static void
refused(void)
{
	refused_in(scratch_dir);
}

static void
without_a_map_it_is_missing(void **state)
{
	struct mapfile map;
	char path[PATH_MAX];

	(void)state;
	write_map("", 0);
	scratch_path(USERMAP_NAME, path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mapfile_open(&map, scratch_dir, is_service),
	    MAPFILE_MISSING);
	assert_int_equal(mapfile_open(&map, "/nowhere/at/all", is_service),
	    MAPFILE_MISSING);
	refused_in("/dev/null");
	refused_in("/dev/null/x");
}

static void
a_map_that_others_may_write_is_refused(void **state)
{
	static const mode_t good[] = { 0400, 0444, 0600, 0644, 0755 };
	static const mode_t bad[] = { 0664, 0646, 0666, 0622, 0660, 0777 };
	struct mapfile map;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		scratch_write(USERMAP_NAME, "zoe:70000\n", 10, good[i]);
		open_map(&map);
		next_is(&map, "zoe");
		mapfile_close(&map);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		scratch_write(USERMAP_NAME, "zoe:70000\n", 10, bad[i]);
		refused();
	}
}

static void
a_directory_that_others_may_write_is_refused(void **state)
{
	struct mapfile map;

	(void)state;
	write_map("zoe:70000\n", 10);
	for (mode_t mode = 0700; mode <= 0777; mode++) {
		assert_int_equal(chmod(scratch_dir, mode), 0);
		if ((mode & 022) != 0) {
			refused();
		} else {
			open_map(&map);
			mapfile_close(&map);
		}
	}
	assert_int_equal(chmod(scratch_dir, 01777), 0);
	refused();
	assert_int_equal(chmod(scratch_dir, 0700), 0);
}

static void
a_map_of_somebody_elses_is_refused(void **state)
{
	struct mapfile map;

	(void)state;
	scratch_need_root();
	write_map("zoe:70000\n", 10);
	scratch_own(USERMAP_NAME, SERVICE_UID, 0);
	open_map(&map);
	mapfile_close(&map);
	scratch_own(USERMAP_NAME, SERVICE_UID + 1, 0);
	refused();
	scratch_own(USERMAP_NAME, 0, 0);
	scratch_own("", SERVICE_UID, 0);
	open_map(&map);
	mapfile_close(&map);
	scratch_own(USERMAP_NAME, SERVICE_UID, 0);
	open_map(&map);
	mapfile_close(&map);
	scratch_own(USERMAP_NAME, SERVICE_UID + 1, 0);
	refused();
	scratch_own(USERMAP_NAME, SERVICE_UID, 0);
	scratch_own("", SERVICE_UID + 1, 0);
	refused();
	scratch_own("", 0, 0);
}

static void
for_what_is_roots_nobody_is_asked_who_the_helper_is(void **state)
{
	struct mapfile map;

	(void)state;
	scratch_need_root();
	write_map("zoe:70000\n", 10);
	asked = 0;
	assert_int_equal(mapfile_open(&map, scratch_dir, is_nobodys),
	    MAPFILE_OPEN);
	mapfile_close(&map);
	assert_int_equal(asked, 0);
	scratch_own(USERMAP_NAME, SERVICE_UID, 0);
	assert_int_equal(mapfile_open(&map, scratch_dir, is_nobodys),
	    MAPFILE_REFUSED);
	assert_int_equal(asked, 1);
	/* and only once for both */
	asked = 0;
	scratch_own("", SERVICE_UID, 0);
	open_map(&map);
	mapfile_close(&map);
	assert_int_equal(asked, 1);
	scratch_own("", 0, 0);
}

static void
what_is_no_plain_file_is_refused_at_once(void **state)
{
	static const unsigned patience_s = 20;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char path[PATH_MAX], real[PATH_MAX];
	int fd;

	(void)state;
	alarm(patience_s);
	write_map("zoe:70000\n", 10);
	scratch_path(USERMAP_NAME, path);
	scratch_path("real", real);
	assert_int_equal(rename(path, real), 0);
	assert_int_equal(symlink("real", path), 0);
	refused();
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	refused();
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	refused();
	assert_int_equal(rmdir(path), 0);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	if (strlen(path) < sizeof(address.sun_path)) {
		memcpy(address.sun_path, path, strlen(path) + 1);
		assert_int_equal(bind(fd, (const struct sockaddr *)&address,
				     sizeof(address)),
		    0);
		refused();
		assert_int_equal(unlink(path), 0);
	}
	close(fd);
	alarm(0);
}

static void
a_map_has_16_mib_at_most(void **state)
{
	static const char user[] = "\nzoe:70000\n";
	const off_t max = USERMAP_MAX_BYTES;
	struct mapfile map;
	char path[PATH_MAX];
	int fd;

	(void)state;
	write_map("", 0);
	scratch_path(USERMAP_NAME, path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	/* up to the user, a hole */
	assert_int_equal(pwrite(fd, user, 11, max - 11), 11);
	open_map(&map);
	next_is(&map, "zoe");
	next_is(&map, NO_MORE);
	/* it grows while it is read */
	assert_int_equal(pwrite(fd, "yan:70001\n", 10, max), 10);
	next_is(&map, NO_MORE);
	mapfile_seek(&map, (size_t)max);
	next_is(&map, NO_MORE);
	mapfile_close(&map);
	refused();
	assert_int_equal(ftruncate(fd, max + 1), 0);
	refused();
	assert_int_equal(ftruncate(fd, max), 0);
	open_map(&map);
	/* it is cut short while it is read */
	next_is(&map, "zoe");
	assert_int_equal(ftruncate(fd, 0), 0);
	mapfile_seek(&map, (size_t)max - 11);
	next_is(&map, NO_MORE);
	mapfile_seek(&map, 0);
	next_is(&map, NO_MORE);
	mapfile_close(&map);
	close(fd);
}

/* The next descriptors to be given, as many as are needed at once. */
static void
next_two(int fds[2])
{
	for (int i = 0; i < 2; i++) {
		fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		assert_true(fds[i] >= 0);
	}
	close(fds[0]);
	close(fds[1]);
}

static void
what_was_opened_is_closed(void **state)
{
	static void (*const others[])(void **) = { without_a_map_it_is_missing,
		a_map_that_others_may_write_is_refused,
		a_directory_that_others_may_write_is_refused };
	struct mapfile map;
	int before[2], after[2];

	next_two(before);
	write_map("zoe:70000\n", 10);
	open_map(&map);
	assert_int_equal(fcntl(map.fd, F_GETFD), FD_CLOEXEC);
	mapfile_close(&map);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		others[i](state);
		next_two(after);
		assert_memory_equal(before, after, sizeof(before));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_come_in_the_order_of_the_file),
		cmocka_unit_test(an_empty_map_has_none),
		cmocka_unit_test(lines_that_are_no_user_are_passed_over),
		cmocka_unit_test(
		    a_last_line_without_a_newline_is_not_there_yet),
		cmocka_unit_test(too_long_a_line_is_passed_over),
		cmocka_unit_test(no_user_is_lost_where_one_piece_ends),
		cmocka_unit_test(reading_goes_on_where_it_stood),
		cmocka_unit_test(
		    in_the_middle_of_a_line_reading_goes_on_with_the_next),
		cmocka_unit_test(without_a_map_it_is_missing),
		cmocka_unit_test(a_map_that_others_may_write_is_refused),
		cmocka_unit_test(a_directory_that_others_may_write_is_refused),
		cmocka_unit_test(a_map_of_somebody_elses_is_refused),
		cmocka_unit_test(
		    for_what_is_roots_nobody_is_asked_who_the_helper_is),
		cmocka_unit_test(what_is_no_plain_file_is_refused_at_once),
		cmocka_unit_test(a_map_has_16_mib_at_most),
		cmocka_unit_test(what_was_opened_is_closed),
	};

	return cmocka_run_group_tests_name("mapfile", tests, scratch_make,
	    scratch_remove);
}
