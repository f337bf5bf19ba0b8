#include "sshkey.h"

#include <sodium.h>
#include <string.h>

#include "sshwire.h"

#define ECDSA(curve)                                          \
	{                                                     \
		"ecdsa-sha2-" curve, "ecdsa", "an ECDSA key", \
		    "ecdsa-sha2-" curve, true, false          \
	}

static const struct sshkey_type sshkey_types[] = {
	{ SSHKEY_ED25519, "ed25519", "an ed25519 key", SSHKEY_ED25519, true,
	    false },
	{ "ssh-rsa", "rsa", "an RSA key", "rsa-sha2-512,rsa-sha2-256,ssh-rsa",
	    true, false },
	ECDSA("nistp256"),
	ECDSA("nistp384"),
	ECDSA("nistp521"),
	{ "sk-ssh-ed25519@openssh.com", "ed25519-sk", "an ed25519 key",
	    "sk-ssh-ed25519@openssh.com", true, true },
	{ "sk-ecdsa-sha2-nistp256@openssh.com", "ecdsa-sk", "an ECDSA key",
	    "sk-ecdsa-sha2-nistp256@openssh.com", true, true },
	{ "ssh-dss", "dsa", "a DSA key", "ssh-dss", false, false },
};

const struct sshkey_type *
sshkey_type_at(size_t index)
{
	return index < sizeof(sshkey_types) / sizeof(sshkey_types[0])
	    ? &sshkey_types[index]
	    : NULL;
}

const struct sshkey_type *
sshkey_type_named(const char *name, size_t len)
{
	const struct sshkey_type *type;

	for (size_t i = 0; (type = sshkey_type_at(i)) != NULL; i++) {
		if (strlen(type->name) == len &&
		    memcmp(type->name, name, len) == 0)
			return type;
	}
	return NULL;
}

bool
sshkey_list_has(const char *list, const char *name, size_t len)
{
	for (; *list != '\0'; list += strspn(list, ",")) {
		const size_t word = strcspn(list, ",");

		if (word == len && memcmp(list, name, len) == 0)
			return true;
		list += word;
	}
	return false;
}

const struct sshkey_type *
sshkey_type_signing(const char *algorithm, size_t len)
{
	const struct sshkey_type *type;

	for (size_t i = 0; (type = sshkey_type_at(i)) != NULL; i++) {
		if (sshkey_list_has(type->algorithms, algorithm, len))
			return type;
	}
	return NULL;
}

const struct sshkey_type *
sshkey_type_of(const unsigned char *blob, size_t len)
{
	struct sshwire key = { .at = blob, .left = len }, name;

	return sshwire_string(&key, &name)
	    ? sshkey_type_named((const char *)name.at, name.left)
	    : NULL;
}

const char *
sshkey_kind(const unsigned char *blob, size_t len)
{
	const struct sshkey_type *type = sshkey_type_of(blob, len);

	return type != NULL ? type->kind : "unknown";
}

size_t
sshkey_rsa_bits(const unsigned char *blob, size_t len)
{
	struct sshwire key = { .at = blob, .left = len }, name;
	size_t exponent, bits;

	if (strcmp(sshkey_kind(blob, len), "rsa") != 0 ||
	    !sshwire_string(&key, &name) || !sshwire_bits(&key, &exponent) ||
	    !sshwire_bits(&key, &bits))
		return 0;
	return bits;
}

void
sshkey_fingerprint(const unsigned char *blob, size_t len,
    char out[SSHKEY_FINGERPRINT_BYTES])
{
	static const char prefix[] = "SHA256:";
	static const size_t prefix_len = sizeof(prefix) - 1;
	unsigned char hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(hash, blob, len);
	memcpy(out, prefix, prefix_len);
	sodium_bin2base64(out + prefix_len,
	    SSHKEY_FINGERPRINT_BYTES - prefix_len, hash, sizeof(hash),
	    sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
}
