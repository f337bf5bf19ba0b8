#include "agentwire.h"

#include <stdlib.h>
#include <string.h>

/* The messages: section 5.1 of the draft. */
enum agentwire_type {
	AGENTWIRE_FAILURE = 5,
	AGENTWIRE_KEYS = 12,
	AGENTWIRE_SIGN = 13,
	AGENTWIRE_SIGNATURE = 14,
	AGENTWIRE_EXTENSION_FAILURE = 28,
};

#define AGENTWIRE_USERAUTH_REQUEST 50 /* RFC 4252, section 6 */
/* More keys than OpenSSH takes from an agent. */
#define AGENTWIRE_ALL_MAX 2048

/* What is asked of the agent for an RSA key: section 5.3 of the draft. */
#define AGENTWIRE_RSA_SHA2_256 2U
#define AGENTWIRE_RSA_SHA2_512 4U

#define AGENTWIRE_CERTIFICATE "-cert-v01@openssh.com"

/*
 * Which keys are tried: their types, by which algorithm they log in, and
 * what their signatures are called.  Not a certificate of an RSA key: it
 * is signed by SHA-1, or goes by names that libssh2 takes for something else.
 */
static const struct agentwire_known {
	const char *type;      /* in a key */
	const char *algorithm; /* of its login */
	const char *signature; /* in that */
	unsigned flags;
	bool newer; /* libssh2 1.10 can't */
	bool token; /* with more in its signature */
} agentwire_known[] = {
#define AGENTWIRE_PLAIN(name)                     \
	{                                         \
		name, name, name, 0, false, false \
	}
#define AGENTWIRE_CERTIFIED(name, is_newer)                                   \
	{                                                                     \
		name AGENTWIRE_CERTIFICATE, name AGENTWIRE_CERTIFICATE, name, \
		    0, is_newer, false                                        \
	}
#define AGENTWIRE_TOKEN(name)                   \
	{                                       \
		name, name, name, 0, true, true \
	}
	AGENTWIRE_PLAIN("ssh-ed25519"),
	AGENTWIRE_PLAIN("ecdsa-sha2-nistp256"),
	AGENTWIRE_PLAIN("ecdsa-sha2-nistp384"),
	AGENTWIRE_PLAIN("ecdsa-sha2-nistp521"),
	AGENTWIRE_CERTIFIED("ssh-ed25519", true),
	AGENTWIRE_CERTIFIED("ecdsa-sha2-nistp256", false),
	AGENTWIRE_CERTIFIED("ecdsa-sha2-nistp384", false),
	AGENTWIRE_CERTIFIED("ecdsa-sha2-nistp521", false),
	AGENTWIRE_TOKEN("sk-ssh-ed25519@openssh.com"),
	AGENTWIRE_TOKEN("sk-ecdsa-sha2-nistp256@openssh.com"),
	{ "ssh-rsa", AGENTWIRE_RSA, AGENTWIRE_RSA, AGENTWIRE_RSA_SHA2_512,
	    false, false },
	{ "ssh-rsa", "rsa-sha2-256", "rsa-sha2-256", AGENTWIRE_RSA_SHA2_256,
	    false, false },
};

#define AGENTWIRE_KNOWN (sizeof(agentwire_known) / sizeof(agentwire_known[0]))

bool
agentwire_length(const unsigned char head[AGENTWIRE_LENGTH_BYTES], size_t *len)
{
	struct sshwire in = { .at = head, .left = AGENTWIRE_LENGTH_BYTES };
	uint32_t bytes;

	if (!sshwire_u32(&in, &bytes) || bytes == 0 ||
	    bytes > AGENTWIRE_MAX_BYTES)
		return false;
	*len = bytes;
	return true;
}

/* What is known of a key of TYPE, if libssh2 can log in with it: a NEWER one maybe; or NULL. */
static const struct agentwire_known *
agentwire_find_type(const struct sshwire *type, bool newer)
{
	for (size_t i = 0; i < AGENTWIRE_KNOWN; i++) {
		const struct agentwire_known *known = &agentwire_known[i];

		if (sshwire_is(type, known->type) && (!known->newer || newer))
			return known;
	}
	return NULL;
}

/* What is known of a login by ALGORITHM, or NULL. */
static const struct agentwire_known *
agentwire_find_algorithm(const struct sshwire *algorithm)
{
	for (size_t i = 0; i < AGENTWIRE_KNOWN; i++) {
		if (sshwire_is(algorithm, agentwire_known[i].algorithm))
			return &agentwire_known[i];
	}
	return NULL;
}

static bool
agentwire_has(const struct agentwire_keys *keys, const struct sshwire *blob)
{
	for (size_t i = 0; i < keys->count; i++) {
		if (keys->key[i].blob.left == blob->left &&
		    memcmp(keys->key[i].blob.at, blob->at, blob->left) == 0)
			return true;
	}
	return false;
}

/* Have the key of BLOB among KEYS, if it is to be tried. */
static void
agentwire_take_key(struct agentwire_keys *keys, const struct sshwire *blob,
    bool newer, size_t max)
{
	const struct agentwire_known *known = NULL;
	struct sshwire in = *blob, type;

	if (blob->left <= AGENTWIRE_KEY_MAX_BYTES && sshwire_string(&in, &type))
		known = agentwire_find_type(&type, newer);
	if (known == NULL)
		keys->others++;
	else if (keys->count < max && !agentwire_has(keys, blob))
		keys->key[keys->count++] = (struct agentwire_key){
			.blob = *blob,
			.rsa = known->flags != 0
		};
}

bool
agentwire_read_keys(const unsigned char *bytes, size_t len, bool newer,
    size_t max, struct agentwire_keys *keys)
{
	struct sshwire in = { .at = bytes, .left = len }, blob, comment;
	unsigned char type;
	uint32_t count;

	*keys = (struct agentwire_keys){ 0 };
	if (max > AGENTWIRE_KEYS_MAX)
		max = AGENTWIRE_KEYS_MAX;
	if (!sshwire_byte(&in, &type) || type != AGENTWIRE_KEYS ||
	    !sshwire_u32(&in, &count) || count > AGENTWIRE_ALL_MAX)
		return false;
	for (; keys->all < count; keys->all++) {
		if (!sshwire_string(&in, &blob) ||
		    !sshwire_string(&in, &comment))
			return false;
		agentwire_take_key(keys, &blob, newer, max);
	}
	return in.left == 0;
}

/* Write the string of LEN bytes at BYTES to TO.  Returns what follows it. */
static unsigned char *
agentwire_put(unsigned char *to, const void *bytes, size_t len)
{
	sshwire_put_u32(to, (uint32_t)len);
	memcpy(to + 4, bytes, len);
	return to + 4 + len;
}

size_t
agentwire_ask_signature(const struct sshwire *blob,
    const struct sshwire *algorithm, const unsigned char *data, size_t len,
    unsigned char **request)
{
	const struct agentwire_known *known = agentwire_find_algorithm(
	    algorithm);
	const size_t rest = 1 + 4 + 4 + 4;
	size_t whole;
	unsigned char *to;

	if (known == NULL || blob->left > AGENTWIRE_KEY_MAX_BYTES ||
	    len > AGENTWIRE_MAX_BYTES - AGENTWIRE_KEY_MAX_BYTES - rest)
		return 0;
	whole = rest + blob->left + len;
	to = *request = malloc(AGENTWIRE_LENGTH_BYTES + whole);
	if (to == NULL)
		return 0;
	sshwire_put_u32(to, (uint32_t)whole);
	to += AGENTWIRE_LENGTH_BYTES;
	*to++ = AGENTWIRE_SIGN;
	to = agentwire_put(to, blob->at, blob->left);
	to = agentwire_put(to, data, len);
	sshwire_put_u32(to, known->flags);
	return AGENTWIRE_LENGTH_BYTES + whole;
}

/* Take from IN, behind the algorithm's name, what libssh2 wants of it. */
static bool
agentwire_take_signature(struct sshwire *in, bool token,
    struct sshwire *signature)
{
	const struct sshwire all = *in;
	unsigned char flags;
	uint32_t counter;

	if (!sshwire_string(in, signature) ||
	    signature->left > AGENTWIRE_SIGNATURE_MAX_BYTES)
		return false;
	if (!token)
		return in->left == 0;
	*signature = all;
	return sshwire_byte(in, &flags) && sshwire_u32(in, &counter) &&
	    in->left == 0 && all.left <= AGENTWIRE_SIGNATURE_MAX_BYTES;
}

enum agentwire_answer
agentwire_read_signature(const unsigned char *bytes, size_t len,
    const struct sshwire *algorithm, struct sshwire *signature)
{
	const struct agentwire_known *known = agentwire_find_algorithm(
	    algorithm);
	struct sshwire in = { .at = bytes, .left = len }, whole;
	unsigned char type;

	if (!sshwire_byte(&in, &type))
		return AGENTWIRE_NONSENSE;
	if (type == AGENTWIRE_FAILURE || type == AGENTWIRE_EXTENSION_FAILURE)
		return AGENTWIRE_DENIED;
	if (known == NULL || type != AGENTWIRE_SIGNATURE ||
	    !sshwire_string(&in, &whole) || in.left != 0 ||
	    !sshwire_expected(&whole, known->signature,
		strlen(known->signature)) ||
	    !agentwire_take_signature(&whole, known->token, signature))
		return AGENTWIRE_NONSENSE;
	return AGENTWIRE_SIGNED;
}

bool
agentwire_read_algorithm(const unsigned char *data, size_t len,
    struct sshwire *algorithm)
{
	struct sshwire in = { .at = data, .left = len }, session, user;
	unsigned char type, has_signature;

	return sshwire_string(&in, &session) && sshwire_byte(&in, &type) &&
	    type == AGENTWIRE_USERAUTH_REQUEST && sshwire_string(&in, &user) &&
	    sshwire_expected(&in, "ssh-connection", 14) &&
	    sshwire_expected(&in, "publickey", 9) &&
	    sshwire_byte(&in, &has_signature) && has_signature == 1 &&
	    sshwire_string(&in, algorithm) &&
	    agentwire_find_algorithm(algorithm) != NULL;
}

size_t
agentwire_rename_rsa(const struct sshwire *blob, unsigned char **out)
{
	const size_t name_len = strlen(AGENTWIRE_RSA);
	struct sshwire in = *blob;
	size_t len;

	if (!sshwire_expected(&in, "ssh-rsa", 7))
		return 0;
	len = 4 + name_len + in.left;
	*out = malloc(len);
	if (*out == NULL)
		return 0;
	memcpy(agentwire_put(*out, AGENTWIRE_RSA, name_len), in.at, in.left);
	return len;
}
