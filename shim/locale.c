#include "locale.h"

#include <string.h>

const char *const locale_names[LOCALE_NAMES] = { "LANG", "LANGUAGE", "LC_CTYPE",
	"LC_NUMERIC", "LC_TIME", "LC_COLLATE", "LC_MONETARY", "LC_MESSAGES",
	"LC_PAPER", "LC_NAME", "LC_ADDRESS", "LC_TELEPHONE", "LC_MEASUREMENT",
	"LC_IDENTIFICATION", "LC_ALL" };

bool
locale_value_valid(const char *value)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_.@-";
	const size_t len = strspn(value, allowed);

	return len > 0 && len <= LOCALE_VALUE_MAX_CHARS && value[len] == '\0';
}
