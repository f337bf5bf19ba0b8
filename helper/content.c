#include "content.h"

#include <sodium.h>
#include <string.h>

char *
content_decode(const char *text, size_t max_bytes)
{
	const size_t len = strlen(text);
	size_t decoded_len;
	char *decoded;

	if (len > max_bytes)
		return NULL;
	decoded = sodium_malloc(len + 1);
	if (decoded == NULL)
		return NULL;
	if (sodium_base642bin((unsigned char *)decoded, len, text, len, " \t",
		&decoded_len, NULL, sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    memchr(decoded, '\0', decoded_len) != NULL) {
		sodium_free(decoded);
		return NULL;
	}
	decoded[decoded_len] = '\0';
	return decoded;
}
