#ifndef MOSHGATE_AGENDA_H
#define MOSHGATE_AGENDA_H

#include <stdbool.h>

#include "../job.h"

/*
 * What a user's connection does next: policy, without any state of its own.
 */
struct agenda {
	/* somebody waits for this */
	bool lookup, keys;
	bool session; /* one that has no reason to wait */
	/* nobody waits for this */
	bool udp;  /* it is time to try whether UDP gets through */
	bool ping; /* it is to be known whether the remote answers */
	/* it is connected already, and this was its last job */
	bool connected;
	enum job last;
};

/*
 * Choose the next job on AGENDA, and store it in *JOB.
 * - What sshd waits for (lookup, keys) comes before a trial of UDP, so that the
 *   trial costs nobody a round trip; a session would have to wait for its
 *   verdict anyway.
 * - A lookup brings the keys along.
 * - Keys and sessions are taken in turn, if there are both.
 * Returns false if there is nothing to do.
 */
bool agenda_next(const struct agenda *agenda, enum job *job);

#endif
