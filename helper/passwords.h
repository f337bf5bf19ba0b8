#ifndef MOSHGATE_PASSWORDS_H
#define MOSHGATE_PASSWORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "file.h"

/*
 * The file of passwords: a line "user:hash" for each user.  A hash is what
 * libsodium's crypto_pwhash_str() makes, of Argon2id, and asks for no more memory
 * and time than the gateway can spare.  Empty lines, and those that begin with
 * "#", don't count.  A file with any other line is refused as a whole.
 */

/* So long a password may be: pam_exec(8) hands over no more of it. */
#define PASSWORDS_PASSWORD_MAX_BYTES 511

#define PASSWORDS_MAX_BYTES ((size_t)1024 * 1024)
#define PASSWORDS_FAULT_BYTES 512

/* What hashes may ask for: KiB of memory, and how often it is gone through. */
#define PASSWORDS_MEMORY_MIN_KIB 7168
#define PASSWORDS_MEMORY_MAX_KIB 65536
#define PASSWORDS_PASSES_MAX 10

struct passwords_entry {
	char *name, *hash;
	unsigned line;
};

/* A file that was read, all zero in the beginning, in the order of names. */
struct passwords {
	struct file file;
	struct passwords_entry *entries;
	size_t count;
};

/*
 * Read the file at PATH, root's, which nobody may read but root and this
 * process's group.  Returns false, with what is wrong in FAULT: "PATH: ...".
 * PASSWORDS is for passwords_free() in any case.
 */
bool passwords_read(const char *path, struct passwords *passwords,
    char fault[PASSWORDS_FAULT_BYTES]);

/*
 * Understand what was read of PATH, or is in PASSWORDS->file.  Returns false,
 * with what is wrong in FAULT: "PATH:LINE: ...".
 */
bool passwords_parse(const char *path, struct passwords *passwords,
    char fault[PASSWORDS_FAULT_BYTES]);

void passwords_free(struct passwords *passwords);

/*
 * The hash of the user NAME, who is in the file if *THERE is true.  For any other
 * it is one that takes as long: another user's, always the same for this name, or
 * if there is nobody one that no password has.
 */
const char *passwords_hash(const struct passwords *passwords, const char *name,
    bool *there);

/* True if HASH has the form above. */
bool passwords_hash_valid(const char *hash);

#endif
