#include "locale.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
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

/* For LC_ALL, as mosh-client does it: that fails for want of any category. */
static bool
locale_is_utf8(void)
{
	return setlocale(LC_ALL, "") != NULL &&
	    strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

bool
locale_make_utf8(void)
{
	static const char *const names[] = { "C.UTF-8", "en_US.UTF-8" };

	if (locale_is_utf8())
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (setenv("LC_ALL", names[i], 1) == 0 && locale_is_utf8())
			return true;
	}
	return false;
}
