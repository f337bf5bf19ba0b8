/* Whatever the line that reads authorized_keys could write. */
#include "fuzz.h"

#include "../../helper/worker/keyfiles.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = copy_of(data, size, 0), faults[KEYFILES_FAULT_BYTES];
	const char *content;
	size_t len;

	if (keyfiles_parse(text, size, &content, &len, faults)) {
		must(content >= text && content + len == text + size);
		must(memcmp(content - 8, "content\n", 8) == 0);
	}
	must(strlen(faults) < sizeof(faults));
	free(text);
	return 0;
}
