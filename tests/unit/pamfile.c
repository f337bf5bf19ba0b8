#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "../../shim/admin/pamfile.h"
#include "scratch.h"

#define OURS                                                          \
	"auth [success=ignore default=1] pam_succeed_if.so quiet "    \
	"user ingroup moshgate\n"                                     \
	"auth [success=done default=die] pam_exec.so expose_authtok " \
	"quiet /usr/libexec/moshgate/moshgate-password\n"
#define UNIX "auth [success=1 default=ignore] pam_unix.so nullok\n"
static void
write_file(const char *name, const char *text)
{
	scratch_write(name, text, strlen(text), 0644);
}

/* What is found if the file of sshd has TEXT. */
static enum pamfile_has
look(const char *text)
{
	write_file("sshd", text);
	return pamfile_look(scratch_dir, "sshd");
}

static void
lines_count_before_those_of_accounts(void **state)
{
	(void)state;
	write_file("common-auth", UNIX "auth requisite pam_deny.so\n");
	assert_int_equal(look("@include common-auth\n"), PAMFILE_NONE);
	assert_int_equal(look(OURS "@include common-auth\n"), PAMFILE_FIRST);
	assert_int_equal(look("@include common-auth\n" OURS), PAMFILE_LATE);
	assert_int_equal(look("auth substack common-auth\n" OURS),
	    PAMFILE_LATE);
	assert_int_equal(look(UNIX OURS), PAMFILE_LATE);
	assert_int_equal(look("account required pam_unix.so\n"
			      "auth required pam_env.so\n" OURS),
	    PAMFILE_FIRST);
}

static void
comments_and_other_types_are_no_lines(void **state)
{
	(void)state;
	assert_int_equal(look("# auth moshgate-password\n"), PAMFILE_NONE);
	assert_int_equal(look("session optional pam_exec.so "
			      "moshgate-password\n"),
	    PAMFILE_NONE);
	assert_int_equal(look("auth required pam_exec.so # "
			      "moshgate-password\n"),
	    PAMFILE_NONE);
	assert_int_equal(look(""), PAMFILE_NONE);
	assert_int_equal(pamfile_look(scratch_dir, "no-such-service"),
	    PAMFILE_NONE);
}

static void
a_line_goes_on_behind_a_backslash(void **state)
{
	(void)state;
	assert_int_equal(look("auth [success=done default=die] \\\n"
			      "pam_exec.so expose_authtok \\\n"
			      "  /usr/libexec/moshgate/moshgate-password\n"),
	    PAMFILE_FIRST);
	assert_int_equal(look("# auth \\\nmoshgate-password\n"), PAMFILE_NONE);
	assert_int_equal(look("auth x \\\n"), PAMFILE_NONE);
	assert_int_equal(look("auth x \\"), PAMFILE_NONE);
}

static void
files_that_are_included_are_read(void **state)
{
	(void)state;
	write_file("moshgate", OURS);
	write_file("common-auth", UNIX);
	assert_int_equal(look("@include moshgate\n@include common-auth\n"),
	    PAMFILE_FIRST);
	assert_int_equal(look("auth include moshgate\n"), PAMFILE_FIRST);
	write_file("common-auth", OURS UNIX);
	assert_int_equal(look("@include common-auth\n"), PAMFILE_COMMON);
	/* one that includes itself, and one that is not there */
	assert_int_equal(look("@include sshd\n" OURS), PAMFILE_FIRST);
	assert_int_equal(look("@include\nauth include\n@include nothing\n"),
	    PAMFILE_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_count_before_those_of_accounts),
		cmocka_unit_test(comments_and_other_types_are_no_lines),
		cmocka_unit_test(a_line_goes_on_behind_a_backslash),
		cmocka_unit_test(files_that_are_included_are_read),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
