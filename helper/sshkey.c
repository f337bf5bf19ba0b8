#include "sshkey.h"

#include <sodium.h>
#include <string.h>

void
sshkey_fingerprint(const unsigned char *blob, size_t len,
    char out[SSHKEY_FINGERPRINT_BYTES])
{
	unsigned char hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(hash, blob, len);
	memcpy(out, "SHA256:", 7);
	sodium_bin2base64(out + 7, SSHKEY_FINGERPRINT_BYTES - 7, hash,
	    sizeof(hash), sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
}

const char *
sshkey_kind(const unsigned char *blob, size_t len)
{
	static const struct {
		const char *type, *kind;
	} kinds[] = {
		{ "ssh-ed25519", "ed25519" },
		{ "ecdsa-sha2-nistp256", "ecdsa" },
		{ "ecdsa-sha2-nistp384", "ecdsa" },
		{ "ecdsa-sha2-nistp521", "ecdsa" },
		{ "ssh-rsa", "rsa" },
		{ "ssh-dss", "dsa" },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const size_t name = strlen(kinds[i].type);

		/* a string, RFC 4251 section 5, is what a key begins with */
		if (len >= 4 + name && blob[0] == 0 && blob[1] == 0 &&
		    blob[2] == 0 && blob[3] == name &&
		    memcmp(blob + 4, kinds[i].type, name) == 0)
			return kinds[i].kind;
	}
	return "unknown";
}
