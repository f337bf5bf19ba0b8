#include "signer.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../file.h"
#include "../sshwire.h"
#include "keyfile.h"

#define SSH_MSG_USERAUTH_REQUEST 50
/* The session identifier is a hash: of SHA-1, at least, and of SHA-512. */
#define SESSION_ID_MIN_BYTES 20
#define SESSION_ID_MAX_BYTES 64

const struct refusal signer_none = { .reason = "no-gateway-key",
	.sentence = "This gateway has no key with which to ask the remote "
		    "server for keys.",
	.detail = "[clients] keys = remote lets nobody in",
	.remedy = "users come with their passwords alone; to let them in by "
		  "their keys, make the gateway a key: ssh-keygen -t ed25519, "
		  "then reload moshgate" };

struct signer {
	unsigned char secret[KEYFILE_SECRET_BYTES];
	unsigned char blob[SSHKEY_ED25519_BLOB_BYTES];
	char fingerprint[SSHKEY_FINGERPRINT_BYTES];
};

/*
 * A worker is forked before it is executed: not even for that moment shall it
 * have the key.  Rounded outwards, the pages are sodium_malloc()'s alone.
 */
static bool
signer_hide_from_children(const struct signer *signer)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	const uintptr_t from = (uintptr_t)signer & ~(page - 1);
	const uintptr_t to = (uintptr_t)(signer + 1);

	return madvise((void *)from, to - from, MADV_DONTFORK) == 0;
}

/* Write the public half of the secret key as SSH has it: RFC 8709, section 4. */
static void
signer_make_public(struct signer *signer)
{
	const size_t name_len = strlen(SSHKEY_ED25519);
	unsigned char *to = signer->blob;

	_Static_assert(SSHKEY_ED25519_BLOB_BYTES ==
		4 + sizeof(SSHKEY_ED25519) - 1 + 4 + crypto_sign_PUBLICKEYBYTES,
	    "two strings make a public key");
	sshwire_put_u32(to, (uint32_t)name_len);
	memcpy(to + 4, SSHKEY_ED25519, name_len);
	to += 4 + name_len;
	sshwire_put_u32(to, crypto_sign_PUBLICKEYBYTES);
	memcpy(to + 4, signer->secret + crypto_sign_SEEDBYTES,
	    crypto_sign_PUBLICKEYBYTES);
	sshkey_fingerprint(signer->blob, sizeof(signer->blob),
	    signer->fingerprint);
}

struct signer *
signer_parse(const char *name, const char *text, size_t len,
    char error[SIGNER_ERROR_BYTES])
{
	struct signer *signer = sodium_malloc(sizeof(*signer));
	struct keyfault fault;

	if (signer == NULL || sodium_mlock(signer, sizeof(*signer)) != 0 ||
	    !signer_hide_from_children(signer)) {
		snprintf(error, SIGNER_ERROR_BYTES,
		    "%s: no memory that can be locked (ulimit -l)", name);
		sodium_free(signer);
		return NULL;
	}
	fault = keyfile_parse(text, len, signer->secret);
	if (fault.words != NULL) {
		keyfault_explain(&fault, name, " ", error, SIGNER_ERROR_BYTES);
		sodium_free(signer);
		return NULL;
	}
	signer_make_public(signer);
	sodium_mprotect_readonly(signer);
	return signer;
}

/* True if the FILE that was not read is at fault for its owner or mode. */
static bool
signer_may_not_read(const char *path, const struct file *file)
{
	if (file->st.st_mode == 0)
		return access(path, F_OK) == 0 || errno != ENOENT;
	return S_ISREG(file->st.st_mode) &&
	    file->st.st_size <= (off_t)KEYFILE_MAX_BYTES;
}

static struct signer *
signer_read(const char *path, char error[SIGNER_ERROR_BYTES])
{
	struct keyfault fault = { "open to others", NULL, KEYFAULT_LET_READ };
	struct signer *signer = NULL;
	char words[FILE_FAULT_BYTES];
	struct file file;

	if (!file_read(path, geteuid(), KEYFILE_MAX_BYTES, &file, words)) {
		fault.words = words;
		if (!signer_may_not_read(path, &file))
			fault.remedy = KEYFAULT_MAKE_ONE;
		keyfault_explain(&fault, path, ": ", error, SIGNER_ERROR_BYTES);
	} else if (file_is_open_to_others(&file.st)) {
		keyfault_explain(&fault, path, ": ", error, SIGNER_ERROR_BYTES);
	} else {
		signer = signer_parse(path, file.text, file.len, error);
	}
	file_free(&file);
	return signer;
}

/* True if nothing at all is called PATH. */
static bool
signer_is_absent(const char *path)
{
	struct stat st;

	return lstat(path, &st) < 0 && errno == ENOENT;
}

struct signer *
signer_open(struct config *config, char error[SIGNER_ERROR_BYTES])
{
	struct signer *signer;

	error[0] = '\0';
	if (!config_has_key(config)) {
		sodium_free(config->key_content);
		config->key_content = NULL;
		return NULL;
	}
	if (config->key_content == NULL)
		return signer_is_absent(config->key) &&
			config_passwords(config) == CONFIG_PASSWORDS_REMOTE
		    ? NULL
		    : signer_read(config->key, error);
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
    unsigned char signature[SSHKEY_ED25519_SIGNATURE_BYTES])
{
	static const char service[] = "ssh-connection", method[] = "publickey";
	struct sshwire in = { .at = data, .left = len }, session_id;
	unsigned char message, is_signed;

	return sshwire_string(&in, &session_id) &&
	    session_id.left >= SESSION_ID_MIN_BYTES &&
	    session_id.left <= SESSION_ID_MAX_BYTES &&
	    sshwire_byte(&in, &message) &&
	    message == SSH_MSG_USERAUTH_REQUEST &&
	    sshwire_expected(&in, user, strlen(user)) &&
	    sshwire_expected(&in, service, strlen(service)) &&
	    sshwire_expected(&in, method, strlen(method)) &&
	    sshwire_byte(&in, &is_signed) && is_signed == 1 &&
	    sshwire_expected(&in, SSHKEY_ED25519, strlen(SSHKEY_ED25519)) &&
	    sshwire_expected(&in, signer->blob, sizeof(signer->blob)) &&
	    in.left == 0 &&
	    crypto_sign_detached(signature, NULL, data, len, signer->secret) ==
	    0;
}
