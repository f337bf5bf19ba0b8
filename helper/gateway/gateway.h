#ifndef MOSHGATE_GATEWAY_H
#define MOSHGATE_GATEWAY_H

#include <stdbool.h>

#include "../config.h"
#include "admission.h"
#include "carry.h"
#include "directory.h"
#include "guesses.h"
#include "hashing.h"
#include "loginlog.h"
#include "logins.h"
#include "origins.h"
#include "outage.h"
#include "patience.h"
#include "peer.h"
#include "pool.h"
#include "proofs.h"
#include "provisional.h"
#include "shares.h"
#include "trial.h"
#include "users.h"

/* What the requests of all peers have in common: the context of each peer. */
struct gateway {
	struct loop *loop;
	const struct config *config;
	struct pool *pool;
	struct trial *trial;
	struct shares *shares;
	struct carries *carries;
	struct directory *directory;
	struct users *users;
	struct patience *patience;
	struct provisional *provisional;
	struct origins *origins;
	struct logins *logins;
	struct guesses *guesses;
	struct hashing *hashing;
	struct proofs *proofs;
	struct peers *peers;
	struct admission admission;
	struct outage outage;
	struct loop_timer keys_timer; /* of keys.h */
	struct loop_timer beat_timer; /* of beat.h */
	bool beating;                 /* the timer runs */
	struct loginlog loginlog;
	bool over; /* what ends from now on is not logged as ended */
};

#endif
