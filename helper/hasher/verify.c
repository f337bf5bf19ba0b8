#include "verify.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define VERIFY_SUM_BYTES 32

/* What a hash says. */
struct verify_parts {
	size_t memory_bytes;
	unsigned long long passes;
	unsigned char salt[crypto_pwhash_SALTBYTES];
	unsigned char sum[VERIFY_SUM_BYTES];
};

/* Read the SIZE bytes that are at *TEXT, up to its end or a dollar sign. */
static bool
verify_read_bytes(const char **text, unsigned char *bytes, size_t size)
{
	const size_t len = strcspn(*text, "$");
	size_t got;

	if (sodium_base642bin(bytes, size, *text, len, NULL, &got, NULL,
		sodium_base64_VARIANT_ORIGINAL_NO_PADDING) != 0)
		return false;
	*text += len;
	return got == size;
}

/* Read HASH: "$argon2id$v=19$m=KIB,t=PASSES,p=1$SALT$SUM". */
static bool
verify_read(const char *hash, struct verify_parts *parts)
{
	const char *at = strstr(hash, "$m=");
	char *end;

	if (at == NULL)
		return false;
	parts->memory_bytes = strtoul(at + strlen("$m="), &end, 10) * 1024;
	if (strncmp(end, ",t=", 3) != 0)
		return false;
	parts->passes = strtoul(end + strlen(",t="), &end, 10);
	if (strncmp(end, ",p=1$", 5) != 0)
		return false;
	at = end + strlen(",p=1$");
	if (!verify_read_bytes(&at, parts->salt, sizeof(parts->salt)) ||
	    *at++ != '$')
		return false;
	return verify_read_bytes(&at, parts->sum, sizeof(parts->sum)) &&
	    *at == '\0';
}

enum verify_result
verify_password(const char *hash, const char *password)
{
	unsigned char sum[VERIFY_SUM_BYTES];
	struct verify_parts parts;
	bool same;

	if (!verify_read(hash, &parts) ||
	    crypto_pwhash(sum, sizeof(sum), password, strlen(password),
		parts.salt, parts.passes, parts.memory_bytes,
		crypto_pwhash_ALG_ARGON2ID13) != 0)
		return VERIFY_FAILED;
	same = sodium_memcmp(sum, parts.sum, sizeof(sum)) == 0;
	sodium_memzero(sum, sizeof(sum));
	return same ? VERIFY_RIGHT : VERIFY_WRONG;
}
