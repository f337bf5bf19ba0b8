#ifndef MOSHGATE_AUTHLINE_H
#define MOSHGATE_AUTHLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "sshkey.h"

/* A line of authorized_keys (sshd(8), AUTHORIZED_KEYS FILE FORMAT). */

/* A key has more base64 than this, and a line more than its key. */
#define AUTHLINE_KEY_MIN_CHARS ((size_t)16)
/* sshd reads no longer key. */
#define AUTHLINE_BLOB_MAX_BYTES ((size_t)16 * 1024)

/* A run of characters in a line, without a NUL behind it. */
struct authline_run {
	const char *at;
	size_t len;
};

/* A key: LEN bytes at BLOB, RFC 4253, section 6.6. */
struct authline_key {
	const struct sshkey_type *type;
	unsigned char blob[AUTHLINE_BLOB_MAX_BYTES];
	size_t len;
};

/*
 * Read the line TEXT, of whatever bytes, as sshd does: first as a key, then as
 * options and a key.  Stores its options (in TEXT, as they are, and empty if
 * there are none) and its key.  Returns false if it is neither.
 */
bool authline_read(struct authline_run text, struct authline_run *options,
    struct authline_key *key);

/* Take the next word, which has no blanks, off REST.  It is empty at the end. */
struct authline_run authline_word(struct authline_run *rest);

/* Decode the base64 in WORD.  Returns false if that is not a key for sshd. */
bool authline_decode(struct authline_run word, struct authline_key *key);

#endif
