/* Whatever the line that reads authorized_keys could write. */
#include "fuzz.h"

#include "../../helper/worker/keyfiles.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = copy_of(data, size, 0);
	struct keyfiles found;

	if (keyfiles_parse(text, size, &found)) {
		must(found.content >= text &&
		    found.content + found.len == text + size);
		must(memcmp(found.content - 8, "content\n", 8) == 0);
	}
	must(strlen(found.faults) < sizeof(found.faults));
	must(found.zone.offset_s > -100000 && found.zone.offset_s < 100000);
	free(text);
	return 0;
}
