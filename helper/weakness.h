#ifndef MOSHGATE_WEAKNESS_H
#define MOSHGATE_WEAKNESS_H

#include <stdbool.h>

#include "config.h"

#define WEAKNESS_BYTES 1024
/* An RSA key that is shorter, in bits, is weak. */
#define WEAKNESS_RSA_BITS 2048

/*
 * Write to TEXT what CONFIG allows of what OpenSSH only has for old servers:
 * "ciphers: 3des-cbc; macs: hmac-md5".  Returns false if there is nothing.
 */
bool weakness_allowed(const struct config *config, char text[WEAKNESS_BYTES]);

/* What the administrator can do about it. */
extern const char weakness_remedy[];

#endif
