#ifndef MOSHGATE_FAILURE_H
#define MOSHGATE_FAILURE_H

#include <stdbool.h>

#include "../refusal.h"

#define FAILURE_DETAIL_BYTES 2048
#define FAILURE_REMEDY_BYTES 1024

/* Why the remote can't be reached, or does not do what it is asked. */
enum failure {
	FAILURE_NONE, /* it went well */
	FAILURE_UNRESOLVED,
	FAILURE_UNREACHABLE, /* no connection, or closed before its version */
	FAILURE_NO_COMMON,   /* no algorithm in common */
	FAILURE_HOST_KEY,    /* it is not the one on file */
	FAILURE_HOST_KEY_UNKNOWN,
	FAILURE_HOST_KEY_REVOKED,
	FAILURE_HOST_KEY_ONLY_CA,
	FAILURE_HOST_KEY_SHORT,
	FAILURE_REFUSED,           /* the gateway's key, for this user */
	FAILURE_PASSWORD,          /* the same for the user's password */
	FAILURE_PASSWORD_EXPIRED,  /* another one has to be chosen */
	FAILURE_PASSWORD_MORE,     /* it wants more than a password */
	FAILURE_PASSWORD_UNWANTED, /* it takes none */
	FAILURE_AGENT_REFUSED,     /* the keys in the user's agent */
	FAILURE_AGENT_NONE,        /* it can't be reached */
	FAILURE_AGENT_EMPTY,
	FAILURE_AGENT_DENIED, /* it doesn't sign */
	FAILURE_AGENT_SILENT,
	FAILURE_AGENT_BROKEN, /* it says nonsense, or ends */
	FAILURE_NO_SHELL,
	FAILURE_LOST, /* the connection broke */
	FAILURE_TIMEOUT,
	FAILURE_TOO_BIG,
	FAILURE_ABANDONED, /* the parent went away */
	FAILURE_INTERNAL,
	FAILURES
};

/*
 * What else there is to say about the last failure, to the administrator; each
 * is "" if there is nothing.  All zero in the beginning.
 */
struct failure_facts {
	char detail[FAILURE_DETAIL_BYTES]; /* may hold what the remote said */
	char remedy[FAILURE_REMEDY_BYTES]; /* in place of the usual one */
	/* whatever it is: the remote has refused something of this login */
	bool counted;
};

/* FAILURE in one sentence, for the person at the terminal. */
const char *failure_sentence(enum failure failure);

/*
 * FAILURE in all its words, with FACTS unless that is NULL.  They belong to
 * FACTS or live for ever.
 */
struct refusal failure_refusal(enum failure failure,
    const struct failure_facts *facts);

void failure_clear(struct failure_facts *facts);

/* Write the detail, append to it, or append to the remedy: as printf(3). */
void failure_set_detail(struct failure_facts *facts, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void failure_add_detail(struct failure_facts *facts, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void failure_add_remedy(struct failure_facts *facts, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
