#ifndef MOSHGATE_PROOFS_H
#define MOSHGATE_PROOFS_H

#include "proof.h"

/* All proofs that are under way: which of them may go, and how long they wait. */

/* PARTS, and LOGINS, which is told of turns, must outlive the proofs. */
struct proofs *proofs_new(const struct logins_parts *parts, struct pool *pool,
    struct logins *logins);
void proofs_free(struct proofs *proofs);

void proofs_ask(struct proofs *proofs, struct proof *proof);

/*
 * The settings are others: what is under way was asked for by the old ones, and
 * perhaps of another remote, so it fails.
 */
void proofs_configure(struct proofs *proofs);

/* PROOF, all zero or asked, is not waited for any more. */
void proofs_forget(struct proof *proof);

#endif
