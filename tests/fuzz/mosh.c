/* Whatever the remote answers in place of MOSH CONNECT. */
#include "fuzz.h"

#include "../../helper/mosh.h"
#include "../../helper/worker/moshserver.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	char *text = copy_of(data, size, 0);
	struct moshserver_reply reply;

	if (moshserver_parse(text, size, 0, &reply) == MOSH_STARTED) {
		must(reply.port >= 1 && reply.port <= 65535);
		must(strlen(reply.key) == MOSH_KEY_CHARS &&
		    strspn(reply.key, base64) == MOSH_KEY_CHARS);
	}
	for (int status = 1; status < 128; status += 126) {
		must(moshserver_parse(text, size, status, &reply) !=
		    MOSH_STARTED);
		must(reply.port == 0 && reply.key[0] == '\0');
	}
	free(text);
	return 0;
}
