/* Whatever /etc/nscd.conf may hold: one line more has the last word. */
#include "fuzz.h"

#include "../../shim/admin/nscd.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char no[] = "\nenable-cache passwd no",
			  yes[] = "\nenable-cache passwd yes";
	char *text = copy_of(data, size, sizeof(yes));

	(void)nscd_caches_passwd(text, size);
	memcpy(text + size, no, strlen(no));
	must(!nscd_caches_passwd(text, size + strlen(no)));
	memcpy(text + size, yes, strlen(yes));
	must(nscd_caches_passwd(text, size + strlen(yes)));
	free(text);
	return 0;
}
