#ifndef MOSHGATE_SSHKEY_H
#define MOSHGATE_SSHKEY_H

#include <stdbool.h>
#include <stddef.h>

/* Public keys, as RFC 4253, section 6.6 encodes them, and their types. */

#define SSHKEY_FINGERPRINT_BYTES 64
#define SSHKEY_ED25519 "ssh-ed25519"      /* RFC 8709, section 4 */
#define SSHKEY_ED25519_BLOB_BYTES 51      /* the same */
#define SSHKEY_ED25519_SIGNATURE_BYTES 64 /* RFC 8032, section 5.1.6 */

struct sshkey_type {
	const char *name;       /* as SSH has it */
	const char *kind;       /* as ssh-keygen -t has it: "ed25519", "rsa" */
	const char *title;      /* as people do: "an RSA key" */
	const char *algorithms; /* by which it signs, separated by commas */
	bool authorized;        /* sshd takes it in authorized_keys */
	bool token;             /* it is on a device, which has to be touched */
};

/* The type number INDEX, or NULL if there are no more. */
const struct sshkey_type *sshkey_type_at(size_t index);

/* The type of that NAME (LEN characters), or NULL. */
const struct sshkey_type *sshkey_type_named(const char *name, size_t len);

/*
 * The type of a key that signs by the ALGORITHM (LEN characters), or NULL.
 * That is another name for RSA keys alone: RFC 8332.
 */
const struct sshkey_type *sshkey_type_signing(const char *algorithm,
    size_t len);

/* The type of a key (LEN bytes at BLOB), which may be anything; or NULL. */
const struct sshkey_type *sshkey_type_of(const unsigned char *blob, size_t len);

/* The kind of a key (LEN bytes at BLOB); or "unknown". */
const char *sshkey_kind(const unsigned char *blob, size_t len);

/* How long an RSA key (LEN bytes at BLOB) is, in bits; 0 for any other. */
size_t sshkey_rsa_bits(const unsigned char *blob, size_t len);

/* Write the fingerprint of a key to OUT: "SHA256:...". */
void sshkey_fingerprint(const unsigned char *blob, size_t len,
    char out[SSHKEY_FINGERPRINT_BYTES]);

/*
 * True if the LIST of names, separated by commas (RFC 4251, section 5), has the
 * LEN characters at NAME.
 */
bool sshkey_list_has(const char *list, const char *name, size_t len);

#endif
