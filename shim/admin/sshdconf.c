#include "sshdconf.h"

#include <string.h>
#include <strings.h>

/* Returns the line behind the one that AT is in, or NULL. */
static const char *
sshdconf_next_line(const char *at)
{
	at += strcspn(at, "\n");
	return at[0] == '\n' && at[1] != '\0' ? at + 1 : NULL;
}

/* Returns the value in LINE if that is of the setting NAME, or NULL. */
static const char *
sshdconf_value_of(const char *line, const char *name)
{
	const size_t len = strlen(name);

	return strncasecmp(line, name, len) == 0 && line[len] == ' '
	    ? line + len + 1
	    : NULL;
}

bool
sshdconf_get(const char *dump, const char *name,
    char value[SSHDCONF_VALUE_BYTES])
{
	for (const char *line = dump; line != NULL;
	     line = sshdconf_next_line(line)) {
		const char *found = sshdconf_value_of(line, name);
		size_t len;

		if (found == NULL)
			continue;
		len = strcspn(found, "\n");
		if (len >= SSHDCONF_VALUE_BYTES)
			len = SSHDCONF_VALUE_BYTES - 1;
		memcpy(value, found, len);
		value[len] = '\0';
		return true;
	}
	return false;
}

bool
sshdconf_has_internal_sftp(const char *dump)
{
	static const char internal[] = "internal-sftp";

	for (const char *line = dump; line != NULL;
	     line = sshdconf_next_line(line)) {
		const char *found = sshdconf_value_of(line, "subsystem");

		if (found == NULL)
			continue;
		found += strcspn(found, " \n"); /* its name */
		found += strspn(found, " ");
		if (strncmp(found, internal, strlen(internal)) == 0)
			return true;
	}
	return false;
}
