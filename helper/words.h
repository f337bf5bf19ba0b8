#ifndef MOSHGATE_WORDS_H
#define MOSHGATE_WORDS_H

#include <stddef.h>

/*
 * Lists of words with blanks between them, in one string, as struct config has
 * them.  To walk along one:
 *
 *	for (at = words_first(list); *at != '\0'; at = words_next(at))
 */
const char *words_first(const char *list);
const char *words_next(const char *word);

/* The length in bytes of the word that begins at WORD. */
size_t words_len(const char *word);

/* The place of TEXT among the words of LIST, from 0 on, or -1. */
int words_find(const char *list, const char *text);

/* The word at PLACE of LIST, or its end. */
const char *words_at(const char *list, int place);

#endif
