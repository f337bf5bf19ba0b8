#include "environment.h"

#include <stdlib.h>
#include <string.h>

#include "../lib/fields.h"
#include "terminal.h"

static bool
environment_add(const char *name, const char *value)
{
	return setenv(name, value, 1) == 0;
}

bool
environment_make(struct request *r)
{
	if (clearenv() != 0 || !environment_add("PATH", "/usr/bin:/bin"))
		return false;
	for (size_t i = 0; i < LOCALE_NAMES; i++) {
		if (r->locale[i] != NULL &&
		    !environment_add(locale_names[i], r->locale[i]))
			return false;
	}
	if (!environment_add("TERM", terminal_type(r->term, &r->colors)))
		return false;
	if (r->term != NULL && strcmp(r->term, "dumb") == 0)
		r->unfit = "terminal";
	else if (!locale_make_utf8())
		r->unfit = "locale";
	return true;
}

bool
environment_add_mosh(const struct frame *answer)
{
	const char *key = fields_get(answer, "key");
	const char *predict = fields_get(answer, "predict");
	const char *escape = fields_get(answer, "escape_key");
	const char *prefix = fields_get(answer, "title_prefix");
	char escape_key[2] = "";

	if (key == NULL || predict == NULL || escape == NULL || prefix == NULL)
		return false;
	if (escape[0] == '^' && escape[1] != '\0')
		escape_key[0] = (char)(escape[1] & 0x1f);
	else if (strcmp(escape, "none") != 0)
		escape_key[0] = escape[0];
	return environment_add("MOSH_KEY", key) &&
	    environment_add("MOSH_PREDICTION_DISPLAY", predict) &&
	    environment_add("MOSH_ESCAPE_KEY", escape_key) &&
	    (strcmp(prefix, "0") != 0 ||
		environment_add("MOSH_TITLE_NOPREFIX", "1"));
}
