#ifndef MOSHGATE_STOCK_H
#define MOSHGATE_STOCK_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "../directory.h"
#include "../uidset.h"

/*
 * Uids that the name service has said to be nobody's, so that a new user needn't
 * wait for it.
 *
 * Policy: times are milliseconds on the monotonic clock.
 */
struct stock {
	unsigned long begin; /* from here to FROM there is none */
	unsigned long from;  /* here are DIRECTORY_UIDS */
	uint64_t free[2];    /* of these, and of as many behind them */
	unsigned known;      /* how many times DIRECTORY_UIDS; all zero: none */
	int64_t learnt_ms;   /* when it learnt of the first of all */
};

/*
 * There may be accounts with these uids by then: they are asked for again, and
 * taken until the answer has come.  Nobody gets one for good whose uid the name
 * service has not been asked about.
 */
#define STOCK_KEPT_MS 600000
/* With fewer than these the next ones are asked for. */
#define STOCK_LOW 32

/*
 * Take the lowest uid from FIRST to MAX out of the stock, and store it in *UID.
 * Returns false if there is none.
 */
bool stock_take(struct stock *stock, unsigned long first, unsigned long max,
    uid_t *uid);

/* True if it is known that there is none, whoever is asked. */
bool stock_has_none(const struct stock *stock, unsigned long first,
    unsigned long max, int64_t now_ms);

/* None of those in GIVEN is to be taken. */
void stock_leave_out(struct stock *stock, const struct uidset *given);

/* UID has not been given to anybody after all. */
void stock_give_back(struct stock *stock, uid_t uid);

/*
 * True if the name service is to be asked for uids, so that some from FIRST to
 * MAX are there; stores in *FROM from which one on.
 */
bool stock_wants(const struct stock *stock, unsigned long first,
    unsigned long max, int64_t now_ms, uid_t *from);

/* Of the DIRECTORY_UIDS uids from FROM on those are free that FREE says. */
void stock_learn(struct stock *stock, uid_t from, uint64_t free,
    int64_t now_ms);

#endif
