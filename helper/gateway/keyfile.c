#include "keyfile.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../sshkey.h"
#include "../sshwire.h"
#include "der.h"

/* A fault of a key that is put right by another one. */
#define FAULT(words, title)                     \
	(struct keyfault)                       \
	{                                       \
		words, title, KEYFAULT_MAKE_ONE \
	}
#define RIGHT FAULT(NULL, NULL)
#define DAMAGED FAULT("is damaged", NULL)
#define ANOTHER_TYPE FAULT("is not an ed25519 key", NULL)

/*
 * Make the SECRET key out of SEED.  False if its public half is not PUBLIC_KEY,
 * for to sign with such a pair would give the seed away.
 */
static bool
keyfile_make_secret(unsigned char secret[KEYFILE_SECRET_BYTES],
    const unsigned char *seed, const unsigned char *public_key)
{
	unsigned char derived[crypto_sign_PUBLICKEYBYTES];

	_Static_assert(KEYFILE_SECRET_BYTES == crypto_sign_SECRETKEYBYTES,
	    "the secret key is libsodium's");
	return crypto_sign_seed_keypair(derived, secret, seed) == 0 &&
	    (public_key == NULL ||
		memcmp(derived, public_key, sizeof(derived)) == 0);
}

/*
 * OpenSSH's format
 */

/* What is wrong with a key whose type SSH calls NAME, which is another one. */
static struct keyfault
keyfile_type_fault(const struct sshwire *name)
{
	const struct sshkey_type *type =
	    sshkey_type_named((const char *)name->at, name->left);

	if (type == NULL)
		return ANOTHER_TYPE;
	if (type->token)
		return FAULT("is on a security token, which nobody is there "
			     "to touch",
		    NULL);
	return FAULT("is ", type->title);
}

/* Read the private half IN a file: it has one key, and no passphrase. */
static struct keyfault
keyfile_openssh_private(struct sshwire in, unsigned char *secret)
{
	struct sshwire type, public, both;
	uint32_t check1, check2;

	if (!sshwire_u32(&in, &check1) || !sshwire_u32(&in, &check2) ||
	    check1 != check2 || !sshwire_string(&in, &type) ||
	    !sshwire_is(&type, SSHKEY_ED25519) ||
	    !sshwire_string(&in, &public) ||
	    public.left != crypto_sign_PUBLICKEYBYTES ||
	    !sshwire_string(&in, &both) || both.left != KEYFILE_SECRET_BYTES)
		return DAMAGED;
	if (!keyfile_make_secret(secret, both.at, public.at) ||
	    memcmp(secret, both.at, KEYFILE_SECRET_BYTES) != 0)
		return DAMAGED;
	return RIGHT;
}

/* Read what is IN a file of OpenSSH's: PROTOCOL.key in its source. */
static struct keyfault
keyfile_openssh(const unsigned char *bytes, size_t len, unsigned char *secret)
{
	static const char magic[] = "openssh-key-v1";
	struct sshwire in = { .at = bytes, .left = len };
	struct sshwire cipher, kdf, options, public, private, type;
	uint32_t keys;

	if (in.left < sizeof(magic) || memcmp(in.at, magic, sizeof(magic)) != 0)
		return DAMAGED;
	sshwire_skip(&in, sizeof(magic));
	if (!sshwire_string(&in, &cipher) || !sshwire_string(&in, &kdf) ||
	    !sshwire_string(&in, &options) || !sshwire_u32(&in, &keys) ||
	    keys != 1 || !sshwire_string(&in, &public) ||
	    !sshwire_string(&in, &private) || !sshwire_string(&public, &type))
		return DAMAGED;
	/* of what use is the passphrase of a key of another type? */
	if (!sshwire_is(&type, SSHKEY_ED25519))
		return keyfile_type_fault(&type);
	if (!sshwire_is(&cipher, "none"))
		return (struct keyfault){
			"has a passphrase, and nobody is there to type it",
			NULL, KEYFAULT_TAKE_PASSPHRASE
		};
	if (!sshwire_is(&kdf, "none") || options.left != 0)
		return DAMAGED;
	return keyfile_openssh_private(private, secret);
}

/*
 * PKCS #8
 */

/* What is wrong with a key whose algorithm is another object identifier. */
static struct keyfault
keyfile_object_fault(const struct der *oid)
{
	static const struct {
		const char *oid, *title;
	} objects[] = {
		{ "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", "an RSA key" },
		{ "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", "an RSA key" },
		{ "\x2a\x86\x48\xce\x38\x04\x01", "a DSA key" },
		{ "\x2a\x86\x48\xce\x3d\x02\x01", "an ECDSA key" },
		{ "\x2b\x65\x6e", "an X25519 key" },
		{ "\x2b\x65\x6f", "an X448 key" },
		{ "\x2b\x65\x71", "an ed448 key" },
	};

	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		if (der_is(oid, objects[i].oid))
			return FAULT("is ", objects[i].title);
	}
	return ANOTHER_TYPE;
}

/*
 * Take the public key off KEY, if VERSION has one, and see that nothing else is
 * there.  NULL is stored in *PUBLIC_KEY if there is none.
 */
static bool
keyfile_pkcs8_end(struct der key, unsigned version,
    const unsigned char **public_key)
{
	struct der attributes, public;

	*public_key = NULL;
	der_take(&key, DER_ATTRIBUTES, &attributes);
	if (version == 1) {
		/* a bit string begins with the number of bits not used */
		if (!der_take(&key, DER_PUBLIC, &public) ||
		    public.left != 1 + crypto_sign_PUBLICKEYBYTES ||
		    public.at[0] != 0)
			return false;
		*public_key = public.at + 1;
	}
	return key.left == 0;
}

/*
 * Read what is IN a PKCS #8 file: RFC 8410, section 7, of which RFC 5958 has the
 * frame.  Version 2, which is written as 1, adds the public key.
 */
static struct keyfault
keyfile_pkcs8(const unsigned char *bytes, size_t len, unsigned char *secret)
{
	static const char ed25519[] = "\x2b\x65\x70";
	struct der in = { .at = bytes, .left = len };
	struct der key, version, algorithm, oid, octets, seed;
	const unsigned char *public_key;

	if (!der_take(&in, DER_SEQUENCE, &key) || in.left != 0 ||
	    !der_take(&key, DER_INTEGER, &version) || version.left != 1 ||
	    version.at[0] > 1 || !der_take(&key, DER_SEQUENCE, &algorithm) ||
	    !der_take(&algorithm, DER_OBJECT, &oid))
		return DAMAGED;
	if (!der_is(&oid, ed25519))
		return keyfile_object_fault(&oid);
	if (algorithm.left != 0 || !der_take(&key, DER_OCTETS, &octets) ||
	    !der_take(&octets, DER_OCTETS, &seed) || octets.left != 0 ||
	    seed.left != crypto_sign_SEEDBYTES ||
	    !keyfile_pkcs8_end(key, version.at[0], &public_key) ||
	    !keyfile_make_secret(secret, seed.at, public_key))
		return DAMAGED;
	return RIGHT;
}

/*
 * PEM
 */

/* A kind of PEM file, and how it is read or else why it is refused. */
struct keyfile_kind {
	const char *label;
	struct keyfault (*parse)(const unsigned char *bytes, size_t len,
	    unsigned char *secret);
	struct keyfault fault;
	const char *locked; /* the words if it has a passphrase besides */
};

static const char has_passphrase_and[] = "has a passphrase, and is ";
static const struct keyfile_kind keyfile_kinds[] = {
	{ "OPENSSH PRIVATE KEY", keyfile_openssh, { 0 }, NULL },
	{ "PRIVATE KEY", keyfile_pkcs8, { 0 }, NULL },
	{ "ENCRYPTED PRIVATE KEY", NULL,
	    { "has a passphrase, and nobody is there to type it", NULL,
		KEYFAULT_DECRYPT },
	    NULL },
	{ "RSA PRIVATE KEY", NULL, { "is ", "an RSA key", KEYFAULT_MAKE_ONE },
	    has_passphrase_and },
	{ "EC PRIVATE KEY", NULL, { "is ", "an ECDSA key", KEYFAULT_MAKE_ONE },
	    has_passphrase_and },
	{ "DSA PRIVATE KEY", NULL, { "is ", "a DSA key", KEYFAULT_MAKE_ONE },
	    has_passphrase_and },
};

/* The kind whose label is at TEXT, with dashes behind it; NULL if none is. */
static const struct keyfile_kind *
keyfile_kind_at(const char *text, size_t len)
{
	static const size_t count = sizeof(keyfile_kinds) /
	    sizeof(keyfile_kinds[0]);
	char label[64];

	for (size_t i = 0; i < count; i++) {
		const int label_len = snprintf(label, sizeof(label), "%s-----",
		    keyfile_kinds[i].label);

		if (len >= (size_t)label_len &&
		    memcmp(text, label, (size_t)label_len) == 0)
			return &keyfile_kinds[i];
	}
	return NULL;
}

/*
 * The kind of the first private key in the *LEN bytes at *TEXT, which become
 * what follows its label; NULL if there is none.
 */
static const struct keyfile_kind *
keyfile_find_kind(const char **text, size_t *len)
{
	static const char begin[] = "-----BEGIN ", dashes[] = "-----";
	const char *const end = *text + *len;
	const struct keyfile_kind *kind;

	while ((*text = memmem(*text, *len, begin, strlen(begin))) != NULL) {
		*text += strlen(begin);
		*len = (size_t)(end - *text);
		kind = keyfile_kind_at(*text, *len);
		if (kind != NULL) {
			*text += strlen(kind->label) + strlen(dashes);
			*len = (size_t)(end - *text);
			return kind;
		}
	}
	return NULL;
}

/* Read the LEN bytes at TEXT, a key of KIND, which is base64 up to its end. */
static struct keyfault
keyfile_body(const char *text, size_t len, const struct keyfile_kind *kind,
    unsigned char *secret)
{
	struct keyfault fault = DAMAGED;
	size_t size, binary_len;
	unsigned char *binary;
	const char *to;
	char end[64];

	snprintf(end, sizeof(end), "-----END %s-----", kind->label);
	to = memmem(text, len, end, strlen(end));
	if (to == NULL)
		return fault;
	size = (size_t)(to - text);
	binary = sodium_malloc(size + 1);
	if (binary == NULL)
		return (struct keyfault){ "finds no memory", NULL,
			KEYFAULT_FREE_MEMORY };
	if (sodium_base642bin(binary, size, text, size, "\r\n", &binary_len,
		NULL, sodium_base64_VARIANT_ORIGINAL) == 0)
		fault = kind->parse(binary, binary_len, secret);
	sodium_free(binary);
	return fault;
}

/* What the LEN bytes at TEXT are, which are no private key in PEM. */
static struct keyfault
keyfile_other_fault(const char *text, size_t len)
{
	static const char public[] = "is a public key, not its private half";
	static const struct {
		const char *has;
		struct keyfault fault;
	} others[] = {
		{ "PuTTY-User-Key-File-",
		    { "is in PuTTY's format", NULL, KEYFAULT_CONVERT } },
		{ "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY",
		    { "is in ssh.com's format", NULL, KEYFAULT_MAKE_ONE } },
		{ "BEGIN SSH2 PUBLIC KEY",
		    { public, NULL, KEYFAULT_NAME_PRIVATE } },
		{ "BEGIN PUBLIC KEY", { public, NULL, KEYFAULT_NAME_PRIVATE } },
		{ "BEGIN RSA PUBLIC KEY",
		    { public, NULL, KEYFAULT_NAME_PRIVATE } },
	};
	const struct sshkey_type *type;
	size_t blanks = 0;

	while (blanks < len && memchr(" \t\r\n", text[blanks], 4) != NULL)
		blanks++;
	if (blanks == len)
		return FAULT("is empty", NULL);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (memmem(text, len, others[i].has, strlen(others[i].has)) !=
		    NULL)
			return others[i].fault;
	}
	for (size_t i = 0; (type = sshkey_type_at(i)) != NULL; i++) {
		if (memmem(text, len, type->name, strlen(type->name)) != NULL)
			return (struct keyfault){ public, NULL,
				KEYFAULT_NAME_PRIVATE };
	}
	return FAULT("is not a private key", NULL);
}

struct keyfault
keyfile_parse(const char *text, size_t len,
    unsigned char secret[KEYFILE_SECRET_BYTES])
{
	static const char locked[] = "Proc-Type: 4,ENCRYPTED";
	const char *body = text;
	size_t body_len = len;
	const struct keyfile_kind *kind = keyfile_find_kind(&body, &body_len);
	struct keyfault fault;

	if (kind == NULL)
		return keyfile_other_fault(text, len);
	if (kind->parse != NULL)
		return keyfile_body(body, body_len, kind, secret);
	fault = kind->fault;
	if (kind->locked != NULL &&
	    memmem(body, body_len, locked, strlen(locked)) != NULL)
		fault.words = kind->locked;
	return fault;
}
