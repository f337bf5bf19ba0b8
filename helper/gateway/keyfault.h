#ifndef MOSHGATE_KEYFAULT_H
#define MOSHGATE_KEYFAULT_H

#include <stddef.h>

/*
 * What is wrong with the gateway's key, and what the administrator can do about
 * it.
 */
struct keyfault {
	const char *words; /* behind "the gateway's key"; NULL: it is right */
	const char *title; /* "an RSA key", if that comes next; or NULL */
	enum keyfault_remedy {
		KEYFAULT_MAKE_ONE,
		KEYFAULT_TAKE_PASSPHRASE, /* ssh-keygen can read the file */
		KEYFAULT_DECRYPT,         /* openssl alone can */
		KEYFAULT_NAME_PRIVATE,    /* it is the other half of the pair */
		KEYFAULT_CONVERT,         /* it is PuTTY's */
		KEYFAULT_LET_READ, /* for the helper, and for nobody else */
		KEYFAULT_FREE_MEMORY,
	} remedy;
};

/*
 * Write to ERROR (SIZE bytes) one line about FAULT.  NAME is the key's path, or
 * where else it is; then the commands are for the default path.  JOINT stands
 * between "the gateway's key" and the words.
 */
void keyfault_explain(const struct keyfault *fault, const char *name,
    const char *joint, char *error, size_t size);

#endif
