/* Whatever `sshd -T` may print: a setting has one line, which it is cut from. */
#include "fuzz.h"

#include "../../shim/admin/sshdconf.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *dump = copy_of(data, size, 1), value[SSHDCONF_VALUE_BYTES];

	if (sshdconf_get(dump, "ForceCommand", value)) {
		must(strlen(value) < sizeof(value));
		must(strchr(value, '\n') == NULL);
		must(strstr(dump, value) != NULL);
	}
	if (sshdconf_has_internal_sftp(dump))
		must(strstr(dump, "internal-sftp") != NULL);
	free(dump);
	return 0;
}
