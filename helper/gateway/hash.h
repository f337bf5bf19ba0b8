#ifndef MOSHGATE_HASH_H
#define MOSHGATE_HASH_H

#include <stdint.h>

/*
 * FNV-1a of TEXT, in 64 bits (draft-eastlake-fnv).  It has no secret: whoever wants to can
 * find two texts with the same one.
 */
uint64_t hash_text(const char *text);

#endif
