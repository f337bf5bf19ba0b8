#ifndef MOSHGATE_VISIBLE_H
#define MOSHGATE_VISIBLE_H

#include <stddef.h>

/*
 * Copy the LEN bytes at TEXT, which may be anything, to OUT, and make visible
 * what a terminal or a log could take for a command: control characters, DEL, a
 * backslash, invalid UTF-8, the C1 controls, and the marks that reorder or hide
 * text.  Each byte of these becomes \xHH.  OUT has room for SIZE bytes, 8 at
 * least, and always ends with a NUL; if not all fits, it ends with "...".
 * Returns OUT.
 */
char *visible_copy(char *out, size_t size, const char *text, size_t len);

#endif
