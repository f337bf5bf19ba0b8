#ifndef MOSHGATE_CLIENT_H
#define MOSHGATE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/fields.h"
#include "lib/frame.h"

/*
 * The shims' side of the helper's socket.  A helper that is at work says so, by
 * FRAME_TAKEN, until it answers; one that says nothing is stuck.
 */

/* How long a shim waits, in milliseconds, */
struct client_patience {
	int64_t connected_ms; /* since it began, until it is connected */
	bool heeds_jam;       /* which it is not at all then: see lib/jam.h */
	int64_t taken_ms;     /* since it began, until it hears anything */
	int64_t silent_ms;   /* since it heard something, until it does again */
	int64_t answered_ms; /* and since it began, until the answer */
};

/*
 * For who has not logged in yet: sshd takes few of them at a time, and others,
 * who have nothing to do with moshgate, among them (MaxStartups).
 */
extern const struct client_patience client_patience_of_sshd;

/* For a person, who is told. */
extern const struct client_patience client_patience_of_person;

/* A question to the helper. */
struct client {
	int fd; /* a socket, which neither blocks nor outlives an exec */
	struct client_patience patience;
	int64_t began_ms;
	/* for how long nothing may come, since something did; and till when */
	int64_t silent_ms, silent_end_ms;
	struct frame_in in;
};

/*
 * Connect to the helper.  Returns false, with errno set, if that fails: EAGAIN
 * if the helper takes nobody.
 */
bool client_open(struct client *client, const struct client_patience *patience);

/* Send the request TYPE with FIELDS.  False if the helper did not take it. */
bool client_ask(const struct client *client, enum frame_type type,
    const struct fields *fields);

/* The same, with the COUNT descriptors at FDS passed along. */
bool client_ask_fds(const struct client *client, enum frame_type type,
    const struct fields *fields, const int *fds, size_t count);

/*
 * Wait for a frame that is not FRAME_TAKEN, as frame_wait(), but no longer than
 * until UNTIL_MS on the monotonic clock.  FRAME_AGAIN: there is none by then, or
 * the helper is stuck.
 */
enum frame_result client_wait(struct client *client, struct frame *answer,
    int64_t until_ms);

/*
 * A worker has the other end of CLIENT from now on, and limits of its own for
 * what it does: nothing need be heard until the answer is due, or the helper has
 * it back, and says so.
 */
void client_given(struct client *client);

/* When there is no use in waiting any longer, if nothing comes until then. */
int64_t client_end_ms(const struct client *client);

/* Close the socket. */
void client_close(struct client *client);

/*
 * Say in one sentence, for a person, why the helper could not be asked.  ERROR
 * is the errno of client_open().  Returns a static string.
 */
const char *client_problem(int error);

#endif
