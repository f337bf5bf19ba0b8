#ifndef MOSHGATE_VERIFY_H
#define MOSHGATE_VERIFY_H

/* What comes of looking at a password. */
enum verify_result {
	VERIFY_RIGHT,
	VERIFY_WRONG,
	VERIFY_FAILED, /* nobody can tell: there is no memory for it */
};

/*
 * Is PASSWORD the one that HASH is of, which has the form that the file of
 * passwords has (../passwords.h)?  libsodium's crypto_pwhash_str_verify() would
 * say the same of a wrong one and of want of memory.
 */
enum verify_result verify_password(const char *hash, const char *password);

#endif
