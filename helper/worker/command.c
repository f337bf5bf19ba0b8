#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char command_run[] =
    "/bin/sh -c '"
    "c=$(printf %b. \"$1\");exec ${SHELL:-/bin/sh} -c \"${c%.}\"' sh ";
static const char command_run_with_original[] =
    "/bin/sh -c '"
    "c=$(printf %b. \"$1\");o=$(printf %b. \"$2\");"
    "SSH_ORIGINAL_COMMAND=${o%.};export SSH_ORIGINAL_COMMAND;"
    "exec ${SHELL:-/bin/sh} -c \"${c%.}\"' sh ";

/* Append LEN bytes of TEXT to the USED bytes of SCRIPT. */
static bool
command_add(char *script, size_t size, size_t *used, const char *text,
    size_t len)
{
	if (len >= size - *used)
		return false;
	memcpy(script + *used, text, len);
	*used += len;
	script[*used] = '\0';
	return true;
}

/* Append TEXT as one word that printf(1) turns back, by its %b. */
static bool
command_add_word(char *script, size_t size, size_t *used, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789 ./_=:,@+-";

	if (!command_add(script, size, used, "'", 1))
		return false;
	for (; *text != '\0'; text++) {
		char octal[8];

		if (strchr(plain, *text) != NULL) {
			if (!command_add(script, size, used, text, 1))
				return false;
			continue;
		}
		snprintf(octal, sizeof(octal), "\\0%03o",
		    (unsigned)(unsigned char)*text);
		if (!command_add(script, size, used, octal, strlen(octal)))
			return false;
	}
	return command_add(script, size, used, "'", 1);
}

bool
command_script(const char *command, const char *original, char *script,
    size_t size)
{
	const char *begin = original != NULL ? command_run_with_original
					     : command_run;
	size_t used = 0;

	if (!command_add(script, size, &used, begin, strlen(begin)) ||
	    !command_add_word(script, size, &used, command))
		return false;
	return original == NULL ||
	    (command_add(script, size, &used, " ", 1) &&
		command_add_word(script, size, &used, original));
}

char *
command_new(const char *command, const char *original, const char *before)
{
	const size_t len = strlen(before);
	char *script = malloc(len + COMMAND_SCRIPT_BYTES);

	if (script == NULL)
		return NULL;
	memcpy(script, before, len);
	if (command_script(command, original, script + len,
		COMMAND_SCRIPT_BYTES))
		return script;
	free(script);
	return NULL;
}
