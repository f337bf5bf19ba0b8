/* Whatever the remote answers in place of MOSH CONNECT. */
#include "fuzz.h"

#include "../../helper/mosh.h"
#include "../../helper/worker/moshserver.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	static char ports[] = "60000:61000";
	static const struct config config = { .mosh_ports = ports };
	char *text = copy_of(data, size, 0);
	struct moshserver_reply reply;

	if (moshserver_parse(&config, text, size, 0, &reply) == MOSH_STARTED) {
		must(reply.port >= 60000 && reply.port <= 61000);
		must(strlen(reply.key) == MOSH_KEY_CHARS &&
		    strspn(reply.key, base64) == MOSH_KEY_CHARS);
	}
	for (int status = 1; status < 128; status += 126) {
		must(moshserver_parse(&config, text, size, status, &reply) !=
		    MOSH_STARTED);
		must(reply.port == 0 && reply.key[0] == '\0');
	}
	free(text);
	return 0;
}
