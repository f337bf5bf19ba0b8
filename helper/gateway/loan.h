#ifndef MOSHGATE_LOAN_H
#define MOSHGATE_LOAN_H

#include <stdbool.h>
#include <stdint.h>

#include "../../shim/lib/frame.h"
#include "connection.h"

/* Somebody who would like to have a user's connection for good. */
struct loan {
	/* called with it; it is the borrower's then */
	void (*lend)(struct loan *loan, struct connection *connection);
	/*
	 * There is none to be had: REFUSAL says why the remote can't be
	 * reached at all, or is NULL.
	 */
	void (*deny)(struct loan *loan, const struct frame *refusal);
	void *borrower;
	int64_t end_ms; /* how long it waits: set by whoever lends */
};

/*
 * Tell the loan at *AT, if there is one, that there is no connection to be had;
 * REFUSAL is as in deny().  *AT is NULL then.
 */
void loan_deny(struct loan **at, const struct frame *refusal);

/* Lend CONNECTION by LOAN; false if it is NULL. */
bool loan_give(struct loan *loan, struct connection *connection);

/* Deny the loan at *AT if it has waited for long enough.  Returns when, or INT64_MAX. */
int64_t loan_tend(struct loan **at, int64_t now_ms);

#endif
