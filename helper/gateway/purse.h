#ifndef MOSHGATE_PURSE_H
#define MOSHGATE_PURSE_H

#include <stdint.h>

/*
 * A bucket of tokens: what goes takes one, and may bring it back.  While what
 * goes does so there may be more of them.  Policy: times are milliseconds on the
 * monotonic clock.
 */
struct purse {
	int most;            /* so many come by themselves, */
	int grown;           /* and so many there may be */
	int64_t interval_ms; /* in which one comes */
	int64_t kept_ms;     /* growth is, when it is of no use */
	/* the purse's own */
	int tokens;
	int going; /* so many have been taken and are out */
	int64_t filled_ms, grown_ms;
};

/* Begin with a full one, as of the first purse_fill(). */
void purse_init(struct purse *purse);

/* Put in the tokens that have come by now. */
void purse_fill(struct purse *purse, int64_t now_ms);

/* When the next one comes, if there is room for it. */
int64_t purse_next_ms(const struct purse *purse);

/* What is above "the purse's own" has changed. */
void purse_cap(struct purse *purse);

/* Take one, which is there. */
void purse_take(struct purse *purse);

/* One that was taken comes back, and MORE with it. */
void purse_give_back(struct purse *purse, int more, int64_t now_ms);

/* One that was taken is lost, and what had grown. */
void purse_lose(struct purse *purse, int64_t now_ms);

/* One is lost that nobody has taken; LEAST are left. */
void purse_charge(struct purse *purse, int least, int64_t now_ms);

#endif
