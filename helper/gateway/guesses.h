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
 * - Someone who guesses at a name must not lock its user out.  So an address
 *   from where the user has been let in has a count for this name of its own,
 *   and the two others don't matter.
 *
 * A name counts whether it is a user's or not.  Policy: times are milliseconds on
 * the monotonic clock.
 */
struct guesses;

/* The first pause, and the longest. */
#define GUESSES_PAUSE_MS 2000
#define GUESSES_PAUSE_MAX_MS 300000
/* Wrong ones that are free, of a name and of an address. */
#define GUESSES_FREE_NAME 3
#define GUESSES_FREE_ADDRESS 10
/* So many are under way at a time, while they are free. */
#define GUESSES_OPEN_NAME 4
#define GUESSES_OPEN_ADDRESS 10
/* After this time without a wrong one, all are forgotten. */
#define GUESSES_KEPT_MS 3600000

/* So many counts of each kind; and so many addresses of a user. */
#define GUESSES_MAX ((size_t)1024)
#define GUESSES_ADDRESSES_MAX ((size_t)16)

/* Returns NULL for want of memory. */
struct guesses *guesses_new(void);
void guesses_free(struct guesses *guesses);

/* A try of the password of NAME by a client at ADDRESS. */
struct guess {
	char name[USERNAME_MAX_CHARS + 1];
	struct address address;
	/* the guesses' own */
	enum guess_state {
		GUESS_NONE,
		GUESS_OPEN,
	} state;
	bool known; /* the user has been let in from there */
};

/* True if the user called NAME has been let in from ADDRESS. */
bool guesses_know(const struct guesses *guesses, const char *name,
    const struct address *address);

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
