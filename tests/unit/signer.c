#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>

#include "scratch.h"

#include "../../helper/gateway/signer.h"

#define BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----\n"
#define END "-----END OPENSSH PRIVATE KEY-----\n"

/* Where a plain ed25519 key has its two check numbers (PROTOCOL.key). */
#define CHECKS_AT ((size_t)(15 + 4 + 4 + 4 + 4 + 4 + 4 + 4 + 51 + 4))

#define PEM_BEGIN "-----BEGIN PRIVATE KEY-----\n"
#define PEM_END "-----END PRIVATE KEY-----\n"

#define KEY_PATH SYSCONFDIR "/moshgate/id_ed25519"
#define NEW_KEY_AT(path)                                             \
	"make one with \"ssh-keygen -t ed25519 -N '' -f " path "\" " \
	"(then chown root:_moshgate, chmod 0640)"
#define NEW_KEY NEW_KEY_AT(KEY_PATH)

/* RFC 8410, section 10.3: the same key without and with its public half. */
static const char rfc_key[] = PEM_BEGIN
    "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC"
    "\n" PEM_END;
static const char rfc_key_v2[] = PEM_BEGIN
    "MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC"
    "\noB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB"
    "\nZ9w7lshQhqowtrbLDFw4rXAxZuE=\n" PEM_END;
/* and section 10.1, the public half itself */
static const char rfc_public[] = "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=";

static struct signer *
parse(const char *text, size_t len, char error[SIGNER_ERROR_BYTES])
{
	error[0] = '\0';
	return signer_parse("k", text, len, error);
}

/* The key in the file called "key", which is good; for signer_close(). */
static struct signer *
good_key(void)
{
	char error[SIGNER_ERROR_BYTES], *text;
	struct signer *signer;
	size_t len;

	text = scratch_read("key", &len);
	signer = parse(text, len, error);
	if (signer == NULL)
		fail_msg("refused: %s", error);
	free(text);
	return signer;
}

/* The LEN bytes at TEXT are refused because they FAULT; to do: FIRST. */
static void
text_refused_first(const char *text, size_t len, const char *fault,
    const char *first)
{
	char error[SIGNER_ERROR_BYTES], expected[SIGNER_ERROR_BYTES];
	struct signer *signer = parse(text, len, error);

	if (signer != NULL)
		fail_msg("taken, but it %s", fault);
	snprintf(expected, sizeof(expected), "k: the gateway's key %s: %s%s",
	    fault, first, NEW_KEY);
	assert_string_equal(error, expected);
}

static void
text_refused(const char *text, size_t len, const char *fault)
{
	text_refused_first(text, len, fault, "");
}

/* The key in the file called NAME is refused because it FAULT. */
static void
refused_first(const char *name, const char *fault, const char *first)
{
	char *text;
	size_t len;

	text = scratch_read(name, &len);
	text_refused_first(text, len, fault, first);
	free(text);
}

static void
refused(const char *name, const char *fault)
{
	refused_first(name, fault, "");
}

/* Make the key called NAME by openssl's COMMAND (up to 9 words). */
static void
openssl_key(const char *name, const char *const command[])
{
	const char *arguments[13] = { NULL };
	char path[PATH_MAX];
	size_t n = 0;

	scratch_path(name, path);
	for (; command[n] != NULL; n++)
		arguments[n] = command[n];
	arguments[n++] = "-out";
	arguments[n] = path;
	free(scratch_run("/usr/bin/openssl", arguments));
}

#define OPENSSL(name, ...) \
	openssl_key(name, (const char *const[]){ __VA_ARGS__, NULL })

static int
make_keys(void **state)
{
	if (sodium_init() < 0 || scratch_make(state) < 0)
		return -1;
	scratch_key("key", "ed25519", "", "", "RFC4716");
	scratch_key("other", "ed25519", "", "", "RFC4716");
	scratch_key("phrase", "ed25519", "", "open sesame", "RFC4716");
	scratch_key("rsa", "rsa", "2048", "", "RFC4716");
	scratch_key("ecdsa", "ecdsa", "256", "", "RFC4716");
	scratch_key("rsa.pem", "rsa", "2048", "", "PEM");
	scratch_key("rsa.pem.phrase", "rsa", "2048", "open sesame", "PEM");
	scratch_key("rsa.pkcs8", "rsa", "2048", "", "PKCS8");
	scratch_key("rsa.phrase", "rsa", "2048", "open sesame", "RFC4716");
	scratch_key("ecdsa.pem", "ecdsa", "384", "", "PEM");
	OPENSSL("ed25519.pem", "genpkey", "-algorithm", "ed25519");
	OPENSSL("ed25519.phrase.pem", "genpkey", "-algorithm", "ed25519",
	    "-aes256", "-pass", "pass:sesame");
	OPENSSL("x25519.pem", "genpkey", "-algorithm", "x25519");
	OPENSSL("ed448.pem", "genpkey", "-algorithm", "ed448");
	OPENSSL("x448.pem", "genpkey", "-algorithm", "x448");
	OPENSSL("pss.pem", "genpkey", "-algorithm", "rsa-pss", "-pkeyopt",
	    "rsa_keygen_bits:2048");
	OPENSSL("ec.pem", "genpkey", "-algorithm", "EC", "-pkeyopt",
	    "ec_paramgen_curve:P-256");
	OPENSSL("ec-with-parameters.pem", "ecparam", "-name", "prime256v1",
	    "-genkey");
	return 0;
}

static void
an_ed25519_key_is_taken(void **state)
{
	struct signer *signer = good_key();

	(void)state;
	signer_close(signer);
}

static void
its_fingerprint_is_what_ssh_keygen_prints(void **state)
{
	struct signer *signer = good_key();
	char path[PATH_MAX], *printed, *begin;
	const char *const arguments[] = { "-l", "-f", path, NULL };

	(void)state;
	scratch_path("key.pub", path);
	printed = scratch_keygen(arguments);
	begin = strstr(printed, "SHA256:");
	assert_non_null(begin);
	begin[strcspn(begin, " ")] = '\0';
	assert_string_equal(signer_fingerprint(signer), begin);
	free(printed);
	signer_close(signer);
}

static void
its_public_half_is_that_of_the_pub_file(void **state)
{
	struct signer *signer = good_key();
	char base64[128], *text, *word;
	size_t len;

	(void)state;
	sodium_bin2base64(base64, sizeof(base64), signer_public(signer),
	    SSHKEY_ED25519_BLOB_BYTES, sodium_base64_VARIANT_ORIGINAL);
	text = scratch_read("key.pub", &len);
	assert_memory_equal(text, "ssh-ed25519 ", 12);
	word = text + 12;
	word[strcspn(word, " \n")] = '\0';
	assert_string_equal(word, base64);
	free(text);
	signer_close(signer);
}

static void
what_surrounds_the_key_is_passed_over(void **state)
{
	char error[SIGNER_ERROR_BYTES], *text, *crlf, *to;
	struct signer *signer;
	size_t len;

	(void)state;
	text = scratch_read("key", &len);
	crlf = malloc(2 * len + 64);
	assert_non_null(crlf);
	to = stpcpy(crlf, "a comment\r\n");
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n')
			*to++ = '\r';
		*to++ = text[i];
	}
	to = stpcpy(to, "the end");
	signer = parse(crlf, (size_t)(to - crlf), error);
	assert_non_null(signer);
	signer_close(signer);
	free(crlf);
	free(text);
}

static void
a_key_with_a_passphrase_is_refused(void **state)
{
	static const char fault[] =
	    "has a passphrase, and nobody is there to type it";

	(void)state;
	refused_first("phrase", fault,
	    "take it away with \"ssh-keygen -p -N '' -f " KEY_PATH
	    "\" (chmod 0600 before, 0640 after), or ");
	refused_first("ed25519.phrase.pem", fault,
	    "write one that has none with \"openssl pkey -in " KEY_PATH
	    " -out " KEY_PATH ".new\", or ");
}

static void
a_key_of_another_type_is_refused(void **state)
{
	static const char token[] =
	    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
	    "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAHgAA"
	    "ABpzay1zc2gtZWQyNTUxOUBvcGVuc3NoLmNvbQAAAAA=\n" END;

	(void)state;
	refused("rsa", "is an RSA key, not ed25519");
	refused("rsa.phrase", "is an RSA key, not ed25519");
	refused("ecdsa", "is an ECDSA key, not ed25519");
	refused("rsa.pem", "is an RSA key, not ed25519");
	refused("rsa.pem.phrase",
	    "has a passphrase, and is an RSA key, not ed25519");
	refused("rsa.pkcs8", "is an RSA key, not ed25519");
	refused("pss.pem", "is an RSA key, not ed25519");
	refused("ecdsa.pem", "is an ECDSA key, not ed25519");
	refused("ec.pem", "is an ECDSA key, not ed25519");
	refused("ec-with-parameters.pem", "is an ECDSA key, not ed25519");
	refused("x25519.pem", "is an X25519 key, not ed25519");
	refused("x448.pem", "is an X448 key, not ed25519");
	refused("ed448.pem", "is an ed448 key, not ed25519");
	text_refused(token, sizeof(token) - 1,
	    "is on a security token, which nobody is there to touch");
}

#define TEXT_REFUSED(text, fault) text_refused(text, sizeof(text) - 1, fault)

static void
a_public_key_by_mistake_is_refused(void **state)
{
	static const char fault[] = "is a public key, not its private half";
	static const char first[] =
	    "name the file without .pub in its place, or ";
	static const char pem[] =
	    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrB"
	    "Z9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
	static const char *const texts[] = {
		pem,
		"---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n",
		"-----BEGIN RSA PUBLIC KEY-----\nAAAA\n",
		"ecdsa-sha2-nistp256 AAAA\n",
		"ssh-rsa AAAA\n",
	};

	(void)state;
	refused_first("key.pub", fault, first);
	refused_first("rsa.pub", fault, first);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		text_refused_first(texts[i], strlen(texts[i]), fault, first);
}

static void
a_key_of_puttys_is_refused(void **state)
{
	static const char ppk[] = "PuTTY-User-Key-File-3: ssh-ed25519\n"
				  "Encryption: none\nComment: x\n";

	(void)state;
	text_refused_first(ppk, sizeof(ppk) - 1, "is in PuTTY's format",
	    "convert it with \"puttygen " KEY_PATH
	    " -O private-openssh -o " KEY_PATH ".new\", or ");
}

static void
what_is_no_private_key_is_refused(void **state)
{
	(void)state;
	text_refused("", 0, "is empty");
	TEXT_REFUSED("\r\n \t\n", "is empty");
	TEXT_REFUSED("\0\0\0", "is not a private key");
	TEXT_REFUSED("hello", "is not a private key");
	TEXT_REFUSED("---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n",
	    "is in ssh.com's format");
	TEXT_REFUSED(BEGIN, "is damaged");
	TEXT_REFUSED(BEGIN END, "is damaged");
	TEXT_REFUSED(BEGIN "AAAA\n" END, "is damaged");
	TEXT_REFUSED(END BEGIN, "is damaged");
	TEXT_REFUSED(PEM_BEGIN, "is damaged");
	TEXT_REFUSED(PEM_BEGIN PEM_END, "is damaged");
	TEXT_REFUSED(PEM_BEGIN "MC4C\n" PEM_END, "is damaged");
	TEXT_REFUSED(PEM_BEGIN "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+"
			       "K06/nwoy/HU++CXqI9EdVhC\n" END,
	    "is damaged");
}

/* The key in TEXT, which is RFC 8410's. */
static void
is_rfc_key(const char *text)
{
	char error[SIGNER_ERROR_BYTES], base64[64];
	struct signer *signer = parse(text, strlen(text), error);

	if (signer == NULL)
		fail_msg("refused: %s", error);
	sodium_bin2base64(base64, sizeof(base64), signer_public(signer) + 19,
	    32, sodium_base64_VARIANT_ORIGINAL);
	assert_string_equal(base64, rfc_public);
	signer_close(signer);
}

static void
an_ed25519_key_in_pem_is_taken(void **state)
{
	char error[SIGNER_ERROR_BYTES], *text;
	struct signer *signer;
	size_t len;

	(void)state;
	is_rfc_key(rfc_key);
	is_rfc_key(rfc_key_v2);
	text = scratch_read("ed25519.pem", &len);
	signer = parse(text, len, error);
	if (signer == NULL)
		fail_msg("refused: %s", error);
	signer_close(signer);
	free(text);
}

/* The version, the algorithm and the seed of rfc_key. */
#define SEED                                                           \
	"\xd4\xee\x72\xdb\xf9\x13\x58\x4a\xd5\xb6\xd8\xf1\xf7\x69\xf8" \
	"\xad\x3a\xfe\x7c\x28\xcb\xf1\xd4\xfb\xe0\x97\xa8\x8f\x44\x75" \
	"\x58\x42"
#define PUBLIC                                                         \
	"\x19\xbf\x44\x09\x69\x84\xcd\xfe\x85\x41\xba\xc1\x67\xdc\x3b" \
	"\x96\xc8\x50\x86\xaa\x30\xb6\xb6\xcb\x0c\x5c\x38\xad\x70\x31" \
	"\x66\xe1"
#define V1 "\x02\x01\x00"
#define V2 "\x02\x01\x01"
#define ALGORITHM "\x30\x05\x06\x03\x2b\x65\x70"
#define OCTETS "\x04\x22\x04\x20" SEED

/* The LEN bytes at DER as a PEM file: *ERROR is "" if it is taken. */
static void
parse_der(const char *der, size_t len, char error[SIGNER_ERROR_BYTES])
{
	char text[1024], *to;

	to = stpcpy(text, PEM_BEGIN);
	sodium_bin2base64(to, sizeof(text) - 128, (const unsigned char *)der,
	    len, sodium_base64_VARIANT_ORIGINAL);
	strncat(to, "\n" PEM_END, 64);
	signer_close(parse(text, strlen(text), error));
}

#define DER_IS(der, fault)                                             \
	do {                                                           \
		char error[SIGNER_ERROR_BYTES];                        \
                                                                       \
		parse_der(der, sizeof(der) - 1, error);                \
		assert_string_equal(error,                             \
		    (fault)[0] == '\0' ? ""                            \
				       : "k: the gateway's key " fault \
					 ": " NEW_KEY);                \
	} while (0)
#define DAMAGED(der) DER_IS(der, "is damaged")

static void
only_der_as_it_is_written_is_taken(void **state)
{
	(void)state;
	DER_IS("\x30\x2e" V1 ALGORITHM OCTETS, "");
	DER_IS("\x30\x51" V2 ALGORITHM OCTETS "\x81\x21\x00" PUBLIC, "");
	DER_IS("\x30\x53" V2 ALGORITHM OCTETS "\xa0\x00\x81\x21\x00" PUBLIC,
	    "");
	DER_IS("\x30\x30" V1 ALGORITHM OCTETS "\xa0\x00", "");
	/* lengths that are longer than they have to be, or not definite */
	DAMAGED("\x30\x81\x2e" V1 ALGORITHM OCTETS);
	DAMAGED("\x30\x82\x00\x2e" V1 ALGORITHM OCTETS);
	DAMAGED("\x30\x84\x00\x00\x00\x2e" V1 ALGORITHM OCTETS);
	DAMAGED("\x30\x80" V1 ALGORITHM OCTETS "\0\0");
	/* lengths that lie */
	DAMAGED("\x30\x2d" V1 ALGORITHM OCTETS);
	DAMAGED("\x30\x2f" V1 ALGORITHM OCTETS);
	DAMAGED("\x30\xff" V1 ALGORITHM OCTETS);
	DAMAGED("\x30\x82\xff\xff" V1 ALGORITHM OCTETS);
	/* bytes behind the end, and behind each part */
	DAMAGED("\x30\x2e" V1 ALGORITHM OCTETS "\0");
	DAMAGED("\x30\x30" V1 ALGORITHM OCTETS "\x05\x00");
	DAMAGED("\x30\x2f" V1 ALGORITHM "\x04\x23\x04\x20" SEED "\0");
	DAMAGED("\x30\x30" V1 "\x30\x07\x06\x03\x2b\x65\x70\x05\x00" OCTETS);
	/* a seed too short, too long, or not wrapped up twice */
	DAMAGED("\x30\x2d" V1 ALGORITHM "\x04\x21\x04\x1f" SEED);
	DAMAGED("\x30\x2f" V1 ALGORITHM "\x04\x23\x04\x21" SEED "\0");
	DAMAGED("\x30\x2c" V1 ALGORITHM "\x04\x20" SEED);
	/* versions */
	DAMAGED("\x30\x2e\x02\x01\x02" ALGORITHM OCTETS);
	DAMAGED("\x30\x2f\x02\x02\x00\x00" ALGORITHM OCTETS);
	DAMAGED("\x30\x2d\x02\x00" ALGORITHM OCTETS);
	DAMAGED("\x30\x2e" V2 ALGORITHM OCTETS);
	DAMAGED("\x30\x51" V1 ALGORITHM OCTETS "\x81\x21\x00" PUBLIC);
	/* the public half */
	DAMAGED("\x30\x51" V2 ALGORITHM OCTETS "\x81\x21\x01" PUBLIC);
	DAMAGED("\x30\x50" V2 ALGORITHM OCTETS "\x81\x20\x00" PUBLIC);
	DAMAGED("\x30\x53" V2 ALGORITHM OCTETS "\xa1\x23\x03\x21\x00" PUBLIC);
	DAMAGED(
	    "\x30\x53" V2 ALGORITHM OCTETS "\x81\x21\x00" PUBLIC "\xa0\x00");
	/* other algorithms */
	DER_IS("\x30\x0d" V1 "\x30\x05\x06\x03\x2b\x65\x6e\x04\x01\x00",
	    "is an X25519 key, not ed25519");
	DER_IS("\x30\x0d" V1 "\x30\x05\x06\x03\x2b\x65\x7f\x04\x01\x00",
	    "is not an ed25519 key");
	DER_IS("\x30\x0e" V1 "\x30\x06\x06\x04\x2b\x65\x70\x01\x04\x01\x00",
	    "is not an ed25519 key");
}

/* Signing with a secret of one key and the public half of another leaks. */
static void
a_public_half_of_another_key_in_pem_is_refused(void **state)
{
	static const char whole[] = "\x30\x51" V2 ALGORITHM OCTETS
				    "\x81\x21\x00" PUBLIC;
	char der[sizeof(whole)], error[SIGNER_ERROR_BYTES];

	(void)state;
	for (size_t i = sizeof(whole) - 1 - 32; i < sizeof(whole) - 1; i++) {
		memcpy(der, whole, sizeof(whole));
		der[i] = (char)(der[i] ^ 0x10);
		parse_der(der, sizeof(whole) - 1, error);
		assert_string_equal(error,
		    "k: the gateway's key is damaged: " NEW_KEY);
	}
}

static void
a_pem_key_cut_short_or_with_a_byte_flipped_is_refused(void **state)
{
	static const char whole[] = "\x30\x51" V2 ALGORITHM OCTETS
				    "\x81\x21\x00" PUBLIC;
	char der[sizeof(whole)], error[SIGNER_ERROR_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(whole) - 1; i++) {
		memcpy(der, whole, sizeof(whole));
		parse_der(der, i, error);
		assert_string_not_equal(error, "");
		for (int bit = 0; bit < 8; bit++) {
			der[i] = (char)(whole[i] ^ (1 << bit));
			parse_der(der, sizeof(whole) - 1, error);
			assert_string_not_equal(error, "");
		}
	}
	for (size_t i = 0; i < sizeof(rfc_key_v2) - 2; i++) {
		char *cut = malloc(i > 0 ? i : 1);

		assert_non_null(cut);
		memcpy(cut, rfc_key_v2, i);
		assert_null(parse(cut, i, error));
		free(cut);
	}
}

/* What is said of a file names that file. */
static void
a_bad_key_file_is_told_by_its_name(void **state)
{
	char error[SIGNER_ERROR_BYTES], expected[4 * PATH_MAX];
	char resolved[PATH_MAX], path[PATH_MAX];
	struct config config = { .key = resolved };

	(void)state;
	scratch_path("phrase", path);
	assert_non_null(realpath(path, resolved));
	assert_null(signer_open(&config, error));
	snprintf(expected, sizeof(expected),
	    "%s: the gateway's key has a passphrase, and nobody is there to "
	    "type it: take it away with \"ssh-keygen -p -N '' -f %s\" (chmod "
	    "0600 before, 0640 after), or make one with \"ssh-keygen -t "
	    "ed25519 -N '' -f %s\" (then chown root:_moshgate, chmod 0640)",
	    resolved, resolved, resolved);
	assert_string_equal(error, expected);
}

static void
a_key_cut_short_anywhere_is_refused(void **state)
{
	char error[SIGNER_ERROR_BYTES], *text, *cut;
	size_t len, whole;

	(void)state;
	text = scratch_read("key", &len);
	whole = (size_t)(strstr(text, END) - text) + sizeof(END) - 2;
	for (size_t i = 0; i < whole; i++) {
		cut = malloc(i > 0 ? i : 1);
		assert_non_null(cut);
		memcpy(cut, text, i);
		assert_null(parse(cut, i, error));
		assert_string_not_equal(error, "");
		free(cut);
	}
	free(text);
}

/* The bytes between BEGIN and END, of which there are *LEN. */
static unsigned char *
decoded(const char *text, size_t *len)
{
	const char *from = text + sizeof(BEGIN) - 1;
	const char *to = strstr(from, END);
	unsigned char *binary = malloc(strlen(text));

	assert_non_null(binary);
	assert_non_null(to);
	assert_int_equal(sodium_base642bin(binary, strlen(text), from,
			     (size_t)(to - from), "\n", len, NULL,
			     sodium_base64_VARIANT_ORIGINAL),
	    0);
	return binary;
}

/* Parse the LEN bytes at BINARY as a key; NULL if they are refused. */
static struct signer *
parse_encoded(const unsigned char *binary, size_t len)
{
	char error[SIGNER_ERROR_BYTES], text[2048], *to;
	struct signer *signer;

	to = stpcpy(text, BEGIN);
	sodium_bin2base64(to, sizeof(text) - 128, binary, len,
	    sodium_base64_VARIANT_ORIGINAL);
	strncat(to, "\n" END, 64);
	signer = parse(text, strlen(text), error);
	assert_int_equal(signer == NULL, error[0] != '\0');
	return signer;
}

static void
a_key_cut_short_inside_its_base64_is_refused(void **state)
{
	unsigned char *binary;
	size_t len, text_len;
	char *text;

	(void)state;
	text = scratch_read("key", &text_len);
	binary = decoded(text, &len);
	for (size_t i = 0; i < len; i++)
		assert_null(parse_encoded(binary, i));
	free(binary);
	free(text);
}

/* One that passes nonetheless (in its comment, say) is the same key. */
static void
a_flipped_byte_never_makes_another_key(void **state)
{
	static const unsigned char flips[] = { 0x01, 0x80, 0xff, 0x20 };
	struct signer *signer = good_key();
	unsigned char *binary;
	size_t len, text_len;
	char *text;

	(void)state;
	text = scratch_read("key", &text_len);
	binary = decoded(text, &len);
	for (size_t i = 0; i < len; i++) {
		for (size_t j = 0; j < sizeof(flips); j++) {
			struct signer *flipped;

			binary[i] ^= flips[j];
			flipped = parse_encoded(binary, len);
			binary[i] ^= flips[j];
			if (flipped == NULL)
				continue;
			/* two numbers there tell a wrong passphrase */
			assert_false(i >= CHECKS_AT && i < CHECKS_AT + 8);
			assert_string_equal(signer_fingerprint(flipped),
			    signer_fingerprint(signer));
			signer_close(flipped);
		}
	}
	for (size_t i = 0; i < text_len; i++) {
		for (size_t j = 0; j < sizeof(flips); j++) {
			char error[SIGNER_ERROR_BYTES];
			struct signer *flipped;

			text[i] = (char)(text[i] ^ flips[j]);
			flipped = parse(text, text_len, error);
			text[i] = (char)(text[i] ^ flips[j]);
			if (flipped == NULL)
				continue;
			assert_string_equal(signer_fingerprint(flipped),
			    signer_fingerprint(signer));
			signer_close(flipped);
		}
	}
	free(binary);
	free(text);
	signer_close(signer);
}

/* Signing with a secret of one key and the public half of another leaks. */
static void
halves_of_two_keys_are_refused(void **state)
{
	struct signer *signer = good_key(), *mixed;
	const unsigned char *public = signer_public(signer) + 19;
	unsigned char *binary, *at;
	size_t len, text_len, left, places = 0;
	char *text;

	(void)state;
	text = scratch_read("key", &text_len);
	binary = decoded(text, &len);
	at = binary;
	while (left = len - (size_t)(at - binary),
	    (at = memmem(at, left, public, 32)) != NULL) {
		unsigned char saved[32];

		memcpy(saved, at, sizeof(saved));
		for (size_t i = 0; i < sizeof(saved); i++)
			at[i] ^= 0x55;
		mixed = parse_encoded(binary, len);
		/* the first is outside of what ssh encrypts, and not used */
		if (places++ > 0)
			assert_null(mixed);
		signer_close(mixed);
		memcpy(at, saved, sizeof(saved));
		at++;
	}
	assert_int_equal(places, 3);
	free(binary);
	free(text);
	signer_close(signer);
}

static struct config
config_for(const char *path)
{
	return (struct config){ .key = (char *)(uintptr_t)path };
}

static const char open_to_others[] = "open to others";

/* The file called "key", with MODE, opens; or else because it FAULT. */
static void
opens(mode_t mode, const char *fault)
{
	char error[SIGNER_ERROR_BYTES] = "", path[PATH_MAX];
	char expected[4 * PATH_MAX], resolved[PATH_MAX];
	struct config config;
	struct signer *signer;

	scratch_path("key", path);
	assert_non_null(realpath(path, resolved));
	config = config_for(resolved);
	assert_int_equal(chmod(path, mode), 0);
	signer = signer_open(&config, error);
	assert_int_equal(chmod(path, 0600), 0);
	if (fault == NULL) {
		assert_non_null(signer);
	} else {
		assert_null(signer);
		snprintf(expected, sizeof(expected),
		    "%s: the gateway's key: %s: \"chown root:_moshgate %s && "
		    "chmod 0640 %s\"",
		    resolved, fault, resolved, resolved);
		assert_string_equal(error, expected);
	}
	signer_close(signer);
}

static void
a_key_file_for_root_and_its_group_is_opened(void **state)
{
	(void)state;
	opens(0600, NULL);
	opens(0400, NULL);
	opens(0640, NULL);
	opens(0440, NULL);
}

static void
a_key_file_open_to_everybody_is_refused(void **state)
{
	(void)state;
	opens(0644, open_to_others);
	opens(0604, open_to_others);
	opens(0444, open_to_others);
}

static void
a_key_file_open_to_another_group_is_refused(void **state)
{
	(void)state;
	scratch_need_root();
	scratch_own("key", 0, 1000);
	opens(0640, open_to_others);
	opens(0440, open_to_others);
	opens(0600, NULL);
	scratch_own("key", 0, 0);
}

/* Root's helper is in its own group, by which it reads its key. */
static void
a_key_file_open_to_the_helpers_own_group_is_opened(void **state)
{
	(void)state;
	scratch_need_root();
	scratch_own("key", 0, 1000);
	assert_int_equal(setegid(1000), 0);
	opens(0640, NULL);
	assert_int_equal(setegid(0), 0);
	opens(0640, open_to_others);
	scratch_own("key", 0, 0);
}

static void
a_key_file_that_others_can_write_is_refused(void **state)
{
	static const char fault[] = "writable by others than root "
				    "(chmod go-w)";

	(void)state;
	opens(0660, fault);
	opens(0620, fault);
	opens(0602, fault);
	opens(0666, fault);
}

static void
a_key_file_of_somebody_elses_is_refused(void **state)
{
	(void)state;
	scratch_need_root();
	scratch_own("key", 1000, 0);
	opens(0600, "not owned by root (chown root)");
	scratch_own("key", 0, 0);
}

static void
a_missing_key_file_says_how_to_make_one(void **state)
{
	struct config config = config_for("/nowhere/key");
	char error[SIGNER_ERROR_BYTES];

	(void)state;
	assert_null(signer_open(&config, error));
	assert_string_equal(error,
	    "/nowhere/key: the gateway's key: cannot be read: No such file or "
	    "directory: " NEW_KEY_AT("/nowhere/key"));
}

static void
what_is_no_plain_file_is_refused(void **state)
{
	char error[SIGNER_ERROR_BYTES];
	struct config config = config_for(scratch_dir);

	(void)state;
	assert_null(signer_open(&config, error));
	assert_non_null(strstr(error, ": the gateway's key: not a plain file"));
	config = config_for("/dev/zero");
	assert_null(signer_open(&config, error));
	assert_string_equal(error,
	    "/dev/zero: the gateway's key: not a plain file: " NEW_KEY_AT(
		"/dev/zero"));
}

static void
a_key_file_of_more_than_64_kib_is_refused(void **state)
{
	char error[SIGNER_ERROR_BYTES], path[PATH_MAX];
	char *text = calloc(1, (size_t)64 * 1024 + 1);
	struct config config;

	(void)state;
	assert_non_null(text);
	scratch_write("long", text, (size_t)64 * 1024 + 1, 0600);
	scratch_path("long", path);
	config = config_for(path);
	assert_null(signer_open(&config, error));
	assert_non_null(
	    strstr(error, ": the gateway's key: too long: make one with "));
	free(text);
}

/* Let CONFIG have the key in the file called NAME as its key_content. */
static void
give_content(struct config *config, const char *name)
{
	size_t len;
	char *text = scratch_read(name, &len);

	config->key_content_size = len + 1;
	config->key_content = sodium_malloc(len + 1);
	assert_non_null(config->key_content);
	memcpy(config->key_content, text, len + 1);
	free(text);
}

static void
key_content_goes_before_the_key_file(void **state)
{
	struct signer *expected = good_key(), *signer;
	struct config config = config_for("/nowhere/key");
	char error[SIGNER_ERROR_BYTES];

	(void)state;
	give_content(&config, "key");
	signer = signer_open(&config, error);
	assert_non_null(signer);
	assert_string_equal(signer_fingerprint(signer),
	    signer_fingerprint(expected));
	assert_null(config.key_content);
	signer_close(signer);
	give_content(&config, "ed25519.pem");
	signer = signer_open(&config, error);
	assert_non_null(signer);
	signer_close(signer);
	give_content(&config, "rsa");
	assert_null(signer_open(&config, error));
	assert_memory_equal(error, "[gateway] key_content: ", 23);
	signer_close(expected);
}

/* A request to be authenticated, RFC 4252 section 7, in the making. */
struct request {
	const char *session_id, *user, *service, *method, *type;
	size_t session_id_len, blob_len;
	const unsigned char *blob;
	unsigned char message, has_signature;
	const char *tail;
	unsigned char bytes[1024];
	size_t len;
};

static void
add(struct request *request, const void *bytes, size_t len)
{
	assert_true(request->len + len <= sizeof(request->bytes));
	memcpy(request->bytes + request->len, bytes, len);
	request->len += len;
}

static void
add_string(struct request *request, const void *bytes, size_t len)
{
	const unsigned char size[] = { 0, 0, (unsigned char)(len >> 8),
		(unsigned char)len };

	add(request, size, sizeof(size));
	add(request, bytes, len);
}

static void
make(struct request *request)
{
	request->len = 0;
	add_string(request, request->session_id, request->session_id_len);
	add(request, &request->message, 1);
	add_string(request, request->user, strlen(request->user));
	add_string(request, request->service, strlen(request->service));
	add_string(request, request->method, strlen(request->method));
	add(request, &request->has_signature, 1);
	add_string(request, request->type, strlen(request->type));
	add_string(request, request->blob, request->blob_len);
	add(request, request->tail, strlen(request->tail));
}

static struct request
alices_request(const struct signer *signer)
{
	static const char session_id[64] = "0123456789abcdef0123456789abcdef";

	return (struct request){ .session_id = session_id,
		.session_id_len = 32,
		.message = 50,
		.user = "alice",
		.service = "ssh-connection",
		.method = "publickey",
		.has_signature = 1,
		.type = "ssh-ed25519",
		.blob = signer_public(signer),
		.blob_len = SSHKEY_ED25519_BLOB_BYTES,
		.tail = "" };
}

static bool
signs(const struct signer *signer, struct request *request)
{
	unsigned char signature[SSHKEY_ED25519_SIGNATURE_BYTES];

	make(request);
	if (!signer_sign(signer, "alice", request->bytes, request->len,
		signature))
		return false;
	assert_int_equal(crypto_sign_verify_detached(signature, request->bytes,
			     request->len, signer_public(signer) + 19),
	    0);
	return true;
}

static void
a_users_request_is_signed_and_verifies(void **state)
{
	struct signer *signer = good_key();
	struct request request = alices_request(signer);

	(void)state;
	assert_true(signs(signer, &request));
	signer_close(signer);
}

static void
a_session_id_is_of_some_hash(void **state)
{
	static const size_t good[] = { 20, 32, 48, 64 };
	struct signer *signer = good_key();
	struct request request = alices_request(signer);

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		request.session_id_len = good[i];
		assert_true(signs(signer, &request));
	}
	request.session_id_len = 19;
	assert_false(signs(signer, &request));
	request.session_id_len = 0;
	assert_false(signs(signer, &request));
	signer_close(signer);
}

/* Sign alice's REQUEST, changed by one assignment: it must not be. */
#define refuses(assignment)                                      \
	do {                                                     \
		struct request request = alices_request(signer); \
                                                                 \
		request.assignment;                              \
		if (signs(signer, &request))                     \
			fail_msg("signed with %s", #assignment); \
	} while (0)

static void
nothing_else_is_signed(void **state)
{
	struct signer *signer = good_key();
	unsigned char other[SSHKEY_ED25519_BLOB_BYTES];

	(void)state;
	memcpy(other, signer_public(signer), sizeof(other));
	other[50] ^= 1;
	refuses(user = "bob");
	refuses(user = "alicia");
	refuses(user = "alic");
	refuses(user = "");
	refuses(service = "ssh-userauth");
	refuses(service = "ssh-connectio");
	refuses(service = "ssh-connection2");
	refuses(service = "");
	refuses(method = "hostbased");
	refuses(method = "password");
	refuses(message = 51);
	refuses(message = 0);
	refuses(has_signature = 0);
	refuses(has_signature = 2);
	refuses(type = "ssh-rsa");
	refuses(type = "ssh-ed25519-cert-v01@openssh.com");
	refuses(blob = other);
	refuses(blob_len = SSHKEY_ED25519_BLOB_BYTES - 1);
	refuses(tail = "x");
	signer_close(signer);
}

static void
half_a_request_is_not_signed(void **state)
{
	unsigned char signature[SSHKEY_ED25519_SIGNATURE_BYTES];
	struct signer *signer = good_key();
	struct request request = alices_request(signer);

	(void)state;
	make(&request);
	for (size_t i = 0; i < request.len; i++) {
		unsigned char *half = malloc(i > 0 ? i : 1);

		assert_non_null(half);
		memcpy(half, request.bytes, i);
		assert_false(signer_sign(signer, "alice", half, i, signature));
		free(half);
	}
	signer_close(signer);
}

static void
a_request_with_any_byte_flipped_is_not_signed(void **state)
{
	static const size_t session_id_ends = 4 + 32;
	unsigned char signature[SSHKEY_ED25519_SIGNATURE_BYTES];
	struct signer *signer = good_key();
	struct request request = alices_request(signer);

	(void)state;
	make(&request);
	for (size_t i = 0; i < request.len; i++) {
		if (i >= 4 && i < session_id_ends)
			continue;
		for (int bit = 0; bit < 8; bit++) {
			request.bytes[i] ^= (unsigned char)(1 << bit);
			assert_false(signer_sign(signer, "alice", request.bytes,
			    request.len, signature));
			request.bytes[i] ^= (unsigned char)(1 << bit);
		}
	}
	signer_close(signer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ed25519_key_is_taken),
		cmocka_unit_test(its_fingerprint_is_what_ssh_keygen_prints),
		cmocka_unit_test(its_public_half_is_that_of_the_pub_file),
		cmocka_unit_test(what_surrounds_the_key_is_passed_over),
		cmocka_unit_test(a_key_with_a_passphrase_is_refused),
		cmocka_unit_test(a_key_of_another_type_is_refused),
		cmocka_unit_test(a_public_key_by_mistake_is_refused),
		cmocka_unit_test(a_key_of_puttys_is_refused),
		cmocka_unit_test(what_is_no_private_key_is_refused),
		cmocka_unit_test(an_ed25519_key_in_pem_is_taken),
		cmocka_unit_test(only_der_as_it_is_written_is_taken),
		cmocka_unit_test(
		    a_public_half_of_another_key_in_pem_is_refused),
		cmocka_unit_test(
		    a_pem_key_cut_short_or_with_a_byte_flipped_is_refused),
		cmocka_unit_test(a_bad_key_file_is_told_by_its_name),
		cmocka_unit_test(a_key_cut_short_anywhere_is_refused),
		cmocka_unit_test(a_key_cut_short_inside_its_base64_is_refused),
		cmocka_unit_test(a_flipped_byte_never_makes_another_key),
		cmocka_unit_test(halves_of_two_keys_are_refused),
		cmocka_unit_test(a_key_file_for_root_and_its_group_is_opened),
		cmocka_unit_test(a_key_file_open_to_everybody_is_refused),
		cmocka_unit_test(a_key_file_open_to_another_group_is_refused),
		cmocka_unit_test(
		    a_key_file_open_to_the_helpers_own_group_is_opened),
		cmocka_unit_test(a_key_file_that_others_can_write_is_refused),
		cmocka_unit_test(a_key_file_of_somebody_elses_is_refused),
		cmocka_unit_test(a_missing_key_file_says_how_to_make_one),
		cmocka_unit_test(what_is_no_plain_file_is_refused),
		cmocka_unit_test(a_key_file_of_more_than_64_kib_is_refused),
		cmocka_unit_test(key_content_goes_before_the_key_file),
		cmocka_unit_test(a_users_request_is_signed_and_verifies),
		cmocka_unit_test(a_session_id_is_of_some_hash),
		cmocka_unit_test(nothing_else_is_signed),
		cmocka_unit_test(half_a_request_is_not_signed),
		cmocka_unit_test(a_request_with_any_byte_flipped_is_not_signed),
	};

	return cmocka_run_group_tests_name("signer", tests, make_keys,
	    scratch_remove);
}
