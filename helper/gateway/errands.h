#ifndef MOSHGATE_ERRANDS_H
#define MOSHGATE_ERRANDS_H

#include <stdbool.h>
#include <stdint.h>

#include "kept.h"
#include "keycache.h"
#include "trial.h"
#include "waiter.h"

/*
 * What a user's connection is there for: it takes up the jobs that agenda.h
 * chooses, and brings their answers to those who wait.
 */
struct errands {
	struct kept *kept;
	struct trial *trial;
	const char *user;
	struct waiters waiters;
	struct waiter *served; /* the session that is worked for */
	struct keycache keys;
	unsigned asides;  /* what nobody waits for: of enum errand_aside */
	int64_t asked_ms; /* when somebody asked for something last */
	int64_t trial_ms; /* of which errands_log_in() has told */
	char mark[MOSH_MARK_CHARS + 1]; /* of the trial that it starts */
};

/* Begin with nothing to do for USER; KEPT and TRIAL must outlive it. */
void errands_init(struct errands *errands, struct kept *kept,
    struct trial *trial, const char *user);

/* Have WAITER answered. */
void errands_ask(struct errands *errands, struct waiter *waiter);

/* WAITER is not waited for any more; false if it isn't one of these. */
bool errands_forget(struct errands *errands, struct waiter *waiter);

/* Take up the first job of a connection that is about to begin; false: none. */
bool errands_first(struct errands *errands, struct briefing *briefing);

/* Give the idle connection its next job; false if there is none. */
bool errands_next(struct errands *errands);

/* The remote has let the user in; the connection goes on with JOB. */
void errands_ready(struct errands *errands, enum job job);

/* JOB has brought ANSWER. */
void errands_answer(struct errands *errands, enum job job,
    const struct frame *answer);

/*
 * The connection is over, as END says.  With RETRY those who wait get another
 * one, once.
 */
void errands_fail(struct errands *errands, const struct connection_end *end,
    bool retry);

/*
 * The connection, which has not done anything yet, is about to go, and there is
 * another one for those who wait.
 */
void errands_move(struct errands *errands);

/* Start anew: nothing is known, and nothing is worked for. */
void errands_restart(struct errands *errands);

/*
 * True, once for each trial of UDP, which is the one that BEGAN_MS, if the user
 * is logging in; then the remote is asked whether it answers.
 */
bool errands_log_in(struct errands *errands, int64_t began_ms, int64_t now_ms);

#endif
