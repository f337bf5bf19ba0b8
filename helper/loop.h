#ifndef MOSHGATE_LOOP_H
#define MOSHGATE_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The helper's one loop: it waits for descriptors and for times, and calls the
 * function that goes with each.  A watch or a timer belongs to whoever has
 * registered it, who keeps it where it is until it is taken out again; each of
 * them may be changed or taken out in any call.
 */
struct loop;

/* Waits for EVENTS (poll(2)) on FD. */
struct loop_watch {
	int fd;
	short events; /* may be changed at any time */
	/* called with what has happened */
	void (*ready)(void *context, short revents);
	void *context;
	/* the loop's own */
	struct loop_watch *next;
	size_t place;
};

/* Waits for AT_MS, milliseconds on the monotonic clock. */
struct loop_timer {
	/* called with the time; the timer is off by then */
	void (*fire)(void *context, int64_t now_ms);
	void *context;
	/* the loop's own */
	int64_t at_ms;
	struct loop_timer *next;
	bool on;
};

/* Returns NULL for want of memory. */
struct loop *loop_new(void);

/* All watches and timers have been taken out before. */
void loop_free(struct loop *loop);

/* Register WATCH.  Returns false for want of memory. */
bool loop_watch(struct loop *loop, struct loop_watch *watch);

/* Take WATCH out, if it is registered: it is called no more. */
void loop_unwatch(struct loop *loop, struct loop_watch *watch);

/* Have TIMER fire at AT_MS, and not when it was to; INT64_MAX is never. */
void loop_at(struct loop *loop, struct loop_timer *timer, int64_t at_ms);

/*
 * Fire the timers whose time has come, then wait for the next one or for a
 * watch, and call what is ready.  A timer fires once a turn.
 */
void loop_turn(struct loop *loop);

#endif
