#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <sys/wait.h>

#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../helper/worker/keyfiles.h"
#include "scratch.h"

/* TEXT is taken apart into CONTENT and FAULTS. */
static void
parsed(const char *text, const char *expected, const char *expected_faults)
{
	struct keyfiles found;

	assert_true(keyfiles_parse(text, strlen(text), &found));
	assert_int_equal(found.len, strlen(expected));
	assert_memory_equal(found.content, expected, found.len);
	assert_string_equal(found.faults, expected_faults);
}

static void
not_parsed(const char *text)
{
	struct keyfiles found;

	assert_false(keyfiles_parse(text, strlen(text), &found));
}

static void
the_content_begins_after_its_line(void **state)
{
	(void)state;
	parsed("content\n", "", "");
	parsed("content\na\nb", "a\nb", "");
	parsed("content\ncontent\nfault=/x\n", "content\nfault=/x\n", "");
}

static void
faults_come_before_it(void **state)
{
	(void)state;
	parsed("fault=/home/a\ncontent\nx\n", "x\n", "/home/a");
	parsed("fault=/a\nfault=/b\ncontent\n", "", "/a, /b");
	parsed("fault=\ncontent\n", "", "");
}

static void
a_zone_comes_before_it(void **state)
{
	static const char text[] = "fault=/a\nzone=CET-1CEST\ncontent\n",
			  bad[] = "zone=TZif\ncontent\nzone=UTC0\n";
	struct keyfiles found;

	(void)state;
	assert_true(keyfiles_parse(text, sizeof(text) - 1, &found));
	assert_true(found.zone.known);
	assert_int_equal(found.zone.offset_s, 3600);
	assert_true(keyfiles_parse(bad, sizeof(bad) - 1, &found));
	assert_false(found.zone.known);
}

static void
anything_else_is_no_reply(void **state)
{
	(void)state;
	not_parsed("");
	not_parsed("\n");
	not_parsed("content");
	not_parsed("content \n");
	not_parsed(" content\n");
	not_parsed("ssh-ed25519 AAAA\ncontent\n");
	not_parsed("fault=/a\n");
	not_parsed("fault=/a\ncontent");
	not_parsed("fault\ncontent\n");
}

static void
faults_are_bounded(void **state)
{
	char *text = malloc(200000), *to = text;
	struct keyfiles found;

	(void)state;
	assert_non_null(text);
	for (int i = 0; i < 100; i++) {
		to = stpcpy(to, "fault=/");
		memset(to, 'x', 1000);
		to = stpcpy(to + 1000, "\n");
	}
	memcpy(to, "content\n", 9);
	assert_true(keyfiles_parse(text, strlen(text), &found));
	assert_int_equal(found.len, 0);
	assert_true(strlen(found.faults) < sizeof(found.faults));
	free(text);
}

static void
a_line_has_neither_quotes_nor_backslashes(void **state)
{
	char command[KEYFILES_COMMAND_BYTES];

	(void)state;
	assert_true(keyfiles_command(".ssh/authorized_keys /etc/k/%u", "a.b-c",
	    1000, command));
	assert_null(strpbrk(command, "'\"\\`!\n"));
	assert_non_null(strstr(command, "c .ssh/authorized_keys;"));
	assert_non_null(strstr(command, "c /etc/k/a.b-c;"));
}

static void
a_line_that_is_too_long_is_none(void **state)
{
	char command[KEYFILES_COMMAND_BYTES], paths[16384] = "";
	char *to = paths;

	(void)state;
	for (int i = 0; i < 65; i++)
		to = stpcpy(to, "a ");
	assert_false(keyfiles_command(paths, "alice", 1000, command));
	paths[2 * 64] = '\0';
	assert_true(keyfiles_command(paths, "alice", 1000, command));
	memset(paths, 'a', sizeof(paths) - 1);
	assert_false(keyfiles_command(paths, "alice", 1000, command));
}

/* A home of its own, with authorized_keys in it. */
struct home {
	char path[PATH_MAX];
};

static void
home_make(struct home *home, const char *name)
{
	char path[PATH_MAX], ssh[600], keys[600];

	scratch_path(name, path);
	snprintf(ssh, sizeof(ssh), "%s/.ssh", name);
	snprintf(keys, sizeof(keys), "%s/.ssh/authorized_keys", name);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_non_null(realpath(path, home->path));
	scratch_path(ssh, path);
	assert_int_equal(mkdir(path, 0700), 0);
	scratch_write(keys, "a key", 5, 0600);
}

/* Write to PATH where BELOW is in HOME. */
static void
home_path(const struct home *home, const char *below, char path[PATH_MAX])
{
	assert_in_range(snprintf(path, PATH_MAX, "%s%s", home->path, below), 1,
	    PATH_MAX - 1);
}

static void
home_link(const struct home *home, const char *below, const char *target)
{
	char path[PATH_MAX];

	home_path(home, below, path);
	if (unlink(path) < 0)
		assert_int_equal(errno, ENOENT);
	assert_int_equal(symlink(target, path), 0);
}

/*
 * The remote, as the line finds it: it has Debian's sshd, or another one; and in
 * its user database there is this, in which %u and %g are the uid and the gid of
 * this process, and %n is its user's name.
 */
static struct {
	bool debian;
	const char *passwd, *group;
} remote;

/* Write the database TEXT to the file called NAME. */
static void
remote_write(const char *name, const char *text)
{
	const struct passwd *user = getpwuid(geteuid());
	char filled[1024] = "", *to = filled, *const end = to + sizeof(filled);

	assert_non_null(user);
	for (; *text != '\0'; text++) {
		int len = 1;

		assert_true(end - to > 64);
		if (*text != '%') {
			*to = *text;
		} else if (*++text == 'n') {
			len = snprintf(to, (size_t)(end - to), "%s",
			    user->pw_name);
		} else {
			len = snprintf(to, (size_t)(end - to), "%u",
			    *text == 'u' ? geteuid() : getegid());
		}
		to += len;
	}
	scratch_write(name, filled, strlen(filled), 0644);
}

/* getent(1), as it is on the remote. */
static void
remote_make(void)
{
	static const char format[] =
	    "#!/bin/sh\n"
	    "case $1 in passwd) cat %s/etc-passwd;;\n"
	    "group) grep \"^[^:]*:[^:]*:$2:\" %s/etc-group;; esac\n";
	char dir[PATH_MAX], script[2 * PATH_MAX + 256];

	assert_non_null(realpath(scratch_dir, dir));
	assert_true(snprintf(script, sizeof(script), format, dir, dir) > 0);
	scratch_write("getent", script, strlen(script), 0755);
	remote_write("etc-passwd", remote.passwd);
	remote_write("etc-group", remote.group);
	scratch_write("installed", "", 0, 0644);
}

/* Have COMMAND look for Debian's sshd where there is one, or isn't. */
static void
remote_find(char command[KEYFILES_COMMAND_BYTES])
{
	static const char real[] = "/var/lib/dpkg/info/openssh-server.list";
	char dir[PATH_MAX], rest[KEYFILES_COMMAND_BYTES];
	char *at = strstr(command, real);
	const size_t room = (size_t)(command + KEYFILES_COMMAND_BYTES - at);

	assert_non_null(at);
	assert_non_null(realpath(scratch_dir, dir));
	memcpy(rest, at + strlen(real), strlen(at + strlen(real)) + 1);
	assert_in_range(snprintf(at, room, "%s/%s%s", dir,
			    remote.debian ? "installed" : "none", rest),
	    1, room - 1);
}

/* Have SHELL run the line for PATHS; what it writes is in TEXT. */
static size_t
run_line(const char *shell, const struct home *home, const char *paths,
    char *text, size_t size)
{
	static const char loop[] = "IFS=;set -f;read -r c;eval $c </dev/null";
	char command[KEYFILES_COMMAND_BYTES], path[3 * PATH_MAX];
	int in[2], out[2], status;
	size_t len = 0;
	ssize_t got;
	pid_t pid;

	assert_true(keyfiles_command(paths, "nobody", 1000, command));
	remote_find(command);
	snprintf(path, sizeof(path), "%s:%s", scratch_dir, getenv("PATH"));
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	pid = fork();
	if (pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		close(out[0]);
		setenv("HOME", home->path, 1);
		setenv("PATH", path, 1);
		if (strcmp(shell, "busybox") == 0)
			execlp("busybox", "busybox", "sh", "-c", loop,
			    (char *)NULL);
		else
			execlp(shell, shell, "-c", loop, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	assert_int_equal(write(in[1], command, strlen(command)),
	    (ssize_t)strlen(command));
	assert_int_equal(write(in[1], "\n", 1), 1);
	close(in[1]);
	while ((got = read(out[0], text + len, size - len)) > 0)
		len += (size_t)got;
	close(out[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	return len;
}

/* For PATHS, CONTENT is read and FAULT is the path at fault, if there is one */
static void
reads(const struct home *home, const char *paths, const char *expected,
    const char *expected_fault)
{
	static const char *const shells[] = { "sh", "bash", "dash", "busybox" };
	struct keyfiles found;
	char text[4096];

	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		const size_t len = run_line(shells[i], home, paths, text,
		    sizeof(text));

		assert_true(keyfiles_parse(text, len, &found));
		assert_string_equal(found.faults, expected_fault);
		assert_int_equal(found.len, strlen(expected));
		assert_memory_equal(found.content, expected, found.len);
		assert_true(found.zone.known);
	}
}

static void
a_file_is_read(void **state)
{
	struct home home;

	(void)state;
	home_make(&home, "plain");
	reads(&home, ".ssh/authorized_keys", "a key\n", "");
	reads(&home, ".ssh/authorized_keys .ssh/none", "a key\n\n", "");
	reads(&home, ".ssh/none .ssh/../.ssh//authorized_keys", "\na key\n",
	    "");
}

static const char *const components[] = { "/.ssh/authorized_keys", "/.ssh",
	"" };

static void
a_file_that_others_may_change_is_not(void **state)
{
	static const mode_t modes[] = { 0660, 0606, 0620, 0777, 01777 };
	struct home home;
	char path[PATH_MAX];

	(void)state;
	home_make(&home, "open");
	for (size_t i = 0; i < 3; i++) {
		home_path(&home, components[i], path);
		for (size_t j = 0; j < sizeof(modes) / sizeof(modes[0]); j++) {
			assert_int_equal(chmod(path, modes[j] | 0111), 0);
			reads(&home, ".ssh/authorized_keys", "\n", path);
		}
		assert_int_equal(chmod(path, 0755), 0);
		reads(&home, ".ssh/authorized_keys", "a key\n", "");
	}
}

/*
 * On a remote with Debian's sshd, whose databases say PASSWD and GROUP, what the
 * group may write is taken, or it is not.  Each time it is another path.
 */
static void
group_may_write(const struct home *home, const char *passwd, const char *group,
    bool taken)
{
	static unsigned times;
	char path[PATH_MAX];

	remote.debian = true;
	remote.passwd = passwd;
	remote.group = group;
	remote_make();
	home_path(home, components[times++ % 3], path);
	assert_int_equal(chmod(path, 0770), 0);
	reads(home, ".ssh/authorized_keys", taken ? "a key\n" : "\n",
	    taken ? "" : path);
	assert_int_equal(chmod(path, 0700), 0);
	remote.debian = false;
}

#define ANN "ann:x:4000000:4000000::/:/bin/sh\n"
#define USER "%n:x:%u:%g::/:/bin/sh\n"
#define BOB "bob:x:4000001:4000001::/:/bin/sh\n"

static void
debian_takes_what_the_users_own_group_may_write(void **state)
{
	struct home home;

	(void)state;
	home_make(&home, "group");
	group_may_write(&home, ANN USER BOB, "bob:x:1:\n%n:x:%g:\n", true);
	group_may_write(&home, ANN USER BOB, "%n:x:%g:%n\n", true);
	group_may_write(&home, USER, "staff:x:%g:\n", true);
	/* it is the first group of nobody, or none can be listed */
	group_may_write(&home, ANN BOB "%n:x:%u:4000002::/:/bin/sh\n",
	    "staff:x:%g:%n\n", true);
	group_may_write(&home, "", "staff:x:%g:%n\n", true);
	/* another name for the same user */
	group_may_write(&home, USER "other:x:%u:%g::/:/bin/sh\n", "%n:x:%g:\n",
	    true);
	/* what makes no sense is nobody */
	group_may_write(&home, "\n:\n:::::\n* ? [:(:!\n" USER "x\n",
	    "%n:x:%g:\n", true);
}

static void
but_not_what_others_may_write(void **state)
{
	struct home home;
	char path[PATH_MAX];

	(void)state;
	home_make(&home, "others");
	group_may_write(&home, ANN USER BOB, "%n:x:%g:bob\n", false);
	group_may_write(&home, ANN USER BOB, "%n:x:%g:%n,bob\n", false);
	group_may_write(&home, ANN USER BOB, "%n:x:%g:bob,%n\n", false);
	group_may_write(&home, ANN USER BOB, "%n:x:%g:*\n", false);
	group_may_write(&home, ANN USER BOB, "%n:x:%g:!\n", false);
	/* somebody else has it as their first group */
	group_may_write(&home, USER "bob:x:4000001:%g::/:/bin/sh\n",
	    "%n:x:%g:\n", false);
	group_may_write(&home, "bob:x:4000001:%g::/:/bin/sh\n" USER,
	    "%n:x:%g:%n\n", false);
	group_may_write(&home, USER "bob:x::%g::/:/bin/sh\n", "%n:x:%g:\n",
	    false);
	group_may_write(&home, USER "bob:x:* ?:%g::/:/bin/sh\n", "%n:x:%g:\n",
	    false);
	/* nobody is in it, as far as can be seen */
	group_may_write(&home, ANN BOB, "%n:x:%g:\n", false);
	group_may_write(&home, "", "%n:x:%g:\n", false);
	/* there is no such group */
	group_may_write(&home, USER, "", false);
	/* all may, not the group alone */
	remote.debian = true;
	remote.group = "%n:x:%g:\n";
	remote_make();
	home_path(&home, "/.ssh", path);
	assert_int_equal(chmod(path, 0772), 0);
	reads(&home, ".ssh/authorized_keys", "\n", path);
	remote.debian = false;
}

static void
a_file_of_somebody_else_is_not(void **state)
{
	struct home home;
	char path[PATH_MAX];

	(void)state;
	scratch_need_root();
	home_make(&home, "theirs");
	for (size_t i = 0; i < 3; i++) {
		home_path(&home, components[i], path);
		assert_int_equal(chown(path, 1, 1), 0);
		reads(&home, ".ssh/authorized_keys", "\n", path);
		assert_int_equal(chown(path, 0, 0), 0);
		reads(&home, ".ssh/authorized_keys", "a key\n", "");
	}
}

static void
links_are_followed_to_where_they_lead(void **state)
{
	struct home home, other;
	char path[PATH_MAX];

	(void)state;
	home_make(&home, "links");
	home_make(&other, "else");
	home_link(&home, "/.ssh/second", "../.ssh/authorized_keys");
	reads(&home, ".ssh/second", "a key\n", "");
	/* outside of the home, all the way up counts */
	assert_int_equal(chmod(other.path, 0777), 0);
	home_path(&other, "/.ssh/authorized_keys", path);
	home_link(&home, "/.ssh/second", path);
	reads(&home, ".ssh/second", "\n", other.path);
	/* a directory that is a link */
	home_path(&other, "/.ssh", path);
	home_link(&home, "/.keys", path);
	reads(&home, ".keys/authorized_keys", "\n", other.path);
	/* one that leads to itself, and one that leads nowhere */
	home_link(&home, "/.ssh/round", "round");
	home_path(&home, "/.ssh/round", path);
	reads(&home, ".ssh/round", "\n", path);
	home_link(&home, "/.ssh/dangling", "nothing");
	reads(&home, ".ssh/dangling", "\n", "");
}

static void
what_is_no_plain_file_is_not_read(void **state)
{
	struct home home;
	char path[PATH_MAX];

	(void)state;
	home_make(&home, "odd");
	home_path(&home, "/.ssh/fifo", path);
	assert_int_equal(mkfifo(path, 0600), 0);
	reads(&home, ".ssh/fifo", "\n", path);
	home_path(&home, "/.ssh", path);
	reads(&home, ".ssh", "\n", path);
	reads(&home, "/dev/null", "\n", "/dev/null");
}

/* Odd characters in a name are left out of what is said of it. */
static void
reads_nothing_of(const char *name, const char *shown)
{
	struct home home;
	char path[PATH_MAX], real[PATH_MAX];

	home_make(&home, name);
	assert_int_equal(chmod(home.path, 0777), 0);
	assert_non_null(realpath(scratch_dir, real));
	assert_true(snprintf(path, PATH_MAX, "%.2000s/%s", real, shown) > 0);
	reads(&home, ".ssh/authorized_keys", "\n", path);
	assert_int_equal(chmod(home.path, 0700), 0);
	reads(&home, ".ssh/authorized_keys", "a key\n", "");
}

static void
a_home_with_an_odd_name_is_one_word(void **state)
{
	(void)state;
	reads_nothing_of("a [b] * $c 'd' \"e\" \\f %s", "abcdef%s");
	reads_nothing_of("\033]0;x\a", "0x");
}

/* Whoever may name a directory there could say what its files hold. */
static void
a_path_at_fault_cannot_pass_for_a_key(void **state)
{
	(void)state;
	reads_nothing_of("x\ncontent\nssh-ed25519 AAAA",
	    "xcontentssh-ed25519AAAA");
	reads_nothing_of("x\\ncontent\\nssh-ed25519 AAAA",
	    "xncontentnssh-ed25519AAAA");
}

static void
there_may_be_no_home(void **state)
{
	struct home home = { .path = "/nonexistent" };

	(void)state;
	reads(&home, ".ssh/authorized_keys /nonexistent/x", "\n\n", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_content_begins_after_its_line),
		cmocka_unit_test(faults_come_before_it),
		cmocka_unit_test(a_zone_comes_before_it),
		cmocka_unit_test(anything_else_is_no_reply),
		cmocka_unit_test(faults_are_bounded),
		cmocka_unit_test(a_line_has_neither_quotes_nor_backslashes),
		cmocka_unit_test(a_line_that_is_too_long_is_none),
		cmocka_unit_test(a_file_is_read),
		cmocka_unit_test(a_file_that_others_may_change_is_not),
		cmocka_unit_test(
		    debian_takes_what_the_users_own_group_may_write),
		cmocka_unit_test(but_not_what_others_may_write),
		cmocka_unit_test(a_file_of_somebody_else_is_not),
		cmocka_unit_test(links_are_followed_to_where_they_lead),
		cmocka_unit_test(what_is_no_plain_file_is_not_read),
		cmocka_unit_test(a_home_with_an_odd_name_is_one_word),
		cmocka_unit_test(a_path_at_fault_cannot_pass_for_a_key),
		cmocka_unit_test(there_may_be_no_home),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
