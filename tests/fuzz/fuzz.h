#ifndef MOSHGATE_FUZZ_H
#define MOSHGATE_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What libFuzzer calls, with input after input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold for any input: else it is reported. */
static inline void
must(bool holds)
{
	if (!holds)
		abort();
}

/*
 * A malloc'ed copy of DATA with ROOM bytes behind it, the first a NUL, so that
 * a sanitizer sees any use of one more.
 */
static inline char *
copy_of(const uint8_t *data, size_t size, size_t room)
{
	char *copy = malloc(size + room > 0 ? size + room : 1);

	must(copy != NULL);
	if (size > 0)
		memcpy(copy, data, size);
	if (room > 0)
		copy[size] = '\0';
	return copy;
}

#endif
