/* Whatever goes to a terminal or a log: nothing there is a command. */
#include "fuzz.h"

#include "../../shim/lib/visible.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t room = size > 0 ? 8 + (size_t)data[0] : 8;
	char *text = copy_of(data, size, 0), *out = malloc(room);

	must(out != NULL);
	must(visible_copy(out, room, text, size) == out);
	must(memchr(out, '\0', room) != NULL);
	for (const char *c = out; *c != '\0'; c++) {
		const unsigned char byte = (unsigned char)*c;

		must(byte >= 0x20 && byte != 0x7f);
		if (byte == 0xc2) /* the first byte of a C1 control */
			must((unsigned char)c[1] >= 0xa0);
		if (byte == '\\')
			must(c[1] == 'x');
	}
	free(out);
	free(text);
	return 0;
}
