#ifndef MOSHGATE_GUESSES_H
#define MOSHGATE_GUESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../shim/lib/usermap.h"
#include "address.h"

/*
 * How often passwords may be tried, for each name and for each address:
 *
 * - A few wrong ones are free.  Each further one begins a pause, which doubles.
 *   While it lasts every other try is refused, whatever the password.
 * - What is under way may be wrong: so only a few are at a time.
 * - With IPv6 the networks around an address count too: who guesses may have
 *   been given more than one.
 * - Someone who guesses at a name must not lock its user out.  So an address
 *   from where the user has been let in has a count for this name of its own,
 *   and the others don't matter.  And once in a while a name that is paused can
 *   be tried from an address where nobody has guessed.
 * - Someone who guesses at many names must not have others forgotten.  So none
 *   is that may still be paused: those that find no place share some.
 *
 * A name counts whether it is a user's or not.  Policy: times are milliseconds on
 * the monotonic clock.
 */
struct guesses;

/* The first pause, and the longest. */
#define GUESSES_PAUSE_MS 2000
#define GUESSES_PAUSE_MAX_MS 300000
/* Wrong ones that are free, of a name, of an address, and of its networks. */
#define GUESSES_FREE_NAME 3
#define GUESSES_FREE_ADDRESS 10
#define GUESSES_FREE_NET56 40
#define GUESSES_FREE_NET48 160
/* Of all clients together whose address is not known. */
#define GUESSES_FREE_NOWHERE 100
/* So many are under way at a time, while they are free. */
#define GUESSES_OPEN_NAME 4
#define GUESSES_OPEN_ADDRESS 10
#define GUESSES_OPEN_MANY 20
/* A paused name can be tried from elsewhere after this time. */
#define GUESSES_SPARE_MS 30000
/* After this time without a wrong one, all are forgotten. */
#define GUESSES_KEPT_MS 3600000

/* So many counts of each kind; and so many addresses of a user. */
#define GUESSES_MAX ((size_t)4096)
#define GUESSES_ADDRESSES_MAX ((size_t)16)
/* So many more, which those share that come when all are taken. */
#define GUESSES_SHARED ((size_t)256)

/* Returns NULL for want of memory. */
struct guesses *guesses_new(void);
void guesses_free(struct guesses *guesses);

struct guesses_count;

/* Of the name and the address, and of two networks. */
#define GUESS_COUNTS 4

/* A try of the password of NAME by a client at ADDRESS. */
struct guess {
	char name[USERNAME_MAX_CHARS + 1];
	struct address address;
	/* the guesses' own */
	enum guess_state {
		GUESS_NONE,
		GUESS_OPEN,
		GUESS_SPARE, /* while the name is paused */
	} state;
	/* who may be the user, by the address */
	enum guess_standing {
		GUESS_SUSPECT, /* somebody has guessed wrong from there */
		GUESS_FRESH,   /* nobody has */
		GUESS_KNOWN,   /* the user has been let in from there */
	} standing;
	struct guesses_count *counts[GUESS_COUNTS]; /* NULL behind the last */
};

/* True if the user called NAME has been let in from ADDRESS. */
bool guesses_know(const struct guesses *guesses, const char *name,
    const struct address *address);

/* The user called NAME has been let in from ADDRESS, by whatever. */
void guesses_let_in(struct guesses *guesses, const char *name,
    const struct address *address, int64_t now_ms);

/*
 * Begin GUESS, whose name and address are there.  Returns false if it can't be
 * made now.  One that has begun must come to one of the ends below.
 */
bool guesses_begin(struct guesses *guesses, struct guess *guess,
    int64_t now_ms);

/* What GUESS has come to, if it has begun. */
enum guess_end {
	GUESS_RIGHT,   /* the user is let in */
	GUESS_WRONG,   /* it was wrong, or the name is nobody's */
	GUESS_UNTRIED, /* nobody can tell */
};
void guesses_end(struct guesses *guesses, struct guess *guess,
    enum guess_end end, int64_t now_ms);

#endif
