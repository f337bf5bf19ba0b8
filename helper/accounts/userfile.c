#include "userfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../file.h"

#define NEW_NAME USERMAP_NAME ".new"

/*
 * What the file is, not what a link leads to; all zero if it is not there.  Of
 * one that may be there or not the size is -1, and errno tells why.
 */
static struct stat
userfile_look(const struct userfile *file)
{
	char path[PATH_MAX];
	struct stat st = { 0 };

	snprintf(path, sizeof(path), "%s/" USERMAP_NAME, file->dir);
	if (lstat(path, &st) < 0)
		st = (struct stat){ .st_size = errno == ENOENT ? 0 : -1 };
	return st;
}

static bool
userfile_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	    a->st_size == b->st_size && a->st_mode == b->st_mode &&
	    a->st_uid == b->st_uid && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	    a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	    a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* Read the file, which is as it was just seen, into TABLE, which is empty. */
static void
userfile_read(const struct userfile *file, struct usertable *table)
{
	const struct stat *st = &file->seen;
	char path[PATH_MAX], fault[FILE_FAULT_BYTES];
	struct file content;

	if (st->st_size < 0)
		snprintf(table->fault, sizeof(table->fault),
		    "cannot be read: %s", strerror(errno));
	if (st->st_ino == 0)
		return;
	if (!S_ISREG(st->st_mode)) {
		snprintf(table->fault, sizeof(table->fault),
		    "not a plain file");
		return;
	}
	snprintf(path, sizeof(path), "%s/" USERMAP_NAME, file->dir);
	if (file_read_public(path, geteuid(), USERMAP_MAX_BYTES, &content,
		fault))
		usertable_parse(table, content.text, content.len);
	else
		snprintf(table->fault, sizeof(table->fault), "%s", fault);
	file_free(&content);
}

/*
 * Writing
 */

static bool
userfile_write_all(int fd, const char *text, size_t len)
{
	for (size_t done = 0; done < len;) {
		const ssize_t wrote = write(fd, text + done, len - done);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return false;
		done += (size_t)wrote;
	}
	return true;
}

/* Write TEXT to a new file and have it take the place of the old one. */
static bool
userfile_replace(int dir_fd, const char *text, size_t len)
{
	bool written;
	int fd, error;

	if (unlinkat(dir_fd, NEW_NAME, 0) < 0 && errno != ENOENT)
		return false;
	fd = openat(dir_fd, NEW_NAME,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return false;
	written = fchmod(fd, 0644) == 0 && userfile_write_all(fd, text, len) &&
	    fsync(fd) == 0;
	if (close(fd) < 0)
		written = false;
	if (written && renameat(dir_fd, NEW_NAME, dir_fd, USERMAP_NAME) == 0) {
		/* the name, too; where that fails the file is whole still */
		fsync(dir_fd);
		return true;
	}
	error = errno;
	unlinkat(dir_fd, NEW_NAME, 0);
	errno = error;
	return false;
}

bool
userfile_write(struct userfile *file, struct usertable *table,
    char fault[USERTABLE_FAULT_CHARS])
{
	size_t len = 0;
	char *text = usertable_print(table, &len);
	const int dir_fd = open(file->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool written = false;

	errno = text == NULL ? ENOMEM : errno;
	if (text != NULL && dir_fd >= 0)
		written = userfile_replace(dir_fd, text, len);
	if (!written)
		snprintf(fault, USERTABLE_FAULT_CHARS, "cannot be written: %s",
		    strerror(errno));
	free(text);
	if (dir_fd >= 0)
		close(dir_fd);
	if (written) {
		file->seen = userfile_look(file);
		file->unwritten = false;
	}
	return written;
}

/*
 * What has happened to it
 */

/* FAULT has happened to a file that was good: have it as TABLE says. */
static void
userfile_mend(struct userfile *file, struct usertable *table, const char *fault)
{
	char failure[USERTABLE_FAULT_CHARS];
	const bool again = file->unwritten;
	const bool written = userfile_write(file, table, failure);

	file->unwritten = !written;
	if (again && !written)
		return;
	if (fault[0] == '\0')
		fault = "it has lost users";
	if (written)
		file->tell(file->context, USERNEWS_MENDED, fault);
	else
		file->tell(file->context, USERNEWS_FAILED, failure);
}

/*
 * Have TABLE, just read, know of all uids that have been given as WAS knew of
 * them.  Returns true if it did not.
 */
static bool
userfile_keep_given(struct usertable *table, const struct usertable *was)
{
	if (uidset_holds(&table->given, &was->given))
		return false;
	if (!uidset_unite(&table->given, &was->given))
		snprintf(table->fault, sizeof(table->fault),
		    "no memory for it");
	return true;
}

bool
userfile_refresh(struct userfile *file, struct usertable *table)
{
	const bool had_fault = table->fault[0] != '\0';
	const struct stat st = userfile_look(file);
	char failure[USERTABLE_FAULT_CHARS];
	struct usertable read = { 0 };
	bool behind;

	if (userfile_same(&st, &file->seen) && !file->unwritten)
		return false;
	file->seen = st;
	userfile_read(file, &read);
	if (!had_fault &&
	    (read.fault[0] != '\0' || !usertable_holds(&read, table))) {
		userfile_mend(file, table, read.fault);
		usertable_free(&read);
		return true;
	}
	behind = userfile_keep_given(&read, table);
	usertable_free(table);
	*table = read;
	file->unwritten = false;
	if (table->fault[0] != '\0')
		file->tell(file->context, USERNEWS_DAMAGED, table->fault);
	else if (behind)
		file->unwritten = !userfile_write(file, table, failure);
	return true;
}

void
userfile_open(struct userfile *file, struct usertable *table)
{
	file->seen = userfile_look(file);
	userfile_read(file, table);
	if (table->fault[0] != '\0')
		file->tell(file->context, USERNEWS_DAMAGED, table->fault);
}

void
userfile_resume(struct userfile *file, struct usertable *table)
{
	/* as no file is */
	file->seen = (struct stat){ .st_size = -2 };
	userfile_refresh(file, table);
}

/*
 * Adding
 */

/* Add ENTRY, and write it; all is as it was if that fails. */
static bool
userfile_append(struct userfile *file, struct usertable *table,
    const struct usermap_entry *entry, char fault[USERTABLE_FAULT_CHARS])
{
	struct uidset given;
	bool written = false;

	snprintf(fault, USERTABLE_FAULT_CHARS, "out of memory");
	if (!uidset_copy(&table->given, &given))
		return false;
	if (usertable_give(table, entry->uid) &&
	    usertable_append(table, entry)) {
		written = userfile_write(file, table, fault);
		if (!written)
			table->count--;
	}
	if (written)
		fault[0] = '\0';
	else
		uidset_swap(&table->given, &given);
	uidset_free(&given);
	return written;
}

enum users_result
userfile_add(struct userfile *file, struct usertable *table, const char *name,
    uid_t *uid, char fault[USERTABLE_FAULT_CHARS])
{
	const struct usermap_entry *found;
	struct usermap_entry entry = { .uid = *uid };

	userfile_refresh(file, table);
	found = usertable_find(table, name);
	if (found != NULL) {
		*uid = found->uid;
		return USERS_OK;
	}
	if (table->fault[0] != '\0') {
		snprintf(fault, USERTABLE_FAULT_CHARS, "%s", table->fault);
		return USERS_DAMAGED;
	}
	/* such a line would be a fault */
	if (!usermap_uid_valid(*uid)) {
		snprintf(fault, USERTABLE_FAULT_CHARS,
		    "the uid %lu is nobody's", (unsigned long)*uid);
		return USERS_FAILED;
	}
	if (usertable_has_given(table, *uid)) {
		snprintf(fault, USERTABLE_FAULT_CHARS,
		    "the uid %lu is or was somebody's", (unsigned long)*uid);
		return USERS_AGAIN;
	}
	snprintf(entry.name, sizeof(entry.name), "%s", name);
	return userfile_append(file, table, &entry, fault) ? USERS_OK
							   : USERS_FAILED;
}
