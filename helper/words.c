#include "words.h"

#include <string.h>

const char *
words_first(const char *list)
{
	return list + strspn(list, " ");
}

size_t
words_len(const char *word)
{
	return strcspn(word, " ");
}

const char *
words_next(const char *word)
{
	return words_first(word + words_len(word));
}

int
words_find(const char *list, const char *text)
{
	const size_t len = strlen(text);
	int place = 0;

	for (const char *at = words_first(list); *at != '\0';
	     at = words_next(at)) {
		if (words_len(at) == len && memcmp(at, text, len) == 0)
			return place;
		place++;
	}
	return -1;
}

const char *
words_at(const char *list, int place)
{
	const char *at = words_first(list);

	for (; place > 0 && *at != '\0'; place--)
		at = words_next(at);
	return at;
}
