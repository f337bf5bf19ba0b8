/*
 * What the processes that ask the name service, or have the user map, give up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>

#include "leaveout.h"
#include "scratch.h"

#include "../../helper/accounts/confine.h"
#include "../../helper/landlock.h"

/* In a child, whose exit status says what was wrong: a line, or 0. */
#define MUST(condition)                  \
	do {                             \
		if (!(condition))        \
			_exit(__LINE__); \
	} while (0)

static int
child_ends(void (*what)(void))
{
	const pid_t pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (pid == 0) {
		what();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* True if this kernel, and this build, have the means. */
static bool
has_means(void)
{
	const char *lacks;
	int rules;

#if defined(__SANITIZE_ADDRESS__) || defined(MOSHGATE_NO_SANDBOX)
	return false;
#endif
	rules = landlock_begin(true, &lacks);
	if (rules >= 0)
		close(rules);
	return rules >= 0;
}

static void *
thread(void *mark)
{
	*(bool *)mark = true;
	return NULL;
}

/* Can PATH be opened?  errno stays if not. */
static bool
opens(const char *path, int flags)
{
	const int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Is there a socket of FAMILY to be had? */
static bool
connects(int family)
{
	const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* What either may not do. */
static void
must_not(void)
{
	char name[] = "/bin/true", *argv[] = { name, NULL };
	struct stat st;

	errno = 0;
	MUST(fork() < 0 && errno == EPERM);
	MUST(execv(name, argv) < 0 && (errno == EPERM || errno == EACCES));
	MUST(kill(getppid(), 0) < 0 && errno == EPERM);
	MUST(fcntl(STDIN_FILENO, F_SETOWN, getppid()) < 0 && errno == EPERM);
	MUST(!opens("/etc/passwd", O_WRONLY));
	MUST(!opens("/tmp/confined", O_WRONLY | O_CREAT) && errno == EACCES);
	MUST(stat("/tmp/confined", &st) < 0);
}

static void
names(void)
{
	pthread_t id;
	bool ran = false;
	int fd;

	confine_names();
	must_not();
	/* what modules of the name service do */
	MUST(getpwnam("root") != NULL);
	fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	MUST(fd >= 0);
	MUST(connects(AF_UNIX));
	MUST(connects(AF_INET));
	MUST(pthread_create(&id, NULL, thread, &ran) == 0);
	MUST(pthread_join(id, NULL) == 0 && ran);
	/* but nothing in the directory where it is */
	MUST(!opens("users", O_WRONLY | O_CREAT) && errno == EACCES);
}

static void
file(void)
{
	int fd;

	confine_file(scratch_dir);
	must_not();
	MUST(!opens("/etc/passwd", O_RDONLY) && errno == EACCES);
	MUST(!connects(AF_UNIX) && errno == EPERM);
	MUST(chdir(scratch_dir) == 0);
	fd = open("users.new", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	MUST(fd >= 0);
	MUST(write(fd, "x", 1) == 1 && fchmod(fd, 0644) == 0 &&
	    fsync(fd) == 0 && close(fd) == 0);
	MUST(rename("users.new", "users") == 0);
	fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	MUST(fd >= 0 && fsync(fd) == 0);
	MUST(opens("users", O_RDONLY));
	MUST(unlink("users") == 0);
	MUST(symlink("/etc/passwd", "users") < 0);
	MUST(mkdir("d", 0700) < 0);
}

static void
who_asks_the_name_service_reads_and_connects(void **state)
{
	(void)state;
	if (!has_means())
		LEAVE_OUT();
	assert_int_equal(child_ends(names), 0);
}

static void
who_has_the_map_has_its_directory_alone(void **state)
{
	(void)state;
	if (!has_means())
		LEAVE_OUT();
	assert_int_equal(child_ends(file), 0);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_asks_the_name_service_reads_and_connects),
		TEST(who_has_the_map_has_its_directory_alone),
	};

	return cmocka_run_group_tests_name("confine", tests, NULL, NULL);
}
