/* Any private key file; and any bytes inside those of the right form. */
#include "fuzz.h"

#include <sodium.h>

#include "../../helper/gateway/keyfile.h"

#define BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----\n"
#define END "\n-----END OPENSSH PRIVATE KEY-----\n"
#define PEM_BEGIN "-----BEGIN PRIVATE KEY-----\n"
#define PEM_END "\n-----END PRIVATE KEY-----\n"

static const unsigned char start[] =
    "openssh-key-v1\0\0\0\0\4none\0\0\0\4none\0\0\0\0\0\0\0\1";

static void
parse(const char *text, size_t len)
{
	unsigned char secret[KEYFILE_SECRET_BYTES], again[KEYFILE_SECRET_BYTES];
	unsigned char public[crypto_sign_PUBLICKEYBYTES];
	const struct keyfault fault = keyfile_parse(text, len, secret);
	char error[1024] = "";

	if (fault.words != NULL) {
		keyfault_explain(&fault, "fuzz", " ", error, sizeof(error));
		must(strstr(error, "the gateway's key ") != NULL);
		return;
	}
	/* the public half is that of the seed */
	must(crypto_sign_seed_keypair(public, again, secret) == 0);
	must(memcmp(again, secret, sizeof(secret)) == 0);
}

/* The LEN bytes at BINARY in base64, between BEGIN and END. */
static void
parse_between(const char *begin, const unsigned char *binary, size_t len,
    const char *end)
{
	const size_t room = sodium_base64_encoded_len(len,
	    sodium_base64_VARIANT_ORIGINAL);
	char *text = malloc(strlen(begin) + room + strlen(end)), *to;

	must(text != NULL);
	to = stpcpy(text, begin);
	sodium_bin2base64(to, room, binary, len,
	    sodium_base64_VARIANT_ORIGINAL);
	stpcpy(to + strlen(to), end);
	parse(text, strlen(text));
	free(text);
}

/* As if DATA were what follows the fixed beginning of a key. */
static void
parse_inside(const uint8_t *data, size_t size)
{
	const size_t len = sizeof(start) - 1 + size;
	unsigned char *binary = malloc(len);

	must(binary != NULL);
	memcpy(binary, start, sizeof(start) - 1);
	if (size > 0)
		memcpy(binary + sizeof(start) - 1, data, size);
	parse_between(BEGIN, binary, len, END);
	free(binary);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = copy_of(data, size, 0);

	must(sodium_init() >= 0);
	parse(text, size);
	parse_inside(data, size);
	parse_between(PEM_BEGIN, data, size, PEM_END);
	free(text);
	return 0;
}
