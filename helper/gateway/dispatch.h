#ifndef MOSHGATE_DISPATCH_H
#define MOSHGATE_DISPATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The processes that ask the name service: which of them takes the next
 * question, and when another one may be started.  A directory service that hangs
 * may do so for some names, which anybody can ask for, and not for others.  So
 * there are a few of them, and some are kept for names that were answered
 * quickly the last time.
 *
 * Policy: times are milliseconds on the monotonic clock.
 */
#define DISPATCH_PLACES 8
#define DISPATCH_KEPT 3 /* so many are for quick names alone */

/* A process has this long for an answer, and so has whoever waits for it. */
#define DISPATCH_ANSWER_MS 4000
/* After this another process is asked as well about those that are quick. */
#define DISPATCH_PATIENCE_MS 1000
/* What was answered in this time is quick. */
#define DISPATCH_QUICK_MS 500
/* One process is kept for the next question; others end after this. */
#define DISPATCH_IDLE_MS 20000
/* Processes that were killed may not have ended yet: no more are started then. */
#define DISPATCH_ENDING_MAX 16

/* Whose turn it is first comes first here. */
enum dispatch_class {
	DISPATCH_QUICK, /* of somebody who was quick, or who has come before */
	DISPATCH_OTHER,
	DISPATCH_STOCK, /* nobody waits for it */
};

enum dispatch_state {
	DISPATCH_EMPTY, /* there is no process */
	DISPATCH_IDLE,
	DISPATCH_BUSY,
};

struct dispatch_place {
	enum dispatch_state state;
	enum dispatch_class class; /* of what it is busy with */
	bool answered;             /* it has, since it was started */
	int64_t since_ms;          /* in this state */
};

/* What was quick, and what was slow: some of it is forgotten. */
#define DISPATCH_MEMORY 1024

struct dispatch {
	struct dispatch_place places[DISPATCH_PLACES];
	unsigned
	    failures;     /* that many processes have ended without an answer */
	int64_t again_ms; /* when the next may be started */
	uint64_t memory[DISPATCH_MEMORY]; /* all zero in the beginning */
};

/* What a process has come to. */
enum dispatch_end {
	DISPATCH_LATE,  /* it was killed: it had no answer, or is not needed */
	DISPATCH_ENDED, /* by itself */
};

/*
 * A place for a question of CLASS: one with a process that is idle, or one in
 * which a process may be started; -1 if there is none now.  ENDING processes
 * have been killed and not ended yet.
 */
int dispatch_find(const struct dispatch *dispatch, enum dispatch_class class,
    size_t ending, int64_t now_ms);

/* The process in PLACE has been started, or could not be. */
void dispatch_started(struct dispatch *dispatch, int place, int64_t now_ms);
void dispatch_failed(struct dispatch *dispatch, int64_t now_ms);

/* The process in PLACE has got a question of CLASS; or has answered it. */
void dispatch_asked(struct dispatch *dispatch, int place,
    enum dispatch_class class, int64_t now_ms);
void dispatch_answered(struct dispatch *dispatch, int place, int64_t now_ms);

/* The process in PLACE is over. */
void dispatch_over(struct dispatch *dispatch, int place, enum dispatch_end end,
    int64_t now_ms);

/*
 * A place whose process has been idle for so long that it may end; -1 if there
 * is none.  Stores in *NEXT_MS when to ask again, INT64_MAX: not before another
 * one is idle.
 */
int dispatch_excess(const struct dispatch *dispatch, int64_t now_ms,
    int64_t *next_ms);

/*
 * When what can't be done now may be done, if nothing happens before: a process
 * can be started again.  INT64_MAX: only when something happens.
 */
int64_t dispatch_again_ms(const struct dispatch *dispatch, int64_t now_ms);

/*
 * The class of a question about WHOM, a name or a uid in words; KNOWN: they have
 * come before.
 */
enum dispatch_class dispatch_class_of(const struct dispatch *dispatch,
    const char *whom, bool known);

/*
 * The question about WHOM took TOOK_MS to answer, INT64_MAX if it wasn't.  Only
 * accounts that are there are remembered as quick: there are not many of them.
 */
void dispatch_learn(struct dispatch *dispatch, const char *whom, bool there,
    int64_t took_ms);

#endif
