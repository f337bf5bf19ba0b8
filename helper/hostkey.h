#ifndef MOSHGATE_HOSTKEY_H
#define MOSHGATE_HOSTKEY_H

#include <stdbool.h>
#include <stddef.h>

#define HOSTKEY_FINGERPRINT_BYTES 64
#define HOSTKEY_NAME_BYTES 300
#define HOSTKEY_MAX 64 /* keys of one host */

/* A line of known_hosts that is about the remote. */
struct hostkey {
	enum hostkey_mark {
		HOSTKEY_PLAIN,
		HOSTKEY_REVOKED,
		HOSTKEY_CA
	} mark;
	char type[64];
	unsigned char *blob; /* malloc'ed; RFC 4253, section 6.6 */
	size_t len;
};

struct hostkeys {
	struct hostkey keys[HOSTKEY_MAX];
	size_t count;
};

enum hostkey_result {
	HOSTKEY_OK,
	HOSTKEY_UNKNOWN, /* there is no line about this host */
	HOSTKEY_CHANGED, /* there are lines, with other keys */
	HOSTKEY_IS_REVOKED,
	HOSTKEY_ONLY_CA, /* the only lines are of certificate authorities */
};

/* Under which NAME known_hosts has HOST at PORT: "host" or "[host]:port". */
void hostkey_name(const char *host, int port, char name[HOSTKEY_NAME_BYTES]);

/*
 * Find the lines about NAME in the files in PATHS (separated by blanks), by
 * ssh-keygen -F.  A file that is not there has no lines.
 * Returns false when ssh-keygen cannot be run; KEYS is for hostkey_free()
 * in any case.
 */
bool hostkey_find(const char *paths, const char *name, struct hostkeys *keys);

/*
 * Add to KEYS what ssh-keygen -F wrote: LEN bytes at TEXT.
 * Returns false for want of memory or when there are too many.
 */
bool hostkey_parse(const char *text, size_t len, struct hostkeys *keys);

/*
 * Write to ALGORITHMS (SIZE bytes) the signature algorithms, separated by
 * commas, with which a host can prove to have one of the plain keys in KEYS.
 * It is left empty if there are none.
 */
void hostkey_algorithms(const struct hostkeys *keys, char *algorithms,
    size_t size);

/* Check the key that a host has shown: LEN bytes at BLOB. */
enum hostkey_result hostkey_check(const struct hostkeys *keys,
    const unsigned char *blob, size_t len);

/* Write the fingerprint of a key to OUT: "SHA256:...". */
void hostkey_fingerprint(const unsigned char *blob, size_t len,
    char out[HOSTKEY_FINGERPRINT_BYTES]);

void hostkey_free(struct hostkeys *keys);

#endif
