#ifndef MOSHGATE_ALGORITHMS_H
#define MOSHGATE_ALGORITHMS_H

#include <libssh2.h>
#include <stdbool.h>
#include <stddef.h>

#include "../config.h"
#include "failure.h"
#include "hostkey.h"
#include "kexinit.h"

/*
 * The names of algorithms, separated by commas, that libssh2 is asked for; NULL
 * where it may take all that it knows.  All zero in the beginning.
 */
struct algorithms {
	char *asked[KEXINIT_KINDS]; /* malloc'ed */
};

/*
 * Write to NAMES (SIZE bytes) which host key algorithms are asked for: those in
 * host_key_algorithms of CONFIG, or else all ("").  If there are KEYS on file,
 * and the host key is checked at all, they are those that one of these keys can
 * answer.
 * Returns FAILURE_NO_COMMON, with FACTS, if none is left.
 */
enum failure algorithms_for_host_keys(const struct config *config,
    const struct hostkeys *keys, char *names, size_t size,
    struct failure_facts *facts);

/*
 * Ask SSH, before its handshake, for the algorithms that CONFIG and the KEYS on
 * file want.  Returns FAILURE_NO_COMMON, with FACTS, if libssh2 knows none of
 * them.
 */
enum failure algorithms_ask(struct algorithms *algorithms, LIBSSH2_SESSION *ssh,
    const struct config *config, const struct hostkeys *keys,
    struct failure_facts *facts);

/*
 * Find out whether the handshake has failed because there is no algorithm in
 * common with what the remote offers in the first LEN bytes it has sent, at
 * BYTES.  If so FACTS say which.
 */
bool algorithms_missing(const struct algorithms *algorithms,
    LIBSSH2_SESSION *ssh, const unsigned char *bytes, size_t len,
    struct failure_facts *facts);

void algorithms_free(struct algorithms *algorithms);

#endif
