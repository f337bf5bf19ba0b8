#ifndef MOSHGATE_AGENTWIRE_H
#define MOSHGATE_AGENTWIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "../sshwire.h"

/*
 * What is spoken with an SSH agent (draft-ietf-sshm-ssh-agent): a length of 4
 * bytes, and so many bytes of a message, of which the first is the type.  An
 * agent may be anything that a hostile user has.
 */

/* As long as a message may be: OpenSSH takes no longer one either. */
#define AGENTWIRE_MAX_BYTES ((size_t)256 * 1024)
#define AGENTWIRE_LENGTH_BYTES 4

/* So many of the agent's keys are tried: the remote's MaxAuthTries is 6. */
#define AGENTWIRE_KEYS_MAX 6

/* Longer than any key, its certificate along, or any signature. */
#define AGENTWIRE_KEY_MAX_BYTES ((size_t)16 * 1024)
#define AGENTWIRE_SIGNATURE_MAX_BYTES ((size_t)4 * 1024)

struct agentwire_key {
	struct sshwire blob; /* as the agent knows it */
	bool rsa;
};

/* What an agent has. */
struct agentwire_keys {
	struct agentwire_key key[AGENTWIRE_KEYS_MAX];
	size_t count;  /* of those that are to be tried */
	size_t all;    /* how many keys it has */
	size_t others; /* those that can't be used */
};

/* The whole request for a list of all keys. */
#define AGENTWIRE_LIST "\0\0\0\1\13"
#define AGENTWIRE_LIST_BYTES 5

/* How long a message is that begins with HEAD; false if it may not be so long. */
bool agentwire_length(const unsigned char head[AGENTWIRE_LENGTH_BYTES],
    size_t *len);

/*
 * Understand the answer (LEN bytes at BYTES) to AGENTWIRE_LIST: in *KEYS there
 * are the first MAX keys that libssh2 can log in with, each once, and they point
 * into the answer.  NEWER says that libssh2 is 1.11 or later, which can with more.
 * Returns false if it is none.
 */
bool agentwire_read_keys(const unsigned char *bytes, size_t len, bool newer,
    size_t max, struct agentwire_keys *keys);

/*
 * Write to *REQUEST, malloc'ed, the whole request to sign the LEN bytes at DATA
 * with the key of BLOB, by the ALGORITHM, which matters for RSA keys alone.
 * Returns its length, or 0 for want of memory, or if it would be too long.
 */
size_t agentwire_ask_signature(const struct sshwire *blob,
    const struct sshwire *algorithm, const unsigned char *data, size_t len,
    unsigned char **request);

enum agentwire_answer {
	AGENTWIRE_SIGNED,
	AGENTWIRE_DENIED,   /* it doesn't sign: the person may not want it to */
	AGENTWIRE_NONSENSE, /* it answers something else */
};

/*
 * Understand the answer (LEN bytes at BYTES) to such a request.  *SIGNATURE is
 * what libssh2 wants, in the answer: all that follows the algorithm's name for a
 * key on a device, and what is in it for others.
 */
enum agentwire_answer agentwire_read_signature(const unsigned char *bytes,
    size_t len, const struct sshwire *algorithm, struct sshwire *signature);

/*
 * Take from what libssh2 has signed (LEN bytes at DATA: RFC 4252, section 7) by
 * which algorithm it is to be signed.  Returns false if it is something else, or
 * by none that OpenSSH offers.
 */
bool agentwire_read_algorithm(const unsigned char *data, size_t len,
    struct sshwire *algorithm);

/*
 * The name of the algorithm in whose name libssh2 must be given an RSA key, if
 * it can't tell one from the other.
 */
#define AGENTWIRE_RSA "rsa-sha2-512"

/*
 * Write to *OUT, malloc'ed, the RSA key of BLOB with that name in place of its
 * own.  OpenSSH takes it for the same key.  Returns its length; 0 for want of
 * memory, or if it isn't one.
 */
size_t agentwire_rename_rsa(const struct sshwire *blob, unsigned char **out);

#endif
