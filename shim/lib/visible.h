#ifndef MOSHGATE_VISIBLE_H
#define MOSHGATE_VISIBLE_H

#include <stddef.h>

/*
 * Copy TEXT (LEN bytes, may hold anything) to OUT, with every byte that a
 * terminal or a log could take for a command made visible: control characters,
 * DEL, a backslash, invalid UTF-8 and the C1 controls become \xHH.  OUT has
 * room for SIZE bytes and is always terminated; what does not fit is left out
 * and marked by "..." at the end (SIZE must be at least 8).
 * Returns OUT.
 */
char *visible_copy(char *out, size_t size, const char *text, size_t len);

#endif
