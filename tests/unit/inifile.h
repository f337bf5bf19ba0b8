#ifndef MOSHGATE_INIFILE_H
#define MOSHGATE_INIFILE_H

/* Files moshgate.ini for tests: what is taken, and what is refused, and how. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../helper/config.h"

/* Every file has to name the remote. */
#define HOST "[remote]\nhost = far\n"

/* The configuration in LEN bytes at TEXT, or NULL and ERROR. */
static inline struct config *
inifile_parse_bytes(const char *text, size_t len,
    char error[CONFIG_ERROR_BYTES])
{
	char *copy = malloc(len + 1);
	struct config *config;

	assert_non_null(copy);
	memcpy(copy, text, len);
	copy[len] = '\0';
	memset(error, 'x', CONFIG_ERROR_BYTES);
	config = config_parse("a.ini", copy, len, error);
	free(copy);
	return config;
}

/* The configuration in TEXT, which must be right; for config_free(). */
static inline struct config *
inifile_parse(const char *text)
{
	char error[CONFIG_ERROR_BYTES];
	struct config *config = inifile_parse_bytes(text, strlen(text), error);

	if (config == NULL)
		fail_msg("refused: %s", error);
	return config;
}

static inline void
inifile_accept_bytes(const char *text, size_t len)
{
	char error[CONFIG_ERROR_BYTES];
	struct config *config = inifile_parse_bytes(text, len, error);

	if (config == NULL) {
		fail_msg("refused: %s", error);
		return;
	}
	assert_string_equal(error, "");
	assert_string_equal(config->host, "far");
	config_free(config);
}

/* The LEN bytes at TEXT are refused, and the message is EXPECTED. */
static inline void
inifile_refuse_bytes(const char *text, size_t len, const char *expected)
{
	char error[CONFIG_ERROR_BYTES];
	struct config *config = inifile_parse_bytes(text, len, error);

	if (config != NULL)
		fail_msg("taken, not refused with \"%s\"", expected);
	assert_string_equal(error, expected);
}

static inline void
inifile_refuse(const char *text, const char *expected)
{
	inifile_refuse_bytes(text, strlen(text), expected);
}

/* The file that sets KEY in SECTION to VALUE, with the host before it. */
static inline const char *
inifile_with(const char *section, const char *key, const char *value)
{
	static char text[1024];

	if (strcmp(section, "remote") == 0)
		snprintf(text, sizeof(text), "[remote]\n%s%s = %s\n",
		    strcmp(key, "host") == 0 ? "" : "host = far\n", key, value);
	else
		snprintf(text, sizeof(text), HOST "[%s]\n%s = %s\n", section,
		    key, value);
	return text;
}

static inline void
inifile_taken(const char *section, const char *key, const char *value)
{
	config_free(inifile_parse(inifile_with(section, key, value)));
}

/* VALUE is refused, in a message that names file and line and quotes it. */
static inline void
inifile_not_taken(const char *section, const char *key, const char *value,
    const char *expected)
{
	const char *text = inifile_with(section, key, value);
	char error[CONFIG_ERROR_BYTES], message[CONFIG_ERROR_BYTES];
	unsigned lines = 0;
	struct config *config;

	for (const char *c = text; *c != '\0'; c++)
		lines += *c == '\n';
	snprintf(message, sizeof(message),
	    "a.ini:%u: %s: expected %s, not \"%s\"", lines, key, expected,
	    value);
	config = inifile_parse_bytes(text, strlen(text), error);
	if (config != NULL)
		fail_msg("%s = %s is taken", key, value);
	assert_string_equal(error, message);
}

#endif
