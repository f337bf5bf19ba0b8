#ifndef MOSHGATE_SSHKEY_H
#define MOSHGATE_SSHKEY_H

#include <stddef.h>

/* Public keys, as RFC 4253, section 6.6 encodes them. */

#define SSHKEY_FINGERPRINT_BYTES 64
#define SSHKEY_ED25519_BLOB_BYTES 51      /* RFC 8709, section 4 */
#define SSHKEY_ED25519_SIGNATURE_BYTES 64 /* RFC 8032, section 5.1.6 */

/* Write the fingerprint of a key to OUT: "SHA256:...". */
void sshkey_fingerprint(const unsigned char *blob, size_t len,
    char out[SSHKEY_FINGERPRINT_BYTES]);

/*
 * The kind of a key (LEN bytes at BLOB) as ssh-keygen -t names it: "ed25519",
 * "ecdsa", "rsa", "dsa"; or "unknown".
 */
const char *sshkey_kind(const unsigned char *blob, size_t len);

#endif
