#ifndef MOSHGATE_KEXINIT_H
#define MOSHGATE_KEXINIT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What a server offers when keys are to be exchanged: SSH_MSG_KEXINIT, which
 * comes in the clear, right behind its version.  It is read here only to say what
 * was offered when there is nothing in common; and what comes after it, where
 * libssh2 takes a group of whatever size.
 */

/* As much of the first that a server sends may be looked at. */
#define KEXINIT_MAX_BYTES ((size_t)16 * 1024)

/* The lists of names in it, in their order: RFC 4253, section 7.1. */
enum kexinit_kind {
	KEXINIT_KEX,
	KEXINIT_HOST_KEY,
	KEXINIT_CIPHER_OUT, /* from the client to the server */
	KEXINIT_CIPHER_IN,
	KEXINIT_MAC_OUT,
	KEXINIT_MAC_IN,
	KEXINIT_COMPRESSION_OUT,
	KEXINIT_COMPRESSION_IN,
	KEXINIT_KINDS
};

struct kexinit {
	struct kexinit_list {
		const char *names; /* separated by commas; not terminated */
		size_t len;
	} lists[KEXINIT_KINDS];
};

/*
 * Find the offer in the first LEN bytes that a server has sent, at BYTES, in
 * which the lists of OFFER then are.  Returns false if it is not whole, or not as
 * it has to be.
 */
bool kexinit_find(const unsigned char *bytes, size_t len,
    struct kexinit *offer);

/*
 * How many bits the group has that a server has chosen for a group exchange
 * (SSH_MSG_KEX_DH_GEX_GROUP: RFC 4419, section 3), in the first LEN bytes that
 * it has sent, at BYTES; 0 if it is not there.
 */
size_t kexinit_group_bits(const unsigned char *bytes, size_t len);

/*
 * Returns the first kind of which OFFER has none of OURS, or KEXINIT_KINDS if
 * there is no such kind.  OURS are names separated by commas; a kind for which
 * that is NULL is not looked at.
 */
enum kexinit_kind kexinit_missing(const struct kexinit *offer,
    const char *const ours[KEXINIT_KINDS]);

/*
 * Write to OUT (SIZE bytes) that KIND is missing, with what both sides have.
 * Lists that are too long are cut behind a name, with "..." in their place.
 */
void kexinit_explain(const struct kexinit *offer, enum kexinit_kind kind,
    const char *ours, char *out, size_t size);

/*
 * Write to OUT (SIZE bytes) those of the names in WANTED that are among the
 * COUNT names that are KNOWN, in their order; where WANTED is "", all that are
 * KNOWN.  What only looks like an algorithm is left out.
 */
void kexinit_select(const char *wanted, const char *const *known, size_t count,
    char *out, size_t size);

#endif
