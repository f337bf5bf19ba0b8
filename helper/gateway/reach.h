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
 * if the mark comes back the verdict is good.  That can't be feigned, so it is
 * good for all users, for 10 minutes, at this address of the remote.
 *
 * A bad one can: a user has any program for a mosh-server on the remote.  So it
 * counts for this user alone, for one minute, and each user's login has a trial
 * of its own.  A few go on at a time; whoever finds no room for one waits for
 * that no longer than for a verdict.
 *
 * Policy: all times are milliseconds on the monotonic clock.
 */
struct reach;

#define REACH_GOOD_MS 600000
#define REACH_BAD_MS 60000
/* When a trial brought no verdict, the user's next is not before so long. */
#define REACH_NONE_MS 60000
/* So many trials at a time, and so many users of whom something is known. */
#define REACH_TRIALS_MAX ((size_t)8)
#define REACH_USERS_MAX ((size_t)256)

enum reach_verdict {
	REACH_NONE, /* nobody knows */
	REACH_GOOD,
	REACH_BAD,
	REACH_WAIT, /* it is being tried, or is to be */
};

/* When a trial began, and its mosh-client (INT64_MAX: not yet). */
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

/* What is known for USER. */
enum reach_verdict reach_now(const struct reach *reach, const char *user,
    int64_t now_ms);

/* True if there is a good verdict. */
bool reach_is_good(const struct reach *reach, int64_t now_ms);

/* If there is none, for how many users there is a bad one. */
size_t reach_blocked(const struct reach *reach, int64_t now_ms);

/* True if there is a trial by USER, and since when, in *TRIAL. */
bool reach_trying(const struct reach *reach, const char *user,
    struct reach_trial *trial);

/*
 * The user of one of the trials, and since when it is there, in *TRIAL: the AT'th
 * of all below REACH_USERS_MAX.  NULL if that is none.
 */
const char *reach_trial_at(const struct reach *reach, size_t at,
    struct reach_trial *trial);

/* Is one due, by USER? */
bool reach_wants(const struct reach *reach, const char *user, int64_t now_ms);

/* Could one be made by USER, whether due or not? */
bool reach_may_try(const struct reach *reach, const char *user);

/* Make a mark that nobody can guess. */
void reach_make_mark(char mark[MOSH_MARK_CHARS + 1]);

/*
 * Begin one for USER, of whom reach_may_try() is true: whoever calls this has a
 * mosh-server started, which is to show MARK, and then calls one of the other
 * two: with the ADDRESS of the mosh-server, or since it could not be started.
 * reach_try() returns true if a mosh-client is to be run, of which reach_told()
 * tells the verdict.
 */
void reach_begin(struct reach *reach, const char *user, const char *mark,
    int64_t now_ms);
bool reach_try(struct reach *reach, const char *mark, const char *address,
    int64_t now_ms);
void reach_give_up(struct reach *reach, const char *mark, int64_t now_ms);

/*
 * The mosh-client for MARK has had VERDICT: REACH_GOOD, REACH_BAD, or
 * REACH_NONE.
 */
void reach_told(struct reach *reach, const char *mark,
    enum reach_verdict verdict, int64_t now_ms);

/* True while a mosh-client for MARK is to run. */
bool reach_has_client(const struct reach *reach, const char *mark);

/* From now on the mosh-server of MARK is waited for, and not for long. */
void reach_connected(struct reach *reach, const char *mark, int64_t now_ms);

/*
 * The remote answers by SSH: without that, nothing is said of UDP alone, and
 * there is no bad verdict.  It counts from the next reach_tick() on.
 */
void reach_alive(struct reach *reach);

/* True, once, when a trial is over. */
bool reach_news(struct reach *reach);

/*
 * Give up trials that take too long.  Returns when to call again, or INT64_MAX.
 */
int64_t reach_tick(struct reach *reach, int64_t now_ms);

#endif
