#ifndef MOSHGATE_CREDENTIAL_H
#define MOSHGATE_CREDENTIAL_H

#include <stdbool.h>

#include "../refusal.h"
#include "briefing.h"
#include "keyring.h"

/*
 * What one connection logs in with: the gateway's key, for one signature; or what
 * the user has, which its worker is told.  All zero is nothing.
 */
struct credential {
	struct keyring *keyring;
	struct keyring_key *key; /* to sign with; NULL: no more */
	bool users; /* it is the user's own, and not the gateway's */
};

/*
 * Take what BRIEFING says, out of KEYRING if it is the gateway's key.  Returns
 * false if there is nothing to log in with, and the job can't be done without.
 */
bool credential_take(struct credential *credential, struct keyring *keyring,
    const struct briefing *briefing);

/* The public half of the key, or NULL if it is none. */
const unsigned char *credential_public(const struct credential *credential);

/*
 * Sign what ASKED says with the key, which is dropped then, as signer_sign()
 * does for USER.  Returns false, which is logged, if that is nothing to be
 * signed.
 */
bool credential_sign(struct credential *credential, const char *user,
    const struct frame *asked,
    unsigned char signature[SSHKEY_ED25519_SIGNATURE_BYTES]);

/* There is no use for a signature any more. */
void credential_drop(struct credential *credential);

/* Why somebody gets no connection for whom there is nothing to log in with. */
extern const struct refusal credential_none;

#endif
