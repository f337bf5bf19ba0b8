#ifndef MOSHGATE_BASE64_H
#define MOSHGATE_BASE64_H

#include <stddef.h>

/*
 * Decode the base64 (RFC 4648, section 4) at TEXT, which may have blanks and tabs
 * in it, and MAX characters.  Returns the text of a file, which has no NUL bytes,
 * in new secret memory, for sodium_free(); NULL if it is none, is too long, or for
 * want of memory.
 */
char *base64_decode_text(const char *text, size_t max);

#endif
