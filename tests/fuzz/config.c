/*
 * Any moshgate.ini.  No setting puts a quote into the remote's shell, and a
 * worker understands what it is told of any.
 */
#include "fuzz.h"

#include <sodium.h>

#include "../../helper/config.h"
#include "../../helper/mosh.h"
#include "../../helper/worker/moshserver.h"

static void
is_understood(const struct config *config)
{
	struct config *heard = calloc(1, sizeof(*heard));
	struct fields fields = { 0 };
	struct frame frame;

	must(heard != NULL);
	config_tell(&fields, config);
	must(!fields.failed);
	frame = (struct frame){ .body = fields.text, .len = fields.len };
	must(fields_wellformed(&frame));
	must(config_understand(&frame, heard));
	must(strcmp(heard->command, config->command) == 0);
	must(heard->keys == config->keys && heard->port == config->port);
	must(heard->key_content == NULL);
	config_free(heard);
	fields_free(&fields);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct moshserver_client client = { .colors = 256 };
	char error[CONFIG_ERROR_BYTES], command[MOSHSERVER_COMMAND_BYTES];
	char *text = copy_of(data, size, 1);
	struct config *config;

	must(sodium_init() >= 0);
	config = config_parse("fuzz.ini", text, size, error);
	must((config == NULL) == (error[0] != '\0'));
	must(memchr(error, '\0', sizeof(error)) != NULL);
	must(config != NULL || strncmp(error, "fuzz.ini:", 9) == 0);
	if (config != NULL) {
		must(config->port >= 1 && config->port <= 65535);
		must(config->host[0] != '\0' && config->host[0] != '-');
		config_wants_user(config, "alice");
		is_understood(config);
		if (moshserver_command(config, &client, command,
			sizeof(command)))
			must(strpbrk(command, "'\"\\!\n`$;(){}<#") == NULL);
	}
	config_free(config);
	free(text);
	return 0;
}
