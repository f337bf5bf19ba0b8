#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "../../shim/admin/pamfile.h"
#include "scratch.h"

#define GUARD                                                      \
	"auth [success=ignore default=1] pam_succeed_if.so quiet " \
	"user ingroup moshgate\n"
#define EXEC "pam_exec.so expose_authtok quiet PROGRAM\n"
#define OURS GUARD "auth [success=done default=die] " EXEC
#define UNIX "auth [success=1 default=ignore] pam_unix.so nullok\n"

/* Write TEXT, in which PROGRAM is a program that is there, to the file NAME. */
static void
write_file(const char *name, const char *text)
{
	char lines[2048] = { 0 }, *end = lines, program[PATH_MAX];
	const char *word;

	scratch_path("moshgate-password", program);
	while ((word = strstr(text, "PROGRAM")) != NULL) {
		end = mempcpy(end, text, (size_t)(word - text));
		end = stpcpy(end, program);
		text = word + strlen("PROGRAM");
	}
	stpncpy(end, text, sizeof(lines) - 1 - (size_t)(end - lines));
	scratch_write(name, lines, strlen(lines), 0644);
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
	assert_int_equal(look(GUARD "auth [success=done default=die] \\\n"
				    "pam_exec.so expose_authtok \\\n"
				    "  PROGRAM\n"),
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

/* What is found if CONTROL and REST are in the line with the program. */
static enum pamfile_has
look_guarded(const char *line)
{
	char text[1024];

	snprintf(text, sizeof(text), GUARD "auth %s\n@include common-auth\n",
	    line);
	return look(text);
}

/* What is found if the line before the one with the program is LINE. */
static enum pamfile_has
look_behind(const char *line)
{
	char text[1024];

	snprintf(text, sizeof(text),
	    "%s\nauth [success=done default=die] " EXEC, line);
	return look(text);
}

static void
accounts_are_left_out_right_before(void **state)
{
	static const char *const none[] = {
		"",
		"auth required pam_env.so",
		"# " GUARD,
		"account [success=ignore default=1] pam_succeed_if.so quiet "
		"user ingroup moshgate",
		"-auth [success=ignore default=1] pam_succeed_if.so user "
		"ingroup moshgate",
		"auth [success=ignore default=ignore] pam_succeed_if.so user "
		"ingroup moshgate",
		"auth [success=ignore default=2] pam_succeed_if.so user ingroup "
		"moshgate",
		"auth [success=ignore] pam_succeed_if.so user ingroup moshgate",
		"auth [default=1] pam_succeed_if.so user ingroup moshgate",
		"auth [success=ignore default=1 auth_err=ignore] "
		"pam_succeed_if.so user ingroup moshgate",
		"auth sufficient pam_succeed_if.so user ingroup moshgate",
		"auth [success=ignore default=1] pam_listfile.so user ingroup "
		"moshgate",
		"auth [success=ignore default=1] pam_succeed_if.so quiet",
		"auth [success=ignore default=1] pam_succeed_if.so user "
		"notingroup moshgate",
		"auth [success=ignore default=1] pam_succeed_if.so user ingroup "
		"users",
		"auth [success=ignore default=1] pam_succeed_if.so user ingroup "
		"moshgate uid < 1000",
		"auth [success=ignore default=1] pam_succeed_if.so use_uid user "
		"ingroup moshgate",
		GUARD "auth required pam_env.so",
		GUARD "@include nothing",
		GUARD "auth include nothing",
		"auth [success=ignore",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(look_behind(none[i]), PAMFILE_UNGUARDED);
	assert_int_equal(
	    look_behind("auth\t[default=1  success=ignore] "
			"/lib/security/pam_succeed_if.so user ingroup moshgate "
			"quiet_success\nsession optional pam_env.so"),
	    PAMFILE_FIRST);
	/* the second of two of them */
	assert_int_equal(look(OURS "auth [success=done default=die] " EXEC),
	    PAMFILE_UNGUARDED);
	assert_int_equal(look(UNIX "auth sufficient " EXEC), PAMFILE_UNGUARDED);
}

static void
the_line_itself_is_as_it_has_to_be(void **state)
{
	static const char *const misshapen[] = {
		"sufficient " EXEC,
		"required " EXEC,
		"[success=done default=ignore] " EXEC,
		"[default=die] " EXEC,
		"[success=done default=die] pam_exec.so quiet PROGRAM",
		"[success=done default=die] pam_exec.so PROGRAM expose_authtok",
		"[success=done default=die] pam_exec.so expose_authtok PROGRAM "
		"-x",
		"[success=done default=die] pam_exec.so expose_authtok "
		"type=session PROGRAM",
		"[success=done default=die] pam_exec.so expose_authtok "
		"moshgate-password",
		"[success=done default=die] pam_exec.so expose_authtok",
		"[success=done default=die] pam_script.so expose_authtok "
		"PROGRAM",
		"[success=done default=die] pam_exec.so expose_authtok "
		"/bin/true moshgate-password",
		"[success=done default=die",
	};

	(void)state;
	write_file("common-auth", UNIX);
	for (size_t i = 0; i < sizeof(misshapen) / sizeof(misshapen[0]); i++)
		assert_int_equal(look_guarded(misshapen[i]),
		    strstr(misshapen[i], "PROGRAM") == NULL &&
			    strstr(misshapen[i], "moshgate-") == NULL
			? PAMFILE_NONE
			: PAMFILE_MISSHAPEN);
	assert_int_equal(look_guarded("[default=die success=done] "
				      "pam_exec.so seteuid expose_authtok "
				      "log=/dev/null type=auth PROGRAM"),
	    PAMFILE_FIRST);
	assert_int_equal(look_guarded("[success=done default=die] pam_exec.so "
				      "expose_authtok /no/moshgate-password"),
	    PAMFILE_NOWHERE);
	assert_int_equal(look_guarded("[success=done default=die] pam_exec.so "
				      "expose_authtok PROGRAM/"
				      "moshgate-password"),
	    PAMFILE_NOWHERE);
}

/* A directory, as a whole path, and a program in it. */
static int
make(void **state)
{
	char *whole;

	if (scratch_make(state) != 0 ||
	    (whole = realpath(scratch_dir, NULL)) == NULL)
		return -1;
	snprintf(scratch_dir, sizeof(scratch_dir), "%s", whole);
	free(whole);
	scratch_write("moshgate-password", "", 0, 0755);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_count_before_those_of_accounts),
		cmocka_unit_test(comments_and_other_types_are_no_lines),
		cmocka_unit_test(a_line_goes_on_behind_a_backslash),
		cmocka_unit_test(files_that_are_included_are_read),
		cmocka_unit_test(accounts_are_left_out_right_before),
		cmocka_unit_test(the_line_itself_is_as_it_has_to_be),
	};

	return cmocka_run_group_tests(tests, make, scratch_remove);
}
