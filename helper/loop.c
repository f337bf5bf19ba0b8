#include "loop.h"

#include <limits.h>
#include <poll.h>
#include <stdlib.h>

#include "../shim/lib/clock.h"

#define LOOP_NO_PLACE SIZE_MAX
#define LOOP_FIRST_ROOM 64

struct loop {
	struct loop_watch *watches; /* the last to be registered comes first */
	size_t count, room;
	/* of this turn: what is polled, and for whom; NULL: taken out */
	struct pollfd *fds;
	struct loop_watch **polled;
	size_t polled_count;
	struct loop_timer *timers;
	/* the timer that comes after the one that fires */
	struct loop_timer *next_timer;
};

struct loop *
loop_new(void)
{
	return calloc(1, sizeof(struct loop));
}

void
loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	free(loop->fds);
	free(loop->polled);
	free(loop);
}

/* Make room to poll one more watch.  Returns false for want of memory. */
static bool
loop_grow(struct loop *loop)
{
	const size_t room = loop->room > 0 ? 2 * loop->room : LOOP_FIRST_ROOM;
	struct loop_watch **polled;
	struct pollfd *fds;

	if (loop->count < loop->room)
		return true;
	fds = reallocarray(loop->fds, room, sizeof(*fds));
	if (fds == NULL)
		return false;
	loop->fds = fds;
	polled = reallocarray(loop->polled, room, sizeof(struct loop_watch *));
	if (polled == NULL)
		return false;
	loop->polled = polled;
	loop->room = room;
	return true;
}

bool
loop_watch(struct loop *loop, struct loop_watch *watch)
{
	if (!loop_grow(loop))
		return false;
	watch->place = LOOP_NO_PLACE;
	watch->next = loop->watches;
	loop->watches = watch;
	loop->count++;
	return true;
}

void
loop_unwatch(struct loop *loop, struct loop_watch *watch)
{
	struct loop_watch **at = &loop->watches;

	while (*at != NULL && *at != watch)
		at = &(*at)->next;
	if (*at == NULL)
		return;
	*at = watch->next;
	loop->count--;
	if (watch->place < loop->polled_count)
		loop->polled[watch->place] = NULL;
}

/* Take TIMER out of the list, if it is there. */
static void
loop_stop(struct loop *loop, struct loop_timer *timer)
{
	struct loop_timer **at = &loop->timers;

	if (!timer->on)
		return;
	timer->on = false;
	while (*at != timer)
		at = &(*at)->next;
	*at = timer->next;
	if (loop->next_timer == timer)
		loop->next_timer = timer->next;
}

void
loop_at(struct loop *loop, struct loop_timer *timer, int64_t at_ms)
{
	timer->at_ms = at_ms;
	if (at_ms == INT64_MAX) {
		loop_stop(loop, timer);
		return;
	}
	if (timer->on)
		return;
	timer->on = true;
	/* in front, where this turn has been already */
	timer->next = loop->timers;
	loop->timers = timer;
}

static void
loop_fire(struct loop *loop, int64_t now_ms)
{
	struct loop_timer *timer = loop->timers;

	for (; timer != NULL; timer = loop->next_timer) {
		loop->next_timer = timer->next;
		if (timer->at_ms > now_ms)
			continue;
		loop_stop(loop, timer);
		timer->fire(timer->context, now_ms);
	}
	loop->next_timer = NULL;
}

/* How long poll(2) may wait for the first of the timers. */
static int
loop_timeout_ms(const struct loop *loop)
{
	int64_t at_ms = INT64_MAX, left_ms;

	for (const struct loop_timer *t = loop->timers; t != NULL; t = t->next)
		at_ms = t->at_ms < at_ms ? t->at_ms : at_ms;
	if (at_ms == INT64_MAX)
		return -1;
	left_ms = at_ms - clock_now_ms();
	if (left_ms < 0)
		return 0;
	return left_ms < INT_MAX ? (int)left_ms : INT_MAX;
}

/* Have all watches polled, in the order in which they were registered. */
static void
loop_list(struct loop *loop)
{
	size_t place = loop->count;

	for (struct loop_watch *w = loop->watches; w != NULL; w = w->next) {
		w->place = --place;
		loop->polled[place] = w;
		loop->fds[place] = (struct pollfd){ .fd = w->fd,
			.events = w->events };
	}
	loop->polled_count = loop->count;
}

void
loop_turn(struct loop *loop)
{
	int ready;

	loop_fire(loop, clock_now_ms());
	loop_list(loop);
	ready = poll(loop->fds, (nfds_t)loop->polled_count,
	    loop_timeout_ms(loop));
	for (size_t i = 0; ready > 0 && i < loop->polled_count; i++) {
		struct loop_watch *watch = loop->polled[i];
		const short revents = loop->fds[i].revents;

		if (watch != NULL && revents != 0)
			watch->ready(watch->context, revents);
	}
	loop->polled_count = 0;
}
