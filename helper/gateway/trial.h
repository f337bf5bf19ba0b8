#ifndef MOSHGATE_TRIAL_H
#define MOSHGATE_TRIAL_H

#include "child.h"
#include "reach.h"

/*
 * Trials of UDP at work: they have the processes that run mosh-client where nobody
 * sees it, and tell reach.h their verdicts.
 */
struct trial;

/*
 * LOOP and CHILDREN must outlive it, and CONFIG until the next
 * trial_configure().  CHANGED is called with CONTEXT, a little later, when a
 * trial has begun or is over.  Returns NULL for want of memory.
 */
struct trial *trial_new(struct loop *loop, struct children *children,
    const struct config *config, void (*changed)(void *context), void *context);
void trial_free(struct trial *trial);

/* What is known of UDP, to be asked. */
const struct reach *trial_reach(const struct trial *trial);

/* True, once, when a trial is over. */
bool trial_news(struct trial *trial);

/* See reach.h for these. */
void trial_configure(struct trial *trial, const struct config *config);
void trial_address(struct trial *trial, const char *address);
void trial_begin(struct trial *trial, const char *user, const char *mark);
void trial_connected(struct trial *trial, const char *mark);
void trial_alive(struct trial *trial);
void trial_give_up(struct trial *trial, const char *mark);

/*
 * The mosh-server that shows MARK is where ANSWER says, which must have passed
 * mosh_answer_valid().  Where it may not be, the trial is given up.
 */
void trial_try(struct trial *trial, const char *mark,
    const struct frame *answer);

/* The verdict that FRAME, of the process, tells; of policy alone. */
enum reach_verdict trial_verdict(const struct frame *frame);

#endif
