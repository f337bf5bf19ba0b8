#include "uidrange.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "usermap.h"

/* So open(2) waits for nobody. */
#define UIDRANGE_FLAGS \
	(O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)

/* Take a uid off the LEN bytes at TEXT.  Returns how long it is, 0 without. */
static size_t
uidrange_take(const char *text, size_t len, uid_t *uid)
{
	unsigned long value = 0;
	size_t digits = 0;

	while (digits < len && digits < 10 && text[digits] >= '0' &&
	    text[digits] <= '9')
		value = value * 10 + (unsigned long)(text[digits++] - '0');
	if (digits == 0 || text[0] == '0' || !usermap_uid_valid(value))
		return 0;
	*uid = (uid_t)value;
	return digits;
}

/* Take the line of LEN bytes at TEXT into *RANGE, if it is one. */
static bool
uidrange_line(const char *text, size_t len, struct uidrange *range)
{
	const size_t first = uidrange_take(text, len, &range->min);
	size_t second;

	if (first == 0 || first == len || text[first] != '-')
		return false;
	text += first + 1;
	len -= first + 1;
	second = uidrange_take(text, len, &range->max);
	return second > 0 && second == len && range->min <= range->max;
}

bool
uidrange_parse(const char *text, size_t len, struct uidrange *range)
{
	bool found = false;

	while (len > 0) {
		const char *newline = memchr(text, '\n', len);
		const size_t line = newline != NULL ? (size_t)(newline - text)
						    : len;

		if (line > 0 && *text != '#') {
			if (found || !uidrange_line(text, line, range))
				return false;
			found = true;
		}
		if (newline == NULL)
			break;
		text += line + 1;
		len -= line + 1;
	}
	return found;
}

/* True if root alone can change what ST is of. */
static bool
uidrange_is_roots(const struct stat *st)
{
	return st->st_uid == 0 && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* Read the range from the file FD. */
static bool
uidrange_read_open(int fd, struct uidrange *range)
{
	char text[UIDRANGE_MAX_BYTES];
	struct stat st;
	ssize_t len;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    !uidrange_is_roots(&st) || st.st_size > (off_t)sizeof(text))
		return false;
	do {
		len = read(fd, text, sizeof(text));
	} while (len < 0 && errno == EINTR);
	/* an empty one is being written, or was left so */
	return len > 0 && len == st.st_size &&
	    uidrange_parse(text, (size_t)len, range);
}

bool
uidrange_read(const char *dir, struct uidrange *range)
{
	const int dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool good = false, missing = dir_fd < 0 && errno == ENOENT;
	struct stat above;
	int fd;

	*range = (struct uidrange){ UIDRANGE_MIN, UIDRANGE_MAX };
	if (dir_fd < 0)
		return missing;
	if (fstat(dir_fd, &above) == 0 && uidrange_is_roots(&above)) {
		fd = openat(dir_fd, UIDRANGE_NAME, UIDRANGE_FLAGS);
		missing = fd < 0 && errno == ENOENT;
		good = missing || (fd >= 0 && uidrange_read_open(fd, range));
		if (fd >= 0)
			close(fd);
	}
	close(dir_fd);
	return good;
}

bool
uidrange_has(const struct uidrange *range, uid_t uid)
{
	return uid >= range->min && uid <= range->max;
}
