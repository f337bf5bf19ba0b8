#ifndef MOSHGATE_SIGNER_H
#define MOSHGATE_SIGNER_H

#include <stdbool.h>
#include <stddef.h>

#include "../config.h"
#include "../refusal.h"
#include "../sshkey.h"

#define SIGNER_ERROR_BYTES CONFIG_ERROR_BYTES

/* The gateway's key, which exists in the helper's own process alone. */
struct signer;

/*
 * Read the key that CONFIG names; one that it holds is taken out of it.
 * Returns NULL when the key cannot be used, and in ERROR one line that says
 * why and what to do; or "" if there is none, and there needn't be one.
 */
struct signer *signer_open(struct config *config,
    char error[SIGNER_ERROR_BYTES]);
void signer_close(struct signer *signer);

/*
 * Read the LEN bytes at TEXT, which are the file of an ed25519 key, in
 * OpenSSH's format (PROTOCOL.key in its source) or as PEM of PKCS #8 (RFC 8410,
 * section 7), and which messages call NAME.  TEXT should be in secret memory.
 * Returns NULL when it is anything else, or has a passphrase, and in ERROR one
 * line that says what it is and what to do.
 */
struct signer *signer_parse(const char *name, const char *text, size_t len,
    char error[SIGNER_ERROR_BYTES]);

/* Why nobody is asked for with the gateway's key, where there is none. */
extern const struct refusal signer_none;

/* The public key, as RFC 4253 section 6.6 encodes it. */
const unsigned char *signer_public(const struct signer *signer);

/* Its fingerprint as ssh-keygen -l prints it: "SHA256:...". */
const char *signer_fingerprint(const struct signer *signer);

/*
 * Sign the LEN bytes at DATA, if they are nothing but the request of USER to
 * be authenticated by this key (RFC 4252, section 7).
 * Returns false if they are anything else.
 */
bool signer_sign(const struct signer *signer, const char *user,
    const unsigned char *data, size_t len,
    unsigned char signature[SSHKEY_ED25519_SIGNATURE_BYTES]);

#endif
