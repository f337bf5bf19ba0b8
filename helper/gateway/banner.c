#include "banner.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const char sentence[] =
    "The server behind this gateway cannot be reached at the moment. "
    "Please try again later.\n";

bool
banner_show(bool show)
{
	const ssize_t len = show ? (ssize_t)sizeof(sentence) - 1 : 0;
	struct stat st;
	bool written;
	int fd;

	fd = open(BANNER_PATH, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	errno = EPERM;
	written = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_uid == 0 && ftruncate(fd, 0) == 0 &&
	    write(fd, sentence, (size_t)len) == len;
	close(fd);
	return written;
}
