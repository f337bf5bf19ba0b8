#ifndef MOSHGATE_DEADLINE_H
#define MOSHGATE_DEADLINE_H

#include <poll.h>
#include <stdint.h>

#include "failure.h"

/* All the steps of a login together may take as long as this many of them. */
#define DEADLINE_STEPS_PER_LOGIN 3

/*
 * By when a step of a worker, such as "connect", must be over.  All times are
 * in milliseconds on the monotonic clock.
 */
struct deadline {
	int parent_fd;         /* a socket; at its end all steps end */
	int64_t step_limit_ms; /* what one step may take */
	int64_t login_end_ms;  /* of all steps together; 0: not limited */
	/* the step that is under way, and when it must be over */
	const char *step;
	int64_t end_ms;
};

/*
 * A login begins at NOW_MS, each step of which may take STEP_S seconds.
 * PARENT_FD is a socket at whose end everything is given up.
 */
void deadline_start(struct deadline *deadline, int parent_fd, int step_s,
    int64_t now_ms);

/* STEP, a string that lives for ever, begins at NOW_MS. */
void deadline_begin(struct deadline *deadline, const char *step,
    int64_t now_ms);

/* The login is over: from now on a step has all of its own time. */
void deadline_end_login(struct deadline *deadline);

/*
 * For WAITED_MS of this step it was not the remote that was waited for: step and
 * login may take longer by that.
 */
void deadline_extend(struct deadline *deadline, int64_t waited_ms);

/* STEP begins, and may take as long as it likes. */
void deadline_lift(struct deadline *deadline, const char *step);

/*
 * Wait until one of the COUNT descriptors at FDS is ready, or UNTIL_MS has
 * come.  The last of FDS is used for the parent's, and need not be set.
 * Returns FAILURE_NONE if one is ready, FAILURE_TIMEOUT, FAILURE_ABANDONED if
 * the parent has gone, or FAILURE_INTERNAL.
 */
enum failure deadline_wait(const struct deadline *deadline, struct pollfd *fds,
    nfds_t count, int64_t until_ms);

#endif
