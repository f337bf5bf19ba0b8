#include "passwordfile.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PASSWORDFILE_GROUP "_moshgate"
#define PASSWORDFILE_MODE 0640
#define PASSWORDFILE_MAX_BYTES ((size_t)1024 * 1024)
/* So long another one may be at it. */
#define PASSWORDFILE_LOCK_TRIES 100
#define PASSWORDFILE_LOCK_PAUSE_MS 100

/* The file, and the one that is to take its place. */
struct passwordfile {
	int dir_fd, lock_fd; /* the directory of both, and its lock */
	char name[NAME_MAX + 1], new_name[NAME_MAX + 8];
	char lock_name[NAME_MAX + 8];
	char *text; /* of the old one */
	size_t len;
	FILE *new;
	char *fault;
};

/* Say what is wrong: WHAT, and why by errno if it is not 0.  Returns false. */
static bool
passwordfile_fail(struct passwordfile *file, const char *what, int error)
{
	snprintf(file->fault, PASSWORDFILE_FAULT_BYTES, "%.200s%s%s", what,
	    error != 0 ? ": " : "", error != 0 ? strerror(error) : "");
	return false;
}

/*
 * Places
 */

/* Take PATH apart, behind what links there are. */
static bool
passwordfile_split(struct passwordfile *file, const char *path,
    char dir[PATH_MAX])
{
	char *slash;
	int len;

	if (realpath(path, dir) == NULL) {
		if (errno != ENOENT || strlen(path) >= PATH_MAX)
			return passwordfile_fail(file, path, errno);
		snprintf(dir, PATH_MAX, "%s", path);
	}
	slash = strrchr(dir, '/');
	if (slash == NULL || slash[1] == '\0' ||
	    strlen(slash + 1) > NAME_MAX - 6)
		return passwordfile_fail(file, "this is no file's path", 0);
	snprintf(file->name, sizeof(file->name), "%s", slash + 1);
	len = snprintf(file->new_name, sizeof(file->new_name), ".%s.new",
	    file->name);
	len += snprintf(file->lock_name, sizeof(file->lock_name), ".%s.lock",
	    file->name);
	slash[slash == dir ? 1 : 0] = '\0';
	return len > 0;
}

/*
 * Locks
 *
 * Whoever can open a file can lock it (flock(2)).  So this is one that only root
 * can open, and that isn't there when nobody changes anything.
 */

/* True if the lock that is open is the one that others will find. */
static bool
passwordfile_lock_is_there(const struct passwordfile *file,
    const struct stat *open)
{
	struct stat st;

	return fstatat(file->dir_fd, file->lock_name, &st,
		   AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_dev == open->st_dev && st.st_ino == open->st_ino;
}

static void
passwordfile_close_lock(struct passwordfile *file)
{
	close(file->lock_fd);
	file->lock_fd = -1;
}

/* Try to have the lock.  Stores in *FAULT what never lets that be, or NULL. */
static bool
passwordfile_try_lock(struct passwordfile *file, const char **fault)
{
	struct stat st;

	*fault = NULL;
	file->lock_fd = openat(file->dir_fd, file->lock_name,
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (file->lock_fd < 0) {
		*fault = strerror(errno);
		return false;
	}
	if (fstat(file->lock_fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_uid != 0 || (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		*fault = "others than root can open it: remove it";
	else if (flock(file->lock_fd, LOCK_EX | LOCK_NB) == 0 &&
	    passwordfile_lock_is_there(file, &st))
		return true;
	passwordfile_close_lock(file);
	return false;
}

/* Open the directory DIR and have the file there to ourselves. */
static bool
passwordfile_lock(struct passwordfile *file, const char *dir)
{
	char text[PASSWORDFILE_FAULT_BYTES];
	const char *fault;

	file->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (file->dir_fd < 0)
		return passwordfile_fail(file, dir, errno);
	for (int i = 0; i < PASSWORDFILE_LOCK_TRIES; i++) {
		if (passwordfile_try_lock(file, &fault))
			return true;
		if (fault != NULL) {
			snprintf(text, sizeof(text), "%.120s: %.100s",
			    file->lock_name, fault);
			return passwordfile_fail(file, text, 0);
		}
		poll(NULL, 0, PASSWORDFILE_LOCK_PAUSE_MS);
	}
	return passwordfile_fail(file, "another one is changing it", 0);
}

/* Let others have it. */
static void
passwordfile_unlock(struct passwordfile *file)
{
	if (file->lock_fd >= 0) {
		unlinkat(file->dir_fd, file->lock_name, 0);
		passwordfile_close_lock(file);
	}
	if (file->dir_fd >= 0)
		close(file->dir_fd);
}

/*
 * The old file
 */

/* Why the file that ST is of is not to be trusted, or NULL. */
static const char *
passwordfile_stat_fault(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "it is not a plain file";
	if (st->st_uid != 0 || (st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return "others than root can write it: see that what is in it "
		       "is right, then chown root and chmod 640";
	if ((size_t)st->st_size > PASSWORDFILE_MAX_BYTES)
		return "it is too long";
	return NULL;
}

/* Read LEN bytes of FD. */
static bool
passwordfile_read(struct passwordfile *file, int fd, size_t len)
{
	file->text = malloc(len + 1);
	if (file->text == NULL)
		return false;
	while (file->len < len) {
		const ssize_t got = read(fd, file->text + file->len,
		    len - file->len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		file->len += (size_t)got;
	}
	return file->len == len;
}

/* Read the old file, if there is one. */
static bool
passwordfile_load(struct passwordfile *file)
{
	const int fd = openat(file->dir_fd, file->name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	const char *what;
	struct stat st;
	bool good;

	if (fd < 0)
		return errno == ENOENT ||
		    passwordfile_fail(file, "it cannot be read", errno);
	if (fstat(fd, &st) < 0)
		what = "it cannot be read";
	else
		what = passwordfile_stat_fault(&st);
	good = what == NULL && passwordfile_read(file, fd, (size_t)st.st_size);
	if (what == NULL)
		what = "it cannot be read";
	close(fd);
	return good || passwordfile_fail(file, what, 0);
}

/*
 * The new file
 */

static bool
passwordfile_create(struct passwordfile *file)
{
	const struct group *group = getgrnam(PASSWORDFILE_GROUP);
	int fd;

	if (group == NULL)
		return passwordfile_fail(file,
		    "there is no group " PASSWORDFILE_GROUP, 0);
	/* one that was interrupted has left it */
	unlinkat(file->dir_fd, file->new_name, 0);
	fd = openat(file->dir_fd, file->new_name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return passwordfile_fail(file, "it cannot be written", errno);
	if (fchown(fd, 0, group->gr_gid) < 0 ||
	    fchmod(fd, PASSWORDFILE_MODE) < 0 ||
	    (file->new = fdopen(fd, "w")) == NULL) {
		passwordfile_fail(file, "it cannot be written", errno);
		close(fd);
		return false;
	}
	return true;
}

/* True if the LEN bytes at LINE are USER's. */
static bool
passwordfile_is_of(const char *line, size_t len, const char *user)
{
	const size_t name_len = strlen(user);

	return len > name_len && memcmp(line, user, name_len) == 0 &&
	    line[name_len] == ':';
}

/*
 * Write all lines but USER's, in the place of the first of which, or at the end,
 * there is one with HASH, if it isn't NULL.  Returns false if nothing has changed.
 */
static bool
passwordfile_write(struct passwordfile *file, const char *user,
    const char *hash)
{
	const char *at = file->text, *end = at + file->len;
	bool there = false;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const size_t len = (size_t)((newline ? newline : end) - at);

		if (!passwordfile_is_of(at, len, user)) {
			fwrite(at, 1, len, file->new);
			fputc('\n', file->new);
		} else if (hash != NULL && !there) {
			fprintf(file->new, "%s:%s\n", user, hash);
		}
		there = there || passwordfile_is_of(at, len, user);
		at += len + 1;
	}
	if (hash != NULL && !there)
		fprintf(file->new, "%s:%s\n", user, hash);
	return hash != NULL || there;
}

/* Put the new file in the place of the old one. */
static bool
passwordfile_replace(struct passwordfile *file)
{
	bool done;

	done = fflush(file->new) == 0 && !ferror(file->new) &&
	    fsync(fileno(file->new)) == 0 &&
	    renameat(file->dir_fd, file->new_name, file->dir_fd, file->name) ==
		0 &&
	    fsync(file->dir_fd) == 0;
	return done || passwordfile_fail(file, "it cannot be written", errno);
}

/* Write the new file, and put it in the place of the old one. */
static bool
passwordfile_rewrite(struct passwordfile *file, const char *user,
    const char *hash)
{
	bool done;

	if (!passwordfile_load(file) || !passwordfile_create(file))
		return false;
	if (passwordfile_write(file, user, hash))
		done = passwordfile_replace(file);
	else
		done = passwordfile_fail(file, "the user has no password there",
		    0);
	fclose(file->new);
	if (!done)
		unlinkat(file->dir_fd, file->new_name, 0);
	return done;
}

/* Do all of it, in the directory of FILE, which is locked. */
static bool
passwordfile_change(struct passwordfile *file, const char *user,
    const char *hash)
{
	sigset_t all, before;
	bool done;

	/* nobody interrupts this; it doesn't take long */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	done = passwordfile_rewrite(file, user, hash);
	passwordfile_unlock(file);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return done;
}

bool
passwordfile_set(const char *path, const char *user, const char *hash,
    char fault[PASSWORDFILE_FAULT_BYTES])
{
	struct passwordfile file = { .dir_fd = -1,
		.lock_fd = -1,
		.fault = fault };
	char dir[PATH_MAX];
	bool done;

	if (!passwordfile_split(&file, path, dir))
		return false;
	if (!passwordfile_lock(&file, dir)) {
		passwordfile_unlock(&file);
		return false;
	}
	done = passwordfile_change(&file, user, hash);
	if (file.text != NULL)
		explicit_bzero(file.text, file.len);
	free(file.text);
	return done;
}
