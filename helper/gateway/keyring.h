#ifndef MOSHGATE_KEYRING_H
#define MOSHGATE_KEYRING_H

#include <stdbool.h>
#include <stddef.h>

#include "signer.h"

/*
 * The gateway's key, if it has one, and those before it for as long as a connection may still
 * sign with one: a reload changes nothing for those that have begun.
 */
struct keyring;

/* The key that one connection may sign with, once. */
struct keyring_key;

/*
 * SIGNER, NULL if there is none, is the keyring's from now on, unless NULL is
 * returned, for want of memory.
 */
struct keyring *keyring_new(struct signer *signer);

/* Close all keys; no connection has one. */
void keyring_free(struct keyring *keyring);

/*
 * From now on SIGNER is in force, and the keyring's.  Returns false, and changes
 * nothing, for want of memory.
 */
bool keyring_replace(struct keyring *keyring, struct signer *signer);

/* The key in force; NULL: there is none. */
const struct signer *keyring_signer(const struct keyring *keyring);

/*
 * Take the key in force, for keyring_sign() or keyring_drop(); NULL: there is
 * none.
 */
struct keyring_key *keyring_take(struct keyring *keyring);

/* The public half of KEY, as RFC 4253, section 6.6 encodes it. */
const unsigned char *keyring_public(const struct keyring_key *key);

/* Sign with KEY, as signer_sign() does. */
bool keyring_sign(const struct keyring_key *key, const char *user,
    const unsigned char *data, size_t len,
    unsigned char signature[SSHKEY_ED25519_SIGNATURE_BYTES]);

/* KEY is not needed any more. */
void keyring_drop(struct keyring *keyring, struct keyring_key *key);

#endif
