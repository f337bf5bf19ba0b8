#ifndef MOSHGATE_PROPOSAL_H
#define MOSHGATE_PROPOSAL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Which algorithms the gateway offers to the remote: those that OpenSSH's client
 * offers, in its order, unless a setting says otherwise.  It may have others,
 * which OpenSSH only has for old servers: these count as weak.
 *
 * A setting is a list of names, separated by commas, as in ssh_config(5): the
 * list itself, or with "+" in front names that come behind OpenSSH's, with "^"
 * names that come before them, with "-" patterns of names that are taken out.
 */

/* Room for all names of a kind, with commas. */
#define PROPOSAL_BYTES ((size_t)512)

/* The kinds: RFC 4253, section 7.1. */
enum proposal_kind {
	PROPOSAL_KEX,
	PROPOSAL_HOST_KEY,
	PROPOSAL_CIPHER,
	PROPOSAL_MAC,
	PROPOSAL_KINDS
};

/*
 * Write to OUT the names that are offered with SETTING, "" if none is set.
 * Returns false if SETTING has a name that there is not, or leaves none.
 */
bool proposal_make(enum proposal_kind kind, const char *setting,
    char out[PROPOSAL_BYTES]);

/* Write to OUT all the names that there are, the weak ones at the end. */
void proposal_all(enum proposal_kind kind, char out[PROPOSAL_BYTES]);

/* Write to OUT those in LIST that are weak, the best first; "" if none is. */
void proposal_weak(enum proposal_kind kind, const char *list,
    char out[PROPOSAL_BYTES]);

/*
 * Take out of CIPHERS and MACS what is only safe with OpenSSH's strict key
 * exchange: CVE-2023-48795.
 */
void proposal_without_strict_kex(char ciphers[PROPOSAL_BYTES],
    char macs[PROPOSAL_BYTES]);

/*
 * Append the LEN characters at NAME to the list in OUT, SIZE bytes, unless they
 * are in it, or do not fit.
 */
void proposal_append(char *out, size_t size, const char *name, size_t len);

#endif
