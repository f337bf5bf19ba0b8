#include "briefing.h"

#include <limits.h>
#include <sodium.h>
#include <stddef.h>
#include <string.h>

#include "../../shim/lib/locale.h"
#include "../sshkey.h"
#include "ration.h"

/* Add the field NAME of ASKED, if its value may stand in a command line. */
static void
briefing_add_valid(struct fields *fields, const struct frame *asked,
    const char *name)
{
	const char *value = fields_get(asked, name);

	if (value != NULL && locale_value_valid(value))
		fields_add(fields, name, value);
}

void
briefing_add_request(struct fields *fields, const struct frame *asked)
{
	/* as they are: the worker looks at them */
	static const char *const any[] = { "command", "original", "terminal",
		"term", "modes", "columns", "rows", "xpixels", "ypixels" };
	const char *value = fields_get(asked, "subsystem");
	long long colors;

	for (size_t i = 0; i < LOCALE_NAMES; i++)
		briefing_add_valid(fields, asked, locale_names[i]);
	briefing_add_valid(fields, asked, "COLORTERM");
	if (fields_get_number(asked, "colors", 0, INT_MAX, &colors))
		fields_add_number(fields, "colors", colors);
	if (value != NULL && strcmp(value, "sftp") == 0)
		fields_add(fields, "subsystem", value);
	for (size_t i = 0; i < sizeof(any) / sizeof(any[0]); i++) {
		value = fields_get(asked, any[i]);
		if (value != NULL)
			fields_add(fields, any[i], value);
	}
}

void
briefing_add_window(struct fields *fields, const struct queue *queue,
    const struct queue_entry *entry)
{
	struct queue_relays others;

	if (entry->class != QUEUE_RELAY)
		return;
	queue_count_relays(queue, entry->user, entry, &others);
	fields_add_number(fields, "window",
	    ration_window_bytes(others.of_user, others.of_all));
}

void
briefing_add(struct fields *fields, const struct briefing *briefing,
    const char *user, const struct config *config, const unsigned char *blob)
{
	char public[SSHKEY_ED25519_BLOB_BYTES * 2];
	struct config told = *config;

	fields_add(fields, "user", user);
	fields_add(fields, "first", job_name(briefing->job));
	if (blob != NULL) {
		sodium_bin2base64(public, sizeof(public), blob,
		    SSHKEY_ED25519_BLOB_BYTES, sodium_base64_VARIANT_ORIGINAL);
		fields_add(fields, "public", public);
	}
	if (briefing->password != NULL)
		fields_add(fields, "password", briefing->password);
	if (briefing->agent != NULL)
		fields_add(fields, "agent", "1");
	if (briefing->unknown)
		fields_add(fields, "unknown", "1");
	if (briefing->spare)
		fields_add(fields, "terminal", "1");
	if (briefing->mark != NULL && briefing->mark[0] != '\0')
		fields_add(fields, "mark", briefing->mark);
	if (briefing->connect_timeout_max_s > 0 &&
	    told.connect_timeout_s > briefing->connect_timeout_max_s)
		told.connect_timeout_s = briefing->connect_timeout_max_s;
	config_tell(fields, &told);
	if (briefing->asked != NULL)
		briefing_add_request(fields, briefing->asked);
}
