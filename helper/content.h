#ifndef MOSHGATE_CONTENT_H
#define MOSHGATE_CONTENT_H

#include <stddef.h>

/*
 * The content of a file, as a setting has it: in base64, where a file is hard to
 * come by.  Decode TEXT, of MAX_BYTES at most.
 * Returns new secret memory, for sodium_free(), with the text of a file, which
 * has no NUL bytes; or NULL.
 */
char *content_decode(const char *text, size_t max_bytes);

#endif
