#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../../shim/lib/jam.h"

static void
what_has_just_been_found_holds(void **state)
{
	(void)state;
	assert_int_equal(jam_advise(JAM_FOUND, 0), JAM_LEAVE);
	assert_int_equal(jam_advise(JAM_FOUND, 999), JAM_LEAVE);
}

static void
a_second_later_one_looks_again(void **state)
{
	(void)state;
	assert_int_equal(jam_advise(JAM_FOUND, 1000), JAM_PROBE);
	assert_int_equal(jam_advise(JAM_FOUND, 4999), JAM_PROBE);
}

static void
what_was_found_long_ago_says_nothing(void **state)
{
	(void)state;
	assert_int_equal(jam_advise(JAM_FOUND, 5000), JAM_WAIT);
	assert_int_equal(jam_advise(JAM_FOUND, INT64_MAX), JAM_WAIT);
}

static void
what_is_to_be_found_in_future_says_nothing(void **state)
{
	(void)state;
	assert_int_equal(jam_advise(JAM_FOUND, -1), JAM_WAIT);
	assert_int_equal(jam_advise(JAM_FOUND, INT64_MIN), JAM_WAIT);
}

static void
without_a_note_one_waits(void **state)
{
	(void)state;
	assert_int_equal(jam_advise(JAM_NONE, 0), JAM_WAIT);
	assert_int_equal(jam_advise(JAM_NONE, 1000), JAM_WAIT);
}

/* True if the note is root's here, as it has to be. */
static bool
put_file(char path[])
{
	const int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	return geteuid() == 0;
}

/* The note at PATH gets AGE_S older. */
static void
age(const char *path, time_t age_s)
{
	struct stat file;
	struct timespec times[2];

	assert_int_equal(stat(path, &file), 0);
	times[0] = times[1] = file.st_mtim;
	times[1].tv_sec -= age_s;
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void
a_new_file_is_no_note_and_a_place_takes_one_away(void **state)
{
	char path[] = "/tmp/moshgate-jam.XXXXXX";

	(void)state;
	if (!put_file(path))
		skip();
	assert_int_equal(jam_look(path), JAM_WAIT);
	jam_write(path, JAM_FOUND);
	assert_int_equal(jam_look(path), JAM_LEAVE);
	jam_write(path, JAM_NONE);
	assert_int_equal(jam_look(path), JAM_WAIT);
	unlink(path);
}

static void
one_a_second_probes_and_that_is_no_new_note_for_ever(void **state)
{
	char path[] = "/tmp/moshgate-jam.XXXXXX";

	(void)state;
	if (!put_file(path))
		skip();
	jam_write(path, JAM_FOUND);
	age(path, 2);
	assert_int_equal(jam_look(path), JAM_PROBE);
	assert_int_equal(jam_look(path), JAM_LEAVE);
	/* it gets a place */
	jam_write(path, JAM_NONE);
	assert_int_equal(jam_look(path), JAM_WAIT);
	/* or none: that is new, as long as before or not */
	jam_write(path, JAM_FOUND);
	age(path, 2);
	jam_write(path, JAM_FOUND);
	assert_int_equal(jam_look(path), JAM_LEAVE);
	unlink(path);
}

static void
what_is_no_note_is_left_alone(void **state)
{
	char path[] = "/tmp/moshgate-jam.XXXXXX", other[64];
	struct stat file;

	(void)state;
	if (!put_file(path))
		skip();
	snprintf(other, sizeof(other), "%s.other", path);
	/* a link to it, of either kind */
	assert_int_equal(link(path, other), 0);
	jam_write(path, JAM_FOUND);
	assert_int_equal(stat(path, &file), 0);
	assert_int_equal(file.st_size, 0);
	assert_int_equal(unlink(other), 0);
	assert_int_equal(symlink(path, other), 0);
	jam_write(other, JAM_FOUND);
	assert_int_equal(stat(path, &file), 0);
	assert_int_equal(file.st_size, 0);
	assert_int_equal(unlink(other), 0);
	/* something is in it */
	assert_int_equal(truncate(path, 100), 0);
	jam_write(path, JAM_NONE);
	assert_int_equal(stat(path, &file), 0);
	assert_int_equal(file.st_size, 100);
	assert_int_equal(jam_look(path), JAM_WAIT);
	unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_just_been_found_holds),
		cmocka_unit_test(a_second_later_one_looks_again),
		cmocka_unit_test(what_was_found_long_ago_says_nothing),
		cmocka_unit_test(what_is_to_be_found_in_future_says_nothing),
		cmocka_unit_test(without_a_note_one_waits),
		cmocka_unit_test(
		    a_new_file_is_no_note_and_a_place_takes_one_away),
		cmocka_unit_test(
		    one_a_second_probes_and_that_is_no_new_note_for_ever),
		cmocka_unit_test(what_is_no_note_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
