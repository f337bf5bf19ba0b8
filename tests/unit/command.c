#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../helper/worker/command.h"

/*
 * Have SHELL run the script of COMMAND and ORIGINAL, as sshd would; what it
 * writes goes to OUT.
 */
static void
run_by(const char *shell, const char *command, const char *original, char *out,
    size_t size)
{
	char *script = malloc(COMMAND_SCRIPT_BYTES), *line = NULL;
	int ends[2], status;
	ssize_t got;
	size_t len = 0;
	pid_t pid;

	assert_non_null(script);
	assert_true(
	    command_script(command, original, script, COMMAND_SCRIPT_BYTES));
	assert_true(asprintf(&line, "exec %s", script) > 0);
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		char *argv[] = { strdup(shell), strdup("-c"), line, NULL };

		dup2(ends[1], STDOUT_FILENO);
		setenv("SHELL", "/bin/sh", 1);
		setenv("HOME", "/nonexistent", 1);
		unsetenv("SSH_ORIGINAL_COMMAND");
		execvp(shell, argv);
		_exit(127);
	}
	close(ends[1]);
	while ((got = read(ends[0], out + len, size - 1 - len)) > 0)
		len += (size_t)got;
	out[len] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	free(line);
	free(script);
}

static const char *const shells[] = { "sh", "bash", "dash", "zsh", "fish",
	"tcsh" };

#define SHELLS (sizeof(shells) / sizeof(shells[0]))

/* COMMAND, with ORIGINAL, writes EXPECTED, whatever the login shell is. */
static void
writes(const char *command, const char *original, const char *expected)
{
	char out[65536];

	for (size_t i = 0; i < SHELLS; i++) {
		run_by(shells[i], command, original, out, sizeof(out));
		assert_string_equal(out, expected);
	}
}

static void
a_command_is_run_as_it_is(void **state)
{
	(void)state;
	writes("echo a", NULL, "a\n");
	writes("printf '%s|' 'a b' \"c  d\" \\\\ '!x' $((1+1)) \"it's\"", NULL,
	    "a b|c  d|\\|!x|2|it's|");
	writes("echo one\necho two;  echo 'three\nfour'", NULL,
	    "one\ntwo\nthree\nfour\n");
	writes("printf %s 'gr\xc3\xbc\xc3\x9f%b\\0101 \x01\x7f\xff\t*?[a] ~ #'",
	    NULL, "gr\xc3\xbc\xc3\x9f%b\\0101 \x01\x7f\xff\t*?[a] ~ #");
	writes("", NULL, "");
	writes("echo \n\n", NULL, "\n");
}

static void
it_is_run_by_the_login_shell(void **state)
{
	(void)state;
	writes("echo $0", NULL, "/bin/sh\n");
	writes("echo ${SSH_ORIGINAL_COMMAND-none}", NULL, "none\n");
	writes("echo $#", NULL, "0\n");
}

static void
the_original_is_in_the_environment(void **state)
{
	static const char show[] = "printf %s. \"$SSH_ORIGINAL_COMMAND\"";

	(void)state;
	writes(show, "ls -l", "ls -l.");
	writes(show, "", ".");
	writes(show, "a\nb\n\n", "a\nb\n\n.");
	writes(show, "'\"\\\\0101!! $(id) `id` %s\xc3\xa4",
	    "'\"\\\\0101!! $(id) `id` %s\xc3\xa4.");
	writes("echo ran", "'; echo injected; '", "ran\n");
}

static void
a_long_one_fits_and_a_longer_does_not(void **state)
{
	const size_t len = 17000;
	char *command = malloc(len + 64), *to;
	char *script = malloc(COMMAND_SCRIPT_BYTES);

	(void)state;
	assert_non_null(command);
	assert_non_null(script);
	to = stpcpy(command, "echo ");
	memset(to, '\'', len);
	to[len] = '\0';
	assert_true(
	    command_script(command, NULL, script, COMMAND_SCRIPT_BYTES));
	for (size_t size = 1; size < 2000; size++)
		assert_false(command_script(command, "x", script, size));
	free(script);
	free(command);
}

static void
it_may_stand_behind_another_word(void **state)
{
	char plain[4096];
	char *script = command_new("echo hi", "ls -l", "exec ");

	(void)state;
	assert_non_null(script);
	assert_true(command_script("echo hi", "ls -l", plain, sizeof(plain)));
	assert_memory_equal(script, "exec ", 5);
	assert_string_equal(script + 5, plain);
	free(script);
	script = command_new("echo hi", NULL, "");
	assert_non_null(script);
	assert_true(command_script("echo hi", NULL, plain, sizeof(plain)));
	assert_string_equal(script, plain);
	free(script);
}

static void
one_that_does_not_fit_is_none(void **state)
{
	char *command = malloc(COMMAND_SCRIPT_BYTES + 1);

	(void)state;
	assert_non_null(command);
	memset(command, 'x', COMMAND_SCRIPT_BYTES);
	command[COMMAND_SCRIPT_BYTES] = '\0';
	assert_null(command_new(command, NULL, "exec "));
	free(command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_is_run_as_it_is),
		cmocka_unit_test(it_is_run_by_the_login_shell),
		cmocka_unit_test(the_original_is_in_the_environment),
		cmocka_unit_test(a_long_one_fits_and_a_longer_does_not),
		cmocka_unit_test(it_may_stand_behind_another_word),
		cmocka_unit_test(one_that_does_not_fit_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
