#include "banner.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define NEW_PATH BANNER_PATH ".new"

static const char sentence[] =
    "The server behind this gateway cannot be reached at the moment. "
    "Please try again later.\n";

bool
banner_show(bool show)
{
	const ssize_t len = sizeof(sentence) - 1;
	bool written;
	int fd;

	if (!show)
		return unlink(BANNER_PATH) == 0 || errno == ENOENT;
	/* the directory is shared with root alone */
	unlink(NEW_PATH);
	fd = open(NEW_PATH, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return false;
	written = fchmod(fd, 0644) == 0 && write(fd, sentence, len) == len;
	close(fd);
	return written && rename(NEW_PATH, BANNER_PATH) == 0;
}
