#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
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
file_stat_fault(const struct stat *st, uid_t owner)
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
	found = file_stat_fault(st, owner);
	if (found == NULL)
		return fd;
	snprintf(fault, FILE_FAULT_BYTES, "%s", found);
	close(fd);
	return -1;
}

/*
 * Make sure of room for another byte, and a NUL, in the text of FILE, which is
 * public and has *ROOM bytes.
 */
static bool
file_make_room(struct file *file, size_t *room)
{
	const size_t more = *room > 0 ? 2 * *room
				      : (size_t)file->st.st_size + 2;
	char *text;

	if (file->len + 1 < *room)
		return true;
	text = realloc(file->text, more);
	if (text == NULL)
		return false;
	file->text = text;
	*room = more;
	return true;
}

/*
 * Read FD to its end into FILE.  ROOM bytes are there for it; a public file gets
 * more.  Returns what is wrong, or NULL.
 */
static const char *
file_read_all(int fd, size_t max_bytes, size_t room, struct file *file)
{
	for (;;) {
		ssize_t got;

		if (!file->secret && !file_make_room(file, &room))
			return "no memory for it";
		got = read(fd, file->text + file->len, room - 1 - file->len);
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

static bool
file_read_into(const char *path, uid_t owner, size_t max_bytes,
    struct file *file, char fault[FILE_FAULT_BYTES])
{
	/* one byte more tells that it is too long, and there is a NUL */
	const size_t room = file->secret ? max_bytes + 2 : 0;
	const char *found;
	int fd;

	fd = file_open(path, owner, &file->st, fault);
	if (fd < 0)
		return false;
	if (file->secret && (size_t)file->st.st_size <= max_bytes)
		file->text = sodium_malloc(room);
	if ((size_t)file->st.st_size > max_bytes)
		found = "too long";
	else if (file->secret && file->text == NULL)
		found = "no memory for it that can be locked (ulimit -l)";
	else
		found = file_read_all(fd, max_bytes, room, file);
	close(fd);
	if (found != NULL)
		snprintf(fault, FILE_FAULT_BYTES, "%s", found);
	return found == NULL;
}

bool
file_read(const char *path, uid_t owner, size_t max_bytes, struct file *file,
    char fault[FILE_FAULT_BYTES])
{
	*file = (struct file){ .secret = true };
	return file_read_into(path, owner, max_bytes, file, fault);
}

bool
file_read_public(const char *path, uid_t owner, size_t max_bytes,
    struct file *file, char fault[FILE_FAULT_BYTES])
{
	*file = (struct file){ .secret = false };
	return file_read_into(path, owner, max_bytes, file, fault);
}

void
file_free(struct file *file)
{
	if (file->secret)
		sodium_free(file->text);
	else
		free(file->text);
	*file = (struct file){ 0 };
}
