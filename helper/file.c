#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool
file_is_open_to_others(const struct stat *st)
{
	return (st->st_mode & S_IROTH) != 0 ||
	    ((st->st_mode & S_IRGRP) != 0 && st->st_gid != 0 &&
		st->st_gid != getegid());
}

/* NULL if ST is of a file to be read, else the fault. */
static const char *
stat_fault(const struct stat *st, uid_t owner)
{
	if (!S_ISREG(st->st_mode))
		return "not a plain file";
	if (st->st_uid != 0 && st->st_uid != owner)
		return "not owned by root (chown root)";
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return "writable by others than root (chmod go-w)";
	return NULL;
}

int
file_open(const char *path, uid_t owner, struct stat *st,
    char fault[FILE_FAULT_BYTES])
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	const char *found;

	*st = (struct stat){ 0 };
	if (fd < 0 || fstat(fd, st) < 0) {
		snprintf(fault, FILE_FAULT_BYTES, "cannot be read: %s",
		    strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	found = stat_fault(st, owner);
	if (found == NULL)
		return fd;
	snprintf(fault, FILE_FAULT_BYTES, "%s", found);
	close(fd);
	return -1;
}

/* Read FD to its end into FILE, which has room for MAX_BYTES. */
static const char *
read_all(int fd, size_t max_bytes, struct file *file)
{
	for (;;) {
		const ssize_t got = read(fd, file->text + file->len,
		    max_bytes + 1 - file->len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return "an error while it was read";
		if (got == 0)
			break;
		file->len += (size_t)got;
		if (file->len > max_bytes)
			return "too long";
	}
	file->text[file->len] = '\0';
	return NULL;
}

bool
file_read(const char *path, uid_t owner, size_t max_bytes, struct file *file,
    char fault[FILE_FAULT_BYTES])
{
	const char *found;
	int fd;

	*file = (struct file){ 0 };
	fd = file_open(path, owner, &file->st, fault);
	if (fd < 0)
		return false;
	if ((size_t)file->st.st_size > max_bytes) {
		found = "too long";
	} else {
		file->text = sodium_malloc(max_bytes + 2);
		found = file->text != NULL
		    ? read_all(fd, max_bytes, file)
		    : "no memory for it that can be locked (ulimit -l)";
	}
	close(fd);
	if (found != NULL)
		snprintf(fault, FILE_FAULT_BYTES, "%s", found);
	return found == NULL;
}

void
file_free(struct file *file)
{
	sodium_free(file->text);
	*file = (struct file){ 0 };
}
