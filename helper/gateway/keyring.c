#include "keyring.h"

#include <stdlib.h>

struct keyring_key {
	struct keyring_key *older;
	struct signer *signer;
	unsigned taken; /* how many connections have it */
};

struct keyring {
	struct keyring_key *first; /* the one in force */
};

/* Close the keys but the first that nobody has. */
static void
keyring_sweep(struct keyring *keyring)
{
	struct keyring_key **at = &keyring->first->older;

	while (*at != NULL) {
		struct keyring_key *key = *at;

		if (key->taken > 0) {
			at = &key->older;
			continue;
		}
		*at = key->older;
		signer_close(key->signer);
		free(key);
	}
}

struct keyring *
keyring_new(struct signer *signer)
{
	struct keyring *keyring = calloc(1, sizeof(*keyring));

	if (keyring != NULL && keyring_replace(keyring, signer))
		return keyring;
	free(keyring);
	return NULL;
}

void
keyring_free(struct keyring *keyring)
{
	if (keyring == NULL)
		return;
	keyring_sweep(keyring);
	signer_close(keyring->first->signer);
	free(keyring->first);
	free(keyring);
}

bool
keyring_replace(struct keyring *keyring, struct signer *signer)
{
	struct keyring_key *key = calloc(1, sizeof(*key));

	if (key == NULL)
		return false;
	key->signer = signer;
	key->older = keyring->first;
	keyring->first = key;
	keyring_sweep(keyring);
	return true;
}

const struct signer *
keyring_signer(const struct keyring *keyring)
{
	return keyring->first->signer;
}

struct keyring_key *
keyring_take(struct keyring *keyring)
{
	if (keyring->first->signer == NULL)
		return NULL;
	keyring->first->taken++;
	return keyring->first;
}

const unsigned char *
keyring_public(const struct keyring_key *key)
{
	return signer_public(key->signer);
}

bool
keyring_sign(const struct keyring_key *key, const char *user,
    const unsigned char *data, size_t len,
    unsigned char signature[SSHKEY_ED25519_SIGNATURE_BYTES])
{
	return signer_sign(key->signer, user, data, len, signature);
}

void
keyring_drop(struct keyring *keyring, struct keyring_key *key)
{
	key->taken--;
	keyring_sweep(keyring);
}
