#include "moshclient.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../lib/fields.h"
#include "environment.h"
#include "sentence.h"

#define MOSH_CLIENT "/usr/bin/mosh-client"
#define HOST_BYTES 128
#define PORT_BYTES 16

static const unsigned warning_s = 2;

extern char **environ;

/*
 * Copy TEXT, which may be NULL, to the SIZE bytes at TO; false if it can't be.
 */
static bool
moshclient_take(const char *text, char *to, size_t size)
{
	if (text == NULL || strlen(text) >= size)
		return false;
	memcpy(to, text, strlen(text) + 1);
	return true;
}

void
moshclient_become(int fd, const struct frame *answer)
{
	char name[] = "mosh-client", host[HOST_BYTES], port[PORT_BYTES];
	char *argv[] = { name, host, port, NULL };

	if (answer->type != FRAME_OK ||
	    !moshclient_take(fields_get(answer, "host"), host, sizeof(host)) ||
	    !moshclient_take(fields_get(answer, "port"), port, sizeof(port)) ||
	    !environment_add_mosh(answer)) {
		sentence_say("The gateway's answer makes no sense.");
		return;
	}
	/* mosh-client is going to put a screen of its own over it */
	if (sentence_say_warning(answer))
		sleep(warning_s);
	if (fcntl(fd, F_SETFD, 0) == 0)
		execve(MOSH_CLIENT, argv, environ);
	sentence_say("mosh-client cannot be run on this gateway.");
}
