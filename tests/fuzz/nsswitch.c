/* Whatever /etc/nsswitch.conf may hold: the advice is to be followed. */
#include "fuzz.h"

#include "../../shim/admin/nsswitch.h"

/* The advice for LINE has nothing wrong with it. */
static void
take_advice(const struct nsswitch *line)
{
	char advice[NSSWITCH_ADVICE_BYTES];
	struct nsswitch advised;
	const char *source;

	nsswitch_advise(line, advice);
	must(strlen(advice) < sizeof(advice) - 1);
	/* a source that begins with a colon can't be the first */
	if (strncmp(advice, "passwd: :", 9) == 0)
		return;
	if (nsswitch_parse(advice, strlen(advice), &advised))
		must(nsswitch_judge(&advised, &source) == NSSWITCH_WELL);
	else /* there is no room for moshgate */
		must(line->count == NSSWITCH_SOURCES_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = copy_of(data, size, 0);
	struct nsswitch line;
	const char *source;

	if (nsswitch_parse(text, size, &line)) {
		must(line.count > 0 && line.count <= NSSWITCH_SOURCES_MAX);
		(void)nsswitch_judge(&line, &source);
		must(source != NULL);
		take_advice(&line);
	}
	free(text);
	return 0;
}
