#include "deadline.h"

#include <errno.h>
#include <limits.h>

#include "../../shim/lib/clock.h"

void
deadline_start(struct deadline *deadline, int parent_fd, int step_s,
    int64_t now_ms)
{
	const int64_t step_ms = (int64_t)step_s * 1000;

	*deadline = (struct deadline){ .parent_fd = parent_fd,
		.step_limit_ms = step_ms,
		.login_end_ms = now_ms + step_ms * DEADLINE_STEPS_PER_LOGIN };
}

void
deadline_begin(struct deadline *deadline, const char *step, int64_t now_ms)
{
	const int64_t last_ms = deadline->login_end_ms;

	deadline->step = step;
	deadline->end_ms = now_ms + deadline->step_limit_ms;
	if (last_ms != 0 && last_ms < deadline->end_ms)
		deadline->end_ms = last_ms;
}

void
deadline_end_login(struct deadline *deadline)
{
	deadline->login_end_ms = 0;
}

void
deadline_extend(struct deadline *deadline, int64_t waited_ms)
{
	deadline->end_ms += waited_ms;
	if (deadline->login_end_ms != 0)
		deadline->login_end_ms += waited_ms;
}

void
deadline_lift(struct deadline *deadline, const char *step)
{
	deadline->step = step;
	deadline->end_ms = INT64_MAX;
}

enum failure
deadline_wait(const struct deadline *deadline, struct pollfd *fds, nfds_t count,
    int64_t until_ms)
{
	fds[count - 1] = (struct pollfd){ .fd = deadline->parent_fd };
	for (;;) {
		const int64_t left_ms = until_ms - clock_now_ms();
		int ready;

		if (left_ms <= 0)
			return FAILURE_TIMEOUT;
		ready = poll(fds, count,
		    (int)(left_ms < INT_MAX ? left_ms : INT_MAX));
		if (ready < 0 && errno != EINTR)
			return FAILURE_INTERNAL;
		if (ready > 0)
			return fds[count - 1].revents != 0 ? FAILURE_ABANDONED
							   : FAILURE_NONE;
	}
}
