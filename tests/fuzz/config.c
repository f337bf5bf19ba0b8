/* Any moshgate.ini; and no setting puts a quote into the remote's shell. */
#include "fuzz.h"

#include <sodium.h>

#include "../../helper/config.h"
#include "../../helper/mosh.h"
#include "../../helper/worker/moshserver.h"

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
		if (moshserver_command(config, &client, command,
			sizeof(command)))
			must(strpbrk(command, "'\"\\!\n`$;(){}<#") == NULL);
	}
	config_free(config);
	free(text);
	return 0;
}
