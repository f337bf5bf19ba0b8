/* Any authorized_keys; what comes out must be understood as just that. */
#include "fuzz.h"

#include "../../helper/authkeys.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* the first byte says from where: unknown, here, or another zone */
	const struct expiry_zone zone = { .known = size > 0 && data[0] % 3 > 1,
		.offset_s = size > 0 ? (data[0] - 128) * 600 : 0 };
	const struct authkeys_rules rules = { .forced = AUTHKEYS_REFUSE,
		.zone = size > 0 && data[0] % 3 > 0 ? &zone : NULL };
	char *text = copy_of(data, size, 0), *out, *again;
	struct authkeys_report report, second;
	size_t len, again_len, lines = 0;

	out = authkeys_filter(text, size, &rules, &len, &report);
	must(out != NULL && strlen(out) == len);
	for (size_t i = 0; i < len; i++)
		lines += out[i] == '\n';
	must(lines == report.kept);
	must(len == 0 || out[len - 1] == '\n');
	again = authkeys_filter(out, len, &rules, &again_len, &second);
	must(again != NULL && strcmp(again, out) == 0);
	must(second.kept == report.kept && second.left_out == 0 &&
	    second.changed == 0);
	free(again);
	free(out);
	free(text);
	return 0;
}
