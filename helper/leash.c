#include "leash.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

bool
leash_make(struct leash *leash)
{
	int ends[2];

	*leash = LEASH_NONE;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	*leash = (struct leash){ .held_fd = ends[1], .worn_fd = ends[0] };
	return true;
}

bool
leash_put_on(const struct leash *leash)
{
	struct pollfd holder = { .fd = leash->worn_fd };

	if (fcntl(leash->worn_fd, F_SETOWN, getpid()) < 0 ||
	    fcntl(leash->worn_fd, F_SETSIG, SIGKILL) < 0)
		return false;
	leash_hold(leash, true);
	return poll(&holder, 1, 0) == 0;
}

void
leash_hold(const struct leash *leash, bool held)
{
	/* the mode is one for all who have this end */
	if (leash->worn_fd >= 0)
		fcntl(leash->worn_fd, F_SETFL, held ? O_ASYNC : 0);
}

void
leash_drop(struct leash *leash)
{
	const int error = errno;

	if (leash->worn_fd >= 0)
		close(leash->worn_fd);
	if (leash->held_fd >= 0)
		close(leash->held_fd);
	*leash = LEASH_NONE;
	errno = error;
}
