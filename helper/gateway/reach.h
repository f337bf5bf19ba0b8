#ifndef MOSHGATE_REACH_H
#define MOSHGATE_REACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../shim/lib/usermap.h"
#include "../config.h"
#include "../mosh.h"

/*
 * Does mosh's UDP get through to the remote?  A worker starts a mosh-server
 * there that shows a mark, a process of its own (trial.h) runs mosh-client, and
 * if the mark comes back the verdict is good.  There is one for each address of
 * the remote, for all users: a good one holds for 10 minutes, a bad one for one.
 * But a user can have any program for a mosh-server on the remote.  So the next
 * user to come after a bad verdict by one has it tried again, without having to
 * wait; and where a trial brings no verdict, that is nobody else's matter.
 *
 * Policy: all times are milliseconds on the monotonic clock.
 */
struct reach;

#define REACH_GOOD_MS 600000
#define REACH_BAD_MS 60000
/* When a trial brought no verdict, the next is not before so long. */
#define REACH_NONE_MS 60000

enum reach_verdict {
	REACH_NONE, /* nobody knows */
	REACH_GOOD,
	REACH_BAD,
	REACH_WAIT, /* it is being tried */
};

/* When what is being tried began, and mosh-client (INT64_MAX: not yet). */
struct reach_trial {
	int64_t began_ms, client_ms;
};

/* CONFIG must outlive it, or the next reach_configure().  NULL: no memory. */
struct reach *reach_new(const struct config *config);
void reach_free(struct reach *reach);

/* From now on CONFIG holds: what is known is forgotten. */
void reach_configure(struct reach *reach, const struct config *config);

/*
 * A connection has got to the remote, and mosh-client would go to ADDRESS, a
 * numeric one: the verdict is about that one from now on.
 */
void reach_address(struct reach *reach, const char *address);

/* What is known. */
enum reach_verdict reach_now(const struct reach *reach, int64_t now_ms);

/* True if there is a trial, and since when, in *TRIAL. */
bool reach_trying(const struct reach *reach, struct reach_trial *trial);

/* Is one due, by USER? */
bool reach_wants(const struct reach *reach, const char *user, int64_t now_ms);

/* Could one be made, whether due or not?  Not while there is another. */
bool reach_idle(const struct reach *reach);

/* Make a mark that nobody can guess. */
void reach_make_mark(char mark[MOSH_MARK_CHARS + 1]);

/*
 * Begin one for USER, which the log names: whoever calls this has a mosh-server
 * started, which is to show MARK, and then calls one of the other two: with the
 * ADDRESS of the mosh-server, or since it could not be started.
 * reach_try() returns true if a mosh-client is to be run, of which reach_told()
 * tells the verdict.
 */
void reach_begin(struct reach *reach, const char *user, const char *mark,
    int64_t now_ms);
bool reach_try(struct reach *reach, const char *mark, const char *address,
    int64_t now_ms);
void reach_give_up(struct reach *reach, const char *mark, int64_t now_ms);

/* The mosh-client has had VERDICT: REACH_GOOD, REACH_BAD, or REACH_NONE. */
void reach_told(struct reach *reach, enum reach_verdict verdict,
    int64_t now_ms);

/* True while a mosh-client is to run. */
bool reach_has_client(const struct reach *reach);

/* From now on that mosh-server is waited for, and not for long. */
void reach_connected(struct reach *reach, int64_t now_ms);

/*
 * The remote answers by SSH: without that, nothing is said of UDP alone, and
 * there is no bad verdict.  It counts from the next reach_tick() on.
 */
void reach_alive(struct reach *reach);

/* True, once, when a trial is over. */
bool reach_news(struct reach *reach);

/*
 * Give up a trial that takes too long.  Returns when to call again, or INT64_MAX.
 */
int64_t reach_tick(struct reach *reach, int64_t now_ms);

#endif
