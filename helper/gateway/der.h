#ifndef MOSHGATE_DER_H
#define MOSHGATE_DER_H

#include <stdbool.h>
#include <stddef.h>

/* Data as DER (X.690) writes it, as far as a private key in PKCS #8 has it. */

enum der_tag {
	DER_INTEGER = 0x02,
	DER_OCTETS = 0x04,
	DER_OBJECT = 0x06,
	DER_SEQUENCE = 0x30,
	DER_ATTRIBUTES = 0xa0, /* [0], constructed */
	DER_PUBLIC = 0x81,     /* [1], a bit string */
};

struct der {
	const unsigned char *at; /* its owner's, and not copied */
	size_t left;             /* in bytes */
};

/*
 * Take the next element off IN, if it is one with TAG; *ELEMENT is what it
 * holds.  Returns false, with IN as it was, if it is another one, is not there
 * as a whole, or has its length in more bytes than DER takes for it.
 */
bool der_take(struct der *in, enum der_tag tag, struct der *element);

/* True if what is left of IN are the bytes of TEXT. */
bool der_is(const struct der *in, const char *text);

#endif
