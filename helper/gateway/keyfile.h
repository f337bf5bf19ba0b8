#ifndef MOSHGATE_KEYFILE_H
#define MOSHGATE_KEYFILE_H

#include <stddef.h>

#include "keyfault.h"

#define KEYFILE_MAX_BYTES ((size_t)64 * 1024)
#define KEYFILE_SECRET_BYTES 64 /* a seed, and the public key */

/*
 * Read the LEN bytes at TEXT, which are the file of an ed25519 key, in OpenSSH's
 * format (PROTOCOL.key in its source) or as PEM of PKCS #8 (RFC 8410,
 * section 7).  Stores the secret key, as libsodium has it, in SECRET, which
 * should be in secret memory, as TEXT should.
 * Returns what is wrong with it if it is anything else, or has a passphrase.
 */
struct keyfault keyfile_parse(const char *text, size_t len,
    unsigned char secret[KEYFILE_SECRET_BYTES]);

#endif
