#ifndef MOSHGATE_ALGORITHMS_H
#define MOSHGATE_ALGORITHMS_H

#include <libssh2.h>
#include <stdbool.h>
#include <stddef.h>

#include "../config.h"
#include "../proposal.h"
#include "failure.h"
#include "hostkey.h"
#include "kexinit.h"

/* What libssh2 is asked for.  All zero in the beginning. */
struct algorithms {
	/* names, separated by commas; malloc'ed, NULL: all that it knows */
	char *asked[KEXINIT_KINDS];
	/* by which they were chosen; they are the caller's */
	const struct config *config;
	const struct hostkeys *keys;
};

/* What both sides have agreed on: names, separated by commas. */
struct algorithms_agreed {
	char all[PROPOSAL_BYTES];
	char weak[PROPOSAL_BYTES]; /* those that OpenSSH does not offer */
};

/*
 * Write to NAMES which host key algorithms are asked for: those that CONFIG
 * wants.  If there are KEYS on file, and the host key is checked at all, they
 * are those that one of these keys can answer.
 * Returns FAILURE_NO_COMMON, with FACTS, if none is left.
 */
enum failure algorithms_for_host_keys(const struct config *config,
    const struct hostkeys *keys, char names[PROPOSAL_BYTES],
    struct failure_facts *facts);

/*
 * Ask SSH, before its handshake, for the algorithms that CONFIG and the KEYS on
 * file want; both must outlive the handshake.  Returns FAILURE_NO_COMMON, with
 * FACTS, if libssh2 knows none of them.
 */
enum failure algorithms_ask(struct algorithms *algorithms, LIBSSH2_SESSION *ssh,
    const struct config *config, const struct hostkeys *keys,
    struct failure_facts *facts);

/*
 * Find out whether the handshake has failed because there is no algorithm in
 * common with what the remote offers in the first LEN bytes it has sent, at
 * BYTES.  If so FACTS say which, and what would have to be allowed.
 */
bool algorithms_missing(const struct algorithms *algorithms,
    LIBSSH2_SESSION *ssh, const unsigned char *bytes, size_t len,
    struct failure_facts *facts);

/*
 * After the handshake, in which the remote has sent the first LEN bytes at
 * BYTES: see that the group that it may have chosen is no smaller than OpenSSH
 * would take.  Returns FAILURE_NO_COMMON, with FACTS, if it is.
 */
enum failure algorithms_check_group(LIBSSH2_SESSION *ssh,
    const unsigned char *bytes, size_t len, struct failure_facts *facts);

/* After the handshake: store in *AGREED what it was made with. */
void algorithms_agree(LIBSSH2_SESSION *ssh, struct algorithms_agreed *agreed);

void algorithms_free(struct algorithms *algorithms);

#endif
