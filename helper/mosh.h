#ifndef MOSHGATE_MOSH_H
#define MOSHGATE_MOSH_H

#include <stdbool.h>
#include <stddef.h>

#include "../shim/lib/fields.h"
#include "../shim/lib/frame.h"
#include "config.h"

#define MOSH_ADDRESS_BYTES ((size_t)64) /* with its interface, maybe */
#define MOSH_KEY_CHARS 22 /* 128 bits in base64, without its padding */
/* What a mosh-server shows that is there to try UDP: lower case letters. */
#define MOSH_MARK_CHARS ((size_t)16)

enum mosh_result {
	MOSH_STARTED,
	MOSH_NOT_FOUND,  /* no such program on the remote */
	MOSH_NO_LOCALE,  /* no UTF-8 locale on the remote */
	MOSH_NO_PORT,    /* none of the ports is free */
	MOSH_OTHER_PORT, /* it has one that it may not have */
	MOSH_FAILED,     /* anything else */
};

/* True if the LEN bytes at KEY are a session's key. */
bool mosh_key_valid(const char *key, size_t len);

/*
 * True if HOST is an address in numbers, for IPv6 perhaps with an interface, of
 * less than MOSH_ADDRESS_BYTES.
 */
bool mosh_address_valid(const char *host);

/* True if ANSWER is how to reach a mosh-server: host, port and key are right. */
bool mosh_answer_valid(const struct frame *answer);

/*
 * True if PORT is one that CONFIG lets a mosh-server have; the same for the one
 * in ANSWER.
 */
bool mosh_port_allowed(const struct config *config, long port);
bool mosh_answer_allowed(const struct config *config,
    const struct frame *answer);

/*
 * Add to FIELDS what a mosh-client has to know: where its mosh-server is, as
 * ANSWER says, which passed mosh_answer_valid(), and its settings in CONFIG.
 */
void mosh_add_client(struct fields *fields, const struct frame *answer,
    const struct config *config);

/*
 * Put asterisks over all in LEN bytes at TEXT that could be a session's key: a
 * mosh-server whose answer nobody understands may run all the same, and who
 * has its key can type into the session.
 */
void mosh_redact(char *text, size_t len);

/*
 * RESULT in one word, for the log; in one sentence, for the person at the
 * terminal; and what the administrator can do about it.
 */
const char *mosh_reason(enum mosh_result result);
const char *mosh_sentence(enum mosh_result result);
const char *mosh_remedy(enum mosh_result result);

/*
 * Find of which failure REASON is mosh_reason(), and store it in *RESULT; false
 * if it is none of these, but of something else.
 */
bool mosh_find_reason(const char *reason, enum mosh_result *result);

#endif
