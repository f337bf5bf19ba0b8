#include "settings.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../client.h"

static bool
settings_field_is(const struct frame *frame, const char *name,
    const char *value)
{
	const char *told = fields_get(frame, name);

	return told != NULL && strcmp(told, value) == 0;
}

void
settings_read(struct settings *settings, const struct frame *frame)
{
	*settings = (struct settings){
		.known = frame->type == FRAME_OK &&
		    fields_get(frame, "passwords") != NULL,
		.key = settings_field_is(frame, "key", "1"),
		.agent = settings_field_is(frame, "agent", "1"),
		.any_key = settings_field_is(frame, "keys", "any"),
		.passwords = fields_get(frame, "passwords") != NULL &&
		    !settings_field_is(frame, "passwords", "no"),
	};
	if (!settings->known)
		*settings = (struct settings){ 0 };
}

void
settings_ask(struct settings *settings)
{
	struct fields fields = { 0 };
	struct client client;
	struct frame answer;

	*settings = (struct settings){ 0 };
	if (!client_open(&client, &client_patience_of_person))
		return;
	fields_add(&fields, "settings", "1");
	if (client_ask(&client, FRAME_CHECK, &fields) &&
	    client_wait(&client, &answer, INT64_MAX) == FRAME_COMPLETE) {
		if (fields_wellformed(&answer))
			settings_read(settings, &answer);
		frame_free(&answer);
	}
	fields_free(&fields);
	client_close(&client);
}
