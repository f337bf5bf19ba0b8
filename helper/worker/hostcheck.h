#ifndef MOSHGATE_HOSTCHECK_H
#define MOSHGATE_HOSTCHECK_H

#include <stddef.h>

#include "../config.h"
#include "failure.h"
#include "hostkey.h"

/*
 * Check the host key that the remote has shown, LEN bytes at BLOB (NULL if it
 * has shown none), against the KEYS on file.  Unless CONFIG says that it is not
 * checked, any other key is a failure; FACTS then have the fingerprints of the
 * key that was shown and of those on file, and by which commands the
 * administrator compares and pins it.  An RSA key that is shorter than CONFIG
 * wants is a failure in any case.
 */
enum failure hostcheck_verify(const struct config *config,
    const struct hostkeys *keys, const unsigned char *blob, size_t len,
    struct failure_facts *facts);

/*
 * The key exchange has failed when the remote had to prove that it has the host
 * key that it shows, LEN bytes at BLOB.  Returns why, and stores it in FACTS.
 */
enum failure hostcheck_not_proven(const unsigned char *blob, size_t len,
    struct failure_facts *facts);

#endif
