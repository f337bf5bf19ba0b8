#ifndef MOSHGATE_ASKERS_H
#define MOSHGATE_ASKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"

/*
 * Logins whose clients' agents are asked, which may take as long as a person
 * takes, or as long as somebody likes who wants others to wait: few at a time, and
 * fewer of one name, or of one address.  Policy: times are milliseconds on the
 * monotonic clock.
 */

#define ASKERS_GOING_MAX 4
#define ASKERS_ADDRESS_GOING_MAX 2
#define ASKERS_NAME_GOING_MAX 2 /* and only one of them of one address */
#define ASKERS_WAITING_MAX 8
/* So long one has its place, when it is in the way of another. */
#define ASKERS_YIELD_MS 10000
/*
 * After one that was of no use its place is free so late: OpenSSH 9.8 counts 1 s
 * for a connection that doesn't log in (sshd_config(5), PerSourcePenalties), so
 * that all places together don't get the gateway banned.
 */
#define ASKERS_VAIN_MS ((int64_t)ASKERS_GOING_MAX * 1000)

/* Such a login; whoever adds it fills in the first part. */
struct asker {
	const char *name;
	const struct address *address; /* of the client */
	/* the askers' own */
	enum asker_state {
		ASKER_NONE,
		ASKER_WAITS,
		ASKER_GOES,
	} state;
	int64_t since_ms;
	struct asker *next;
};

/* A place that is not free yet. */
struct askers_vain {
	struct address address;
	int64_t end_ms;
};

struct askers {
	struct asker *first; /* the one that came last */
	struct askers_vain vain[ASKERS_GOING_MAX];
};

/* ASKER waits from now on. */
void askers_add(struct askers *askers, struct asker *asker, int64_t now_ms);

/* It is over, or not made any more; it may never have been added. */
void askers_remove(struct askers *askers, struct asker *asker);

/* The same; the remote was reached, and has not let it in. */
void askers_fail(struct askers *askers, struct asker *asker, int64_t now_ms);

/*
 * Have the one go that may: of the address that has the fewest, that which came
 * first.  NULL if none may; by *NEXT_MS one may.
 */
struct asker *askers_next(struct askers *askers, int64_t now_ms,
    int64_t *next_ms);

/*
 * The one that has to give way since too many wait: the last one of the address
 * that has the most.  NULL if none has to.
 */
struct asker *askers_excess(const struct askers *askers);

/*
 * The one that has had its place for too long while another one, of another
 * address, can't go because of that.  NULL if there is none; by *NEXT_MS there may
 * be one.
 */
struct asker *askers_slow(const struct askers *askers, int64_t now_ms,
    int64_t *next_ms);

#endif
