#include "signer.h"

#include <sys/mman.h>

#include <errno.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../file.h"
#include "../sshkey.h"

#define KEY_FILE_MAX_BYTES ((size_t)64 * 1024)
#define DEFAULT_KEY SYSCONFDIR "/moshgate/id_ed25519"

static const char key_type[] = "ssh-ed25519";

struct signer {
	unsigned char secret[crypto_sign_SECRETKEYBYTES];
	unsigned char blob[SSHKEY_ED25519_BLOB_BYTES];
	char fingerprint[SSHKEY_FINGERPRINT_BYTES];
};

/*
 * What is wrong with a key, in words that follow "the gateway's key", and what
 * the administrator can do about it.  Without words nothing is wrong.
 */
struct fault {
	const char *words;
	enum remedy {
		MAKE_ONE,
		TAKE_PASSPHRASE,   /* of a file that ssh-keygen can read */
		DECRYPT,           /* one that openssl alone can */
		NAME_PRIVATE_HALF, /* the other file of the pair */
		CONVERT,           /* PuTTY's */
		LET_READ,          /* by the helper, and by nobody else */
		FREE_MEMORY,
	} remedy;
};

static const struct fault no_fault = { NULL, MAKE_ONE };
static const struct fault damaged = { "is damaged", MAKE_ONE };
static const struct fault out_of_memory = { "finds no memory", FREE_MEMORY };

#define IS_PUBLIC                                                          \
	{                                                                  \
		"is a public key, not its private half", NAME_PRIVATE_HALF \
	}

/* What is being read: in SSH's encoding (RFC 4251, section 5), or in DER. */
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
	sshkey_fingerprint(s->blob, sizeof(s->blob), s->fingerprint);
}

/* True if BYTES are those of the string TEXT. */
static bool
is_text(const struct bytes *bytes, const char *text)
{
	return bytes->left == strlen(text) &&
	    memcmp(bytes->at, text, bytes->left) == 0;
}

/* What is wrong with a key of the type called NAME, as SSH names it. */
static struct fault
type_fault(const struct bytes *name)
{
	static const struct {
		const char *name, *words;
	} types[] = {
		{ "ssh-rsa", "is an RSA key, not ed25519" },
		{ "ssh-dss", "is a DSA key, not ed25519" },
		{ "ecdsa-sha2-nistp256", "is an ECDSA key, not ed25519" },
		{ "ecdsa-sha2-nistp384", "is an ECDSA key, not ed25519" },
		{ "ecdsa-sha2-nistp521", "is an ECDSA key, not ed25519" },
		{ "sk-ssh-ed25519@openssh.com",
		    "is on a security token, which nobody is there to touch" },
		{ "sk-ecdsa-sha2-nistp256@openssh.com",
		    "is on a security token, which nobody is there to touch" },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (is_text(name, types[i].name))
			return (struct fault){ types[i].words, MAKE_ONE };
	}
	return (struct fault){ "is not an ed25519 key", MAKE_ONE };
}

/*
 * Make the secret key in S out of SEED.  False if its public half is not
 * PUBLIC_KEY, for to sign with such a pair would give the seed away.
 */
static bool
take_seed(struct signer *s, const unsigned char *seed,
    const unsigned char *public_key)
{
	unsigned char derived[crypto_sign_PUBLICKEYBYTES];

	return crypto_sign_seed_keypair(derived, s->secret, seed) == 0 &&
	    (public_key == NULL ||
		memcmp(derived, public_key, sizeof(derived)) == 0);
}

/* Read into S what is IN a file of OpenSSH's: PROTOCOL.key in its source. */
static struct fault
parse_openssh(struct bytes in, struct signer *s)
{
	static const char magic[] = "openssh-key-v1";
	struct bytes cipher, kdf, options, public, private, type, key, secret;
	uint32_t keys, check1, check2;

	if (in.left < sizeof(magic) || memcmp(in.at, magic, sizeof(magic)) != 0)
		return damaged;
	in.at += sizeof(magic);
	in.left -= sizeof(magic);
	if (!take_string(&in, &cipher) || !take_string(&in, &kdf) ||
	    !take_string(&in, &options) || !take_u32(&in, &keys) || keys != 1 ||
	    !take_string(&in, &public) || !take_string(&in, &private) ||
	    !take_string(&public, &type))
		return damaged;
	/* of what use is the passphrase of a key of another type? */
	if (!is_text(&type, key_type))
		return type_fault(&type);
	if (!is_text(&cipher, "none"))
		return (struct fault){
			"has a passphrase, and nobody is there to type it",
			TAKE_PASSPHRASE
		};
	if (!is_text(&kdf, "none") || options.left != 0)
		return damaged;
	if (!take_u32(&private, &check1) || !take_u32(&private, &check2) ||
	    check1 != check2 || !take_string(&private, &type) ||
	    !is_text(&type, key_type) || !take_string(&private, &key) ||
	    key.left != crypto_sign_PUBLICKEYBYTES ||
	    !take_string(&private, &secret) ||
	    secret.left != crypto_sign_SECRETKEYBYTES)
		return damaged;
	if (!take_seed(s, secret.at, key.at) ||
	    memcmp(s->secret, secret.at, sizeof(s->secret)) != 0)
		return damaged;
	return no_fault;
}

/* The tags of DER (X.690) that a private key has. */
enum tag {
	TAG_INTEGER = 0x02,
	TAG_OCTETS = 0x04,
	TAG_OBJECT = 0x06,
	TAG_SEQUENCE = 0x30,
	TAG_ATTRIBUTES = 0xa0, /* [0], constructed */
	TAG_PUBLIC = 0x81,     /* [1], a bit string */
};

/* Take the element IN with TAG, whose length is written as DER has it. */
static bool
take_der(struct bytes *in, enum tag tag, struct bytes *element)
{
	size_t len, header = 2;

	if (in->left < 2 || in->at[0] != tag)
		return false;
	len = in->at[1];
	if (len == 0x81) {
		header = 3;
		if (in->left < header || in->at[2] < 0x80)
			return false;
		len = in->at[2];
	} else if (len == 0x82) {
		header = 4;
		if (in->left < header || in->at[2] == 0)
			return false;
		len = (size_t)in->at[2] << 8 | in->at[3];
	} else if (len > 0x7f) {
		return false;
	}
	if (len > in->left - header)
		return false;
	element->at = in->at + header;
	element->left = len;
	in->at += header + len;
	in->left -= header + len;
	return true;
}

/* What is wrong with a key whose algorithm is the object identifier OID. */
static struct fault
object_fault(const struct bytes *oid)
{
	static const struct {
		const char *oid, *words;
	} objects[] = {
		{ "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01",
		    "is an RSA key, not ed25519" },
		{ "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a",
		    "is an RSA key, not ed25519" },
		{ "\x2a\x86\x48\xce\x38\x04\x01", "is a DSA key, not ed25519" },
		{ "\x2a\x86\x48\xce\x3d\x02\x01",
		    "is an ECDSA key, not ed25519" },
		{ "\x2b\x65\x6e", "is an X25519 key, not ed25519" },
		{ "\x2b\x65\x6f", "is an X448 key, not ed25519" },
		{ "\x2b\x65\x71", "is an ed448 key, not ed25519" },
	};

	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		if (is_text(oid, objects[i].oid))
			return (struct fault){ objects[i].words, MAKE_ONE };
	}
	return (struct fault){ "is not an ed25519 key", MAKE_ONE };
}

/*
 * Read into S what is IN a PKCS #8 file: RFC 8410, section 7, of which
 * RFC 5958 has the frame.  Version 2 adds the public key.
 */
static struct fault
parse_pkcs8(struct bytes in, struct signer *s)
{
	static const char ed25519[] = "\x2b\x65\x70";
	struct bytes key, version, algorithm, oid, octets, seed, attributes;
	struct bytes public = { NULL, 0 };
	const unsigned char *public_key = NULL;

	if (!take_der(&in, TAG_SEQUENCE, &key) || in.left != 0 ||
	    !take_der(&key, TAG_INTEGER, &version) || version.left != 1 ||
	    version.at[0] > 1 || !take_der(&key, TAG_SEQUENCE, &algorithm) ||
	    !take_der(&algorithm, TAG_OBJECT, &oid))
		return damaged;
	if (!is_text(&oid, ed25519))
		return object_fault(&oid);
	if (algorithm.left != 0 || !take_der(&key, TAG_OCTETS, &octets) ||
	    !take_der(&octets, TAG_OCTETS, &seed) || octets.left != 0 ||
	    seed.left != crypto_sign_SEEDBYTES)
		return damaged;
	take_der(&key, TAG_ATTRIBUTES, &attributes);
	if (version.at[0] == 1) {
		/* a bit string begins with the number of bits not used */
		if (!take_der(&key, TAG_PUBLIC, &public) ||
		    !take_byte(&public, 0) ||
		    public.left != crypto_sign_PUBLICKEYBYTES)
			return damaged;
		public_key = public.at;
	}
	if (key.left != 0 || !take_seed(s, seed.at, public_key))
		return damaged;
	return no_fault;
}

/* A kind of PEM file, and how it is read or else why it is refused. */
struct kind {
	const char *label;
	struct fault (*parse)(struct bytes in, struct signer *s);
	struct fault fault;
	const char *locked; /* the words if it has a passphrase besides */
};

static const struct kind kinds[] = {
	{ "OPENSSH PRIVATE KEY", parse_openssh, { NULL, MAKE_ONE }, NULL },
	{ "PRIVATE KEY", parse_pkcs8, { NULL, MAKE_ONE }, NULL },
	{ "ENCRYPTED PRIVATE KEY", NULL,
	    { "has a passphrase, and nobody is there to type it", DECRYPT },
	    NULL },
	{ "RSA PRIVATE KEY", NULL, { "is an RSA key, not ed25519", MAKE_ONE },
	    "has a passphrase, and is an RSA key, not ed25519" },
	{ "EC PRIVATE KEY", NULL, { "is an ECDSA key, not ed25519", MAKE_ONE },
	    "has a passphrase, and is an ECDSA key, not ed25519" },
	{ "DSA PRIVATE KEY", NULL, { "is a DSA key, not ed25519", MAKE_ONE },
	    "has a passphrase, and is a DSA key, not ed25519" },
};

/*
 * The kind of the first private key in the LEN bytes at TEXT, and in *BODY
 * what follows its label; NULL if there is none.
 */
static const struct kind *
find_kind(const char *text, size_t len, struct bytes *body)
{
	static const char begin[] = "-----BEGIN ", dashes[] = "-----";
	const char *const end = text + len;

	while ((text = memmem(text, len, begin, sizeof(begin) - 1)) != NULL) {
		text += sizeof(begin) - 1;
		len = (size_t)(end - text);
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
			const size_t label = strlen(kinds[i].label);

			if (len < label + sizeof(dashes) - 1 ||
			    memcmp(text, kinds[i].label, label) != 0 ||
			    memcmp(text + label, dashes, sizeof(dashes) - 1) !=
				0)
				continue;
			text += label + sizeof(dashes) - 1;
			body->at = (const unsigned char *)text;
			body->left = (size_t)(end - text);
			return &kinds[i];
		}
	}
	return NULL;
}

/* Read into S the BODY of a key of KIND, which is base64 up to its end. */
static struct fault
parse_body(struct bytes body, const struct kind *kind, struct signer *s)
{
	const char *from = (const char *)body.at, *to;
	struct fault fault = damaged;
	unsigned char *binary;
	char end[64];
	size_t size;

	snprintf(end, sizeof(end), "-----END %s-----", kind->label);
	to = memmem(from, body.left, end, strlen(end));
	if (to == NULL)
		return damaged;
	size = (size_t)(to - from);
	binary = sodium_malloc(size + 1);
	if (binary == NULL)
		return out_of_memory;
	if (sodium_base642bin(binary, size, from, size, "\r\n", &body.left,
		NULL, sodium_base64_VARIANT_ORIGINAL) == 0) {
		body.at = binary;
		fault = kind->parse(body, s);
	}
	sodium_free(binary);
	return fault;
}

/* What the LEN bytes at TEXT are, which are no private key in PEM. */
static struct fault
other_fault(const char *text, size_t len)
{
	static const struct {
		const char *has;
		struct fault fault;
	} others[] = {
		{ "PuTTY-User-Key-File-", { "is in PuTTY's format", CONVERT } },
		{ "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY",
		    { "is in ssh.com's format", MAKE_ONE } },
		{ "BEGIN SSH2 PUBLIC KEY", IS_PUBLIC },
		{ "BEGIN PUBLIC KEY", IS_PUBLIC },
		{ "BEGIN RSA PUBLIC KEY", IS_PUBLIC },
		{ "ssh-ed25519", IS_PUBLIC },
		{ "ssh-rsa", IS_PUBLIC },
		{ "ssh-dss", IS_PUBLIC },
		{ "ecdsa-sha2-", IS_PUBLIC },
	};
	size_t blanks = 0;

	while (blanks < len && memchr(" \t\r\n", text[blanks], 4) != NULL)
		blanks++;
	if (blanks == len)
		return (struct fault){ "is empty", MAKE_ONE };
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (memmem(text, len, others[i].has, strlen(others[i].has)) !=
		    NULL)
			return others[i].fault;
	}
	return (struct fault){ "is not a private key", MAKE_ONE };
}

/* Read into S the key file of LEN bytes at TEXT. */
static struct fault
parse_text(const char *text, size_t len, struct signer *s)
{
	static const char locked[] = "Proc-Type: 4,ENCRYPTED";
	const struct kind *kind;
	struct bytes body;

	kind = find_kind(text, len, &body);
	if (kind == NULL)
		return other_fault(text, len);
	if (kind->parse != NULL)
		return parse_body(body, kind, s);
	if (kind->locked != NULL &&
	    memmem(body.at, body.left, locked, sizeof(locked) - 1) != NULL)
		return (struct fault){ kind->locked, MAKE_ONE };
	return kind->fault;
}

/*
 * Put in ERROR that the key called NAME has FAULT, and what to do about it.
 * JOINT is between the two.  One that has no path is given commands for the
 * default one.
 */
static void
refuse(const char *name, const char *joint, struct fault fault,
    char error[SIGNER_ERROR_BYTES])
{
	const char *path = name[0] == '/' ? name : DEFAULT_KEY;
	char first[SIGNER_ERROR_BYTES / 2] = "make one";

	switch (fault.remedy) {
	case MAKE_ONE:
		break;
	case TAKE_PASSPHRASE:
		snprintf(first, sizeof(first),
		    "take it away with \"ssh-keygen -p -N '' -f %s\" (chmod "
		    "0600 before, 0640 after), or make one",
		    path);
		break;
	case DECRYPT:
		snprintf(first, sizeof(first),
		    "write one that has none with \"openssl pkey -in %s -out "
		    "%s.new\", or make one",
		    path, path);
		break;
	case NAME_PRIVATE_HALF:
		snprintf(first, sizeof(first),
		    "name the file without .pub in its place, or make one");
		break;
	case CONVERT:
		snprintf(first, sizeof(first),
		    "convert it with \"puttygen %s -O private-openssh -o "
		    "%s.new\", or make one",
		    path, path);
		break;
	case LET_READ:
		snprintf(error, SIGNER_ERROR_BYTES,
		    "%s: the gateway's key%s%s: \"chown root:_moshgate %s && "
		    "chmod 0640 %s\"",
		    name, joint, fault.words, path, path);
		return;
	case FREE_MEMORY:
		snprintf(error, SIGNER_ERROR_BYTES,
		    "%s: the gateway's key%s%s: give the gateway more", name,
		    joint, fault.words);
		return;
	}
	snprintf(error, SIGNER_ERROR_BYTES,
	    "%s: the gateway's key%s%s: %s with \"ssh-keygen -t ed25519 -N '' "
	    "-f %s\" (then chown root:_moshgate, chmod 0640)",
	    name, joint, fault.words, first, path);
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
	struct fault fault;

	if (s == NULL || sodium_mlock(s, sizeof(*s)) != 0 ||
	    !hide_from_children(s)) {
		snprintf(error, SIGNER_ERROR_BYTES,
		    "%s: no memory that can be locked (ulimit -l)", name);
		sodium_free(s);
		return NULL;
	}
	fault = parse_text(text, len, s);
	if (fault.words != NULL) {
		refuse(name, " ", fault, error);
		sodium_free(s);
		return NULL;
	}
	make_blob(s);
	sodium_mprotect_readonly(s);
	return s;
}

/* True if the FILE that was not read is at fault for its owner or mode. */
static bool
may_not_be_read(const char *path, const struct file *file)
{
	if (file->st.st_mode == 0)
		return access(path, F_OK) == 0 || errno != ENOENT;
	return S_ISREG(file->st.st_mode) &&
	    file->st.st_size <= (off_t)KEY_FILE_MAX_BYTES;
}

static struct signer *
signer_read(const char *path, char error[SIGNER_ERROR_BYTES])
{
	struct fault fault = { "open to others", LET_READ };
	struct signer *signer = NULL;
	char words[FILE_FAULT_BYTES];
	struct file file;

	if (!file_read(path, geteuid(), KEY_FILE_MAX_BYTES, &file, words)) {
		fault.words = words;
		if (!may_not_be_read(path, &file))
			fault.remedy = MAKE_ONE;
		refuse(path, ": ", fault, error);
	} else if (file_is_open_to_others(&file.st)) {
		refuse(path, ": ", fault, error);
	} else {
		signer = signer_parse(path, file.text, file.len, error);
	}
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
    unsigned char signature[SSHKEY_ED25519_SIGNATURE_BYTES])
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
