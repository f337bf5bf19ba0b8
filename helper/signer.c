#include "signer.h"

#include <sys/mman.h>

#include <errno.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "hostkey.h"

#define KEY_FILE_MAX_BYTES ((size_t)64 * 1024)
#define NEW_KEY \
	"ssh-keygen -t ed25519 -N '' -f " SYSCONFDIR "/moshgate/id_ed25519"

static const char key_type[] = "ssh-ed25519";

struct signer {
	unsigned char secret[crypto_sign_SECRETKEYBYTES];
	unsigned char blob[SIGNER_BLOB_BYTES];
	char fingerprint[HOSTKEY_FINGERPRINT_BYTES];
};

/* Bytes in SSH's encoding (RFC 4251, section 5) that are being read. */
struct bytes {
	const unsigned char *at;
	size_t left;
};

static bool
take_u32(struct bytes *in, uint32_t *number)
{
	if (in->left < 4)
		return false;
	*number = (uint32_t)in->at[0] << 24 | (uint32_t)in->at[1] << 16 |
	    (uint32_t)in->at[2] << 8 | in->at[3];
	in->at += 4;
	in->left -= 4;
	return true;
}

static bool
take_byte(struct bytes *in, unsigned char byte)
{
	if (in->left < 1 || in->at[0] != byte)
		return false;
	in->at++;
	in->left--;
	return true;
}

static bool
take_string(struct bytes *in, struct bytes *string)
{
	uint32_t len;

	if (!take_u32(in, &len) || len > in->left)
		return false;
	string->at = in->at;
	string->left = len;
	in->at += len;
	in->left -= len;
	return true;
}

/* Take a string that must be the LEN bytes at EXPECTED. */
static bool
take_expected(struct bytes *in, const void *expected, size_t len)
{
	struct bytes string;

	return take_string(in, &string) && string.left == len &&
	    memcmp(string.at, expected, len) == 0;
}

static void
make_blob(struct signer *s)
{
	const unsigned char *public_key = s->secret + crypto_sign_SEEDBYTES;
	unsigned char *b = s->blob;

	memcpy(b, "\0\0\0\x0bssh-ed25519\0\0\0\x20", 19);
	memcpy(b + 19, public_key, crypto_sign_PUBLICKEYBYTES);
	hostkey_fingerprint(s->blob, sizeof(s->blob), s->fingerprint);
}

/* NULL and the secret key in S, or what is wrong with the file in BIN. */
static const char *
parse_binary(struct bytes in, struct signer *s)
{
	static const char magic[] = "openssh-key-v1";
	struct bytes cipher, public, private, type, key, secret;
	unsigned char derived[crypto_sign_PUBLICKEYBYTES];
	uint32_t keys, check1, check2;

	if (in.left < sizeof(magic) || memcmp(in.at, magic, sizeof(magic)) != 0)
		return "is damaged";
	in.at += sizeof(magic);
	in.left -= sizeof(magic);
	if (!take_string(&in, &cipher))
		return "is damaged";
	if (cipher.left != 4 || memcmp(cipher.at, "none", 4) != 0)
		return "has a passphrase, and nobody is there to type it";
	if (!take_expected(&in, "none", 4) || !take_expected(&in, "", 0) ||
	    !take_u32(&in, &keys) || keys != 1 || !take_string(&in, &public) ||
	    !take_string(&in, &private))
		return "is damaged";
	if (!take_u32(&private, &check1) || !take_u32(&private, &check2) ||
	    check1 != check2 || !take_string(&private, &type))
		return "is damaged";
	if (type.left != sizeof(key_type) - 1 ||
	    memcmp(type.at, key_type, type.left) != 0)
		return "is not an ed25519 key";
	if (!take_string(&private, &key) ||
	    key.left != crypto_sign_PUBLICKEYBYTES ||
	    !take_string(&private, &secret) ||
	    secret.left != crypto_sign_SECRETKEYBYTES)
		return "is damaged";
	/* The two halves must belong together, or signing would leak. */
	if (crypto_sign_seed_keypair(derived, s->secret, secret.at) != 0 ||
	    memcmp(derived, key.at, sizeof(derived)) != 0 ||
	    memcmp(s->secret, secret.at, sizeof(s->secret)) != 0)
		return "is damaged";
	return NULL;
}

/* NULL and the key in S, or what is wrong with the LEN bytes at TEXT. */
static const char *
parse_text(const char *text, size_t len, struct signer *s)
{
	static const char begin[] = "-----BEGIN OPENSSH PRIVATE KEY-----";
	static const char end[] = "-----END OPENSSH PRIVATE KEY-----";
	const char *from, *to, *fault = "is damaged";
	unsigned char *binary;
	size_t binary_len;

	from = memmem(text, len, begin, sizeof(begin) - 1);
	if (from == NULL) {
		if (memmem(text, len, "PRIVATE KEY-----", 16) != NULL)
			return "is not an ed25519 key in OpenSSH's format";
		return "is not a private key";
	}
	from += sizeof(begin) - 1;
	to = memmem(from, len - (size_t)(from - text), end, sizeof(end) - 1);
	if (to == NULL)
		return fault;
	binary = sodium_malloc((size_t)(to - from) + 1);
	if (binary == NULL)
		return "finds no memory";
	if (sodium_base642bin(binary, (size_t)(to - from), from,
		(size_t)(to - from), "\r\n", &binary_len, NULL,
		sodium_base64_VARIANT_ORIGINAL) == 0)
		fault = parse_binary((struct bytes){ .at = binary,
					 .left = binary_len },
		    s);
	sodium_free(binary);
	return fault;
}

/*
 * A worker is forked before it is executed: not even for that moment shall it
 * have the key.  Rounded outwards, the pages are sodium_malloc()'s alone.
 */
static bool
hide_from_children(const struct signer *s)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	const uintptr_t from = (uintptr_t)s & ~(page - 1);
	const uintptr_t to = (uintptr_t)(s + 1);

	return madvise((void *)from, to - from, MADV_DONTFORK) == 0;
}

struct signer *
signer_parse(const char *name, const char *text, size_t len,
    char error[SIGNER_ERROR_BYTES])
{
	struct signer *s = sodium_malloc(sizeof(*s));
	const char *fault;

	if (s == NULL || sodium_mlock(s, sizeof(*s)) != 0 ||
	    !hide_from_children(s)) {
		snprintf(error, SIGNER_ERROR_BYTES,
		    "%s: no memory that can be locked (ulimit -l)", name);
		sodium_free(s);
		return NULL;
	}
	fault = parse_text(text, len, s);
	if (fault != NULL) {
		snprintf(error, SIGNER_ERROR_BYTES,
		    "%s: the gateway's key %s: make one with \"%s\"", name,
		    fault, NEW_KEY);
		sodium_free(s);
		return NULL;
	}
	make_blob(s);
	sodium_mprotect_readonly(s);
	return s;
}

static struct signer *
signer_read(const char *path, char error[SIGNER_ERROR_BYTES])
{
	struct signer *signer = NULL;
	char fault[FILE_FAULT_BYTES];
	struct file file;

	if (!file_read(path, geteuid(), KEY_FILE_MAX_BYTES, &file, fault))
		snprintf(error, SIGNER_ERROR_BYTES,
		    "%s: the gateway's key: %s%s", path, fault,
		    access(path, F_OK) < 0 && errno == ENOENT
			? ": make one with \"" NEW_KEY "\""
			: "");
	else if (file_is_open_to_others(&file.st))
		snprintf(error, SIGNER_ERROR_BYTES,
		    "%s: the gateway's key: open to others (chown "
		    "root:_moshgate, chmod 0640)",
		    path);
	else
		signer = signer_parse(path, file.text, file.len, error);
	file_free(&file);
	return signer;
}

struct signer *
signer_open(struct config *config, char error[SIGNER_ERROR_BYTES])
{
	struct signer *signer;

	if (config->key_content == NULL)
		return signer_read(config->key, error);
	signer = signer_parse("[gateway] key_content", config->key_content,
	    config->key_content_size - 1, error);
	sodium_free(config->key_content);
	config->key_content = NULL;
	return signer;
}

void
signer_close(struct signer *signer)
{
	sodium_free(signer);
}

const unsigned char *
signer_public(const struct signer *signer)
{
	return signer->blob;
}

const char *
signer_fingerprint(const struct signer *signer)
{
	return signer->fingerprint;
}

bool
signer_sign(const struct signer *signer, const char *user,
    const unsigned char *data, size_t len,
    unsigned char signature[SIGNER_SIGNATURE_BYTES])
{
	static const unsigned char request = 50; /* SSH_MSG_USERAUTH_REQUEST */
	struct bytes in = { .at = data, .left = len };
	struct bytes session_id;

	return take_string(&in, &session_id) && session_id.left >= 20 &&
	    session_id.left <= 64 && take_byte(&in, request) &&
	    take_expected(&in, user, strlen(user)) &&
	    take_expected(&in, "ssh-connection", 14) &&
	    take_expected(&in, "publickey", 9) && take_byte(&in, 1) &&
	    take_expected(&in, key_type, sizeof(key_type) - 1) &&
	    take_expected(&in, signer->blob, sizeof(signer->blob)) &&
	    in.left == 0 &&
	    crypto_sign_detached(signature, NULL, data, len, signer->secret) ==
	    0;
}
