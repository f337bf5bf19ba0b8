#ifndef MOSHGATE_PATIENCE_H
#define MOSHGATE_PATIENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../shim/lib/usermap.h"
#include "../refusal.h"
#include "address.h"

/*
 * The remote's patience: for logins that it refuses it bans the gateway.
 * OpenSSH 9.8 counts 5 s for each, and bans above 15 s (sshd_config(5),
 * PerSourcePenalties).  Anybody can have the gateway log in as anybody.  So all
 * refusals together are so many a minute, and few at once:
 *
 * - Whoever is to be asked as has a claim.  A claim that goes has a token, which
 *   comes back if the remote lets the gateway in.
 * - A token goes to the client's address that had least of them lately; while
 *   names are refused, the last one to none that had any.
 * - Names that are known don't wait for those: they have tokens of their own,
 *   the more of them the more come in.  But one that the remote has refused is as
 *   a stranger until it is let in, whose address is the name.
 * - A name that was refused is not asked again for a while, which doubles.
 *
 * Policy: times are milliseconds on the monotonic clock.
 */
struct patience;

#define PATIENCE_GOING_MAX 4 /* strangers' claims that go at a time */
/* So many of them wait, and so many while nobody is refused. */
#define PATIENCE_WAITING_MAX 4
#define PATIENCE_WAITING_CALM_MAX 8

/* A name that the remote is to be asked as. */
struct patience_claim {
	/* for whoever makes the claim to fill */
	char name[USERNAME_MAX_CHARS + 1];
	struct address address; /* of the client who wants it, if not known */
	bool known;             /* it has an account or a uid on the gateway */
	void *asker;
	/* for logins.h: it may go now; or it can't, for WHY */
	void (*go)(struct patience_claim *claim);
	void (
	    *give_way)(struct patience_claim *claim, const struct refusal *why);
	/* the patience's own */
	enum patience_state {
		PATIENCE_NONE,
		PATIENCE_WAITS,
		PATIENCE_GOES,
		PATIENCE_ASKS,    /* the same, but its token has come back */
		PATIENCE_SETTLED, /* it went, and its token is accounted for */
	} state;
	bool stranger; /* whose tokens it has, or waits for */
	int64_t since_ms;
	struct patience_claim *next;
};

/* Returns NULL for want of memory. */
struct patience *patience_new(void);
void patience_free(struct patience *patience);

/*
 * What [users] lookups_per_minute and negative_ttl say.  No name is paused any
 * more.
 */
void patience_configure(struct patience *patience, int lookups_per_minute,
    int negative_ttl_s);

/* True if NAME is not to be asked: it was refused a while ago. */
bool patience_is_paused(const struct patience *patience, const char *name,
    int64_t now_ms);

/* True if nothing has been refused within a minute. */
bool patience_is_calm(const struct patience *patience, int64_t now_ms);

/* Put CLAIM among those that wait. */
void patience_wait(struct patience *patience, struct patience_claim *claim,
    int64_t now_ms);

/*
 * A client at ADDRESS wants what CLAIM is for as well.  If it waits, it does so as
 * if it were of the one of the two addresses that had and wants less, and had
 * come when that is better.
 */
void patience_join(struct patience *patience, struct patience_claim *claim,
    const struct address *address, int64_t now_ms);

/* Take the claim that may go now out of those that wait; NULL if none may. */
struct patience_claim *patience_next(struct patience *patience, int64_t now_ms);

/* When one of those that wait may go, if none does before; or INT64_MAX. */
int64_t patience_next_ms(const struct patience *patience);

/*
 * The claim that has to give way since too many wait: the last one of the
 * address that had and wants most.  NULL if none has to.
 */
struct patience_claim *patience_excess(const struct patience *patience,
    int64_t now_ms);

/*
 * CLAIM is over, or not made any more.  If it went, and nothing was told of it,
 * its token comes back unless the remote was REACHED: it may have counted that.
 */
void patience_end(struct patience *patience, struct patience_claim *claim,
    bool reached, int64_t now_ms);

/*
 * CLAIM, which goes, is not the remote's concern until somebody's agent has
 * answered, which may take long: its token comes back, and is taken again if the
 * remote counts it after all.
 */
void patience_asks(struct patience *patience, struct patience_claim *claim,
    int64_t now_ms);

/*
 * The remote has let in what CLAIM, which goes, is for, with what is not the
 * gateway's; or it hasn't, which says nothing of the name.
 */
void patience_let_in(struct patience *patience, struct patience_claim *claim,
    int64_t now_ms);
void patience_turned_away(struct patience *patience,
    struct patience_claim *claim, int64_t now_ms);

/* The remote has let the gateway in as NAME, for whatever it wanted. */
void patience_accepted(struct patience *patience, const char *name,
    int64_t now_ms);

/* It hasn't.  Returns until when NAME is not to be asked. */
int64_t patience_refused(struct patience *patience, const char *name,
    int64_t now_ms);

/*
 * NAME is not to be asked for a while, although it was let in.  Returns as
 * patience_refused().
 */
int64_t patience_pause(struct patience *patience, const char *name,
    int64_t now_ms);

#endif
