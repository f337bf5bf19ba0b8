#ifndef MOSHGATE_SSHWIRE_H
#define MOSHGATE_SSHWIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Data as SSH writes it (RFC 4251, section 5), read from the front to the end.
 * Each function takes off the front what it is named for.  It returns false if
 * that is not there as a whole; then nothing can be said of what is left.
 */
struct sshwire {
	const unsigned char *at; /* its owner's, and not copied */
	size_t left;             /* in bytes */
};

/* Pass over LEN bytes. */
bool sshwire_skip(struct sshwire *in, size_t len);

/* Take a byte, or a number of 32 bits, into *VALUE. */
bool sshwire_byte(struct sshwire *in, unsigned char *value);
bool sshwire_u32(struct sshwire *in, uint32_t *value);

/* Take a string; *STRING is what it holds. */
bool sshwire_string(struct sshwire *in, struct sshwire *string);

/* Take a string that must be the LEN bytes at EXPECTED. */
bool sshwire_expected(struct sshwire *in, const void *expected, size_t len);

/* Take a number of any size, not negative; *BITS is how many it needs. */
bool sshwire_bits(struct sshwire *in, size_t *bits);

/* Write NUMBER to TO as sshwire_u32() reads it. */
void sshwire_put_u32(unsigned char to[4], uint32_t number);

/* True if what is left of IN are the bytes of TEXT. */
bool sshwire_is(const struct sshwire *in, const char *text);

#endif
