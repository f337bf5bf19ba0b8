#ifndef MOSHGATE_HOSTKEY_H
#define MOSHGATE_HOSTKEY_H

#include <stdbool.h>
#include <stddef.h>

#define HOSTKEY_NAME_BYTES 300
#define HOSTKEY_PATH_BYTES 256     /* a line of moshgate.ini is shorter */
#define HOSTKEY_MAX ((size_t)8192) /* lines about one host */

/* A line of known_hosts that is about the remote. */
struct hostkey {
	enum hostkey_mark {
		HOSTKEY_PLAIN,
		HOSTKEY_REVOKED,
		HOSTKEY_CA
	} mark;
	size_t file; /* which one of the paths it is from, counted from 0 */
	char type[64];
	unsigned char *blob; /* malloc'ed; RFC 4253, section 6.6 */
	size_t len;
};

/* Those lines; all zero in the beginning. */
struct hostkeys {
	struct hostkey *keys; /* malloc'ed */
	size_t count, room;
};

/* Why known_hosts cannot be relied on, and what to do about it. */
struct hostkey_fault {
	char detail[512], remedy[1024];
};

enum hostkey_result {
	HOSTKEY_OK,
	HOSTKEY_UNKNOWN, /* there is no line about this host */
	HOSTKEY_CHANGED, /* there are lines, with other keys */
	HOSTKEY_IS_REVOKED,
	HOSTKEY_ONLY_CA, /* the only lines are of certificate authorities */
};

/*
 * Under which NAME known_hosts has HOST at PORT: "host" or "[host]:port", in
 * lower case as ssh(1) writes it.
 */
void hostkey_name(const char *host, int port, char name[HOSTKEY_NAME_BYTES]);

/*
 * Find the lines about NAME in the files in PATHS (separated by blanks), by
 * ssh-keygen -F.  A file that is not there has no lines.  One that is there
 * must be a plain file that nobody but root or this process's user can write.
 * Returns false, with the reason in FAULT, if a file cannot be relied on, or
 * says more than HOSTKEY_MAX lines: what is not read might revoke a key.  KEYS
 * is for hostkey_free() in any case.
 */
bool hostkey_find(const char *paths, const char *name, struct hostkeys *keys,
    struct hostkey_fault *fault);

/*
 * Add to KEYS what ssh-keygen -F wrote: LEN bytes at TEXT.
 * Returns false for want of memory, or with HOSTKEY_MAX keys in KEYS when there
 * are too many.
 */
bool hostkey_parse(const char *text, size_t len, struct hostkeys *keys);

/* Write the INDEXth of PATHS (separated by blanks) to PATH; "" if not there. */
void hostkey_path(const char *paths, size_t index, char *path, size_t size);

/* True if KEYS has a key that the host may show. */
bool hostkey_any(const struct hostkeys *keys);

/*
 * Write to ALGORITHMS (SIZE bytes) the signature algorithms, separated by
 * commas, with which a host can prove to have one of the plain keys in KEYS.
 * If WANTED, a list like it, is not empty, they are those in it, in its order,
 * that do for one of the keys.  ALGORITHMS is left empty if there are none.
 */
void hostkey_algorithms(const struct hostkeys *keys, const char *wanted,
    char *algorithms, size_t size);

/* Check the key that a host has shown: LEN bytes at BLOB. */
enum hostkey_result hostkey_check(const struct hostkeys *keys,
    const unsigned char *blob, size_t len);

void hostkey_free(struct hostkeys *keys);

#endif
