#ifndef MOSHGATE_SCRATCH_H
#define MOSHGATE_SCRATCH_H

/* A directory for the files of one test program, in the build directory. */

#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCRATCH_OUTPUT_BYTES ((size_t)64 * 1024)

static char scratch_dir[PATH_MAX / 2];

/* A group's setup function. */
static inline int
scratch_make(void **state)
{
	const char *build = getenv("BUILD");

	(void)state;
	snprintf(scratch_dir, sizeof(scratch_dir), "%s/scratch-XXXXXX",
	    build != NULL ? build : "build");
	return mkdtemp(scratch_dir) != NULL ? 0 : -1;
}

static inline int
scratch_remove_entry(const char *path, const struct stat *st, int type,
    struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* A group's teardown function. */
static inline int
scratch_remove(void **state)
{
	(void)state;
	return nftw(scratch_dir, scratch_remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* Write to PATH where the file called NAME is. */
static inline void
scratch_path(const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", scratch_dir, name);
}

/* Write LEN bytes to the file called NAME, made anew with MODE. */
static inline void
scratch_write(const char *name, const char *text, size_t len, mode_t mode)
{
	char path[PATH_MAX];
	int fd;

	scratch_path(name, path);
	if (unlink(path) < 0)
		assert_int_equal(errno, ENOENT);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

/* Give the file called NAME to USER and GROUP, which only root can. */
static inline void
scratch_own(const char *name, uid_t user, gid_t group)
{
	char path[PATH_MAX];

	scratch_path(name, path);
	assert_int_equal(chown(path, user, group), 0);
}

/* The rest of a test is root's. */
static inline void
scratch_need_root(void)
{
	if (geteuid() != 0)
		skip();
}

/* Read from FD to its end; returns a malloc'ed, terminated string. */
static inline char *
scratch_drain(int fd, size_t *len)
{
	char *text = malloc(SCRATCH_OUTPUT_BYTES);
	ssize_t got;

	assert_non_null(text);
	*len = 0;
	while (
	    (got = read(fd, text + *len, SCRATCH_OUTPUT_BYTES - 1 - *len)) > 0)
		*len += (size_t)got;
	assert_int_equal(got, 0);
	text[*len] = '\0';
	return text;
}

/* The same for the file called NAME. */
static inline char *
scratch_read(const char *name, size_t *len)
{
	char path[PATH_MAX], *text;
	int fd;

	scratch_path(name, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	text = scratch_drain(fd, len);
	close(fd);
	return text;
}

/*
 * Run PROGRAM, a path, with up to 12 arguments, ended by a NULL; it must
 * succeed.  Returns what it wrote to its standard output, malloc'ed.
 */
static inline char *
scratch_run(const char *program, const char *const arguments[])
{
	char *argv[16] = { NULL }, *text, *envp[] = { NULL };
	posix_spawn_file_actions_t actions;
	int out[2], status, n = 0;
	size_t len;
	pid_t pid;

	argv[n++] = strdup(program);
	for (int i = 0; i < 12 && arguments[i] != NULL; i++)
		argv[n++] = strdup(arguments[i]);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out[1], 1);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	assert_int_equal(posix_spawn(&pid, program, &actions, NULL, argv, envp),
	    0);
	posix_spawn_file_actions_destroy(&actions);
	close(out[1]);
	text = scratch_drain(out[0], &len);
	close(out[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	while (n > 0)
		free(argv[--n]);
	return text;
}

static inline char *
scratch_keygen(const char *const arguments[])
{
	return scratch_run("/usr/bin/ssh-keygen", arguments);
}

/*
 * Make the key called NAME: TYPE and BITS ("" for the type's own) as
 * ssh-keygen's, PHRASE to open it, FORMAT "RFC4716" (OpenSSH's), "PEM", ...
 */
static inline void
scratch_key(const char *name, const char *type, const char *bits,
    const char *phrase, const char *format)
{
	char path[PATH_MAX];
	const char *const arguments[] = { "-q", "-N", phrase, "-m", format,
		"-f", path, "-t", type, bits[0] != '\0' ? "-b" : NULL, bits,
		NULL };

	scratch_path(name, path);
	free(scratch_keygen(arguments));
}

#endif
