#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>

#include "scratch.h"

#include "../../helper/gateway/keyfile.h"

#define ERROR_BYTES 1024
#define PUBLIC_AT 32 /* where the public key is in the secret one */

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

/*
 * The secret key in the LEN bytes at TEXT, for free(); NULL if it is refused, and
 * in ERROR what is said of it.
 */
static unsigned char *
parse(const char *text, size_t len, char error[ERROR_BYTES])
{
	unsigned char *secret = malloc(KEYFILE_SECRET_BYTES);
	struct keyfault fault;

	assert_non_null(secret);
	error[0] = '\0';
	fault = keyfile_parse(text, len, secret);
	if (fault.words == NULL)
		return secret;
	keyfault_explain(&fault, "k", " ", error, ERROR_BYTES);
	free(secret);
	return NULL;
}

/* The secret key in the file called "key", which is good; for free(). */
static unsigned char *
good_key(void)
{
	char error[ERROR_BYTES], *text;
	unsigned char *secret;
	size_t len;

	text = scratch_read("key", &len);
	secret = parse(text, len, error);
	if (secret == NULL)
		fail_msg("refused: %s", error);
	free(text);
	return secret;
}

/* The LEN bytes at TEXT are refused because they FAULT; to do: FIRST. */
static void
text_refused_first(const char *text, size_t len, const char *fault,
    const char *first)
{
	char error[ERROR_BYTES], expected[ERROR_BYTES];
	unsigned char *secret = parse(text, len, error);

	if (secret != NULL)
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
	unsigned char *secret = good_key();

	(void)state;
	free(secret);
}

static void
what_surrounds_the_key_is_passed_over(void **state)
{
	char error[ERROR_BYTES], *text, *crlf, *to;
	unsigned char *secret;
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
	secret = parse(crlf, (size_t)(to - crlf), error);
	assert_non_null(secret);
	free(secret);
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
	char error[ERROR_BYTES], base64[64];
	unsigned char *secret = parse(text, strlen(text), error);

	if (secret == NULL)
		fail_msg("refused: %s", error);
	sodium_bin2base64(base64, sizeof(base64), secret + PUBLIC_AT, 32,
	    sodium_base64_VARIANT_ORIGINAL);
	assert_string_equal(base64, rfc_public);
	free(secret);
}

static void
an_ed25519_key_in_pem_is_taken(void **state)
{
	char error[ERROR_BYTES], *text;
	unsigned char *secret;
	size_t len;

	(void)state;
	is_rfc_key(rfc_key);
	is_rfc_key(rfc_key_v2);
	text = scratch_read("ed25519.pem", &len);
	secret = parse(text, len, error);
	if (secret == NULL)
		fail_msg("refused: %s", error);
	free(secret);
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
parse_der(const char *der, size_t len, char error[ERROR_BYTES])
{
	char text[1024], *to;

	to = stpcpy(text, PEM_BEGIN);
	sodium_bin2base64(to, sizeof(text) - 128, (const unsigned char *)der,
	    len, sodium_base64_VARIANT_ORIGINAL);
	strncat(to, "\n" PEM_END, 64);
	free(parse(text, strlen(text), error));
}

#define DER_IS(der, fault)                                             \
	do {                                                           \
		char error[ERROR_BYTES];                               \
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
	char der[sizeof(whole)], error[ERROR_BYTES];

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
	char der[sizeof(whole)], error[ERROR_BYTES];

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

static void
a_key_cut_short_anywhere_is_refused(void **state)
{
	char error[ERROR_BYTES], *text, *cut;
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
static unsigned char *
parse_encoded(const unsigned char *binary, size_t len)
{
	char error[ERROR_BYTES], text[2048], *to;
	unsigned char *secret;

	to = stpcpy(text, BEGIN);
	sodium_bin2base64(to, sizeof(text) - 128, binary, len,
	    sodium_base64_VARIANT_ORIGINAL);
	strncat(to, "\n" END, 64);
	secret = parse(text, strlen(text), error);
	assert_int_equal(secret == NULL, error[0] != '\0');
	return secret;
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
	unsigned char *secret = good_key();
	unsigned char *binary;
	size_t len, text_len;
	char *text;

	(void)state;
	text = scratch_read("key", &text_len);
	binary = decoded(text, &len);
	for (size_t i = 0; i < len; i++) {
		for (size_t j = 0; j < sizeof(flips); j++) {
			unsigned char *flipped;

			binary[i] ^= flips[j];
			flipped = parse_encoded(binary, len);
			binary[i] ^= flips[j];
			if (flipped == NULL)
				continue;
			/* two numbers there tell a wrong passphrase */
			assert_false(i >= CHECKS_AT && i < CHECKS_AT + 8);
			assert_memory_equal(flipped, secret,
			    KEYFILE_SECRET_BYTES);
			free(flipped);
		}
	}
	for (size_t i = 0; i < text_len; i++) {
		for (size_t j = 0; j < sizeof(flips); j++) {
			char error[ERROR_BYTES];
			unsigned char *flipped;

			text[i] = (char)(text[i] ^ flips[j]);
			flipped = parse(text, text_len, error);
			text[i] = (char)(text[i] ^ flips[j]);
			if (flipped == NULL)
				continue;
			assert_memory_equal(flipped, secret,
			    KEYFILE_SECRET_BYTES);
			free(flipped);
		}
	}
	free(binary);
	free(text);
	free(secret);
}

/* Signing with a secret of one key and the public half of another leaks. */
static void
halves_of_two_keys_are_refused(void **state)
{
	unsigned char *secret = good_key(), *mixed;
	const unsigned char *public = secret + PUBLIC_AT;
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
		free(mixed);
		memcpy(at, saved, sizeof(saved));
		at++;
	}
	assert_int_equal(places, 3);
	free(binary);
	free(text);
	free(secret);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ed25519_key_is_taken),
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
		cmocka_unit_test(a_key_cut_short_anywhere_is_refused),
		cmocka_unit_test(a_key_cut_short_inside_its_base64_is_refused),
		cmocka_unit_test(a_flipped_byte_never_makes_another_key),
		cmocka_unit_test(halves_of_two_keys_are_refused),
	};

	return cmocka_run_group_tests_name("keyfile", tests, make_keys,
	    scratch_remove);
}
